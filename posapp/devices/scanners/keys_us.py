"""From the key codes of a keyboard that is a scanner to the characters it means.

A scanner that types is set to the US layout: what a key means is read from its place (Linux key codes), not
from the layout of this PC. Control characters come in the disguises scanners use: Ctrl and a letter, Ctrl+]
for GS, F8, or Alt held while a number is typed on the keypad. Refuses to know devices and time.
"""

from __future__ import annotations

from typing import Final

_ROWS: Final = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
)
_BOTH: Final = {57: " "}
PLAIN: Final = {first + i: char for first, plain, _ in _ROWS for i, char in enumerate(plain)} | _BOTH
SHIFTED: Final = {first + i: char for first, _, shifted in _ROWS for i, char in enumerate(shifted)} | _BOTH
#: With Ctrl: letters give 1 to 26, and six more keys the rest (Ctrl+] is GS).
CONTROL: Final = {code: chr(ord(char) & 0x1F) for code, char in PLAIN.items() if char.isalpha()} | {
    26: "\x1b", 43: "\x1c", 27: "\x1d", 7: "\x1e", 12: "\x1f",
}  # fmt: skip
#: The keypad, read as digits whatever NumLock says.
KEYPAD: Final = {
    71: "7", 72: "8", 73: "9", 75: "4", 76: "5", 77: "6", 79: "1", 80: "2", 81: "3", 82: "0", 83: ".",
    55: "*", 74: "-", 78: "+", 98: "/", 117: "=", 121: ",",
}  # fmt: skip
ENTER, KEYPAD_ENTER, TAB, F8, CAPS_LOCK = 28, 96, 15, 66, 58
_SHIFTS: Final = frozenset((42, 54))
_CONTROLS: Final = frozenset((29, 97))
_ALTS: Final = frozenset((56, 100))
_ENDS: Final = {ENTER: "\r", KEYPAD_ENTER: "\r", TAB: "\t"}
_GROUP_SEPARATOR: Final = "\x1d"
#: No character has a longer number.
_ALT_DIGITS_MAX: Final = 7
RELEASED, PRESSED = 0, 1


class KeyTexts:
    """The keys of one keyboard, in order."""

    def __init__(self) -> None:
        self._held: set[int] = set()
        self._caps = False
        self._alt_number = ""

    def feed(self, code: int, value: int) -> str:
        """The character that a key event gives, "" for none; `value` is 1 pressed, 0 released, 2 repeated."""
        if value == RELEASED:
            self._held.discard(code)
            return self._alt_character() if code in _ALTS else ""
        if value != PRESSED:
            return ""  # a scanner holds no key; a hand on its keyboard end might
        if code in _SHIFTS | _CONTROLS | _ALTS:
            self._held.add(code)
            return ""
        if code == CAPS_LOCK:
            self._caps = not self._caps
            return ""
        if self._held & _ALTS:
            if len(self._alt_number) < _ALT_DIGITS_MAX and KEYPAD.get(code, "").isdigit():
                self._alt_number += KEYPAD[code]
            return ""
        return self._character(code)

    def reset(self) -> None:
        """Forget what is held: the device was away."""
        self._held.clear()
        self._caps = False
        self._alt_number = ""

    def _character(self, code: int) -> str:
        if code in _ENDS:
            return _ENDS[code]
        if code == F8:
            return _GROUP_SEPARATOR
        if code in KEYPAD:
            return KEYPAD[code]
        shift = bool(self._held & _SHIFTS)
        plain = PLAIN.get(code, "")
        if self._held & _CONTROLS:
            return CONTROL.get(code, "")
        if plain.isalpha():
            shift = shift != self._caps
        return SHIFTED.get(code, "") if shift else plain

    def _alt_character(self) -> str:
        number, self._alt_number = self._alt_number, ""
        return alt_character(number)


def alt_character(digits: str) -> str:
    """The character that Alt and a number on the keypad mean; "" where it is none.

    Below 256 the rule is Windows': with a leading zero the Windows-1252 character, without one that of
    code page 437 (the 33 control characters are themselves). Above, scanners send either the Unicode
    number or, for Chinese, the two bytes of GBK as one number; CJK ideographs of Unicode come first.
    """
    number = int(digits or "0")
    if number == 0 or number > 0x10FFFF or 0xD800 <= number < 0xE000:
        return _gbk(number)
    if number < 0x20 or number == 0x7F:
        return chr(number)
    if number < 0x100:
        return bytes([number]).decode("cp1252" if digits.startswith("0") else "cp437", "ignore")
    if 0x4E00 <= number < 0xA000:
        return chr(number)
    return _gbk(number) or chr(number)


def _gbk(number: int) -> str:
    if not 0x8140 <= number <= 0xFEFE:
        return ""
    try:
        return number.to_bytes(2, "big").decode("gbk")
    except UnicodeDecodeError:
        return ""
