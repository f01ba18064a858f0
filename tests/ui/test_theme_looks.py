"""Fonts, icons and the focus ring as Qt and the receipt's renderer really draw them."""

from __future__ import annotations

import ast
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import ImageFont
from PySide6.QtCore import QByteArray
from PySide6.QtGui import QColor, QFontInfo, QFontMetrics, QImage, QRawFont
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

import posapp
from posapp.resources import resource_path
from posapp.ui.focus_ring import FocusRing
from posapp.ui.icons import tinted_icon
from posapp.ui.theme import Theme

CJK_FILES = ("NotoSansCJKsc-Regular.otf", "NotoSansCJKsc-Bold.otf")
LATIN_FILES = ("Inter-Regular.otf", "Inter-Strong.otf")
SIGNS = "0123456789¥−×·…,.:%()/+-—→"
LEVEL_1 = [
    bytes((lead, trail)).decode("gb2312")
    for lead in range(0xB0, 0xD8)
    for trail in range(0xA1, 0xFF)
    if (lead, trail) < (0xD7, 0xFA)
]
ICONS = sorted(path.stem for path in resource_path("icons").glob("*.svg"))


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    """The light theme at 1366 pixels."""
    return Theme("light")


@pytest.mark.parametrize("file", CJK_FILES)
def test_chinese_fonts_cover_gb2312_level_1_and_what_a_receipt_prints(qapp: QApplication, file: str) -> None:
    font = QRawFont(str(resource_path("fonts", file)), 16)
    assert font.isValid()
    assert len(LEVEL_1) == 3755
    wanted = [*LEVEL_1, *SIGNS, *"，。、：；？！（）「」《》“”‘’￥０９ＡＺ", *map(chr, range(0x20, 0x7F))]
    assert [char for char in wanted if not font.supportsCharacter(ord(char))] == []


@pytest.mark.parametrize("file", CJK_FILES)
def test_chinese_fonts_cover_the_whole_of_gb2312(qapp: QApplication, file: str) -> None:
    font = QRawFont(str(resource_path("fonts", file)), 16)
    pairs = [bytes((lead, trail)) for lead in range(0xB0, 0xF8) for trail in range(0xA1, 0xFF)]
    whole = "".join(pair.decode("gb2312", "ignore") for pair in pairs)
    assert len(whole) == 6763
    assert [char for char in whole if not font.supportsCharacter(ord(char))] == []


@pytest.mark.parametrize("file", LATIN_FILES)
def test_latin_fonts_cover_signs_and_the_neighbouring_alphabets(qapp: QApplication, file: str) -> None:
    font = QRawFont(str(resource_path("fonts", file)), 16)
    wanted = [*SIGNS, *"ÀÉÎõüßŁőşžñçΑωЖяЇ€£₽"]
    assert [char for char in wanted if not font.supportsCharacter(ord(char))] == []


@pytest.mark.parametrize("file", CJK_FILES)
def test_the_receipt_renderer_draws_the_same_files(file: str) -> None:
    font = ImageFont.truetype(str(resource_path("fonts", file)), 24)
    missing = bytes(font.getmask("\U0010ffff"))
    drawn = {char: bytes(font.getmask(char)) for char in "收款¥0−副"}
    assert all(any(picture) for picture in drawn.values())
    assert missing not in drawn.values()
    assert len(set(drawn.values())) == len(drawn)


def test_the_bundled_families_answer_in_both_weights(theme: Theme) -> None:
    regular, strong = theme.font("body"), theme.font("body", strong=True)
    assert regular.families() == ["Inter", "Noto Sans CJK SC"]
    assert QFontInfo(regular).family() == "Inter"
    assert (QFontInfo(regular).weight(), QFontInfo(strong).weight()) == (400, 600)
    assert (regular.pixelSize(), theme.font("figure").pixelSize()) == (16, 48)


def test_figures_are_as_wide_as_each_other(theme: Theme) -> None:
    for strong in (False, True):
        metrics = QFontMetrics(theme.font("amount", strong))
        widths = {digit: metrics.horizontalAdvance(digit * 10) for digit in "0123456789"}
        assert len(set(widths.values())) == 1, widths
    assert theme.font("amount").featureValue(theme.font("amount").featureTags()[0]) == 1


