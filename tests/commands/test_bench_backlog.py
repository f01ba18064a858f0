"""The backlog's benchmark drains a real queue to a real hub, and its sale is the one that was agreed on."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from posapp.commands.bench_backlog import GOODS, bench_backlog, of_a_shop
from posapp.commands.bench_commit import BenchRefusedError, SellingTill
from posapp.commands.bench_shop import made_up
from posapp.domain.facts import TransactionCompleted
from posapp.store.totals import check_sale


def test_the_queue_is_drained_and_told_of(tmp_path: Path) -> None:
    result = bench_backlog(rounds=1, sales=40, seed=1, folder=tmp_path, hub=None)
    document = result.document()
    assert {aim["key"] for aim in document["aims"]} == {
        "drain_ratio",
        "wire_bytes_per_sale",
        "sale_p99_ratio",
    }
    assert all(document["figures"][aim["key"]] > 0 for aim in document["aims"])
    assert document["figures"]["sales"] == 40
    assert document["figures"]["line_bytes_per_sale"] > 3_000


def test_a_sale_of_the_bench_adds_up_and_is_scanned(tmp_path: Path) -> None:
    till = SellingTill(tmp_path / "ledger.db", 1)
    goods = list(made_up(GOODS, 1))
    commit = of_a_shop(till.next_sale(is_drafted=False), goods, random.Random(1), at_ms=1_780_000_000_000)
    till.ledger.close()
    (sale,) = commit.facts
    assert isinstance(sale, TransactionCompleted)
    check_sale(sale)
    assert (len(sale.lines), len(sale.tenders), len(sale.scans)) == (8, 2, 8)
    assert [scan.code for scan in sale.scans] == [line.code for line in sale.lines]
    times = [sale.opened_at_ms, *(scan.at_ms for scan in sale.scans), sale.completed_at_ms]
    assert times == sorted(set(times))


def test_a_hub_that_does_not_start_is_told(tmp_path: Path) -> None:
    with pytest.raises(BenchRefusedError):
        bench_backlog(rounds=1, sales=1, seed=1, folder=tmp_path, hub="postgresql:///none?host=/nowhere")
