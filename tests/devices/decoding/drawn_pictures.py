"""Pictures of codes for the decoding tests: drawn by others' libraries, then spoilt by seed."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import barcode
import cv2
import numpy as np
import segno
import zxingcpp
from barcode.writer import ImageWriter
from numpy.typing import NDArray

from posapp.devices.decoding.symbol import Format

Grey = NDArray[np.uint8]
LIGHT, DARK = 225, 45
_ZXING = {
    "EAN-13": "EAN13",
    "EAN-8": "EAN8",
    "UPC-A": "UPCA",
    "UPC-E": "UPCE",
    "Code 128": "Code128",
    "Code 39": "Code39",
    "ITF": "ITF",
    "GS1 DataBar": "DataBar",
    "GS1 DataBar Expanded": "DataBarExp",
    "QR Code": "QRCode",
    "Data Matrix": "DataMatrix",
}


@dataclass(frozen=True)
class Code:
    """What is drawn."""

    format: Format
    text: str


CODES = (
    Code("EAN-13", "4006381333931"),
    Code("EAN-13", "6901234567892"),
    Code("UPC-A", "023942431015"),
    Code("EAN-8", "40123455"),
    Code("UPC-E", "04124498"),
    Code("Code 128", "AB-12345678"),
    Code("ITF", "00012345678905"),
    Code("GS1 DataBar", "00012345678905"),
    Code("GS1 DataBar Expanded", "(01)90012345678908(3103)001750"),
    Code("QR Code", "https://example.com/01/09501101530003"),
    Code("Data Matrix", "9501101530003"),
)
LONG = tuple(code for code in CODES if code.format in ("EAN-13", "UPC-A"))


def symbol(code: Code, module_px: int = 3, height_modules: int = 45) -> Grey:
    """The bare symbol, light on nothing else, 12 modules of quiet zone."""
    text = code.text
    if code.format == "GS1 DataBar":
        text = f"01{text}"
    made = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, _ZXING[code.format]))
    drawn = np.array(made.to_image(scale=module_px, add_quiet_zones=False, add_hrt=False))
    if code.format not in ("QR Code", "Data Matrix"):
        drawn = np.repeat(drawn[drawn.shape[0] // 2][None, :], height_modules * module_px, axis=0)
    edge = 12 * module_px
    return np.pad(drawn, edge, constant_values=255).astype(np.uint8)


def placed(drawn: Grey, *, angle: float = 0.0, size: tuple[int, int] = (640, 480)) -> Grey:
    """The symbol on a grey ground, turned about the middle."""
    label = (DARK + (LIGHT - DARK) * (drawn.astype(np.float32) / 255)).astype(np.uint8)
    height, width = label.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    turn[:, 2] += (size[0] / 2 - width / 2, size[1] / 2 - height / 2)
    out: Any = cv2.warpAffine(label, turn, size, flags=cv2.INTER_AREA, borderValue=150)
    return np.asarray(out, np.uint8)


def noisy(grey: Grey, seed: int, strength: float) -> Grey:
    """Sensor noise."""
    noise = np.random.default_rng(seed).normal(0, strength, grey.shape)
    return np.clip(grey + noise, 0, 255).astype(np.uint8)


def blurred(grey: Grey, sigma_px: float) -> Grey:
    """Out of focus."""
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma_px), np.uint8)


def faded(grey: Grey, contrast: float) -> Grey:
    """Little contrast on a bright ground."""
    return np.clip(200 + (grey.astype(np.float32) - 200) * contrast, 0, 255).astype(np.uint8)


def glaring(grey: Grey, seed: int) -> Grey:
    """A bright spot over part of the picture."""
    rng = np.random.default_rng(seed)
    height, width = grey.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    away = np.hypot(x - rng.uniform(0.3, 0.7) * width, y - rng.uniform(0.2, 0.8) * height)
    return np.clip(grey + 140 * np.exp(-((away / (0.12 * width)) ** 2)), 0, 255).astype(np.uint8)


def leaning(grey: Grey, seed: int) -> Grey:
    """Seen from the side."""
    rng = np.random.default_rng(seed)
    height, width = grey.shape
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    moved = (corners + rng.uniform(-0.06, 0.06, (4, 2)) * (width, height)).astype(np.float32)
    view = cv2.getPerspectiveTransform(corners, moved)
    return np.asarray(cv2.warpPerspective(grey, view, (width, height), borderValue=150), np.uint8)


def covered(grey: Grey, share: float) -> Grey:
    """Something stands upright before the middle of the picture."""
    out = grey.copy()
    middle, half = grey.shape[1] // 2, int(grey.shape[1] * share / 2)
    out[:, middle - half : middle + half] = 90
    return out


def by_python_barcode(kind: str, digits: str) -> Grey:
    """An independent drawing, with the digits below."""
    target = BytesIO()
    barcode.get(kind, digits, writer=ImageWriter()).write(target, {"module_width": 0.3, "dpi": 200})
    return _decoded(target)


def by_segno(text: str) -> Grey:
    """An independent QR code."""
    target = BytesIO()
    segno.make_qr(text, error="m").save(target, kind="png", scale=4, border=4)
    return _decoded(target)


def _decoded(target: BytesIO) -> Grey:
    grey: Any = cv2.imdecode(np.frombuffer(target.getvalue(), np.uint8), cv2.IMREAD_GRAYSCALE)
    return np.asarray(grey, np.uint8)
