"""Whether a certificate proves what it says: no legal choice takes more off than the one that was made.

Searches nothing: prices on units bound all plans, and what they leave open is listed with all its steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, product
from typing import Any

Table = dict[str, Any]
MOST, PPM = 20_000, 1_000_000


def check(told: Table) -> list[str]:
    """What is wrong with a certificate, a sentence each; nothing where it is a proof."""
    try:
        return [*_choice(told), *_bounds(told)]
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        return [f"The certificate is not whole: {type(error).__name__} {error}."]


def _choice(told: Table) -> Iterator[str]:
    answer, each = told["answer"], told["alternatives"][told["answer"]["alternative"]]
    items, states, last, is_torn = told["items"][each["items"]], dict[int, str](), -1, False
    off, used, amounts = [0] * items["parts"], {*each["booked"]}, dict(answer["orders"])
    for rule, move in answer["taken"]:
        unit, state, then, fallen, names = items["rules"][rule]["moves"][move]
        is_torn = is_torn or unit <= last or state != states.get(rule, "0")
        off = [a + b for a, b in zip(off, fallen, strict=True)]
        last, states[rule], used = unit, then, used.union(names)
    used.update(each["orders"][n]["id"] for n, amount in amounts.items() if amount)
    is_torn = is_torn or any(state not in ["0", *items["rules"][n]["ends"]] for n, state in states.items())
    if is_torn or any(not 0 <= amount <= most(each["orders"][n], off) for n, amount in amounts.items()):
        yield "The answer is nothing that its rules and order promotions allow."
    if not told["saving"] - each["books"] == sum(off) + sum(amounts.values()) <= each["goods"]:
        yield "The parts of the answer do not add up to what it saves."
    exact, held = {*told["exact"]}, [{*one["active"]} for one in told["alternatives"]]
    legal = [{*some} - {""} for some in [*islice(product(*told["groups"]), MOST), *told["alone"]]]
    if not any(used <= some for some in legal):
        yield "The answer uses promotions that do not go together."
    if len(legal) >= MOST or not all(any(a <= b and a & exact == b & exact for b in held) for a in legal):
        yield "There are promotions that no alternative holds together."


def _bounds(told: Table) -> Iterator[str]:
    aheads = [[ahead_of(rule, items) for rule in items["rules"]] for items in told["items"]]
    for number, each in enumerate(told["alternatives"]):
        known = each, told["items"][each["items"]], aheads[each["items"]], told["saving"] - each["books"]
        now, unlisted = still_open(*known, -1, [((), (0,) * known[1]["parts"])]), set[Any]()
        for unit, table in enumerate(each["open"]):
            found = still_open(*known, unit, now)
            now = {(tuple([tuple(pair) for pair in states]), tuple(off)) for states, off in table}
            unlisted |= found - now
        if now or unlisted:
            yield f"It is not shown that alternative {number} takes no more off."


def ahead_of(rule: Table, items: Table) -> list[dict[str, int]]:
    """Before each unit: from each state that can end well, the most that a rule gains above the prices."""
    found = [dict.fromkeys(["0", *rule["ends"]], 0)] * (len(items["duals"]) + 1)
    for unit, state, then, fallen, _ in sorted(rule["moves"], key=lambda move: -move[0]):
        if min([*fallen, *items["duals"], items["per"] - 1]) < 0 or len(fallen) != items["parts"]:
            raise ValueError("a price or a gain below zero, or no gain for each part")
        if then in found[unit + 1]:
            best = found[unit + 1][then] + items["per"] * sum(fallen) - items["duals"][unit]
            found[: unit + 1] = [{**found[unit], state: max(best, found[unit].get(state, best))}] * (unit + 1)
    return found


def still_open(each: Table, items: Table, aheads: Any, least: int, unit: int, listed: Any) -> set[Any]:
    """What of `listed` is open yet after a unit that nobody takes, or one rule by one of its moves."""
    found, ahead, price = set[Any](), [one[unit + 1] for one in aheads], sum(items["duals"][unit + 1 :])
    moves = [(n, *m[1:4]) for n, rule in enumerate(items["rules"]) for m in rule["moves"] if m[0] == unit]
    for (states, off), (n, old, new, more) in product(listed, [*moves, (-1, "0", "0", [0] * items["parts"])]):
        if dict(states).get(n, "0") == old:
            begun, fell = {**dict(states), n: new}, tuple([a + b for a, b in zip(off, more, strict=True)])
            rest = [one.get(begun.get(n, "0")) for n, one in enumerate(ahead)]
            if None not in rest and _saves(each, least, fell, 0, (price + sum(rest)) // items["per"]):
                kept = [(n, s) for n, s in begun.items() if s != "0" and ahead[n] is not aheads[n][-1]]
                found.add((tuple(sorted(kept)), fell))
    return found


def _saves(each: Table, least: int, off: Sequence[int], low: int, high: int) -> bool:
    more = sum([most(one, off, low, high) for one in each["orders"]])
    halves = [((low + high) // 2 + 1, high), (low, (low + high) // 2)] if low < high else []
    is_open = bool(min(sum(off) + max(low, high) + more, each["goods"]) > least)
    return is_open and (not halves or any(_saves(each, least, off, *half) for half in halves))


def most(order: Table, off: Sequence[int], low: int = 0, high: int = 0) -> Any:
    """The most an order promotion takes off where `low` to `high` more fall off than `off`, part by part."""
    found = [0]
    for when, minor, ppm, base, cap in order["falls"]:
        sums = [(sum([off[n] for n in of]), low * (0 < len(of) == len(off)), *ends) for of, *ends in when]
        if all(now + more <= last and now + high >= first for now, more, first, last in sums):
            left = base - max(sums[0][0] + sums[0][1], sums[0][2])
            found.append(min(cap, left, minor + (2 * left * ppm + PPM) // (2 * PPM)))
    return max(found)
