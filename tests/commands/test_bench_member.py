"""The benchmark of members' codes in its short form: all figures are told, and only gated aims can fail."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from posapp.commands import bench, bench_member


def options(**others: Any) -> argparse.Namespace:
    plain: dict[str, Any] = {
        "name": "member", "json": True, "check": False, "rounds": 1, "seed": 7, "codes": 1_500,
        "catalogue": None, "folder": None, "scans": 2, "quick": True, "promotions": None,
    }  # fmt: skip
    return argparse.Namespace(**plain | others)


@pytest.mark.usefixtures("qapp")
def test_a_quick_run_tells_all_figures(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(bench_member, "LOOKUPS", 20)
    assert bench.run(options()) == 0
    document = json.loads(capsys.readouterr().out)
    figures, aims = document["figures"], {aim["key"] for aim in document["aims"]}
    assert (figures["lines"], figures["members"], figures["promotions"]) == (30, 2_000, 200)
    assert figures["scans"] == 5
    assert figures["outside_paint_p50_ms"] > 0
    assert document["baselines"]["item_outside_paint_p50_ms"] > 0
    assert aims == {"outside_paint_of_item_ratio", "look_up_by_id_p50_ms", "look_up_by_card_p50_ms"}
    assert aims <= set(figures)
