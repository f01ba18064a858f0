"""Scanners that type, read from the kernel: grabbing, unplugging, and who is the scanner.

Where /dev/uinput exists a real keyboard is made and grabbed; elsewhere that test says so.
"""

from __future__ import annotations

import contextlib
import errno
import os
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from posapp.config import UsbId, parse_scanner
from posapp.devices.scanners import evdev, keyboard_port
from posapp.devices.scanners.evdev import Keyboard
from posapp.devices.scanners.keyboard_port import KeyboardPort, line_of
from posapp.devices.scanners.pairing import KeyboardPairing
from posapp.devices.scanners.reading import Noise, PortTrouble
from tests.devices.keyboard_parts import EAN, ENTER, Kernel, Planted, monotonic_ms, stroke, typed
from tests.devices.scanner_parts import Ears, code, reading

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="input devices are Linux's")


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Kernel]:
    made = Kernel(tmp_path)
    yield made
    made.close()


def port(kernel: Kernel, line: str, claims: set[str] | None = None) -> KeyboardPort:
    return KeyboardPort(
        parse_scanner(line),
        monotonic_ms,
        claims=set() if claims is None else claims,
        folder=kernel.folder,
        ioctl=kernel.ioctl,
    )


@contextlib.contextmanager
def read(kernel: Kernel, line: str) -> Iterator[Ears]:
    ears = Ears()
    thread = reading(port(kernel, line), ears)
    thread.start()
    try:
        yield ears
    finally:
        thread.stop()
        thread.join(10)


def grabbed(kernel: Kernel, name: str) -> bool:
    return kernel.devices[str(kernel.folder / name)].grabbed


def test_keyboards_are_told_with_their_identity_and_other_devices_are_not(kernel: Kernel) -> None:
    kernel.plug("event0", Planted("Power Button", keys=(116,)))
    kernel.plug("event10", Planted("Voyager", serial="SN1"))
    kernel.plug("event2", Planted("AT keyboard", vendor=1, product=1, phys="isa0060/serio0/input0"))
    found, closed = evdev.keyboards(kernel.folder, kernel.ioctl)
    assert found == [
        Keyboard(str(kernel.folder / "event2"), "AT keyboard", UsbId(1, 1), "isa0060/serio0/input0"),
        Keyboard(
            str(kernel.folder / "event10"),
            "Voyager",
            UsbId(0x0C2E, 0x0B61, "SN1"),
            "usb-0000:00:14.0-2/input0",
        ),
    ]
    assert closed == []


def test_codes_come_from_the_one_device_that_is_grabbed(kernel: Kernel) -> None:
    kernel.plug("event0", Planted("AT keyboard", vendor=1))
    kernel.plug("event1", Planted("Voyager", serial="SN1"))
    with read(kernel, "keyboard:0c2e:0b61:SN1") as ears:
        ears.until_name()
        ears.until(lambda _told: grabbed(kernel, "event1"))
        kernel.press("event0", [*typed("hello"), *stroke(ENTER)])
        for text in (EAN, "]C10106901028180559\x1d10LOT", "会员码 8812"):
            kernel.press("event1", [*typed(text), *stroke(ENTER)])
        assert ears.until_texts(3) == [EAN, "]C10106901028180559\x1d10LOT", "会员码 8812"]
        assert not grabbed(kernel, "event0")
        assert ears.told[0] == "Voyager"


def test_the_kernel_tells_when_a_key_came(kernel: Kernel) -> None:
    kernel.plug("event1", Planted("Voyager"))
    with read(kernel, "keyboard:0c2e:0b61") as ears:
        ears.until(lambda _told: grabbed(kernel, "event1"))
        start = monotonic_ms() - 40
        keys = [*typed(EAN), (ENTER, 1)]
        kernel.press("event1", keys, start_ms=start, gap_ms=1)
        ears.until_texts(1)
    assert [each.at_ms for each in ears.told if not isinstance(each, str)] == [start + len(keys) - 1]


def test_without_the_kernels_clock_ours_is_taken(kernel: Kernel) -> None:
    kernel.plug("event1", Planted("Old", clock=False))
    with read(kernel, "keyboard:0c2e:0b61") as ears:
        ears.until(lambda _told: grabbed(kernel, "event1"))
        before = monotonic_ms()
        kernel.press("event1", [*typed(EAN), *stroke(ENTER)], start_ms=5)
        ears.until_texts(1)
    (found,) = (each for each in ears.told if not isinstance(each, str))
    assert before <= found.at_ms <= monotonic_ms()


