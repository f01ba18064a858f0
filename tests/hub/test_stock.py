"""What is left of each item: folded once, in any order, from sales, moves and counts."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from sync.hub.database import Database
from sync.hub.doubts.settling import count_open
from sync.hub.goods.shop_admin import put_shop
from sync.hub.goods.stock import (
    STOCK_JOB,
    UNCOUNTED_KEPT_MS,
    Level,
    fold,
    forget_moves,
    levels,
    stock_handler,
    wish_for_stock,
)
from sync.hub.goods.stock_facts import Move
from sync.hub.intake.ingest import Batch, ingest
from sync.hub.jobs import JobRunner, waiting_jobs
from sync.hub.schema.events import EXCEPTION
from sync.hub.schema.feeds import FEED_ROW
from sync.hub.schema.stock import STOCK_MOVE
from tests.hub.conftest import NOW_MS, event_line, sale_body, shop_document


@pytest.fixture
def database(hub_database: Database) -> Database:
    """A hub with the store S1."""
    with hub_database.writing() as connection:
        put_shop(connection, shop_document(), show_pins=False, now_ms=NOW_MS)
    return hub_database


def count(sku: str, found: int, at_ms: int, move_id: str = "") -> Move:
    """A count of an item."""
    return Move(move_id or f"count-{sku}-{at_ms}", 0, sku, found, "pcs", "count", at_ms)


def sold(sku: str, pieces: int, at_ms: int, move_id: str = "", line_no: int = 1) -> Move:
    """A line of a sale."""
    return Move(move_id or f"sale-{sku}-{at_ms}", line_no, sku, -pieces, "pcs", "sale", at_ms, "T1")


def folded(database: Database, *moves: Move, now_ms: int = NOW_MS) -> int:
    """Fold moves in one transaction."""
    with database.writing() as connection:
        return fold(connection, "S1", moves, now_ms)


def left(database: Database) -> dict[str, int]:
    """What is left of each item."""
    with database.reading() as connection:
        return {sku: level.sellable for sku, level in levels(connection, "S1").items()}


def rows_down(database: Database) -> dict[str, Any]:
    """The rows of the stream by SKU, each with its revision."""
    query = select(FEED_ROW.c.key, FEED_ROW.c.rev, FEED_ROW.c.body).where(FEED_ROW.c.stream == "stock")
    with database.reading() as connection:
        return {key: (rev, msgspec.json.decode(bytes(body))) for key, rev, body in connection.execute(query)}


def exceptions(database: Database) -> list[tuple[str, dict[str, Any]]]:
    """What waits to be counted."""
    with database.reading() as connection:
        query = select(EXCEPTION.c.kind, EXCEPTION.c.detail).order_by(EXCEPTION.c.key)
        return [(kind, msgspec.json.decode(detail)) for kind, detail in connection.execute(query)]


def waiting(database: Database) -> int:
    """How many exceptions wait for a person."""
    with database.reading() as connection:
        return count_open(connection)[0]


def test_a_level_is_the_count_and_what_moved_after_it(database: Database) -> None:
    assert folded(database, count("a", 10, 1_000), sold("a", 3, 2_000), sold("b", 1, 2_000)) == 3
    assert left(database) == {"a": 7}
    assert folded(database, sold("a", 2, 500)) == 1
    assert left(database) == {"a": 7}, "what was sold before the count was gone when it was counted"
    restock = Move("r1", 0, "a", 5, "pcs", "restock", 3_000, reference="delivery 7")
    assert [folded(database, restock), folded(database, restock)] == [1, 0]
    assert left(database) == {"a": 12}
    assert rows_down(database)["a"][1] == {"sku": "a", "sellable": 12, "unit": "pcs", "as_of_ms": NOW_MS}
    assert "b" not in rows_down(database)


def test_a_late_count_covers_what_was_folded_before_it(database: Database) -> None:
    folded(database, count("a", 10, 1_000), sold("a", 3, 2_000), sold("a", 1, 4_000))
    folded(database, count("a", 6, 3_000))
    assert left(database) == {"a": 5}
    folded(database, count("a", 99, 2_500))
    assert left(database) == {"a": 5}, "an older count says nothing of today"
    assert folded(database, count("a", 6, 3_000)) == 0


def test_only_what_changed_is_sent_again(database: Database) -> None:
    folded(database, count("a", 10, 1_000), count("b", 5, 1_000))
    before = rows_down(database)
    folded(database, sold("a", 1, 2_000), sold("b", 9, 500))
    after = rows_down(database)
    assert after["b"] == before["b"]
    assert after["a"][0] > before["a"][0]


def test_below_nothing_is_something_to_count_once_for_each_count(database: Database) -> None:
    folded(database, count("a", 1, 1_000), sold("a", 3, 2_000))
    folded(database, sold("a", 1, 2_100))
    assert left(database) == {"a": -3}
    assert exceptions(database) == [("stock_count", {"sku": "a", "sellable": -2, "unit": "pcs"})]
    assert waiting(database) == 1
    folded(database, count("a", 0, 3_000), sold("a", 1, 4_000))
    assert [detail["sellable"] for _kind, detail in exceptions(database)] == [-2, -1]
    assert waiting(database) == 1, "the first was settled by the count, the second waits"
    folded(database, count("a", 4, 5_000), count("b", 1, 5_000))
    assert waiting(database) == 0


def test_counted_moves_are_forgotten_and_change_nothing_when_told_again(database: Database) -> None:
    moves = [sold("a", 3, 500), count("a", 10, 1_000), sold("a", 1, 2_000), sold("b", 1, 500)]
    folded(database, *moves)
    with database.writing() as connection:
        assert forget_moves(connection, "S1", NOW_MS) == 3
    late = NOW_MS + UNCOUNTED_KEPT_MS
    folded(database, sold("c", 1, NOW_MS))
    with database.writing() as connection:
        assert forget_moves(connection, "S1", late) == 0
        assert forget_moves(connection, "S2", late + 1) == 0
        assert forget_moves(connection, "S1", late + 1) == 1
    folded(database, *moves)
    assert left(database) == {"a": 9}


MOVES = st.lists(
    st.builds(
        lambda sku, quantity, at_ms, n: (
            count(sku, abs(quantity), at_ms, f"c{n}")
            if quantity % 3 == 0
            else Move(f"m{n}", n % 2, sku, quantity, "pcs", "restock", at_ms)
        ),
        st.sampled_from(["a", "b"]),
        st.integers(-20, 20),
        st.integers(0, 12),
        st.integers(0, 40),
    ),
    max_size=25,
    unique_by=lambda move: (move.move_id, move.line_no),
)


STORES = itertools.count(1)


def expected(moves: list[Move]) -> dict[str, int]:
    """What is left by the words of the rule."""
    by_sku: defaultdict[str, list[Move]] = defaultdict(list)
    for move in moves:
        by_sku[move.sku].append(move)
    found = {}
    for sku, told in by_sku.items():
        counts = [move for move in told if move.is_count]
        if counts:
            last = max(counts, key=lambda move: (move.at_ms, move.move_id))
            later = [move.quantity for move in told if not move.is_count and move.at_ms > last.at_ms]
            found[sku] = last.quantity + sum(later)
    return found


@pytest.fixture(scope="module")
def one_database(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A hub for many examples, each in a store of its own."""
    database = Database(tmp_path_factory.mktemp("stock") / "hub.db")
    yield database
    database.close()


