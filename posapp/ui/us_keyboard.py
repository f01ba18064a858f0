"""Places of keys on a keyboard, and what a scanner set to the US layout means by them.

A place is the scan code of set 1 (`0x100` added where the code has the prefix E0). Windows tells places as
they are; X11 and Wayland tell the kernel's key number plus eight, which is the same number for all keys
but those with a prefix. Windows was not at hand when this was written: its row follows from the published
tables only. Which layout the PC has set is not asked here.
"""

from __future__ import annotations

from collections.abc import Callable

ENTER, TAB, KEYPAD_ENTER = 28, 15, 0x11C
ENDS = frozenset((ENTER, TAB, KEYPAD_ENTER))

_ROWS = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (57, " ", " "),
)
US = {
    start + step: (plain[step], shifted[step])
    for start, plain, shifted in _ROWS
    for step in range(len(plain))
}
"""Place → the character without and with Shift."""
KEYPAD = dict(zip(range(71, 84), "789-456+1230.", strict=True)) | {55: "*", 0x135: "/"}
"""Place on the number pad → its character with Num Lock on."""

CONTROLS = {27: "\x1d", 43: "\x1c", 7: "\x1e", 12: "\x1f", 32: "\x04"}
"""Place → the separator that Ctrl with it stands for: Ctrl+] is GS; others part ISO 15434 texts."""

_EVDEV_PREFIXED = {96: KEYPAD_ENTER, 98: 0x135}


def from_evdev(native: int) -> int:
    """The place of a native code of X11 or Wayland (the kernel's key number plus 8); 0 where it has none."""
    number = native - 8
    place = _EVDEV_PREFIXED.get(number, number)
    return place if place in US or place in KEYPAD or place in ENDS else 0


def from_windows(native: int) -> int:
    """The place of a native code of Windows, which has the prefix in its bit 8; 0 where it has none."""
    place = native & 0x1FF
    return place if place in US or place in KEYPAD or place in ENDS else 0


def nowhere(native: int) -> int:
    """For systems that tell no places."""
    return 0


def places_of(platform: str) -> Callable[[int], int]:
    """How native codes of a Qt platform ("xcb", "windows" …) become places."""
    if platform == "windows":
        return from_windows
    return from_evdev if platform in ("xcb", "wayland", "wayland-egl") else nowhere


def us_text(place: int, *, shifted: bool) -> str:
    """The character at a place of a US keyboard, number pad included; "" where there is none."""
    if place in US:
        return US[place][shifted]
    return KEYPAD.get(place, "")
