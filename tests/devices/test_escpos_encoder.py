"""Bytes for a real printer, checked by what they leave on the virtual printer's paper."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageFont

from posapp.devices.code128 import bar_widths, module_count, printer_data, read_printer_data
from posapp.devices.escpos import encode, kick_drawer, qr_module_dots, segments
from posapp.devices.fonts import RasterFonts
from posapp.devices.layout import PlacedLine, lay_out
from posapp.devices.raster import Geometry, draw_line, pack
from posapp.devices.virtual_paper import Slip
from posapp.devices.virtual_printer import VirtualPrinter
from posapp.domain.paper import Align, CodeRow, FeedRow, PaperDocument, Row, RuleRow, TextRow

FONTS = Path(__file__).resolve().parents[2] / "resources" / "fonts"

ascii_texts = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60)
any_texts = st.text(max_size=40)
rows: st.SearchStrategy[Row] = st.one_of(
    st.builds(
        TextRow,
        st.one_of(ascii_texts, any_texts),
        st.one_of(st.just(""), ascii_texts, any_texts),
        st.sampled_from(["left", "center", "right"]),
        st.booleans(),
        st.booleans(),
    ),
    st.builds(RuleRow, st.booleans()),
    st.builds(FeedRow, st.integers(-1, 300)),
    st.builds(CodeRow, st.sampled_from(["code128", "qr"]), st.one_of(ascii_texts, any_texts)),
)
documents = st.builds(PaperDocument, st.just("x"), st.lists(rows, max_size=8).map(tuple), st.integers(10, 60))


def paper(printer_letters: RasterFonts, *rows: Row, letters: RasterFonts, columns: int = 42) -> Slip:
    """What comes out for these rows."""
    printer = VirtualPrinter(printer_letters)
    printer.connect(lambda _: None, lambda: None).send(encode(PaperDocument("", rows, columns), letters))
    assert printer.unknown == ()
    assert printer.complaints == ()
    (slip,) = printer.slips
    assert slip.cut
    return slip


def squeezed(text: str) -> str:
    return "".join(text.split())


@given(document=documents, data=st.data())
def test_every_document_prints_whatever_the_pieces(
    letters: RasterFonts, printer_letters: RasterFonts, document: PaperDocument, data: st.DataObject
) -> None:
    stream = encode(document, letters)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=12).map(sorted))
    whole, piecewise = VirtualPrinter(printer_letters), VirtualPrinter(printer_letters)
    whole.connect(lambda _: None, lambda: None).send(stream)
    link = piecewise.connect(lambda _: None, lambda: None)
    for start, end in pairwise((0, *cuts, len(stream))):
        link.send(stream[start:end])
    assert piecewise.unknown == whole.unknown == ()
    assert piecewise.complaints == whole.complaints == ()
    assert len(piecewise.slips) == len(whole.slips) == 1
    assert piecewise.slips[0].image.tobytes() == whole.slips[0].image.tobytes()
    assert piecewise.slips[0].printed == whole.slips[0].printed


@given(st.lists(st.tuples(ascii_texts, ascii_texts), min_size=1, max_size=6), st.booleans())
def test_typed_text_can_be_read_again(
    letters: RasterFonts, printer_letters: RasterFonts, pairs: list[tuple[str, str]], double: bool
) -> None:
    rows = [TextRow(left, right, double=double) for left, right in pairs]
    slip = paper(printer_letters, *rows, letters=letters)
    read = sorted(squeezed("".join(slip.text_rows)))
    assert read == sorted(squeezed("".join(left + right for left, right in pairs)))


def test_one_foreign_character_draws_the_whole_row(
    letters: RasterFonts, printer_letters: RasterFonts
) -> None:
    slip = paper(printer_letters, TextRow("Milk", "9.90"), TextRow("Milk", "¥9.90"), letters=letters)
    assert [item.kind for item in slip.printed] == ["text", "raster"]
    assert slip.text_rows == ("   " + "Milk".ljust(38) + "9.90",)


@pytest.mark.parametrize("columns", [32, 42, 47, 48])
@pytest.mark.parametrize("align", ["left", "center", "right"])
def test_typed_and_drawn_rows_share_every_dot_column(
    letters: RasterFonts, printer_letters: RasterFonts, columns: int, align: Align
) -> None:
    row = TextRow("Milk 1 L gq|", "12.50" if align == "left" else "", align, bold=True)
    typed = paper(printer_letters, row, letters=letters, columns=columns).image.crop((0, 0, 576, 32))
    (line,) = lay_out(PaperDocument("", (row,)), columns)
    assert isinstance(line, PlacedLine)
    drawn = draw_line(line, letters, Geometry.of(576, columns))
    assert typed.getbbox() is not None
    assert ImageChops.logical_xor(typed, drawn).getbbox() is None


@pytest.mark.parametrize("align", ["left", "center"])
def test_double_rows_share_their_columns_too(
    letters: RasterFonts, printer_letters: RasterFonts, align: Align
) -> None:
    row = TextRow("TOTAL", "79.70" if align == "left" else "", align, bold=True, double=True)
    typed = paper(printer_letters, row, letters=letters).image.crop((0, 0, 576, 56))
    (line,) = lay_out(PaperDocument("", (row,)), 42)
    assert isinstance(line, PlacedLine)
    drawn = draw_line(line, letters, Geometry.of(576, 42))
    for x in range(0, 576, 24):
        one, two = (image.crop((x + 12, 0, x + 36, 56)).getbbox() for image in (typed, drawn))
        assert (one is None) == (two is None), f"only one of them has ink at dot {x + 12}"


def test_typed_and_drawn_rows_are_equally_high(letters: RasterFonts, printer_letters: RasterFonts) -> None:
    rows = [TextRow(text, double=double) for double in (False, True) for text in ("a", "价", "b", "目")]
    slip = paper(printer_letters, *rows, FeedRow(2), TextRow("end"), letters=letters)
    assert [item.top_dots for item in slip.printed] == [0, 32, 64, 96, 128, 184, 240, 296, 352 + 64]


def test_drawn_row_is_the_text_it_should_be(letters: RasterFonts, printer_letters: RasterFonts) -> None:
    """Against a drawing made here with Pillow alone, cell by cell."""
    slip = paper(printer_letters, TextRow("合计", "−9.50"), letters=letters)
    narrow = ImageFont.truetype(str(FONTS / "receipt" / "Iosevka-Medium.ttf"), 24)
    wide = ImageFont.truetype(str(FONTS / "NotoSansCJKsc-Regular.otf"), 24)
    amount = [((3 + 37 + place) * 12 + 6, sign, narrow) for place, sign in enumerate("−9.50")]
    grey = Image.new("L", (576, 32))
    for middle, character, font in ((48, "合", wide), (72, "计", wide), *amount):
        ImageDraw.Draw(grey).text((middle, 21), character, fill=255, font=font, anchor="ms")
    wanted = grey.point([255 if value >= 95 else 0 for value in range(256)]).convert("1")
    got = slip.image.crop((0, 0, 576, 32))
    assert wanted.getbbox() is not None
    assert ImageChops.logical_xor(wanted, got).getbbox() is None


def test_a_character_that_no_font_has_shows_a_box(letters: RasterFonts, printer_letters: RasterFonts) -> None:
    slip = paper(printer_letters, TextRow("\U000e01f0\u0e81\U0001f95b"), letters=letters)
    assert slip.image.crop((36, 0, 72, 32)).getbbox() is not None


def test_raster_bands_are_small_and_whole(letters: RasterFonts) -> None:
    image = Image.new("1", (576, 150))
    image.putpixel((100, 149), 1)
    bands = list(pack(image))
    assert [band[:8] for band in bands] == [
        b"\x1dv0\x00\x0d\x00\x40\x00",
        b"\x1dv0\x00\x0d\x00\x40\x00",
        b"\x1dv0\x00\x0d\x00\x16\x00",
    ]
    assert [len(band) - 8 for band in bands] == [13 * 64, 13 * 64, 13 * 22]


def test_pieces_join_to_the_whole(letters: RasterFonts) -> None:
    document = PaperDocument("", (TextRow("a", "1"), RuleRow(), TextRow("合计"), CodeRow("qr", "x")))
    pieces = list(segments(document, letters))
    assert b"".join(pieces) == encode(document, letters)
    assert len(pieces) == 6


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("AB-12", b"{BAB-12"),
        ("123456", b"{C\x0c\x22\x38"),
        ("12345", b"{B1{C\x17\x2d"),
        ("003-000127", b"{B003-{C\x00\x01\x1b"),
        ("A{B", b"{BA{{B"),
    ],
)
def test_code128_data(text: str, data: bytes) -> None:
    assert printer_data(text) == data
    assert read_printer_data(data)[0] == text


@given(ascii_texts.filter(bool))
def test_code128_says_what_it_was_given(text: str) -> None:
    assert read_printer_data(printer_data(text))[0] == text


def test_code128_bars_of_a_known_symbol() -> None:
    """PJJ123C in code set B with its check symbol, as worked out in the standard's usual example."""
    _, values = read_printer_data(b"{BPJJ123C")
    assert values == (104, 48, 42, 42, 17, 18, 19, 35, 55)
    widths = bar_widths(values)
    assert sum(widths) == 11 * 9 + 13 == module_count("PJJ123C")
    assert widths[:6] == (2, 1, 1, 2, 1, 4)
    assert widths[-7:] == (2, 3, 3, 1, 1, 1, 2)


