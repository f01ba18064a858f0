"""Fonts, icons and dressed widgets as Qt and the receipt's renderer really draw them."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from PIL import ImageFont
from PySide6.QtCore import QByteArray
from PySide6.QtGui import QColor, QFontInfo, QFontMetrics, QImage, QRawFont
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from posapp.resources import resource_path
from posapp.ui.focus_ring import FocusRing
from posapp.ui.icons import icon_names, tinted_icon
from posapp.ui.theme import Theme, dress_frame
from posapp.ui.tokens import load_tokens

CJK_FILES = ("NotoSansCJKsc-Regular.otf", "NotoSansCJKsc-Bold.otf")
LATIN_FILES = ("Inter-Regular.otf", "Inter-Strong.otf")
SIGNS = "0123456789¥−×·…,.:%()/+-—→"
LEVEL_1 = [
    bytes((lead, trail)).decode("gb2312")
    for lead in range(0xB0, 0xD8)
    for trail in range(0xA1, 0xFF)
    if (lead, trail) < (0xD7, 0xFA)
]
USED_BY_SCREENS = """
activity arrow-left arrow-right banknote chart-column check chevron-down chevron-left chevron-right
chevron-up circle-alert circle-check circle-x clipboard-list clock cloud-check cloud-download cloud-off
cloud-upload coins credit-card database-backup delete eye-off file-check file-text gift hand-coins
hard-drive id-card inbox info languages lock log-out logo minus monitor package package-check pause
pencil plus printer printer-check qr-code receipt receipt-text rotate-ccw scan-barcode scan-line search
send shield-check store tag tags ticket trash-2 triangle-alert undo-2 user user-check vault wallet x
""".split()  # noqa: SIM905


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


def test_the_figure_steps_down_until_it_fits_and_never_below_the_last(theme: Theme) -> None:
    short = theme.figure_font("0.00", 300)
    roomy = QFontMetrics(theme.font_px(44, strong=True)).horizontalAdvance("1,234,567.89")
    assert short.pixelSize() == 48
    assert theme.figure_font("1,234,567.89", roomy).pixelSize() == 44
    assert theme.figure_font("1,234,567.89", roomy, sign="¥").pixelSize() == 40
    assert theme.figure_font("1,234,567.89", 10).pixelSize() == 40
    assert theme.currency_font(short).pixelSize() == 30


def test_a_handed_out_font_may_be_changed_without_harm(theme: Theme) -> None:
    theme.font("body").setPixelSize(99)
    assert theme.font("body").pixelSize() == 16


def test_every_icon_the_screens_use_is_there() -> None:
    assert sorted(set(USED_BY_SCREENS) - set(icon_names())) == []


@pytest.mark.parametrize("name", icon_names())
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


def test_dressed_widgets_paint_in_the_colours_of_the_theme(qtbot: QtBot, theme: Theme) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.setStyleSheet(theme.qss())
    primary, frame, label, field = (
        QPushButton("", window),
        QFrame(window),
        QLabel("■", window),
        QLineEdit(window),
    )
    theme.dress_button(primary, "primary")
    dress_frame(frame, "warn")
    theme.dress_label(label, "figure", "danger_ink")
    theme.dress_field(field)
    layout = QVBoxLayout(window)
    for widget in (primary, frame, label, field):
        layout.addWidget(widget)
    frame.setFixedSize(80, 60)
    window.resize(300, 400)
    colors = theme.tokens.colors["light"]
    assert middle(primary) == colors["primary"]
    assert middle(frame) == colors["warn_soft"]
    assert colors["danger_ink"] in {pixel.upper() for pixel in pixels(label.grab().toImage())}
    assert middle(field) == colors["surface"]
    assert (primary.minimumHeight(), field.minimumHeight()) == (72, 48)
    primary.setEnabled(False)
    assert middle(primary) == colors["sunken"]


def middle(widget: QWidget) -> str:
    """The colour in the middle of a widget."""
    image = widget.grab().toImage()
    return image.pixelColor(image.width() // 2, image.height() // 2).name().upper()


def pixels(image: QImage) -> set[str]:
    """All colours of a picture."""
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


@pytest.mark.parametrize("width", [1093, 1366, 1920])
def test_no_kind_of_button_is_smaller_than_a_finger(qtbot: QtBot, width: int) -> None:
    theme = Theme("light", load_tokens().metrics_for(width))
    for kind in ("primary", "button", "risk", "key", "tile", "tab", "rail", "quiet"):
        button = QPushButton("1")
        qtbot.addWidget(button)
        theme.dress_button(button, kind)  # type: ignore[arg-type]
        assert min(button.minimumWidth(), button.minimumHeight()) >= 48, kind


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
    qtbot.waitUntil(lambda: ring.ringed() is amount)
    assert ring.geometry().getRect() == (45, 35, 130, 58)
    assert not ring.mask().contains(amount.geometry().center() - ring.pos())
    amount.move(60, 40)
    assert ring.geometry().getRect() == (55, 35, 130, 58)
    assert window.grab().toImage().pixelColor(120, 36).name().upper() == theme.tokens.colors["light"]["focus"]
    scan.setFocus()
    assert ring.ringed() is None
