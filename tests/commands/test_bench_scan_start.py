"""The benchmarks print what was agreed and fail a check for gated aims only; nothing here judges a time."""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from posapp.commands import bench
from posapp.commands.bench_shop import Goods, catalogue, codes_of, listed, made_up
from posapp.commands.measuring import Aim, Result, report
from posapp.domain.codes import is_gtin, normalise
from posapp.store.catalog import SqliteCatalogReader
from posapp.store.catalog_place import CatalogPlace


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catalogues of a test are kept nowhere else."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def options(name: str, **others: Any) -> argparse.Namespace:
    plain: dict[str, Any] = {
        "name": name, "json": True, "check": False, "rounds": 1, "seed": 7, "codes": 1_500, "catalogue": None,
        "folder": None, "scans": 2,
    }  # fmt: skip
    return argparse.Namespace(**plain | others)


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    document = json.loads(capsys.readouterr().out)
    assert isinstance(document, dict)
    assert set(document) == {"name", "machine", "seed", "figures", "baselines", "aims"}
    for aim in document["aims"]:
        assert aim["key"] in document["figures"]
        assert set(aim) == {"key", "op", "limit", "held", "gated"}
    return document


@pytest.mark.usefixtures("qapp")
def test_scan_tells_its_parts_apart(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.run(options("scan")) == 0
    document = printed(capsys)
    figures = document["figures"]
    assert (figures["lines"], figures["scans"], figures["window"]) == (60, 2, "1366x768")
    assert figures["total_p50_ms"] >= figures["outside_paint_p50_ms"] > figures["look_up_p50_ms"] > 0
    assert figures["paint_p50_ms"] > 0
    assert document["baselines"]["list_repaint_p50_ms"] > 0
    gated = {aim["key"] for aim in document["aims"] if aim["gated"]}
    assert gated == {"total_of_list_repaint_ratio", "outside_paint_of_few_codes_ratio"}


def test_start_compares_two_processes(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.run(options("start")) == 0
    document = printed(capsys)
    figures, baselines = document["figures"], document["baselines"]
    ratio = figures["start_ms"] / baselines["empty_window_ms"]
    assert figures["start_of_empty_window_ratio"] == pytest.approx(ratio, rel=0.01)
    assert figures["rss_mb"] > baselines["empty_window_rss_mb"] > 1
    assert [aim["key"] for aim in document["aims"] if aim["gated"]] == [
        "start_of_empty_window_ratio",
        "rss_mb",
    ]


@pytest.mark.parametrize(
    ("figure", "gated", "check", "code"),
    [
        (3.0, True, True, 1),
        (3.0, True, False, 0),
        (3.0, False, True, 0),
        (2.0, True, True, 0),
        (None, True, True, 1),
    ],
)
def test_a_check_fails_for_a_gated_aim_that_is_missed(
    figure: float | None, gated: bool, check: bool, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    result = Result("x", 1, {} if figure is None else {"ratio": figure}, {}, [Aim("ratio", "<=", 2.0, gated)])
    assert report(result.document(), check=check) == code
    assert json.loads(capsys.readouterr().out)["aims"][0]["held"] is (figure == 2.0)


def test_a_made_up_catalogue_follows_from_its_seed() -> None:
    goods = list(made_up(500, 7))
    assert goods == list(made_up(500, 7))
    assert goods != list(made_up(500, 8))
    assert len({each.key for each in goods}) == 500
    assert all(is_gtin(each.key) for each in goods)


def test_a_catalogue_is_built_once_and_every_code_is_found() -> None:
    path = catalogue(300, 7, None)
    built_ns = path.stat().st_mtime_ns
    assert catalogue(300, 7, None) == path
    assert path.stat().st_mtime_ns == built_ns
    reader = SqliteCatalogReader(CatalogPlace(path))
    try:
        assert reader.status().items == 300
        for code in codes_of(path, 300, 1):
            item = reader.by_key(normalise(code).key, 1 << 60)
            assert item is not None
            assert item.price_minor == Goods(normalise(code).key, {}).price_minor
    finally:
        reader.close()


@pytest.mark.parametrize("packed", [False, True])
def test_a_list_of_real_codes_is_taken_as_it_is(tmp_path: Path, packed: bool) -> None:
    rows = "4006381333931\tPen\n04006381333931\tThe same code\nAB-7\tOwn code\n\tNo code\nno name\n"
    path = tmp_path / ("list.tsv.gz" if packed else "list.tsv")
    path.write_bytes(gzip.compress(rows.encode()) if packed else rows.encode())
    assert [(each.key, each.names["en"]) for each in listed(path)] == [
        ("04006381333931", "Pen"),
        ("=AB-7", "Own code"),
    ]
    assert sorted(codes_of(catalogue(0, 0, path), 9, 1)) == ["4006381333931", "AB-7"]


def test_a_list_with_commas_is_taken_too(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text('4006381333931,"Pen, blue"\n', encoding="utf-8")
    assert [each.names["en"] for each in listed(path)] == ["Pen, blue"]