def test_what_bars_cannot_carry_becomes_a_qr_code(letters: RasterFonts, printer_letters: RasterFonts) -> None:
    slip = paper(
        printer_letters, CodeRow("code128", "小票 12"), CodeRow("code128", "x" * 60), letters=letters
    )
    assert [(item.kind, item.text) for item in slip.printed] == [("qr", "小票 12"), ("qr", "x" * 60)]


def test_codes_read_with_a_real_reader(letters: RasterFonts, printer_letters: RasterFonts) -> None:
    reader = pytest.importorskip("zxingcpp")
    link = "https://shop.example/r/003-000127?店=一"
    slip = paper(
        printer_letters, CodeRow("code128", "003-000127-20261122"), CodeRow("qr", link), letters=letters
    )
    found = sorted(code.text for code in reader.read_barcodes(slip.picture()))
    assert found == ["003-000127-20261122", link]


def test_qr_codes_fit_the_paper() -> None:
    assert qr_module_dots(40, 576) == 6
    assert qr_module_dots(2331, 576) == 3 - 1
    assert qr_module_dots(2332, 576) == 0
    assert qr_module_dots(2331, 320) == 0


def test_the_drawer_command() -> None:
    assert kick_drawer(2) == b"\x1bp\x00\x32\xfa"
    assert kick_drawer(5) == b"\x1bp\x01\x32\xfa"