def test_a_keyboard_is_not_taken_while_a_key_is_down(kernel: Kernel) -> None:
    device = Planted("Voyager", down=(30,))
    kernel.plug("event1", device)
    one = port(kernel, "keyboard:0c2e:0b61")
    one.open()
    kernel.press("event1", typed("7" * 8))
    assert list(one.read(20)) == []  # everybody hears these: they are the window's
    assert not device.grabbed
    device.down = ()
    kernel.press("event1", typed("1234"))
    assert list(one.read(20)) == []
    assert device.grabbed
    kernel.press("event1", [*typed("56789012"), *stroke(ENTER)], gap_ms=0)
    kernel.press("event1", [*typed("40063"), *stroke(ENTER)], gap_ms=0)
    heard = [each for _ in range(4) for each in one.read(20)]
    assert heard[1:] == [code("40063", heard[1].at_ms)]
    assert isinstance(heard[0], Noise)  # the end of what the window heard begin
    one.close()


def test_unplugged_and_plugged_into_another_socket_it_is_the_same_scanner(kernel: Kernel) -> None:
    kernel.plug("event1", Planted("Voyager", serial="SN1"))
    with read(kernel, "keyboard:0c2e:0b61:SN1") as ears:
        ears.until_name()
        ears.until(lambda _told: grabbed(kernel, "event1"))
        kernel.press("event1", [*typed(EAN), *stroke(ENTER)])
        ears.until_texts(1)
        kernel.press("event1", typed(EAN[:5]))
        kernel.unplug("event1")
        ears.until_trouble()
        kernel.plug("event7", Planted("Voyager", serial="SN1", phys="usb-0000:00:14.0-9/input0"))
        ears.until(lambda _told: grabbed(kernel, "event7"))
        kernel.press("event7", [*typed("4006381333931"), *stroke(ENTER)])
        assert ears.until_texts(2) == [EAN, "4006381333931"]
    assert set(ears.troubles()) == {"unplugged"}


def test_two_of_a_kind_are_told_apart_by_serial_number_or_socket(kernel: Kernel) -> None:
    kernel.plug("event1", Planted("A", phys="usb-1/input0"))
    kernel.plug("event2", Planted("B", phys="usb-2/input0"))
    found, _ = evdev.keyboards(kernel.folder, kernel.ioctl)
    names = [line_of(each, found) for each in found]
    assert names == ["keyboard:0c2e:0b61@usb-1/input0", "keyboard:0c2e:0b61@usb-2/input0"]
    claims: set[str] = set()
    ports = [port(kernel, line, claims) for line in (names[1], "keyboard:0c2e:0b61", names[0])]
    assert [ports[0].open(), ports[1].open()] == ["B", "A"]
    with pytest.raises(PortTrouble) as trouble:
        ports[2].open()
    assert trouble.value.trouble == "taken"
    for each in ports:
        each.close()
    assert claims == set()
    assert line_of(found[0]) == "keyboard:0c2e:0b61"


def test_a_keyboard_may_be_named_by_its_path(kernel: Kernel) -> None:
    kernel.plug("event4", Planted("Voyager"))
    by_id = kernel.folder / "usb-Voyager-event-kbd"
    by_id.symlink_to(kernel.folder / "event4")
    one = port(kernel, f"keyboard:{by_id}")
    assert one.open() == "Voyager"
    one.close()


def test_what_somebody_else_has_grabbed_is_taken(kernel: Kernel) -> None:
    kernel.plug("event1", Planted("Voyager", busy=True))
    one = port(kernel, "keyboard:0c2e:0b61")
    one.open()
    with pytest.raises(PortTrouble) as trouble:
        one.read(10)
    assert trouble.value.trouble == "taken"
    one.close()


