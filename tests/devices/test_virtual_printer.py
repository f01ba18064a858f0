"""The simulated twin: status, faults, unknown commands, paper that ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from posapp.devices.fonts import RasterFonts
from posapp.devices.status import MARKER, is_marker_answer, is_status_answer, state_of
from posapp.devices.virtual_commands import Command, CommandReader
from posapp.devices.virtual_printer import Faults, Link, VirtualPrinter

STATUS = b"\x10\x04\x01\x10\x04\x02\x10\x04\x04"


class Wire:
    """A plugged-in wire that remembers what came back."""

    def __init__(self, printer: VirtualPrinter) -> None:
        self.answers = bytearray()
        self.lost = False
        self.link: Link = printer.connect(self.answers.extend, self._lose)
        self.send: Callable[[bytes], None] = self.link.send

    def _lose(self) -> None:
        self.lost = True

    def ask(self) -> str:
        self.answers.clear()
        self.send(STATUS)
        return state_of(*self.answers) if self.answers else "silent"


def test_status_answers_as_a_real_printer(printer: VirtualPrinter) -> None:
    wire = Wire(printer)
    wire.send(STATUS)
    assert wire.answers == bytes((0x12, 0x12, 0x12))
    printer.set_faults(Faults(paper_out=True))
    assert wire.ask() == "paper_out"
    assert wire.answers == bytes((0x1A, 0x32, 0x72))
    printer.set_faults(Faults(cover_open=True, paper_out=True))
    assert wire.ask() == "cover_open"
    printer.set_faults(Faults())
    assert wire.ask() == "ready"


def test_the_two_kinds_of_answer_are_never_mixed_up() -> None:
    assert not [byte for byte in range(256) if is_status_answer(byte) and is_marker_answer(byte)]


def test_the_marker_waits_its_turn(printer: VirtualPrinter) -> None:
    wire = Wire(printer)
    printer.set_faults(Faults(paper_out=True))
    wire.send(b"one\n" + MARKER)
    assert wire.answers == b""
    printer.load_paper()
    assert wire.answers == b"\x00"


def test_offline_swallows_everything(printer: VirtualPrinter) -> None:
    wire = Wire(printer)
    printer.set_faults(Faults(offline=True))
    wire.send(STATUS + b"lost\n\x1dV\x00" + MARKER)
    assert wire.answers == b""
    printer.set_faults(Faults())
    assert printer.slips == ()
    assert wire.ask() == "ready"


def test_it_dies_in_the_middle_of_a_job(printer: VirtualPrinter) -> None:
    wire = Wire(printer)
    printer.set_faults(Faults(dies_after_bytes=6))
    with pytest.raises(ConnectionResetError):
        wire.send(b"one\ntwo\nthree\n")
    assert wire.lost
    with pytest.raises(ConnectionRefusedError):
        Wire(printer)
    printer.set_faults(Faults())
    Wire(printer).send(b"new\n\x1dV\x00")
    assert [slip.text_rows for slip in printer.slips] == [("one", "new")]


def test_paper_that_ends_tears_the_slip(printer: VirtualPrinter) -> None:
    wire = Wire(printer)
    printer.load_paper(60)
    wire.send(b"one\ntwo\nthree\n\x1dV\x00" + MARKER)
    assert wire.ask() == "paper_out"
    assert printer.slips == ()
    printer.load_paper()
    assert [(slip.text_rows, slip.cut) for slip in printer.slips] == [
        (("one", "two"), False),
        (("three",), True),
    ]


def test_a_roll_counts_over_several_slips(printer: VirtualPrinter) -> None:
    wire = Wire(printer)
    printer.load_paper(100)
    for _ in range(5):
        wire.send(b"row\n\x1dV\x00")
    assert len(printer.slips) == 2
    printer.load_paper()
    assert len([slip for slip in printer.slips if slip.cut]) == 5


def test_the_drawer_opens_in_turn_or_at_once(printer: VirtualPrinter) -> None:
    wire = Wire(printer)
    wire.send(b"\x1bp\x00\x32\xfa")
    printer.set_faults(Faults(paper_out=True))
    wire.send(b"\x1bp\x01\x32\xfa" + b"\x10\x14\x01\x00\x01")
    assert printer.drawer_opened == (2, 2)
    printer.load_paper()
    assert printer.drawer_opened == (2, 2, 5)


def test_unknown_commands_are_reported_and_skipped(printer: VirtualPrinter) -> None:
    Wire(printer).send(b"a\x1b\x01b\x1d(A\x02\x00\x00\x02c\n\x1b*\x21\x02\x00123456d\n\x1dV\x00")
    (slip,) = printer.slips
    assert slip.text_rows == ("abc", "d")
    assert printer.unknown == (b"\x1b\x01", b"ESC *")
    assert len(printer.complaints) == 1


def test_long_text_goes_on_in_the_next_line(printer: VirtualPrinter) -> None:
    Wire(printer).send(b"x" * 50 + b"\n\x1dV\x00")
    assert [len(row) for row in printer.slips[0].text_rows] == [48, 2]


def test_motion_units_are_half_dots_until_set(printer: VirtualPrinter) -> None:
    wire = Wire(printer)
    wire.send(b"\x1bJ\x40\x1dV\x00" + b"\x1dP\xcb\xcb\x1bJ\x40\x1dV\x00")
    assert [slip.image.height for slip in printer.slips] == [32, 64]


def test_a_slip_is_written_as_png(printer: VirtualPrinter, tmp_path: Path) -> None:
    Wire(printer).send(b"Hello\n\x1dV\x00")
    printer.slips[0].save(tmp_path / "slip.png")
    with Image.open(tmp_path / "slip.png") as picture:
        assert picture.size[0] == 640
        assert picture.convert("L").getextrema() == (0, 255)


def test_slips_are_told_as_they_come(printer_letters: RasterFonts) -> None:
    told: list[int] = []
    printer = VirtualPrinter(printer_letters, keep=2, on_slip=lambda slip: told.append(slip.number))
    Wire(printer).send(b"a\n\x1dV\x00" * 4)
    assert told == [1, 2, 3, 4]
    assert [slip.number for slip in printer.slips] == [3, 4]


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=6).map(sorted))
def test_rubbish_is_cut_the_same_in_any_pieces(stream: bytes, cuts: list[int]) -> None:
    whole = list(CommandReader().read(stream))
    reader = CommandReader()
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    piecewise = [command for piece in pieces for command in reader.read(piece)]
    assert _joined(piecewise) == _joined(whole)


@given(st.binary(max_size=400))
def test_rubbish_never_breaks_the_printer(printer_letters: RasterFonts, stream: bytes) -> None:
    printer = VirtualPrinter(printer_letters)
    wire = Wire(printer)
    wire.send(stream)
    wire.send(bytes(70_000) + b"\x1b@ok\n\x1dV\x00")
    if printer.slips:
        assert all(slip.image.height >= 1 for slip in printer.slips)


def _joined(commands: list[Command]) -> list[Command]:
    """Text that arrived in pieces is one text."""
    out: list[Command] = []
    for command in commands:
        if command.name == "text" and out and out[-1].name == "text":
            out[-1] = Command("text", out[-1].data + command.data)
        else:
            out.append(command)
    return out
