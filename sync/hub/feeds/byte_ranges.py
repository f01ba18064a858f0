"""Which bytes of a thing a request asks for (RFC 9110, section 14), as far as one range goes.

Several ranges at once, other units and what cannot be read are answered with the whole, as the standard
allows.
"""

from __future__ import annotations

import re
from typing import Final

_RANGE: Final = re.compile(r"bytes=\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})\s*", re.IGNORECASE)


class UnsatisfiableError(ValueError):
    """A range that begins behind the end (416)."""


def read_range(header: str | None, length: int) -> tuple[int, int] | None:
    """The first byte and the one behind the last that a Range header asks for; None for the whole.

    Raises UnsatisfiableError.
    """
    match = None if header is None else _RANGE.fullmatch(header.strip())
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        last_bytes = int(match[2])
        if last_bytes == 0 or length == 0:
            raise UnsatisfiableError(header)
        return max(0, length - last_bytes), length
    first = int(match[1])
    last = int(match[2]) if match[2] else length - 1
    if match[2] and last < first:
        return None
    if first >= length:
        raise UnsatisfiableError(header)
    return first, min(last + 1, length)
