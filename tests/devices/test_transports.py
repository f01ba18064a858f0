"""The wires: the same bytes arrive and the same answers come back, whatever the wire."""

from __future__ import annotations

import os
import pty
import select
import socket
import threading
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from posapp.devices.transports import (
    FileTransport,
    TcpTransport,
    Transport,
    TransportError,
    VirtualTransport,
)
from posapp.devices.virtual_printer import Faults, VirtualPrinter
from posapp.devices.virtual_server import VirtualPrinterServer

STATUS = b"\x10\x04\x01\x10\x04\x02\x10\x04\x04"
JOB = b"\x1b@Hello\n" + bytes(20_000) + b"world\n\x1dVB\x00\x1dr\x01"


@pytest.fixture
def device(printer: VirtualPrinter) -> Iterator[Path]:
    """A device file with the virtual printer behind it."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    link = printer.connect(lambda data: void(os.write(ours, data)), lambda: None)
    over = threading.Event()

    def carry() -> None:
        while not over.is_set():
            if select.select((ours,), (), (), 0.02)[0]:
                link.send(os.read(ours, 4096))

    carrier = threading.Thread(target=carry)
    carrier.start()
    yield Path(os.ttyname(theirs))
    over.set()
    carrier.join()
    os.close(ours)
    os.close(theirs)


def void(_: int) -> None:
    """Drop what a call returns."""


@pytest.fixture(params=["virtual", "tcp", "file"])
def wire(request: pytest.FixtureRequest, printer: VirtualPrinter) -> Iterator[Transport]:
    """Each wire to the same virtual printer, already open."""
    transport: Transport
    if request.param == "tcp":
        with VirtualPrinterServer(printer) as server:
            transport = TcpTransport("127.0.0.1", server.port)
            transport.open()
            yield transport
            transport.close()
        return
    if request.param == "file":
        transport = FileTransport(request.getfixturevalue("device"))
    else:
        transport = VirtualTransport(printer)
    transport.open()
    yield transport
    transport.close()


def read(wire: Transport, count: int) -> bytes:
    """That many answer bytes, or as many as come within some seconds."""
    got = b""
    for _ in range(100):
        if len(got) >= count:
            break
        got += wire.read_status(50)
    return got


def test_bytes_arrive_and_answers_come_back(wire: Transport, printer: VirtualPrinter) -> None:
    wire.write(STATUS)
    assert read(wire, 3) == bytes((0x12, 0x12, 0x12))
    wire.write(JOB)
    assert read(wire, 1) == b"\x00"
    assert [slip.text_rows for slip in printer.slips] == [("Hello", "world")]


def test_silence_is_empty(wire: Transport, printer: VirtualPrinter) -> None:
    printer.set_faults(Faults(offline=True))
    wire.write(STATUS)
    assert wire.read_status(30) == b""


def test_answers_that_come_late_come(wire: Transport, printer: VirtualPrinter) -> None:
    printer.set_faults(Faults(paper_out=True))
    wire.write(b"row\n\x1dVB\x00\x1dr\x01")
    assert wire.read_status(30) == b""
    printer.load_paper()
    assert read(wire, 1) == b"\x00"
    assert len(printer.slips) == 1


@pytest.mark.parametrize("act", [lambda wire: wire.write(b"x"), lambda wire: wire.read_status(10)])
def test_a_closed_wire_says_so(wire: Transport, act: Callable[[Transport], object]) -> None:
    wire.close()
    wire.close()
    with pytest.raises(TransportError):
        act(wire)


def test_a_wire_can_be_opened_again(printer: VirtualPrinter) -> None:
    with VirtualPrinterServer(printer) as server:
        for wire in (TcpTransport("127.0.0.1", server.port), VirtualTransport(printer)):
            for _ in range(2):
                wire.open()
                wire.write(STATUS)
                assert len(read(wire, 3)) == 3
                wire.close()


@pytest.mark.parametrize("kind", ["tcp", "virtual"])
def test_a_printer_that_dies_is_an_error(kind: str, printer: VirtualPrinter) -> None:
    with VirtualPrinterServer(printer) as server:
        tcp = TcpTransport("127.0.0.1", server.port)
        wire: Transport = tcp if kind == "tcp" else VirtualTransport(printer)
        wire.open()
        printer.set_faults(Faults(dies_after_bytes=5))
        with pytest.raises(TransportError):  # noqa: PT012
            wire.write(b"0123456789")
            for _ in range(200):
                wire.read_status(50)
        wire.close()


def test_nobody_there_is_an_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(TransportError):
        TcpTransport("127.0.0.1", port, connect_ms=500).open()
    with pytest.raises(TransportError):
        FileTransport(tmp_path / "no-such-device").open()


def test_a_printer_that_takes_nothing_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        wire = TcpTransport("127.0.0.1", listener.getsockname()[1], write_ms=50)
        wire.open()
        with pytest.raises(TransportError):
            wire.write(bytes(64_000_000))
        wire.close()


def test_a_plain_file_never_answers(tmp_path: Path) -> None:
    target = tmp_path / "printed.bin"
    target.touch()
    wire = FileTransport(target)
    wire.open()
    wire.write(JOB)
    assert wire.read_status(10) == b""
    wire.close()
    assert target.read_bytes() == JOB


def test_closing_the_server_ends_its_threads(printer: VirtualPrinter) -> None:
    server = VirtualPrinterServer(printer)
    wires = [TcpTransport("127.0.0.1", server.port) for _ in range(3)]
    for wire in wires:
        wire.open()
        wire.write(STATUS)
        assert len(read(wire, 3)) == 3
    server.close()
    with pytest.raises(TransportError):
        wires[0].read_status(500)
    for wire in wires:
        wire.close()
