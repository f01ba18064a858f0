"""Reports of HID-POS scanners as published documents show them; none was recorded from a device here.

The layout of two reports is the example in Access-IS's manuals (appendix "HID reports"), Newland's is the
table of its FM430 manual; the contents are made up.
"""

from __future__ import annotations


def report(
    aim: str, data: bytes, *, goes_on: bool = False, maker: int = 0, length: int | None = None
) -> bytes:
    """A report in the usual layout of 64 bytes."""
    assert len(data) <= 56
    head = bytes([2, len(data) if length is None else length]) + aim.encode("ascii").ljust(3, b"\0")
    return head + data.ljust(56, b"\0") + bytes([maker, 0, int(goes_on)])


def reports(aim: str, data: bytes, maker: int = 0) -> list[bytes]:
    """All reports of one code."""
    pieces = [data[i : i + 56] for i in range(0, len(data), 56)] or [b""]
    last = len(pieces) - 1
    return [report(aim, piece, goes_on=i < last, maker=maker) for i, piece in enumerate(pieces)]


def newland(data: bytes, maker: int = 0) -> bytes:
    """A report in the layout without identifier, 63 bytes: length, 56 bytes of data, four reserved, code."""
    return bytes([2, len(data)]) + data.ljust(56, b"\0") + bytes(4) + bytes([maker])


BOARDING_PASS = b"M1EXAMPLE/PASSENGER   YABCDEF AAABBBCC 0042 052Y003D23  100"
ACCESS_IS = reports("]Q0", BOARDING_PASS, maker=0x73)

#: A long answer of a scanner's own, in the shape that owners of a Honeywell Voyager published: ]X0, and "?".
ANSWER = (
    b"Product Name: Example 1000g\r\nBoot Revision: 1234\r\nSoftware Part Number: EX000001AAA\r\nEnd: N/A"
)
ANSWERED = reports("]X0", ANSWER, maker=0x3F)


def interface(number: int = 0, **said: object) -> dict[str, object]:
    """One entry of hidapi's list."""
    usual: dict[str, object] = {
        "path": b"/dev/hidraw%d" % number,
        "vendor_id": 0x05E0,
        "product_id": 0x1300,
        "serial_number": f"S{number}",
        "product_string": "Symbol Bar Code Scanner",
        "usage_page": 0x8C,
        "usage": 0x02,
    }
    return usual | said
