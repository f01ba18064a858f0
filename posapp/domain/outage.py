"""What a till gave away without the hub's word while the network was gone: for who answers for it.

Counted from the facts of stored sales by the leases that they name. A short break in which nothing was given
away does not hide the last one in which something was.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from posapp.domain.facts import TransactionCompleted
from posapp.domain.members.leases import LEASE_KINDS, Lease
from posapp.domain.sale_facts import lease_spends
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Outage:
    """From when the network was gone and until when (epoch ms; None: not at all, or still).

    `given` is (kind of lease, amount) in the order of kinds; `before` the last one that cost something.
    """

    from_ms: int | None = None
    to_ms: int | None = None
    given: tuple[tuple[str, int], ...] = ()
    before: Outage | None = None

    @property
    def is_on(self) -> bool:
        """Whether the network is gone."""
        return self.from_ms is not None and self.to_ms is None


NO_OUTAGE = Outage()
#: So long after a sale that the hub did not answer a till may still take it to be there.
NOTICED_WITHIN_MS: Final = 60_000


def begun(outage: Outage, now_ms: int) -> Outage:
    """The network is gone from now on; one that goes on goes on."""
    if outage.is_on:
        return outage
    ended_ms = outage.to_ms
    if ended_ms is not None and outage.from_ms == ended_ms >= now_ms - NOTICED_WITHIN_MS:
        # A sale was the first that the hub did not answer: what it gave away is of this outage.
        return replace(outage, to_ms=None)
    return Outage(now_ms, before=outage if outage.given else outage.before)


def ended(outage: Outage, now_ms: int) -> Outage:
    """The network is back."""
    if not outage.is_on:
        return outage
    if not outage.given and outage.before is not None:
        return outage.before
    return replace(outage, to_ms=now_ms, before=None)


def with_sale(outage: Outage, sale: TransactionCompleted, leases: Iterable[Lease]) -> Outage:
    """The outage with what a stored sale gave away; one outside any is an outage of its own."""
    kinds = {each.lease_id: each.kind for each in leases}
    spends = [(kinds[lease_id], amount) for lease_id, amount in lease_spends(sale) if lease_id in kinds]
    if not spends:
        return outage
    if not outage.is_on:
        outage = Outage(sale.completed_at_ms, sale.completed_at_ms)
    given = dict(outage.given)
    for kind, amount in spends:
        given[kind] = given.get(kind, 0) + amount
    return replace(outage, given=tuple((kind, given[kind]) for kind in LEASE_KINDS if kind in given))
