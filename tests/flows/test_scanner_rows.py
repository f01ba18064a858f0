"""Scanners on the status page: a row for each, what to do about one in trouble, and that selling goes on."""

from __future__ import annotations

from typing import get_args

import pytest

from posapp.flows.answers import ScannerKind, ScannerStatus, ScannerTrouble
from posapp.flows.intents import GoTo, ScanCode, ScannersChanged
from posapp.flows.mains import StatusRow
from posapp.flows.presenters.scanners import KINDS, NAME_MAX, TROUBLES
from posapp.flows.views import StatusMain
from tests.flows.fakes import COLA, START_MS
from tests.flows.world import World, labels

SERIAL = ScannerStatus("serial:/dev/ttyACM0", "serial", "Voyager 1450g", "ready")


def rows(world: World) -> list[StatusRow]:
    """The rows of scanners."""
    world.do(GoTo("status"))
    main = world.terminal.view().main
    assert isinstance(main, StatusMain)
    return [row for group in main.right for row in group.rows if row.icon == "scan-barcode"]


def test_every_kind_and_trouble_has_its_words() -> None:
    assert set(KINDS) == set(get_args(ScannerKind))
    assert set(TROUBLES) == set(get_args(ScannerTrouble)) - {""}


def test_without_scanners_of_its_own_the_keyboards_has_a_row() -> None:
    world = World().open_shift()
    (row,) = rows(world)
    assert (row.title, row.tone) == ("扫码枪", "done")


def test_each_scanner_has_a_row_with_its_last_code() -> None:
    world = World().open_shift()
    keyboard = ScannerStatus("keyboard:0c2e:0b61", "keyboard", "", "ready", "", START_MS, True)
    world.do(ScannersChanged((SERIAL, keyboard)))
    first, second = rows(world)
    assert (first.title, first.detail, first.state) == ("Voyager 1450g", "串口 · 还没扫过码", "正常")
    assert second.title == "扫码枪"
    assert second.detail.startswith("键盘式，专供扫码 · ")
    assert second.detail.endswith("最后一码")
    assert (first.tone, second.tone) == ("done", "done")


@pytest.mark.parametrize("trouble", sorted(TROUBLES))
def test_a_scanner_in_trouble_says_what_to_do(trouble: ScannerTrouble) -> None:
    world = World().open_shift()
    world.do(ScannersChanged((SERIAL, ScannerStatus("hid-pos:auto", "hid-pos", "", "away", trouble))))
    _, row = rows(world)
    short, sentence = TROUBLES[trouble]
    speech = world.ports.speech("zh_CN")
    assert row.detail == f"HID-POS · {speech.t(short)}"
    assert speech.t(short) != short
    words = labels(world.terminal.view())
    if sentence:
        assert row.tone == "danger"
        assert speech.t(sentence, name="HID-POS") in words
        assert "1 项" in words
    else:
        assert row.tone == "warn"
        assert "全部正常" in words


def test_a_scanner_being_opened_is_neither_fine_nor_in_trouble() -> None:
    world = World().open_shift()
    world.do(ScannersChanged((ScannerStatus("hid-pos:auto", "hid-pos"),)))
    (row,) = rows(world)
    assert row.tone == "quiet"
    assert "全部正常" in labels(world.terminal.view())


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("serial:COM4", "COM4"),
        ("serial:/dev/ttyACM0?baud=115200", "ttyACM0"),
        ("serial:usb:0c2e:0b61", "串口"),
    ],
)
def test_a_scanner_without_a_name_is_called_by_its_port_or_kind(line: str, said: str) -> None:
    world = World().open_shift()
    world.do(ScannersChanged((ScannerStatus(line, "serial", "", "away", "unplugged"),)))
    (row,) = rows(world)
    assert row.detail == f"{said} · 没有连接"
    assert f"扫码枪 {said} 没有连接" in labels(world.terminal.view())


def test_a_makers_sentence_of_a_name_is_cut() -> None:
    world = World().open_shift()
    name = "Honeywell Scanning and Mobility Xenon 1900g Area-Imaging Scanner"
    world.do(ScannersChanged((ScannerStatus("hid-pos:auto", "hid-pos", name, "ready"),)))
    (row,) = rows(world)
    assert len(row.title) <= NAME_MAX
    assert row.title.endswith("…")


def test_goods_are_sold_whatever_the_scanners_say() -> None:
    world = World().open_shift()
    for status in (SERIAL, ScannerStatus("serial:COM1", "serial", "", "away", "unplugged")):
        world.do(ScannersChanged((status,)), ScanCode(COLA, 5, status.device_id))
    cart = world.terminal.state.desk.cart
    assert cart is not None
    assert [(line.sku, line.quantity.value) for line in cart.lines] == [("cola", 2)]
