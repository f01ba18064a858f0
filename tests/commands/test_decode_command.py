"""`posapp decode` and `posapp bench decode`: a line a picture, and figures that count honestly."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from posapp.commands.bench_decode import Expected, Tally, bench_decode, half_of
from posapp.main import cli
from tests.devices.decoding.drawn_pictures import CODES, placed, symbol


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Three drawn codes, an empty picture, and what is expected of them."""
    expected: dict[str, dict[str, str | None]] = {}
    for place, code in enumerate((CODES[0], CODES[2], CODES[9])):
        cv2.imwrite(str(tmp_path / f"{place}.png"), placed(symbol(code)))
        expected[f"{place}.png"] = {"format": code.format, "text": code.text}
    cv2.imwrite(str(tmp_path / "empty.png"), placed(symbol(CODES[0])) * 0 + 90)
    expected["empty.png"] = {"format": None, "text": None}
    (tmp_path / "expected.json").write_text(json.dumps(expected), encoding="utf-8")
    return tmp_path


def test_one_json_line_a_picture(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [str(pictures / name) for name in ("0.png", "empty.png", "2.png")]
    assert cli(["decode", *names, "--json", "--budget-ms", "5000"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["file"] for line in lines] == names
    assert lines[0]["codes"] == [{"format": "EAN-13", "text": CODES[0].text}]
    assert lines[1]["codes"] == []
    assert lines[2]["codes"] == [{"format": "QR Code", "text": CODES[9].text}]
    assert all(line["ms"] > 0 for line in lines)


def test_a_file_that_cannot_be_read_is_a_line_and_the_exit_code(
    pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (pictures / "words.png").write_text("words", encoding="utf-8")
    names = [str(pictures / name) for name in ("words.png", "missing.png", "0.png")]
    assert cli(["decode", *names, "--json"]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [bool(line.get("error")) for line in lines] == [True, True, False]
    assert lines[2]["codes"]


def test_any_text_goes_through_a_pipe_of_any_code_page(pictures: Path) -> None:
    name = pictures / "条码.png"
    (pictures / "0.png").rename(name)
    for options, told in (
        (["--json"], '条码.png", "codes": [{"format": "EAN-13"'),
        ([], "\\u6761\\u7801.png: EAN"),
    ):
        run = subprocess.run(
            [sys.executable, "-m", "posapp", "decode", str(name), *options],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONIOENCODING": "cp1252"},
        )
        assert told in run.stdout.decode()


def test_a_missing_library_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "posapp.devices.decoding.pipeline", None)
    assert cli(["decode", "any.png"]) == 2
    assert capsys.readouterr().err.startswith("Pictures cannot be decoded here: ")


def test_people_get_words(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli(["decode", str(pictures / "0.png"), str(pictures / "empty.png")]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert f"EAN-13 {CODES[0].text}" in first
    assert "no code" in second


def test_the_bench_counts_each_decoder(pictures: Path) -> None:
    document = bench_decode(pictures, half=None, budget_ms=5000).document()
    figures, baselines = document["figures"], document["baselines"]
    assert (figures["with_code"], figures["without_code"], figures["read"]) == (3, 1, 3)
    assert (figures["wrong"], figures["phantoms"], figures["read_share"]) == (0, 0, 1.0)
    assert set(baselines) == {"zxing-cpp", "pyzbar", "opencv"}
    assert baselines["zxing-cpp"]["read_by_symbology"] == {"EAN-13": 1, "QR Code": 1, "UPC-A": 1}
    assert figures["symbologies_below_best_count"] == 0


def test_the_command_line_reaches_the_bench(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli(["bench", "decode", str(pictures), "--half", half_of("0.png"), "--budget-ms", "5000"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["figures"]["half"] == half_of("0.png")
    assert document["figures"]["read"] == document["figures"]["with_code"] > 0


def test_a_bench_without_pictures_says_what_it_needs(tmp_path: Path) -> None:
    for arguments in (["bench", "decode"], ["bench", "decode", str(tmp_path)]):
        with pytest.raises(SystemExit, match=r"expected\.json"):
            cli(arguments)


def test_halves_are_stable_and_even() -> None:
    names = [f"{number:04}.jpg" for number in range(1000)]
    assert half_of("0000.jpg") == half_of("0000.jpg")
    assert 440 < sum(half_of(name) == "a" for name in names) < 560


def test_wrong_texts_and_phantoms_are_told_apart() -> None:
    tally = Tally()
    here = Expected(Path("a.jpg"), "EAN-13", "4006381333931", ("09780201310054",))
    tally.count(here, [("EAN-13", "4006381333931"), ("EAN-13", "9780201310054"), ("ITF", "123456")])
    tally.count(Expected(Path("b.jpg"), "", None, ()), [("EAN-8", "40123455")])
    assert tally.read == {"EAN-13": 1}
    assert tally.wrong == ["a.jpg: ITF 123456"]
    assert tally.phantoms == ["b.jpg: EAN-8 40123455"]
