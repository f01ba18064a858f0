"""`posapp code` and `posapp bench codes`: what they print, and that the bench can fail."""

from __future__ import annotations

import io
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from posapp.commands.bench_codes import bench_codes
from posapp.commands.bench_codes_vectors import VECTORS
from posapp.commands.code import unwritten, visible
from posapp.main import cli

G = "09506000134352"


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    assert cli(["code", "--json", "--today", "2026-11-22", *arguments]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("gs", [r"\x1d", r"\u001d", "<GS>", "^]", "\x1d", "\u241d", r"\u241D"])
def test_every_way_to_write_a_separator(capsys: pytest.CaptureFixture[str], gs: str) -> None:
    (told,) = asked(capsys, f"]C101{G}10AB{gs}17261130")
    assert told["kind"] == "item"
    assert told["gtin14"] == G
    assert told["ais"] == {"01": G, "10": "AB", "17": "261130"}
    assert told["refusal"] is None
    assert told["expires_on"] == "2026-11-30"


def test_a_text_as_the_tools_of_gs1_write_it() -> None:
    assert unwritten("^0112^21A") == "\x1d0112\x1d21A"
    assert unwritten(r"a^b \x41 \x0d") == "a^b \\x41 \r"


def test_control_characters_are_shown() -> None:
    assert visible("a\x1db\x00\ud800") == "a\\x1db\\x00\\xd800"


def test_one_line_for_each_text(capsys: pytest.CaptureFixture[str]) -> None:
    told = asked(
        capsys, "]E06901234567892", "https://example.com/a", "hello", "]C10195060001343529", "\ud800"
    )
    assert [each["kind"] for each in told] == ["item", "unknown", "unknown", "unknown", "unknown"]
    assert [each["refusal"] for each in told] == [None, "NotAProduct", "UnknownCode", "NotGs1", "UnknownCode"]
    assert told[0]["ais"] == {"01": "06901234567892"}
    assert all(each["reason"] for each in told[1:])


def test_region_and_currency(capsys: pytest.CaptureFixture[str]) -> None:
    number = "2212348020000"  # with a price check digit that Germany alone looks at
    said = [asked(capsys, *more, number)[0]["embedded"] for more in (("--region", "de"), ("--region", "CN"))]
    assert said[0] == {"carries": "price", "value": 2000, "currency": ""}
    assert said[1] == {"carries": "weight", "value": 2000, "currency": ""}
    # 20.00 in a currency without decimals is 20 of it.
    (yen,) = asked(capsys, "--region", "DE", "--currency", "jpy", number)
    assert yen["embedded"]["value"] == 20


def test_lines_of_the_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("6901234567892\n\nhello\r\n"))
    assert [each["text"] for each in asked(capsys)] == ["6901234567892", "", "hello"]


def test_the_page_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    text = f"]C101{G}3103001250" + r"3922" + r"1999\x1d" + "10AB"
    assert cli(["code", "--today", "2026-11-22", text, "https://example.com/"]) == 0
    page = capsys.readouterr().out
    assert "GS1-128" in page
    assert f"{G}  (element, price 19.99 CNY)" in page
    assert "AI 10" in page
    assert "BATCH" in page
    assert "Weight g" in page
    assert "is not a product: https://example.com/" in page


# --- bench codes ------------------------------------------------------------------------------------------


def test_the_bench_counts_every_section() -> None:
    told = bench_codes(rounds=1, seed=1, folder=None).document()
    figures = told["figures"]
    assert figures["cases_wrong_count"] == 0
    assert figures["cases_count"] == sum(each["cases"] for each in figures["sections"].values()) > 2_000
    sections = figures["sections"]
    assert sections["gs1_engine: scan data"]["right"] == sections["gs1_engine: scan data"]["cases"]
    assert {aim["key"] for aim in told["aims"]} >= {"sections_below_100_percent_count", "reader_to_biip"}
    assert told["baselines"]["biip"] != "not installed"


def test_the_bench_names_what_differs(tmp_path: Path) -> None:
    shutil.copytree(VECTORS, tmp_path / "vectors")
    path = tmp_path / "vectors" / "reader_own.json"
    document = json.loads(path.read_text("utf-8"))
    document["sections"]["readings"]["cases"][0]["expect"]["kind"] = "coupon"
    path.write_text(json.dumps(document), "utf-8")
    told = bench_codes(rounds=1, seed=1, folder=tmp_path / "vectors").document()
    assert told["figures"]["sections_below_100_percent_count"] == 1
    assert told["figures"]["cases_wrong_count"] == 1
    assert told["figures"]["differences"][0][0] == repr(document["sections"]["readings"]["cases"][0]["in"])
    assert not next(aim for aim in told["aims"] if aim["op"] == "==")["held"]


def test_without_biip_nothing_is_judged_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "biip", None)
    told = bench_codes(rounds=1, seed=1, folder=None).document()
    assert told["figures"]["reader_to_biip"] is None
    assert told["baselines"]["biip_parse_us_p50"] is None
    assert [aim["gated"] for aim in told["aims"]] == [True, False, False]