@given(MOVES, st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_order_any_batches_and_any_replays_give_the_same(
    one_database: Database, moves: list[Move], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(moves))) if moves else []
    order = data.draw(st.permutations([*moves, *again]))
    store = f"S{next(STORES)}"
    start = 0
    while start < len(order):
        size = data.draw(st.integers(1, 8))
        with one_database.writing() as connection:
            fold(connection, store, order[start : start + size], NOW_MS)
        start += size
    with one_database.reading() as connection:
        found = levels(connection, store)
        assert {sku: level.sellable for sku, level in found.items()} == expected(moves)
        body = {row.key: msgspec.json.decode(bytes(row.body))["sellable"] for row in connection.execute(
            select(FEED_ROW).where(FEED_ROW.c.store_id == store))}  # fmt: skip
        assert body == expected(moves)


def moved_line(seq: int, **changes: Any) -> bytes:
    """The line of a StockMoved fact."""
    body = {
        "move_id": f"move-{seq}",
        "reason": "restock",
        "sku": "a",
        "quantity": 4,
        "unit": "pcs",
        "operator_id": "1",
        "at_ms": NOW_MS,
        "reference": "",
        "a_field_of_tomorrow": 1,
    } | changes
    return event_line(seq, kind="StockMoved", body=body)


def test_the_job_folds_what_tills_sent_once(database: Database) -> None:
    lines = [
        event_line(1),
        moved_line(2),
        event_line(3, body=sale_body(3) | {"lines": "x"}),
        moved_line(4, quantity="x"),
    ]
    folded(database, count("a", 10, NOW_MS - 1))
    for replayed in range(2):
        with database.writing() as connection:
            ingest(connection, Batch("S1", "T1", 1, 1, lines), now_ms=NOW_MS + 5)
            if replayed:
                wish_for_stock(connection, ("S1", "T1", 1), [1, 4], only_sold=False)
        runner = JobRunner(database, {STOCK_JOB: stock_handler(lambda: NOW_MS + 9)}, lambda: NOW_MS + 9)
        assert runner.run_once()
        assert not runner.run_once()
        assert left(database) == {"a": 13}
    assert rows_down(database)["a"][1]["as_of_ms"] == NOW_MS + 9


