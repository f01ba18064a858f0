"""A ledger's chain and its lives: kept with every line, proven after an upgrade, begun anew on record."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posapp.domain.facts import EpochBegun
from posapp.store import migrate as migrate_module
from posapp.store import outbox
from posapp.store.engine import open_ledger
from posapp.store.epochs import round_above
from posapp.store.ledger import Ledger
from posapp.store.migrate import migrate
from posapp.store.shift_reading import read_shift
from posapp.store.troubles import DatabaseError
from sync.engine.ports import RECEIPTS_SKIPPED, SHIFTS_SKIPPED, Beginning
from sync.protocol.chain import CHAIN_START, chain_over
from sync.protocol.messages import EpochMark
from tests.store.conftest import (
    PLACE,
    CountedIds,
    LedgerKit,
    RealClock,
    commit_of,
    committed,
    sale,
    shift_opened,
)


def sell(ledger: Ledger, *numbers: int) -> list[str | None]:
    return [
        committed(ledger.commit(commit_of(sale(transaction_id=f"sale-{number}")))).receipt_number
        for number in numbers
    ]


def begun(ledger: Ledger, wish: Beginning) -> EpochBegun:
    fact = ledger.begin(wish)
    assert isinstance(fact, EpochBegun), fact
    return fact


def test_every_line_carries_the_chain_over_all_before_it(kit: LedgerKit) -> None:
    sell(kit.ledger(), 1, 2, 3)
    rows = kit.rows("SELECT body, chain FROM journal ORDER BY journal_no")
    for count in range(1, len(rows) + 1):
        assert rows[count - 1][1] == chain_over(CHAIN_START, [body for body, _ in rows[:count]])
    assert kit.one("SELECT chain FROM till") == rows[-1][1]


def test_a_batch_carries_the_chain_after_its_last_line(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    sell(ledger, 1, 2, 3)
    batch = outbox.pending(ledger.connection(), 2, 10**6)
    assert batch is not None
    assert (batch.first_seq, len(batch.lines)) == (1, 2)
    assert batch.chain == chain_over(CHAIN_START, batch.lines)
    assert outbox.chain_at(ledger.connection(), 1, 2) == batch.chain
    assert [outbox.chain_at(ledger.connection(), *at) for at in ((1, 0), (1, 5), (2, 1))] == [None] * 3


@pytest.mark.parametrize("reason", ["restored", "forked"])
def test_a_new_epoch_goes_on_where_nobody_has_been(kit: LedgerKit, reason: Any) -> None:
    ledger = kit.ledger()
    sell(ledger, 1, 2)
    fact = begun(ledger, Beginning(reason, 1, 4_000_000_000_000, 12_345, 7))
    assert (fact.receipt_seq_before, fact.receipt_seq) == (2, 20_000)
    assert (fact.shift_number_before, fact.shift_number) == (1, SHIFTS_SKIPPED)
    assert fact.epoch == 4_000_000_000_001, "after the newest that the hub knows, whatever the clock says"
    assert sell(ledger, 3) == ["S001-03-020001"]
    seqs = kit.rows("SELECT epoch, seq, kind FROM journal WHERE epoch > 1 ORDER BY journal_no")
    assert seqs == [(fact.epoch, 1, "EpochBegun"), (fact.epoch, 2, "TransactionCompleted")]
    first = kit.rows("SELECT body, chain FROM journal WHERE epoch > 1 ORDER BY journal_no LIMIT 1")[0]
    assert first[1] == hashlib.sha256(bytes(32) + first[0]).digest(), "its chain begins anew"
    # Rows of the old epoch go first, and no batch holds lines of both.
    batch = outbox.pending(ledger.connection(), 10, 10**6)
    assert batch is not None
    assert (batch.epoch, len(batch.lines)) == (1, 3)
    # The shift that is open goes on, and what was left out is no missing sale.
    totals = read_shift(ledger.connection(), "shift-1", now_ms=5)
    assert totals is not None
    assert (totals.sales_count, totals.quarantined) == (3, 0)


def test_a_ledger_that_was_set_up_goes_on_right_after_the_hub(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    sell(ledger, 1)
    fact = begun(ledger, Beginning("set_up", 1, 0, 500, 9))
    assert (fact.epoch_before, fact.epoch, fact.receipt_seq_before, fact.shift_number) == (1, 1, 1, 9)
    assert sell(ledger, 2) == ["S001-03-000501"]
    assert kit.rows("SELECT epoch, count(*) FROM journal GROUP BY 1") == [(1, 4)]
    assert ledger.begin(Beginning("set_up", 1, 0, 400, 2)) is None


def test_a_wish_of_an_earlier_epoch_changes_nothing(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    sell(ledger, 1)
    wish = Beginning("forked", 1, 0, 0, 0)
    begun(ledger, wish)
    before = kit.tables()
    assert ledger.begin(wish) is None
    assert kit.tables() == before


def test_a_sale_that_is_asked_again_after_a_new_epoch_is_the_same(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    sell(ledger, 1)
    begun(ledger, Beginning("forked", 1, 0, 0, 0))
    ledger.close()
    assert committed(kit.ledger().commit(commit_of(sale(), "again"))).receipt_number == "S001-03-000001"


def test_marks_go_back_only_by_the_hub_s_own_word_and_across_epochs(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    sell(ledger, 1, 2)
    epoch = begun(ledger, Beginning("forked", 1, 0, 0, 0)).epoch
    sell(ledger, 3)
    held = ledger.connection()

    def waiting() -> int:
        return outbox.backlog(held)[0]

    outbox.acknowledge(held, 1, 99, backed_up_through=99)
    assert waiting() == 2
    outbox.acknowledge(held, epoch, 2, backed_up_through=1)
    assert waiting() == 0
    assert outbox.held(held).marks == (EpochMark(1, 99, 99), EpochMark(epoch, 2, 1))
    outbox.acknowledge(held, 1, 2, backed_up_through=0)
    assert waiting() == 0
    outbox.take_marks(held, "h", (EpochMark(1, 2, 2), EpochMark(epoch, 2, 2)))
    assert (waiting(), outbox.held(held).hub_id) == (3, "h")
    outbox.take_marks(held, "h", (EpochMark(1, 3, 0),))
    assert waiting() == 3, "marks never grow by what is only said"
    batch = outbox.pending(held, 10, 10**6)
    assert batch is not None
    assert (batch.epoch, batch.first_seq) == (1, 3)
    outbox.acknowledge(held, 1, 3, backed_up_through=0)
    assert waiting() == 2


@given(st.integers(0, 10**6))
def test_the_next_round_number_is_above(number: int) -> None:
    found = round_above(number, RECEIPTS_SKIPPED)
    assert number < found <= number + RECEIPTS_SKIPPED
    assert found % RECEIPTS_SKIPPED == 0


# ---------------------------------------------------------------------- ledgers of before


def old_ledger(path: Path, epochs: list[tuple[int, int]], acked: int, monkeypatch: Any) -> list[bytes]:
    """A ledger of the second schema with so many lines in each epoch; the bodies."""
    with monkeypatch.context() as patch:
        patch.setattr(migrate_module, "HEAD", "0002")
        migrate(path, epoch=epochs[-1][0])
    connection = open_ledger(path)
    bodies: list[bytes] = []
    for epoch, lines in epochs:
        for seq in range(1, lines + 1):
            bodies.append(json.dumps({"epoch": epoch, "seq": seq}).encode() * (1 + seq % 900))
            row = (len(bodies), epoch, seq, f"id-{len(bodies)}", "k", None, None, 1, "", bodies[-1])
            connection.execute("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    connection.execute(
        "UPDATE till SET seq = ?, journal_no = ?, acked_through = ?", (epochs[-1][1], len(bodies), acked)
    )
    connection.close()
    return bodies


@pytest.mark.parametrize(
    ("epochs", "acked"),
    [
        ([(7, 0)], 0),
        ([(7, 5)], 5),
        ([(7, 5)], 2),
        ([(7, 2_050)], 1_000),
        ([(3, 4), (7, 3)], 1),
        ([(3, 4), (7, 0)], 0),
    ],
)
def test_a_ledger_of_before_is_chained_and_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, epochs: list[tuple[int, int]], acked: int
) -> None:
    path = tmp_path / "ledger.db"
    bodies = old_ledger(path, epochs, acked, monkeypatch)
    assert migrate(path, epoch=99).backup is not None
    held = open_ledger(path)
    done = 0
    for epoch, lines in epochs:
        some = bodies[done : done + lines]
        done += lines
        heads = held.execute("SELECT chain FROM journal WHERE epoch = ? ORDER BY seq", (epoch,)).fetchall()
        assert [head for (head,) in heads] == [
            chain_over(CHAIN_START, some[:count]) for count in range(1, lines + 1)
        ]
    last = chain_over(CHAIN_START, bodies[len(bodies) - epochs[-1][1] :])
    assert held.execute("SELECT chain, hub_id FROM till").fetchone() == (last, "")
    assert outbox.backlog(held)[0] == epochs[-1][1] - acked
    batch = outbox.pending(held, 1, 1)
    assert (batch and batch.first_seq) == (acked + 1 if acked < epochs[-1][1] else None)
    assert [mark.epoch for mark in outbox.held(held).marks] == [epoch for epoch, _lines in epochs]
    assert held.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert held.execute("PRAGMA foreign_key_list(retail_transaction)").fetchall() != []
    tables = {row[2] for row in held.execute("PRAGMA foreign_key_list(retail_transaction)").fetchall()}
    assert tables == {"shift"}
    if bodies:
        with pytest.raises(DatabaseError, match="append-only"):
            held.execute("UPDATE journal SET seq = 1")
    held.close()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from(["sell", "begin", "ack", "back"]), max_size=12))
def test_the_queue_is_always_the_rows_behind_one_number(acts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        _play(Path(name) / "ledger.db", acts)


def _play(path: Path, acts: list[str]) -> None:
    migrate(path, epoch=1)
    ledger = Ledger(lambda: open_ledger(path), place=PLACE, clock=RealClock(), ids=CountedIds())
    ledger.record((shift_opened(),))
    for number, act in enumerate(acts):
        now = outbox.held(ledger.connection())
        if act == "sell":
            sell(ledger, number)
        elif act == "begin":
            ledger.begin(Beginning("forked", now.epoch, 0, 0, 0))
        elif act == "ack":
            batch = outbox.pending(ledger.connection(), 2, 10**6)
            if batch is not None:
                through = batch.first_seq + len(batch.lines) - 1
                outbox.acknowledge(ledger.connection(), batch.epoch, through, backed_up_through=0)
        else:
            half = tuple(EpochMark(mark.epoch, mark.acked_through // 2, 0) for mark in now.marks)
            outbox.take_marks(ledger.connection(), "h", half)
        held = ledger.connection()
        waiting, _oldest = outbox.backlog(held)
        acked = {mark.epoch: mark.acked_through for mark in outbox.held(held).marks}
        rows = held.execute("SELECT epoch, seq FROM journal ORDER BY journal_no").fetchall()
        first = next((place for place, (epoch, seq) in enumerate(rows) if seq > acked[epoch]), len(rows))
        assert waiting == len(rows) - first
    ledger.close()
