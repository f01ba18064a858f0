"""`posapp labels` as shop staff use it: files come out readable, mistakes get a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from posapp.commands.bench_shop import catalogue, prepare_till
from posapp.main import cli


@pytest.fixture(scope="module")
def till(tmp_path_factory) -> tuple[Path, list[str]]:
    """Settings of a till with a small made-up catalogue, and some of its codes."""
    from posapp.commands.bench_shop import codes_of

    folder = tmp_path_factory.mktemp("till")
    goods = catalogue(500, 3, None)
    prepare_till(folder, goods)
    return folder / "terminal.toml", codes_of(goods, 3, 3)


def read(path: Path) -> list[str]:
    """The codes in a picture file."""
    with Image.open(path) as picture:
        return [found.text for found in zxingcpp.read_barcodes(picture.convert("L"))]


def test_a_shelf_label_of_this_tills_goods(till, tmp_path, capsys) -> None:
    config, codes = till
    out = tmp_path / "label.png"
    assert cli(["--config", str(config), "labels", "--out", str(out), "shelf", codes[0]]) == 0
    assert [text.lstrip("0") for text in read(out)] == [codes[0].lstrip("0")]
    assert "read back" in capsys.readouterr().out


def test_several_shelf_labels_need_a_document(till, tmp_path, capsys) -> None:
    config, codes = till
    given = ["--config", str(config), "labels", "--out"]
    assert cli([*given, str(tmp_path / "labels.png"), "shelf", *codes]) == 2
    assert "Give a .pdf" in capsys.readouterr().err
    assert cli([*given, str(tmp_path / "labels.pdf"), "shelf", *codes]) == 0
    assert (tmp_path / "labels.pdf").read_bytes().startswith(b"%PDF")


def test_a_card_and_a_single_code(tmp_path) -> None:
    card, code = tmp_path / "card.png", tmp_path / "code.png"
    assert cli(["labels", "--out", str(card), "card", "M-0123", "--title", "会员", "--value", "¥20"]) == 0
    assert read(card) == ["M-0123"]
    assert cli(["labels", "--out", str(code), "code", "gs1-datamatrix", "(01)06901234567892(10)A1"]) == 0
    assert read(code) == ["(01)06901234567892(10)A1"]


def test_below_the_bars_stands_what_a_scanner_reads(tmp_path) -> None:
    pictures = []
    for number in ("690123456789", "6901234567892"):
        out = tmp_path / f"{number}.png"
        assert cli(["labels", "--out", str(out), "code", "ean-13", number]) == 0
        pictures.append(Image.open(out).tobytes())
    assert pictures[0] == pictures[1]


def test_the_number_of_a_case_fits_on_the_usual_label(tmp_path) -> None:
    out = tmp_path / "case.png"
    assert cli(["labels", "--out", str(out), "code", "itf", "16901234567899"]) == 0
    assert read(out) == ["16901234567899"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--out", "x.jpg", "card", "a"], "a .pdf or a .png"),
        (["--size", "6x4", "card", "a"], "millimetres such as 60x40"),
        (["--dpi", "72", "card", "a"], "150 to 1200"),
        (["--size", "999x999", "--dpi", "1200", "card", "a"], "is too large"),
        (["code", "ean13", "690123456789"], "Choose one of ean-13"),
        (["code", "ean-13", "6901234567890"], "it would be 2"),
        (["code", "gs1-qr", "(01)06901234567890(10)A"], "is not well formed"),
        (["code", "gs1-datamatrix", "(10)A"], "is not well formed"),
        (["--out", "/no/such/folder/x.png", "card", "a"], "check the name, and that its folder exists"),
    ],
)
def test_mistakes_get_a_sentence_and_no_file(arguments, says, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli(["labels", *arguments]) == 2
    assert says in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_goods_that_are_not_there(till, tmp_path, capsys) -> None:
    config, _ = till
    assert cli(["--config", str(config), "labels", "--out", str(tmp_path / "x.png"), "shelf", "4711"]) == 2
    assert "No item has the code 4711" in capsys.readouterr().err
    assert cli(["--config", str(tmp_path / "none.toml"), "labels", "shelf", "4711"]) == 2
    assert "does not exist" in capsys.readouterr().err
