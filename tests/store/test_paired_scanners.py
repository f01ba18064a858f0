"""Scanners paired at the till are kept in the ledger's settings; what cannot be read is none."""

from __future__ import annotations

import pytest

from posapp.store.engine import open_ledger
from posapp.store.ledger import Ledger
from posapp.store.recovery import recover
from posapp.store.settings import SCANNERS, get_scanners, put_setting
from posapp.store.writer import LedgerWriter
from tests.store.conftest import PLACE, Answers, LedgerKit

LINES = ("keyboard:0c2e:0b61:SN1", "keyboard:05e0:1200@usb-0000:00:14.0-2/input0")


def writer(kit: LedgerKit) -> LedgerWriter:
    ledger = Ledger(lambda: open_ledger(kit.path), place=PLACE, clock=kit.clock, ids=kit.ids)
    return LedgerWriter(ledger, kit.clock, on_draft_failed=Answers())


def test_pairs_are_there_after_a_restart_and_the_last_ones_count(kit: LedgerKit) -> None:
    first = writer(kit)
    assert first.start()[0].paired_scanners == ()
    first.set_scanners(LINES[:1])
    first.set_scanners(LINES)
    first.close()
    second = writer(kit)
    assert second.start()[0].paired_scanners == LINES
    second.set_scanners(())
    second.close()
    third = writer(kit)
    assert third.start()[0].paired_scanners == ()
    third.close()


@pytest.mark.parametrize("value", [b"", b"{", b"7", b'["x", 7]', b"\xff", b'"keyboard"'])
def test_what_cannot_be_read_is_no_pair_and_keeps_nothing_from_opening(kit: LedgerKit, value: bytes) -> None:
    connection = open_ledger(kit.path)
    put_setting(connection, SCANNERS, value)
    assert get_scanners(connection) == ()
    assert recover(connection, now_ms=0).paired_scanners == ()
    connection.close()
