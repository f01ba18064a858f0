"""Packs and the recall list through the real application object: file, reader, ledger and restart."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from posapp.domain.facts import PackData
from posapp.flows import world
from posapp.flows.intents import ScanCode, Settle, StartTender, Tick
from tests.e2e.conftest import Desk
from tests.flows.fakes import link, pack
from tests.simulation.goods import COLA, MILK

pytestmark = pytest.mark.e2e
HEAD = "gtin,lot,reason\n"


def refused(desk: Desk) -> str:
    """Name of the refusal that the last scan on record got, or ""."""
    cart = desk.till.terminal.state.desk.cart
    return (cart.scans[-1].refusal or "") if cart else ""


def test_a_recalled_lot_is_stopped_from_the_first_scan_and_the_list_is_read_again(
    open_desk: Callable[..., Desk], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world, "RULES_EVERY_S", 1)
    path = tmp_path / "recalls.csv"
    path.write_text(f"{HEAD}{MILK},L1,Glass\n")
    desk = open_desk(recalls=path)
    desk.open_shift()
    desk.do(ScanCode(COLA, 1_000), ScanCode(pack(MILK, ai10="L1"), 5_000))
    assert (desk.cart, refused(desk)) == ([("cola", 1)], "Recalled")
    path.write_text(f"{HEAD}{MILK},L2,Glass\n")
    os.utime(path, ns=(1, 1))

    def lists_l2() -> bool:
        desk.do(Tick())
        recalls, pack_l2 = desk.till.terminal.state.desk.recalls.list, PackData(MILK.zfill(14), "L2")
        return recalls.found(pack_l2.gtin14, pack_l2) is not None

    desk.until(lists_l2)
    desk.do(ScanCode(pack(MILK, ai10="L1"), 15_000))
    assert desk.cart == [("cola", 1), ("milk", 1)]


def test_a_serial_number_is_remembered_over_a_restart(open_desk: Callable[..., Desk], tmp_path: Path) -> None:
    desk = open_desk()
    desk.open_shift()
    desk.do(ScanCode(pack(MILK, ai21="S1", ai10="L1"), 1_000), StartTender(), Settle())
    desk.until(lambda: desk.state == "Done")
    desk.do(ScanCode(COLA, 10_000), ScanCode(link(MILK, serial="S1"), 20_000))
    assert refused(desk) == "SerialSold"
    desk.written()
    again = open_desk(Path(shutil.copytree(desk.folder, tmp_path / "again")))
    again.open_shift()
    again.do(ScanCode(link(MILK, serial="S1"), 30_000))
    assert (again.cart, refused(again)) == ([("cola", 1)], "SerialSold")
