"""Whether a certificate proves what it says: no legal choice takes more off than the one that was made.

Searches nothing: with any prices on units, no plan gives more than these and what each rule gains above them.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice, product
from typing import Any

Table = dict[str, Any]
MOST, PPM = 10_000, 1_000_000


def check(certificate: Table) -> list[str]:
    """What is wrong with a certificate, a sentence each; nothing where it is a proof."""
    try:
        return [*_choice(certificate), *_cover(certificate), *_bounds(certificate)]
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        return [f"The certificate is not whole: {type(error).__name__} {error}."]


def _choice(certificate: Table) -> Iterator[str]:
    answer, value = certificate["answer"], 0
    chosen = certificate["alternatives"][answer["alternative"]]
    used = {name for name, amount in answer["orders"] if amount}.union(chosen["booked"])
    for part, taken in zip(chosen["parts"], answer["taken"], strict=True):
        if len({unit for unit, _, _ in taken}) < len(taken):
            yield "A unit is used twice."
        states = ["0" for _ in part["rules"]]
        for unit, number, move in sorted(taken):
            rule = part["rules"][number]
            states[number], gain, names = rule["moves"][rule["units"].index(unit)][states[number]][move]
            value, used = value + gain, used.union(names)
        if not all(state in rule["ends"] for state, rule in zip(states, part["rules"], strict=True)):
            yield "A rule is left unfinished."
    fall = {each["id"]: _falls(each, value) for each in chosen["orders"]}
    if not all(0 <= amount <= fall[name] for name, amount in answer["orders"]):
        yield "An order promotion does not take so much off."
    if certificate["saving"] != chosen["books"] + value + sum(dict(answer["orders"]).values()):
        yield "The parts of the answer do not add up to what it saves."
    mine = [each for each in certificate["promotions"] if each["id"] in used]
    groups = [each["group"] for each in mine if each["group"]]
    if len({*groups}) < len(groups) or (len(used) > 1 and any(each["alone"] for each in mine)):
        yield "The answer uses promotions that do not go together."


def _cover(certificate: Table) -> Iterator[str]:
    promotions, groups = certificate["promotions"], dict[str, list[str]]()
    exact = {each["id"] for each in promotions if each["exact"]}
    for each in promotions:
        groups.setdefault(each["group"] or "=" + each["id"], []).extend([each["id"]] * (not each["alone"]))
    ways = [[*names, ""] if exact.intersection(names) else names or [""] for names in groups.values()]
    legal = [{each["id"]} for each in promotions if each["alone"]]
    legal += [{*names} - {""} for names in islice(product(*ways), MOST + 1)]
    held = [set(each["active"]) for each in certificate["alternatives"]]
    if len(legal) > MOST or not all(any(a <= b and a & exact == b & exact for b in held) for a in legal):
        yield "There are promotions that no alternative holds together."


def _bounds(certificate: Table) -> Iterator[str]:
    for number, each in enumerate(certificate["alternatives"]):
        most = sum(_tree(part, part["proof"], {}, []) for part in each["parts"])
        saved = [value + sum(_falls(one, value) for one in each["orders"]) for value in range(most + 1)]
        if each["books"] + max(saved, default=0) > certificate["saving"]:
            yield f"It is not shown that alternative {number} takes no more off."


def _falls(order: Table, value: int) -> int:
    for most, minor, ppm, base, cap in order["falls"]:
        if value <= most:
            return int(min(cap, minor + (2 * (base - value) * ppm + PPM) // (2 * PPM)))
    return 0


def _tree(part: Table, node: Table, used: dict[int, int], banned: list[tuple[int, int]]) -> int:
    if "duals" not in node:
        pair = node["unit"], node["rule"]
        most = _tree(part, node["with"], {**used, pair[0]: pair[1]}, banned)
        return max(most, _tree(part, node["without"], used, [*banned, pair]))
    duals = [Fraction(dual) for dual in node["duals"]]
    if min(duals, default=0) < 0:
        raise ValueError("a dual price below zero")
    plans = [_plan(rule, number, duals, (used, banned)) for number, rule in enumerate(part["rules"])]
    return -1 if None in plans else int(sum(filter(None, plans), sum(duals, Fraction())) // 1)


def _plan(rule: Table, number: int, duals: list[Fraction], fixed: Any) -> Fraction | None:
    after, (used, banned) = {state: Fraction() for state in rule["ends"]}, fixed
    for unit, ways in reversed(list(zip(rule["units"], rule["moves"], strict=True))):
        now = dict(after) if used.get(unit) != number else {}
        if used.get(unit, number) == number and (unit, number) not in banned:
            for state, (then, gain, _) in [(one, move) for one, moves in ways.items() for move in moves]:
                if then in after:
                    best = after[then] + gain - duals[unit]
                    now[state] = max(now.get(state, best), best)
        after = now
    return after.get("0")
