"""From the bytes of one code to its text: which encoding, and whether it is a text at all.

A QR code of today is UTF-8, an older Chinese one GB18030; what is neither is refused rather than mended,
since a code with a character put right is another code. Group, record and unit separators and EOT belong
to codes (GS1 element strings, ISO/IEC 15434); other control characters come from the wire.
"""

from __future__ import annotations

import re
from typing import Final

from posapp.devices.scanners.symbologies import is_aim
from posapp.values import dataclass

#: C0 controls that no symbology's data sends on a text line, and DEL.
_STRAY: Final = re.compile("[\x00-\x03\x05-\x08\x0b\x0c\x0e-\x1b\x7f\ufffd\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class ScannedText:
    """A code as text: `raw` with the identifier in front where the device sent one, `label` without."""

    raw: str
    aim: str
    label: str


def decode(data: bytes, encoding: str = "auto") -> str | None:
    """The text of a code's bytes, or None where they are none in this encoding."""
    for candidate in ("utf-8", "gb18030") if encoding == "auto" else (encoding,):
        try:
            text = data.decode(candidate)
        except UnicodeDecodeError:
            continue
        text = text.removeprefix("\ufeff")
        return None if not text or _STRAY.search(text) else text
    return None


def scanned_text(text: str, aim: str = "") -> ScannedText:
    """Part a text from its AIM identifier: `aim` where the device told it apart, else the text's own."""
    if is_aim(aim):
        label = text.removeprefix(aim)
        return ScannedText(aim + label, aim, label)
    if is_aim(text[:3]) and len(text) > 3:
        return ScannedText(text, text[:3], text[3:])
    return ScannedText(text, "", text)