def test_without_the_right_to_read_that_is_what_is_said(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel.plug("event1", Planted("Voyager"))

    def refuse(path: Any, flags: int) -> int:
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr(evdev.os, "open", refuse)
    with pytest.raises(PortTrouble) as trouble:
        port(kernel, "keyboard:0c2e:0b61").open()
    assert trouble.value.trouble == "no_permission"


def test_where_there_are_no_input_devices_that_is_what_is_said(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PortTrouble) as trouble:
        port(kernel, "keyboard:0c2e:0b61").open()
    assert trouble.value.trouble == "unplugged"
    monkeypatch.setattr(keyboard_port, "HERE", False)
    with pytest.raises(PortTrouble) as trouble:
        port(kernel, "keyboard:0c2e:0b61").open()
    assert trouble.value.trouble == "not_here"


# ----------------------------------------------------------------- pairing
@contextlib.contextmanager
def pairing(kernel: Kernel, **more: Any) -> Iterator[Ears]:
    ears = Ears()
    wait = KeyboardPairing(ears.take, monotonic_ms, folder=kernel.folder, ioctl=kernel.ioctl, **more)
    wait.start()
    try:
        yield ears
    finally:
        wait.stop()
        wait.join(10)


def test_the_keyboard_that_types_a_code_is_the_scanner(kernel: Kernel) -> None:
    kernel.plug("event0", Planted("AT keyboard", vendor=1, product=1))
    kernel.plug("event1", Planted("Voyager", serial="SN1"))
    with pairing(kernel) as ears:
        kernel.press("event0", [*typed("milk 12"), *stroke(ENTER)], gap_ms=45)
        kernel.press("event1", [*typed(EAN), *stroke(ENTER)], gap_ms=8)
        (told,) = ears.until(bool)
    assert (told.state, told.device_id, told.name) == ("done", "keyboard:0c2e:0b61:SN1", "Voyager")
    assert not grabbed(kernel, "event1")


def test_a_scanner_without_an_end_is_found_by_silence(kernel: Kernel) -> None:
    kernel.plug("event1", Planted("Voyager"))
    with pairing(kernel) as ears:
        kernel.press("event1", typed(EAN), gap_ms=1, start_ms=monotonic_ms() - 26)
        (told,) = ears.until(bool)
    assert (told.state, told.device_id) == ("done", "keyboard:0c2e:0b61")


def test_hands_and_short_bursts_are_no_scanner(kernel: Kernel) -> None:
    kernel.plug("event1", Planted("AT keyboard"))
    with pairing(kernel, wait_ms=300) as ears:
        kernel.press("event1", [*typed("1234567890123"), *stroke(ENTER)], gap_ms=40)
        kernel.press("event1", [*typed("123"), *stroke(ENTER)], gap_ms=1, start_ms=monotonic_ms() + 5000)
        (told,) = ears.until(bool)
    assert (told.state, told.trouble) == ("failed", "timed_out")


def test_scanners_that_are_paired_already_are_not_listened_to(kernel: Kernel) -> None:
    kernel.plug("event1", Planted("Voyager"))
    with pairing(kernel, claims=frozenset([str(kernel.folder / "event1")])) as ears:
        (told,) = ears.until(bool)
    assert (told.state, told.trouble) == ("failed", "none_found")


def test_nothing_is_told_when_nobody_waits_any_more(kernel: Kernel) -> None:
    kernel.plug("event1", Planted("Voyager"))
    with pairing(kernel) as ears:
        pass
    assert ears.told == []


# ----------------------------------------------------------------- the real kernel
UINPUT = Path("/dev/uinput")


@pytest.mark.skipif(not UINPUT.exists(), reason="missing system part: /dev/uinput")
def test_a_real_keyboard_is_found_grabbed_and_read() -> None:
    import fcntl

    fd = os.open(UINPUT, os.O_WRONLY | os.O_NONBLOCK)
    try:
        fcntl.ioctl(fd, 0x40045564, evdev.EV_KEY)
        for key in range(1, 128):
            fcntl.ioctl(fd, 0x40045565, key)
        name = b"posapp test scanner"
        os.write(fd, struct.pack("@80s4HI64i64i64i64i", name, 3, 0x0C2E, 0x7E57, 1, 0, *[0] * 256))
        fcntl.ioctl(fd, 0x5501)
        ears = Ears()
        one = KeyboardPort(parse_scanner("keyboard:0c2e:7e57"), monotonic_ms, claims=set())
        thread = reading(one, ears)
        thread.start()
        ears.until_name()
        ears.until(lambda _told: one._grabbed)
        for code, value in [*typed(EAN), *stroke(ENTER)]:
            os.write(fd, evdev.EVENT.pack(0, 0, evdev.EV_KEY, code, value) + evdev.EVENT.pack(0, 0, 0, 0, 0))
        texts = ears.until_texts(1)
        thread.stop()
        thread.join(10)
        assert texts == [EAN]
    finally:
        os.close(fd)
