"""Labels: what stands on them fits, and their codes can be read off the finished picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import zxingcpp
from PIL import Image

from posapp.devices.barcodes import DrawingError
from posapp.devices.fonts import RasterFonts
from posapp.devices.labels import Label, LabelSize, draw_label, save
from posapp.resources import resource_path

SIZE = LabelSize()
FACE = resource_path("fonts") / "Inter-Strong.otf"
JACKET = Label("轻量防风夹克 藏青 L", "ean-13", "6900170000067", "¥399.00", ("jacket-navy-l",))


@pytest.fixture(scope="module")
def fonts() -> RasterFonts:
    return RasterFonts.bundled(resource_path("fonts"))


def texts(path: Path) -> list[str]:
    """The codes in a picture file."""
    with Image.open(path) as picture:
        return [found.text for found in zxingcpp.read_barcodes(picture.convert("L"))]


def test_a_shelf_label_is_read_from_its_file(fonts, tmp_path) -> None:
    save([draw_label(JACKET, fonts, FACE, SIZE)], tmp_path / "label.png", SIZE)
    assert texts(tmp_path / "label.png") == ["6900170000067"]
    with Image.open(tmp_path / "label.png") as picture:
        assert picture.size == SIZE.dots
        assert round(picture.info["dpi"][0]) == 203


def test_the_price_is_the_largest_thing_and_nothing_touches_the_bars(fonts) -> None:
    with_price = np.array(draw_label(JACKET, fonts, FACE, SIZE))
    without = np.array(draw_label(replace(JACKET, price=""), fonts, FACE, SIZE))
    ink = with_price & ~without
    rows = np.flatnonzero(ink.any(axis=1))
    assert rows[-1] - rows[0] > 48
    assert with_price.sum() > without.sum()


@pytest.mark.parametrize("value", ["", "−¥20", "¥1,299.00"])
def test_a_card_holds_its_code_and_its_value(fonts, tmp_path, value) -> None:
    card = Label(
        "优惠券 满 200 减 20", "qr", "P1C.0123456789.ABCDEFGHIJKLMNOP", value, ("2026-12-31",), "··6789"
    )
    save([draw_label(card, fonts, FACE, SIZE)], tmp_path / "card.png", SIZE)
    assert texts(tmp_path / "card.png") == [card.code]


def test_several_labels_are_pages_of_one_document(fonts, tmp_path) -> None:
    drawn = [
        draw_label(JACKET, fonts, FACE, SIZE),
        draw_label(replace(JACKET, price="¥9.90"), fonts, FACE, SIZE),
    ]
    save(drawn, tmp_path / "labels.pdf", SIZE)
    assert (tmp_path / "labels.pdf").read_bytes().count(b"/Type /Page\n") == 2


@pytest.mark.parametrize(
    ("label", "size"),
    [
        (replace(JACKET, kind="code-128", code="a long text that needs many bars"), LabelSize(30, 30)),
        (replace(JACKET, price="¥1,234,567,890.00"), LabelSize(40, 30)),
        (Label("", "qr", "x" * 300), LabelSize(20, 15)),
    ],
)
def test_what_does_not_fit_is_refused(fonts, label, size) -> None:
    with pytest.raises(DrawingError, match="Take a larger one"):
        draw_label(label, fonts, FACE, size)


def test_a_code_that_cannot_be_read_back_is_refused(fonts, monkeypatch) -> None:
    monkeypatch.setattr(zxingcpp, "read_barcodes", lambda picture: [])
    with pytest.raises(DrawingError, match="read back"):
        draw_label(JACKET, fonts, FACE, SIZE)


def test_a_long_name_is_cut_after_two_lines(fonts) -> None:
    label = draw_label(replace(JACKET, title="很长的名字" * 30), fonts, FACE, SIZE)
    assert label.size == SIZE.dots
