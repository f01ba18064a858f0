"""The test of a scanner on the screen: every code can be read off the window, in every size and scheme."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import zxingcpp
from conftest import SIZES
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QImage, QPixmap
from PySide6.QtTest import QTest
from sample_parts import LANGUAGES, Words
from sample_views import sample

from posapp.domain.scanner_drawings import DRAWINGS
from posapp.domain.scanner_probes import PROBES, Probe
from posapp.domain.scanner_spellings import expanded_upc_e
from posapp.flows import intents as do
from posapp.flows.views import Action, Actions, Heading, Note, ProbeRow, ScannerMain, Sheet, Spring, View
from posapp.ui.screens.scanner_test import CodePart, dark_runs, module_pixels

IDS = [probe.probe_id for probe in PROBES]


def trial(t: Words, probe: Probe | None) -> View:
    """The test, at this code; without one it is over."""
    rows = tuple(ProbeRow(each.name, t("正确", "right"), "done", "", here=each is probe) for each in PROBES)
    main = ScannerMain(
        t("第 5 个码", "Code 5 of 10"),
        t("在这里扫。", "Scan it here."),
        DRAWINGS[probe.probe_id] if probe else None,
        "caption",
        t("测试码", "Test code"),
        rows,
    )
    sheet = Sheet(
        title=t("测试扫码枪", "Test scanner"),
        icon="scan-barcode",
        top=(),
        left=(),
        right=(
            Heading("EAN-13", t("键盘式", "Keyboard scanner")),
            Note(t("要改。", "To change."), "danger", "circle-alert", t("改这里。", "Change this.")),
            Spring(),
            Actions((Action(t("打印", "Print"), do.PrintProbes(), "F9", "printer"),)),
        ),
        hint_title="",
        hint="",
        second=Action(t("退出", "Leave"), do.Back(), "Esc", "x"),
    )
    view = sample("15-status", t.language)
    act = Action(t("下一个码", "Next code"), do.NextProbe(), "Enter", "", "primary")
    return replace(view, main=main, side=(), sheet=sheet, anchor=replace(view.anchor, primary=act))


def wanted(probe: Probe) -> str:
    """What a decoder says: it knows short retail codes by their 13 digits."""
    match probe.symbol:
        case "upc-a":
            return "0" + probe.text
        case "upc-e":
            return "0" + expanded_upc_e(probe.text)
    return probe.text


def codes_on(picture: QImage) -> list[str]:
    """Texts that a decoder reads off a picture."""
    grey = picture.convertToFormat(QImage.Format.Format_Grayscale8)
    flat = np.frombuffer(grey.constBits(), np.uint8).reshape(grey.height(), grey.bytesPerLine())
    found = zxingcpp.read_barcodes(
        np.ascontiguousarray(flat[:, : grey.width()]), text_mode=zxingcpp.TextMode.Plain
    )
    return [code.text for code in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_every_code_is_read_off_the_window(open_till, size, scheme) -> None:
    till = open_till(size, scheme)
    for probe in PROBES:
        till.show(trial(Words("zh"), probe))
        assert codes_on(till.window.grab().toImage()) == [wanted(probe)], probe.probe_id


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
@pytest.mark.parametrize("probe", PROBES, ids=IDS)
def test_modules_are_whole_pixels_of_any_screen(till, probe, ratio, monkeypatch) -> None:
    till.show(trial(Words("en"), probe))
    part = till.window.parts.screens[ScannerMain].code
    monkeypatch.setattr(CodePart, "devicePixelRatioF", lambda _part: ratio)
    picture = QPixmap(int(part.width() * ratio), int(part.height() * ratio))
    picture.setDevicePixelRatio(ratio)
    part.render(picture, QPoint(0, 0))
    image = picture.toImage()
    assert codes_on(image) == [wanted(probe)]
    modules = DRAWINGS[probe.probe_id]
    pixels = module_pixels(modules, image.width(), image.height())
    left = (image.width() - pixels * modules.width) // 2
    row = image.height() // 2
    if modules.linear:
        seen = "".join(
            "1" if image.pixelColor(left + pixels * n + k, row).value() < 128 else "0"
            for n in range(modules.width)
            for k in range(pixels)
        )
        assert seen == "".join(bit * pixels for bit in modules.bits()[0])
    assert left >= pixels * modules.quiet or pixels == 1


def test_codes_are_as_large_as_there_is_room() -> None:
    for probe in PROBES:
        assert module_pixels(DRAWINGS[probe.probe_id], 590, 388) >= 2
    assert module_pixels(DRAWINGS["ean-13"], 590, 388) == 3
    assert module_pixels(DRAWINGS["gs1-datamatrix"], 590, 388) == 8
    assert module_pixels(DRAWINGS["letters"], 100, 100) == 1


def test_dark_runs_find_every_bar() -> None:
    assert dark_runs("0110101") == [(1, 3), (4, 5), (6, 7)]
    assert dark_runs("0") == []


def test_names_are_read_aloud(till) -> None:
    till.show(trial(Words("en"), PROBES[0]))
    screen = till.window.parts.screens[ScannerMain]
    assert screen.code.accessibleName() == "Test code"
    assert screen.parts[0].accessibleName() == "EAN-13, right"
    for part in (screen.code, *screen.parts):
        face = QAccessible.queryAccessibleInterface(part)
        assert face is not None
        assert face.text(QAccessible.Text.Name)


def test_the_end_shows_the_rows_alone(till) -> None:
    till.show(trial(Words("en"), None))
    screen = till.window.parts.screens[ScannerMain]
    assert not screen.code.isVisible()
    assert len(screen.parts) == len(PROBES)
    assert all(part.width() > 500 for part in screen.parts)
    till.show(trial(Words("en"), PROBES[3]))
    assert screen.code.isVisible()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES)
def test_parts_lie_apart_and_inside(open_till, size, language) -> None:
    till = open_till(size)
    for probe in (PROBES[0], None):
        till.show(trial(Words(language), probe))
        screen = till.window.parts.screens[ScannerMain]
        shown = [part for part in (screen.code, *screen.parts) if part.isVisible()]
        for index, part in enumerate(shown):
            assert screen.rect().contains(part.geometry())
            assert not any(part.geometry().intersects(other.geometry()) for other in shown[:index])


def test_the_whole_test_is_worked_by_keys(till) -> None:
    till.show(trial(Words("en"), PROBES[0]))
    for key in (Qt.Key.Key_Return, Qt.Key.Key_F9, Qt.Key.Key_Escape, Qt.Key.Key_F12):
        QTest.keyClick(till.window, key)
        till.window._wedge.settle()
    assert till.taken() == [do.NextProbe(), do.PrintProbes(), do.Back(), do.NextProbe()]
