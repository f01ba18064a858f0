"""A damaged detail of the ledger never keeps a till from starting and selling on."""

from __future__ import annotations

from typing import Any

import pytest

from posapp.flows.intents import Committed, Recovered
from posapp.store.engine import open_ledger
from posapp.store.recovery import recover
from posapp.store.state import totals_from_bytes
from tests.store.conftest import LedgerKit, commit_of, committed, sale


def started(kit: LedgerKit) -> Recovered:
    """What a start finds."""
    connection = open_ledger(kit.path)
    try:
        return recover(connection, now_ms=kit.clock.now_ms())
    finally:
        connection.close()


@pytest.mark.parametrize("totals", [None, b"", b"{", b'{"number": "x"}', 7, "text"])
def test_running_figures_that_cannot_be_read_are_added_up_again(kit: LedgerKit, totals: Any) -> None:
    before = kit.ledger()
    for number in (1, 2):
        committed(before.commit(commit_of(sale(transaction_id=f"sale-{number}"))))
    before.close()
    sound = totals_from_bytes(kit.one("SELECT shift_totals FROM till"))
    held = open_ledger(kit.path)
    held.execute("UPDATE till SET shift_totals = ?", (totals,))
    held.close()
    found = started(kit)
    assert (found.shift, found.quarantined) == (sound, 1)
    answer = kit.ledger().commit(commit_of(sale(transaction_id="sale-3")))
    assert isinstance(answer, Committed)
    healed = started(kit)
    assert healed.shift is not None
    assert (healed.shift.sales_count, healed.quarantined) == (3, 0)
