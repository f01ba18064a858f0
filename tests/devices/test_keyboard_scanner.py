"""Scanners that type, read from the kernel: keys to text, grabbing, unplugging, and who is the scanner.

Event bytes come through named pipes in a folder like /dev/input, with a planted ioctl that answers as the
kernel does. Where /dev/uinput exists a real keyboard is made and grabbed; elsewhere that test says so.
"""

from __future__ import annotations

import contextlib
import errno
import os
import struct
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.config import UsbId, parse_scanner
from posapp.devices.scanners import evdev, keyboard_port
from posapp.devices.scanners.evdev import Dropped, Keyboard, KeyEvent
from posapp.devices.scanners.framing import Complete
from posapp.devices.scanners.keyboard_port import KeyboardPort, KeyStream, line_of
from posapp.devices.scanners.keys_us import CONTROL, KEYPAD, PLAIN, SHIFTED, KeyTexts, alt_character
from posapp.devices.scanners.pairing import KeyboardPairing
from posapp.devices.scanners.reading import Noise, PortTrouble
from tests.devices.scanner_parts import Ears, code, reading

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="input devices are Linux's")

SHIFT, CTRL, ALT, ENTER, CAPS = 42, 29, 56, 28, 58
PAD = {char: code for code, char in KEYPAD.items()}
EAN = "6901028180559"
Keys = list[tuple[int, int]]


def stroke(code: int) -> Keys:
    return [(code, 1), (code, 0)]


def held(modifier: int, *codes: int) -> Keys:
    return [(modifier, 1), *(key for code in codes for key in stroke(code)), (modifier, 0)]


def typed(text: str) -> Keys:
    """The keys of a scanner for a text: shifted ones, control characters by Ctrl, others by Alt and GBK."""
    plain = {char: code for code, char in PLAIN.items()}
    shifted = {char: code for code, char in SHIFTED.items()}
    control = {char: code for code, char in CONTROL.items()}
    keys: Keys = []
    for char in text:
        if char in plain:
            keys += stroke(plain[char])
        elif char in shifted:
            keys += held(SHIFT, shifted[char])
        elif char in control:
            keys += held(CTRL, control[char])
        else:
            keys += held(ALT, *(PAD[digit] for digit in str(int.from_bytes(char.encode("gbk"), "big"))))
    return keys


def raw(keys: Keys, *, start_ms: int = 1000, gap_ms: int = 2) -> bytes:
    """The kernel's bytes: each key with its scan code before and its report after."""
    data = b""
    for number, (key, value) in enumerate(keys):
        seconds, rest = divmod(start_ms + number * gap_ms, 1000)
        for kind, what, worth in ((4, 4, 0x70000 + key), (evdev.EV_KEY, key, value), (0, 0, 0)):
            data += evdev.EVENT.pack(seconds, rest * 1000, kind, what, worth)
    return data


def text_of(keys: Keys) -> str:
    stream = KeyTexts()
    return "".join(stream.feed(code, value) for code, value in keys)


# ----------------------------------------------------------------- keys
@pytest.mark.parametrize(
    "text",
    [
        EAN,
        "]C1010690102818055910lot-A/b_1\x1d17261231",
        "HTTPS://example.com/01/06901028180559?17=261231&x=~!@#$%^&*()[]{}|\\;:'\"<>,./`+=",
        "会员码 8812",
        "[)>\x1e06\x1d12P\x1e",
    ],
)
def test_what_a_scanner_types_is_what_was_scanned(text: str) -> None:
    assert text_of(typed(text)) == text


@given(
    st.text(
        st.sampled_from(sorted({*PLAIN.values(), *SHIFTED.values(), "\x1d", "\x1e", "中", "酒"})), max_size=40
    )
)
def test_any_text_of_the_us_layout_comes_back(text: str) -> None:
    assert text_of(typed(text)) == text


def test_digits_of_the_keypad_are_digits_and_so_is_enter_there() -> None:
    keys = [key for char in "0123456789.-+*/" for key in stroke(PAD[char])] + stroke(96)
    assert text_of(keys) == "0123456789.-+*/\r"


@pytest.mark.parametrize(
    "keys",
    [
        held(CTRL, 27), held(97, 27), stroke(66), held(ALT, PAD["0"], PAD["2"], PAD["9"]),
        held(100, PAD["2"], PAD["9"]),
    ],
)  # fmt: skip
def test_the_group_separator_in_every_disguise(keys: Keys) -> None:
    assert text_of(keys) == "\x1d"


@pytest.mark.parametrize(
    ("digits", "char"),
    [
        ("065", "A"), ("65", "A"), ("0233", "é"), ("233", "Θ"), ("013", "\r"), ("29", "\x1d"),
        ("20013", "中"), ("54992", "中"), ("47811", "好"), ("128512", "😀"), ("0", ""), ("", ""),
        ("55296", ""), ("55457", "亍"), ("9999999", ""), ("0129", ""), ("8364", "€"),
    ],
)  # fmt: skip
def test_alt_and_a_number(digits: str, char: str) -> None:
    assert alt_character(digits) == char