def test_large_sizes_are_set_tighter_and_small_ones_are_not(theme: Theme) -> None:
    assert theme.font("figure").letterSpacing() == 98
    assert theme.font("order").letterSpacing() == 98
    assert theme.font("entry").letterSpacing() == 0


def test_a_handed_out_font_may_be_changed_without_harm(theme: Theme) -> None:
    theme.font("body").setPixelSize(99)
    assert theme.font("body").pixelSize() == 16


def test_the_bundled_icons_are_those_that_are_named_and_used() -> None:
    named = resource_path("icons", "names.txt").read_text(encoding="utf-8").split()
    assert [*named, "logo"] == [*sorted(named), "logo"]
    assert sorted([*named, "logo"]) == ICONS
    rooms = [Path(posapp.__file__).parent / room for room in ("flows", "ui")]
    words = {
        node.value
        for room in rooms
        for file in room.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
    }
    assert [name for name in ICONS if name not in words] == []


@pytest.mark.parametrize("name", ICONS)
def test_every_icon_is_a_small_line_drawing_in_the_text_colour(qapp: QApplication, name: str) -> None:
    data = resource_path("icons", f"{name}.svg").read_bytes()
    root = ElementTree.fromstring(data)
    assert root.get("viewBox") == "0 0 24 24"
    assert root.get("stroke") == "currentColor"
    assert QSvgRenderer(QByteArray(data)).isValid()
    colors = painted(tinted_icon(name, QColor("#0B6350"), 96).toImage())
    assert colors
    for red, green, blue in colors:
        # Where two lines cross, blending may be off by one.
        assert max(abs(red - 0x0B), abs(green - 0x63), abs(blue - 0x50)) <= 1


def painted(image: QImage) -> set[tuple[int, int, int]]:
    """The colours of all fully opaque pixels."""
    colors = (image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height()))
    return {(color.red(), color.green(), color.blue()) for color in colors if color.alpha() == 255}


def test_an_icon_takes_the_role_the_scheme_and_the_pixel_ratio(theme: Theme) -> None:
    light = theme.pixmap("printer", "danger_ink", 32, 2.0)
    dark = Theme("dark").pixmap("printer", "danger_ink", 32, 2.0)
    assert (light.width(), light.devicePixelRatio(), light.deviceIndependentSize().width()) == (64, 2.0, 32)
    assert painted(light.toImage()) == {(0xAE, 0x23, 0x18)}
    assert painted(dark.toImage()) == {(0xFF, 0x9A, 0x8F)}
    assert theme.pixmap("printer", "danger_ink", 32, 2.0).cacheKey() == light.cacheKey()
    with pytest.raises(FileNotFoundError):
        theme.pixmap("no-such-icon")


def test_a_colour_with_alpha_keeps_its_hue(theme: Theme) -> None:
    shadow = theme.color("shadow")
    assert (shadow.red(), shadow.green(), shadow.blue(), shadow.alpha()) == (0x15, 0x20, 0x1B, 0x1F)
    with pytest.raises(KeyError):
        theme.color("purple")


def test_the_ring_stands_outside_the_focused_widget_and_spares_the_scan_field(
    qtbot: QtBot, theme: Theme
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(300, 200)
    amount, scan = QLineEdit(window), QLineEdit(window)
    amount.setGeometry(50, 40, 120, 48)
    scan.setGeometry(50, 120, 120, 48)
    scan.setProperty("ring", False)
    ring = FocusRing(window, theme)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    amount.setFocus()
    qtbot.waitUntil(lambda: ring.ringed() is amount, timeout=30_000)
    assert ring.geometry().getRect() == (45, 35, 130, 58)
    assert not ring.mask().contains(amount.geometry().center() - ring.pos())
    amount.move(60, 40)
    assert ring.geometry().getRect() == (55, 35, 130, 58)
    assert window.grab().toImage().pixelColor(120, 36).name().upper() == theme.tokens.colors["light"]["focus"]
    scan.setFocus()
    assert ring.ringed() is None