def test_a_clock_that_runs_ahead_does_not_stand_after_every_count(database: Database) -> None:
    folded(database, count("a", 12, NOW_MS - 1))
    ahead = event_line(1, body=sale_body(1) | {"completed_at_ms": NOW_MS + 10**9})
    with database.writing() as connection:
        ingest(connection, Batch("S1", "T1", 1, 1, [ahead]), now_ms=NOW_MS)
    assert JobRunner(database, {STOCK_JOB: stock_handler(lambda: NOW_MS)}, lambda: NOW_MS).run_once()
    folded(database, count("a", 10, NOW_MS + 1))
    assert left(database) == {"a": 10}


@pytest.mark.expected_logs
def test_forks_are_folded_too_and_one_sale_only_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.hub.goods.stock._EVENTS_AT_ONCE", 2)
    folded(database, count("a", 10, NOW_MS - 1))
    first = [event_line(seq) for seq in (1, 2, 3)]
    forks = [
        event_line(2, event_id="fork-2", body=sale_body(12)),
        event_line(3, event_id="fork-3", body=sale_body(3)),
    ]
    for lines in (first, forks, first):
        with database.writing() as connection:
            ingest(connection, Batch("S1", "T1", 1, None, lines), now_ms=NOW_MS)
    runner = JobRunner(database, {STOCK_JOB: stock_handler(lambda: NOW_MS)}, lambda: NOW_MS)
    while runner.run_once():
        pass
    assert left(database) == {"a": 6}, "four sales: the third came under two names"


def test_sales_of_a_shop_that_counts_nothing_are_not_kept_here(database: Database) -> None:
    lines = [event_line(1), moved_line(2), moved_line(3, reason="count", quantity=9), event_line(4)]
    with database.writing() as connection:
        ingest(connection, Batch("S1", "T1", 1, 1, lines), now_ms=NOW_MS)
    runner = JobRunner(database, {STOCK_JOB: stock_handler(lambda: NOW_MS)}, lambda: NOW_MS)
    assert runner.run_once()
    with database.reading() as connection:
        assert connection.execute(
            select(STOCK_MOVE.c.reason).order_by(STOCK_MOVE.c.move_id)
        ).scalars().all() == [
            "restock",
            "count",
        ]
    assert left(database) == {"a": 9}
    with database.writing() as connection:
        sale = event_line(5, body=sale_body(5) | {"completed_at_ms": NOW_MS + 1})
        ingest(connection, Batch("S1", "T1", 1, 5, [sale]), now_ms=NOW_MS + 1)
    assert runner.run_once()
    assert left(database) == {"a": 8}


def test_only_a_shop_that_counts_is_given_work_by_its_sales(database: Database) -> None:
    def taken_in(seq: int, line: bytes) -> None:
        with database.writing() as connection:
            ingest(connection, Batch("S1", "T1", 1, seq, [line]), now_ms=NOW_MS)

    runner = JobRunner(database, {STOCK_JOB: stock_handler(lambda: NOW_MS)}, lambda: NOW_MS)
    taken_in(1, event_line(1))
    assert not runner.run_once(), "nothing was ever counted"
    taken_in(2, moved_line(2, reason="count", quantity=9))
    # The first count is not folded yet: this sale comes after it all the same.
    taken_in(3, event_line(3, body=sale_body(3) | {"completed_at_ms": NOW_MS + 1}))
    with database.reading() as connection:
        assert len(waiting_jobs(connection, "S1")) == 2
    while runner.run_once():
        pass
    taken_in(4, event_line(4))
    assert runner.run_once(), "something is counted now"


def test_texts_that_no_column_takes_move_nothing(database: Database) -> None:
    odd = moved_line(1, sku="a\0b")
    with database.writing() as connection:
        # A receipt of the same till, so that there is something to fold.
        ingest(connection, Batch("S1", "T1", 1, 1, [odd, moved_line(2)]), now_ms=NOW_MS)
    assert JobRunner(database, {STOCK_JOB: stock_handler(lambda: NOW_MS)}, lambda: NOW_MS).run_once()
    with database.reading() as connection:
        assert connection.execute(select(STOCK_MOVE.c.sku)).scalars().all() == ["a"]
        assert levels(connection, "S1", ("a",)) == {}


def test_other_stores_have_their_own(database: Database) -> None:
    folded(database, count("a", 10, 1_000))
    with database.writing() as connection:
        fold(connection, "S2", [count("a", 3, 1_000)], NOW_MS)
    with database.reading() as connection:
        assert levels(connection, "S2") == {"a": Level(3, "pcs", 1_000, "count-a-1000")}
    assert left(database) == {"a": 10}