@given(st.integers(0, 10**7 - 1), st.booleans())
def test_no_number_is_an_exception(number: int, zero: bool) -> None:
    alt_character(("0" if zero else "") + str(number)).encode("utf-8")


def test_caps_lock_turns_letters_only_and_shift_turns_them_back() -> None:
    assert (
        text_of([*stroke(CAPS), *typed("ab1"), *held(SHIFT, 30, 2), *stroke(CAPS), *typed("a")]) == "AB1a!a"
    )


def test_keys_that_repeat_and_keys_without_a_character_give_nothing() -> None:
    assert text_of([(30, 1), (30, 2), (30, 2), (30, 0), *stroke(59), *stroke(103), *held(ALT, 30)]) == "a"


def test_a_piece_of_an_event_and_other_events_are_left_out() -> None:
    data = raw(stroke(30)) + b"\1\2\3"
    assert evdev.parse_events(data) == [KeyEvent(30, 1, 1000), KeyEvent(30, 0, 1002)]
    lost = evdev.EVENT.pack(3, 500_000, evdev.EV_SYN, evdev.SYN_DROPPED, 0)
    assert evdev.parse_events(lost) == [Dropped(3500)]


def test_what_the_kernel_dropped_is_no_code_and_a_stuck_shift_is_forgotten() -> None:
    stream = KeyStream(100)
    found = stream.feed(evdev.parse_events(raw([*typed(EAN[:6]), (SHIFT, 1)])))
    found += stream.feed([Dropped(1100)])
    found += stream.feed(evdev.parse_events(raw([*typed(EAN[9:]), *stroke(ENTER)], start_ms=1110)))
    found += stream.feed(evdev.parse_events(raw([*typed(EAN), *stroke(ENTER)], start_ms=1300)))
    assert [each.data for each in found if isinstance(each, Complete)] == [EAN.encode()]
    assert len(found) == 2


# ----------------------------------------------------------------- devices
@dataclass
class Planted:
    """A keyboard as the kernel tells of it."""

    name: str
    vendor: int = 0x0C2E
    product: int = 0x0B61
    serial: str = ""
    phys: str = "usb-0000:00:14.0-2/input0"
    keys: tuple[int, ...] = (2, 30, 28)
    down: tuple[int, ...] = ()
    grabbed: bool = False
    busy: bool = False
    clock: bool = True


@dataclass
class Kernel:
    """A folder of input devices, each a named pipe, and the ioctl that answers for them."""

    folder: Path
    devices: dict[str, Planted] = field(default_factory=dict)
    writers: dict[str, int] = field(default_factory=dict)

    def plug(self, name: str, device: Planted) -> None:
        path = self.folder / name
        os.mkfifo(path)
        self.devices[str(path)] = device
        self.writers[name] = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def unplug(self, name: str) -> None:
        (self.folder / name).unlink()
        self.devices.pop(str(self.folder / name))
        os.close(self.writers.pop(name))

    def press(self, name: str, keys: Keys, *, gap_ms: int = 2, start_ms: int | None = None) -> None:
        start = monotonic_ms() if start_ms is None else start_ms
        os.write(self.writers[name], raw(keys, start_ms=start, gap_ms=gap_ms))

    def ioctl(self, fd: int, request: int, argument: bytearray | int) -> int:
        device = self._device(fd)
        number, size = request & 0xFF, request >> 16 & 0x3FFF
        assert request >> 8 & 0xFF == ord("E")
        if number == 0x90:
            if device.busy:
                raise OSError(errno.EBUSY, "grabbed by another")
            device.grabbed = bool(argument)
            return 0
        assert isinstance(argument, bytearray)
        assert len(argument) == size
        if number == 0xA0:
            if not device.clock:
                raise OSError(errno.EINVAL, "no such clock")
            return 0
        if number == 0x02:
            argument[:] = struct.pack("@4H", 3, device.vendor, device.product, 1)
            return 0
        if number in (0x21, 0x18):
            for key in device.keys if number == 0x21 else device.down:
                argument[key // 8] |= 1 << key % 8
            return size
        text = {0x06: device.name, 0x07: device.phys, 0x08: device.serial}[number].encode() + b"\0"
        if text == b"\0":
            raise OSError(errno.ENOENT, "has none")
        argument[: len(text)] = text
        return len(text)

    def _device(self, fd: int) -> Planted:
        name = str(Path(f"/proc/self/fd/{fd}").readlink())
        if name not in self.devices:
            raise OSError(errno.ENODEV, "gone")
        return self.devices[name]

    def close(self) -> None:
        for name in list(self.writers):
            self.unplug(name)


def monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000


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
        thread.join()


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
        wait.join()


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
        thread.join()
        assert texts == [EAN]
    finally:
        os.close(fd)
