"""Faults planted for the outage campaign: each undoes one of the rules that bound what an outage can cost."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any, Final
from unittest.mock import patch

from sqlalchemy import Connection

from posapp.domain.members import usable
from posapp.domain.members.clock import HubTime
from posapp.flows import members as member_flows
from posapp.rights_desk import chores
from posapp.store import leases as till_leases
from posapp.store import rights_store
from sync.hub.loyalty import fact_folding, holds, points
from sync.protocol.loyalty import LeaseHeld

_take_leases = till_leases.take_leases
_check_member_code = member_flows.check_member_code
_earn = points.earn
_fold_fact = fact_folding.fold_fact
_TIMES = itertools.count()


def _told_as_closed(held: till_leases.HeldLeases) -> tuple[LeaseHeld, ...]:
    return tuple(LeaseHeld(each.lease_id, each.spent, is_closed=bool(each.spent)) for each in held.open)


class _ClosesNothing:
    """A connection on which no lease is ever closed."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def execute(self, sql: str, *more: Any) -> Any:
        if "SET state = 'closed'" in sql:
            return None
        return self._inner.execute(sql, *more)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def _take_beside(connection: Any, granted: Any, **named: Any) -> None:
    _take_leases(_ClosesNothing(connection), granted, **named)  # type: ignore[arg-type]


def _any_time(code: Any, time: HubTime, rules: Any, known: Any) -> Any:
    return _check_member_code(code, replace(time, unsure_ms=10**13), rules, known)


def _earn_again(connection: Any, cause: Any, member_id: str, earned: int, **named: Any) -> None:
    """Every folding earns, whatever was folded before."""
    if points.is_entered(connection, cause.source_id, "earned"):
        cause = replace(cause, source_id=f"{cause.source_id}#{next(_TIMES)}")
    _earn(connection, cause, member_id, earned, **named)


def _fold_earning_again(folding: Any, fact: Any) -> bool:
    if not _fold_fact(folding, fact):
        if isinstance(fact, fact_folding.Sale) and fact.member is not None:
            whose = fact_folding.canonical(folding.connection, fact.member.member_id)
            fact_folding._earn(folding, fact, whose)
        return False
    return True


def _end_by_time(connection: Connection, now_ms: int) -> int:
    """What is kept ends with its time, as if a till that is silent had nothing on its disk."""
    over = [row for row in holds.open_holds(connection, most=500) if row.until_ms <= now_ms]
    return holds.let_go_of(connection, over, "ended", now_ms)


PLANTS: Final[dict[str, Callable[[], list[Any]]]] = {
    "lease_not_counted": lambda: [patch.object(till_leases, "_spend", lambda _connection, _sale: False)],
    "renewed_without_closing": lambda: [
        patch.object(chores, "_told", _told_as_closed),
        patch.object(rights_store.RightsStore, "close_leases", lambda _self, _facts: None),
        patch.object(rights_store, "take_leases", _take_beside),
    ],
    "hold_released_early": lambda: [patch("sync.hub.loyalty.clock_work.end_overdue", _end_by_time)],
    "coupon_without_lease": lambda: [patch.object(usable, "_without_hub", lambda *_: {})],
    "earn_not_idempotent": lambda: [
        patch.object(points, "earn", _earn_again),
        patch.object(fact_folding, "_spend", lambda *_, **__: None),
        patch("sync.hub.loyalty.folding.fold_fact", _fold_earning_again),
    ],
    "clock_ignored": lambda: [patch.object(member_flows, "check_member_code", _any_time)],
}
MUTANTS: Final = tuple(PLANTS)


@contextmanager
def planted(name: str) -> Iterator[None]:
    """With a fault, or without."""
    with ExitStack() as stack:
        for one in PLANTS[name]() if name else ():
            stack.enter_context(one)
        yield
