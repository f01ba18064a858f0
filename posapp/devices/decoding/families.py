"""The decoders that others wrote, each as a function from a grey picture to what it claims to see.

Knows how zxing-cpp, pyzbar and OpenCV spell formats, texts and places, and turns all of it into one
`Claim`. Refuses to know whether a claim is true: the same wrong number has been seen from two of them
at once. A family that is not installed claims nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np

from posapp.devices.decoding.bars import expand_upce
from posapp.devices.decoding.element_text import gs1_in_parentheses
from posapp.devices.decoding.symbol import Format, Point
from posapp.domain.codes.gtin import is_gtin

Family = Literal["zxing", "zbar", "opencv", "rows"]
Corners = tuple[Point, Point, Point, Point]
Grey = np.ndarray[Any, np.dtype[np.uint8]]

#: Fewer formats are fewer wrong texts and a third less time.
_FORMATS = "EAN13,EAN8,UPCA,UPCE,Code128,Code39,ITF,DataBar,DataBarExp,DataBarExpStk,QRCode,DataMatrix"
_LINEAR = "EAN13,EAN8,UPCA,UPCE,Code128,Code39,ITF,DataBar,DataBarExp,DataBarExpStk"
_ZXING_NAMES: dict[str, Format] = {
    "EAN-13": "EAN-13",
    "EAN-8": "EAN-8",
    "UPC-A": "UPC-A",
    "UPC-E": "UPC-E",
    "Code 128": "Code 128",
    "Code 39": "Code 39",
    "ITF": "ITF",
    "ITF-14": "ITF",
    "QR Code": "QR Code",
    "Data Matrix": "Data Matrix",
    "DataBar": "GS1 DataBar",
    "DataBar Omni": "GS1 DataBar",
    "DataBar Stacked": "GS1 DataBar",
    "DataBar Stacked Omni": "GS1 DataBar",
    "DataBar Expanded": "GS1 DataBar Expanded",
    "DataBar Expanded Stacked": "GS1 DataBar Expanded",
}
_ZBAR_NAMES: dict[str, tuple[Format, str]] = {
    "EAN13": ("EAN-13", "]E0"),
    "EAN8": ("EAN-8", "]E4"),
    "UPCA": ("UPC-A", "]E0"),
    "UPCE": ("UPC-E", "]E0"),
    "CODE128": ("Code 128", "]C0"),
    "CODE39": ("Code 39", "]A0"),
    "I25": ("ITF", "]I0"),
    "QRCODE": ("QR Code", "]Q1"),
}


@dataclass(frozen=True, slots=True)
class Claim:
    """What one decoder says: not yet believed. `raw` is as a scanner would send it, AIM identifier first."""

    format: Format
    text: str
    raw: str
    corners: Corners
    family: Family


def zxing(grey: Grey, *, full: bool = False, turned: bool = False, linear: bool = False) -> list[Claim]:
    """What zxing-cpp reads; `turned` also looks down the picture, `full` inverts and shrinks it besides."""
    import zxingcpp

    found = zxingcpp.read_barcodes(
        np.ascontiguousarray(grey),
        formats=_zxing_formats(_LINEAR if linear else _FORMATS),
        try_rotate=full or turned,
        try_downscale=full,
        try_invert=full,
        text_mode=zxingcpp.TextMode.Plain,
    )
    claims = [_of_zxing(code) for code in found]
    return [claim for claim in claims if claim is not None]


@cache
def _zxing_formats(names: str) -> Any:
    import zxingcpp

    return zxingcpp.barcode_formats_from_str(names)


def _of_zxing(code: Any) -> Claim | None:
    name = _ZXING_NAMES.get(str(code.format))
    text = code.text
    if name is None or not text:
        return None
    place = code.position
    points = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    corners: Corners = tuple((float(p.x), float(p.y)) for p in points)  # type: ignore[assignment]
    return spelt(name, text, code.symbology_identifier, corners, "zxing")


def spelt(name: Format, text: str, aim: str, corners: Corners, family: Family) -> Claim | None:
    """A claim with its text spelt as people print it, or None where the text cannot be of that format."""
    raw = aim + text
    if name == "UPC-E":
        if len(text) == 8:
            raw = aim + (expand_upce(text[:7]) + text[7]).zfill(13)
        else:
            raw, text = aim + text.zfill(13), zero_suppressed(text[-12:]) or ""
        if len(text) != 8 or not text.isdigit():
            return None
    elif name in ("EAN-13", "UPC-A", "EAN-8"):
        if name != "EAN-8":
            text = text.zfill(13)
            raw = aim + text
            name, text = ("UPC-A", text[1:]) if text.startswith("0") else ("EAN-13", text)
        if not is_gtin(text):
            return None
    elif name == "GS1 DataBar":
        text = text.removeprefix("01") if len(text) == 16 else text
    elif name == "GS1 DataBar Expanded":
        text = gs1_in_parentheses(text)
    return Claim(name, text, raw, corners, family)


def zero_suppressed(upc_a: str) -> str | None:
    """The UPC-E of eight digits that stands for a UPC-A, or None (GS1 General Specifications, UPC-E)."""
    if len(upc_a) != 12 or upc_a[0] not in "01":
        return None
    system, maker, item, check = upc_a[0], upc_a[1:6], upc_a[6:11], upc_a[11]
    if maker[2:] in ("000", "100", "200") and item.startswith("00"):
        six = maker[:2] + item[2:] + maker[2]
    elif maker.endswith("00") and item.startswith("000"):
        six = maker[:3] + item[3:] + "3"
    elif maker.endswith("0") and item.startswith("0000"):
        six = maker[:4] + item[4] + "4"
    elif item.startswith("0000") and item[4] in "56789":
        six = maker + item[4]
    else:
        return None
    return system + six + check


def zbar(grey: Grey) -> list[Claim]:
    """What libzbar reads, nothing where it is not installed.

    DataBar is not asked for: libzbar prints complaints of its own reader of it to the standard error.
    """
    read = _zbar()
    if read is None:
        return []
    claims: list[Claim] = []
    for code in read(np.ascontiguousarray(grey)):
        known = _ZBAR_NAMES.get(code.type)
        if known is None:
            continue
        try:
            text = code.data.decode("utf-8")
        except UnicodeDecodeError:
            continue
        claim = spelt(known[0], text, known[1], _zbar_corners(code), "zbar")
        if claim is not None:
            claims.append(claim)
    return claims


def _zbar_corners(code: Any) -> Corners:
    """The rectangle around the scan lines that read it, its first side along them."""
    import cv2

    points = np.array([(point.x, point.y) for point in code.polygon], np.float32)
    if len(points) < 3:
        place = code.rect
        left, top, right, bottom = place.left, place.top, place.left + place.width, place.top + place.height
        return ((left, top), (right, top), (right, bottom), (left, bottom))
    box = cv2.boxPoints(cv2.minAreaRect(points)).astype(float)
    upright = code.orientation in ("LEFT", "RIGHT")  # the scan lines ran down the picture
    side = np.abs(box[1] - box[0])
    if bool(side[1] > side[0]) != upright:
        box = np.roll(box, -1, axis=0)
    a, b, c, d = ((float(x), float(y)) for x, y in box)
    return a, b, c, d


@cache
def _zbar() -> Callable[[Grey], list[Any]] | None:
    try:
        from pyzbar import pyzbar
    except (ImportError, OSError):  # libzbar, or on Windows its runtime, is missing
        return None
    wanted = [getattr(pyzbar.ZBarSymbol, name) for name in _ZBAR_NAMES]
    return lambda grey: list(pyzbar.decode(grey, symbols=wanted))


def opencv(grey: Grey) -> list[Claim]:
    """What OpenCV's detector of EAN and UPC-A reads."""
    done, texts, _kinds, places = _opencv().detectAndDecodeWithType(grey)
    claims: list[Claim] = []
    if not done or places is None:
        return claims
    for text, place in zip(texts, places, strict=False):
        if not (text.isascii() and text.isdigit() and is_gtin(text)):
            continue
        # OpenCV counts from the lower left.
        lower_left, upper_left, upper_right, lower_right = ((float(x), float(y)) for x, y in place)
        corners = (upper_left, upper_right, lower_right, lower_left)
        name: Format = "EAN-8" if len(text) == 8 else "EAN-13"
        claim = spelt(name, text, "]E4" if name == "EAN-8" else "]E0", corners, "opencv")
        if claim is not None:
            claims.append(claim)
    return claims


@cache
def _opencv() -> Any:
    import cv2

    return cv2.barcode.BarcodeDetector()


def opencv_qr(grey: Grey) -> list[Claim]:
    """What OpenCV's reader of QR codes reads."""
    done, texts, places, _ = _opencv_qr().detectAndDecodeMulti(grey)
    claims = []
    for text, place in zip(texts, places if done and places is not None else (), strict=False):
        a, b, c, d = ((float(x), float(y)) for x, y in place)
        if text:
            claims.append(Claim("QR Code", text, "]Q1" + text, (a, b, c, d), "opencv"))
    return claims


@cache
def _opencv_qr() -> Any:
    import cv2

    return cv2.QRCodeDetector()
