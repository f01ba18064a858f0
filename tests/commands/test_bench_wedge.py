"""`bench wedge` counts and `bench wedge --sustained` keeps an account of every scan; no time is judged."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from posapp.commands import bench
from posapp.commands.bench_shop import catalogue, codes_of
from posapp.commands.bench_sustained import Sustained, play
from posapp.commands.bench_till import OpenTill


def options(*, seeds: str = "0:6", sustained: bool = False) -> argparse.Namespace:
    return argparse.Namespace(
        name="wedge", check=True, rounds=1, seed=1, seeds=seeds, sustained=sustained, folder=None
    )


def test_the_counts_add_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.run(options()) == 0
    document = json.loads(capsys.readouterr().out)
    figures = document["figures"]
    assert figures["sessions"] == 6
    assert figures["scans"] == figures["right"] + figures["wrong"]
    assert figures["scans"] == figures["scans_apart"] + figures["scans_crossed"]
    assert figures["key_us"] > 0
    assert {aim["key"] for aim in document["aims"]} <= set(figures)
    assert len(document["baselines"]) == 16


@pytest.fixture
def sustained(qapp: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sustained:
    """Six seconds of scanning in the scanner's own time."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    goods = catalogue(200, 1, None)
    codes = codes_of(goods, 60, 1)
    open_till = OpenTill(tmp_path / "till", goods, codes[:1])
    try:
        return play(open_till, codes, 120)
    finally:
        open_till.close()


def test_no_scan_is_lost_merged_or_out_of_order_and_typing_goes_on(sustained: Sustained) -> None:
    records = sustained.on_record()
    assert [record.code for record in records] == sustained.scanned
    assert len(records) == 121
    assert all((record.line_no is None) != (record.refusal is None) for record in records)
    refused = sum(record.refusal is not None for record in records)
    assert 0 < refused < 60, "sheets were open, and closed again"
    assert sustained.sales == 3
    assert sustained.names == 3, "the whole name stood in the field each time"
    assert sustained.strayed == []
