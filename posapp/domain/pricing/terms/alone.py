"""What goes together where something goes alone: a promotion by itself, or several by one name."""

from __future__ import annotations

from collections.abc import Iterable

from posapp.domain.pricing.terms.promotion import Promotion, Stack


def lonely_sets(promotions: Iterable[Promotion]) -> list[frozenset[str]]:
    """Ids of what goes alone: each promotion without a name by itself, those of one name together."""
    sets: dict[tuple[str, str], list[str]] = {}
    for each in promotions:
        if each.stack.alone:
            name = each.stack.alone_with
            sets.setdefault((name, "" if name else each.promotion_id), []).append(each.promotion_id)
    return [frozenset(ids) for ids in sets.values()]


def are_fellows(one: Stack, other: Stack) -> bool:
    """Whether both go alone by the same name."""
    return one.alone and other.alone and bool(one.alone_with) and one.alone_with == other.alone_with
