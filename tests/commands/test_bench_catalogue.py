"""The benchmarks of the way down say what was agreed; nothing here judges a time."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from posapp.commands import bench
from posapp.commands.bench_hub import BenchHub, BenchHubError


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test makes is kept nowhere else."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for module in ("bench_delta", "bench_bootstrap"):
        monkeypatch.setattr(f"posapp.commands.{module}._QUIET_S", 0.05)


def measured(name: str, folder: Path, capsys: pytest.CaptureFixture[str], **others: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {"name": name, "check": False, "rounds": 1, "seed": 7, "codes": 600}
    assert bench.run(argparse.Namespace(**plain | others, folder=folder)) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert all(aim["key"] in document["figures"] for aim in document["aims"])
    return document


def test_delta_compares_sales_with_and_without(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = measured("delta", tmp_path, capsys)
    figures, baselines = document["figures"], document["baselines"]
    ratio = figures["sale_p99_ms"] / baselines["quiet_sale_p99_ms"]
    assert figures["sale_p99_ratio"] == pytest.approx(ratio, rel=0.01)
    assert (figures["missed_scans_count"], figures["items_count"]) == (0, 600)
    assert [aim["key"] for aim in document["aims"]] == ["sale_p99_ratio", "missed_scans_count"]


def test_bootstrap_takes_the_file_of_a_real_hub(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = measured("bootstrap", tmp_path, capsys)
    figures = document["figures"]
    assert (figures["missing_items_count"], figures["missed_scans_count"]) == (0, 0)
    assert figures["cuts_count"] == 3
    assert figures["fetched_again_a_cut_bytes"] > 0
    assert {aim["key"] for aim in document["aims"] if aim["gated"]} == {
        "missed_scans_count",
        "missing_items_count",
        "fetched_again_a_cut_bytes",
    }


def test_a_hub_that_cannot_be_made_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("posapp.commands.bench_hub.resource_path", lambda *_: Path("no such shop"))
    with pytest.raises(BenchHubError, match="init"), BenchHub(5, 1):
        pass
