"""Certificates with one thing changed in any of their fields, and a judge of what they still say.

The judge tries every way through the tables as they are told and every legal set of promotions. It shares no
line with the checker: what it finds wrong the checker must refuse, wherever the change is. A change that
leaves the claim true (another price on a unit, a gain that nobody needs) may be accepted.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from random import Random
from typing import Any

Table = dict[str, Any]
Path = tuple[Any, ...]
#: What is told for people only.
UNREAD = {("currency",), ("items", "units")}


def spoilt(certificate: Table, random: Random, count: int) -> Iterator[tuple[str, Table]]:
    """So many copies with a change, each with the name of its field; all fields come equally often."""
    by_field: dict[Path, list[Path]] = defaultdict(list)
    for path in _paths(certificate, ()):
        by_field[tuple(step for step in path if isinstance(step, str) and not step.isdigit())].append(path)
    fields = sorted(field for field in by_field if field and not any(field[: len(u)] == u for u in UNREAD))
    for _ in range(count):
        field = random.choice(fields)
        other = json.loads(json.dumps(certificate))
        _change(other, random.choice(by_field[field]), random)
        if other != certificate:
            yield ".".join(field), other


def _paths(node: Any, path: Path) -> Iterator[Path]:
    if path:
        yield path
    steps = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, inner in steps:
        yield from _paths(inner, (*path, step))


def _change(node: Any, path: Path, random: Random) -> None:
    for step in path[:-1]:
        node = node[step]
    last, value = path[-1], node[path[-1]]
    if isinstance(value, bool) or value is None:
        node[last] = not value
    elif isinstance(value, int):
        far = random.choice((1, -1, 2, -2, 10, -10, 1000, -value, value))
        node[last] = value + far
    elif isinstance(value, str):
        node[last] = random.choice(("0", "1", "2", "end", "i0", "o0", "i1", ""))
    elif isinstance(value, list) and value:
        place = random.randrange(len(value))
        match random.randrange(4):
            case 0:
                del value[place]
            case 1:
                value.insert(place, json.loads(json.dumps(value[random.randrange(len(value))])))
            case 2:
                value.reverse()
            case _:
                value.clear()
    elif isinstance(node, list):
        del node[last]
    else:
        node[last] = []


# ------------------------------------------------------------------ the judge
def is_true(certificate: Table) -> bool:
    """Whether the answer saves what is claimed, and no alternative that is told saves more."""
    try:
        return (
            _is_attained(certificate)
            and _is_covered(certificate)
            and all(_most(certificate, each) <= certificate["saving"] for each in certificate["alternatives"])
        )
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return False


def _is_attained(certificate: Table) -> bool:
    answer = certificate["answer"]
    each = certificate["alternatives"][answer["alternative"]]
    rules = certificate["items"][each["items"]]["rules"]
    parts = certificate["items"][each["items"]]["parts"]
    off = [0] * parts
    at = ["0"] * len(rules)
    seen: list[int] = []
    used = set(each["booked"])
    for number, place in answer["taken"]:
        unit, state, then, fallen, names = rules[number]["moves"][place]
        if at[number] != state or (seen and unit <= max(seen)) or unit < 0:
            return False
        seen.append(unit)
        at[number] = then
        off = [had + more for had, more in zip(off, fallen, strict=True)]
        used |= set(names)
    begun = {number for number, _ in answer["taken"]}
    if any(at[number] not in ("0", *rules[number]["ends"]) for number in begun):
        return False
    saved = 0
    for number, amount in dict(answer["orders"]).items():
        order = each["orders"][number]
        if not 0 <= amount <= _amount(order, off):
            return False
        saved += amount
        if amount:
            used.add(order["id"])
    if sum(off) + saved > each["goods"] or each["books"] + sum(off) + saved != certificate["saving"]:
        return False
    return any(used <= some for some in _legal(certificate))


def _legal(certificate: Table) -> list[set[str]]:
    sets: list[set[str]] = [set()]
    for group in certificate["groups"]:
        sets = [some | ({name} if name else set()) for some in sets for name in group]
    return sets + [{*names} - {""} for names in certificate["alone"]]


def _is_covered(certificate: Table) -> bool:
    exact = set(certificate["exact"])
    for some in _legal(certificate):
        if not any(
            some <= set(each["active"]) and set(each["active"]) & exact <= some
            for each in certificate["alternatives"]
        ):
            return False
    return True


def _amount(order: Table, off: list[int] | tuple[int, ...]) -> int:
    found = 0
    for bounds, minor, ppm, base, cap in order["falls"]:
        sums = [sum(off[part] for part in parts) for parts, _, _ in bounds]
        if any(not first <= had <= last for had, (_, first, last) in zip(sums, bounds, strict=True)):
            continue
        left = base - sums[0]
        whole, rest = divmod(left * ppm, 1_000_000)
        found = max(found, min(cap, left, minor + whole + (2 * rest >= 1_000_000)))
    return found


def _most(certificate: Table, each: Table) -> int:
    """The most that an alternative saves, by every way through its tables."""
    items = certificate["items"][each["items"]]
    rules = items["rules"]
    units, wide = len(items["duals"]), items["parts"]
    moves: list[list[Any]] = [[] for _ in range(units)]
    for number, rule in enumerate(rules):
        for unit, state, then, fallen, _ in rule["moves"]:
            if unit < 0:
                continue
            if any(minor < 0 for minor in fallen):
                raise ValueError
            wide = max(wide, len(fallen))
            moves[unit].append((number, state, then, fallen))
    points = {(("0",) * len(rules), (0,) * wide)}
    for here in moves:
        after = set(points)
        for states, off in points:
            for number, state, then, fallen in here:
                if states[number] == state:
                    begun = (*states[:number], then, *states[number + 1 :])
                    fell = [*fallen, *([0] * (wide - len(fallen)))]
                    after.add((begun, tuple(a + b for a, b in zip(off, fell, strict=True))))
        points = after
    best = 0
    for states, off in points:
        if all(state in ("0", *rule["ends"]) for state, rule in zip(states, rules, strict=True)):
            orders = sum(_amount(order, off) for order in each["orders"])
            best = max(best, min(each["goods"], sum(off) + orders))
    return int(each["books"] + best)
