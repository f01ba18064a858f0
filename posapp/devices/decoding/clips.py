"""Simulated 720p video of one code in each clip, as a camera at the till would deliver it.

Fifteen conditions, four clips each, 24 frames a clip, every frame taken through JPEG like MJPEG. A clip is
the same for the same seed. Knows what a camera does to a label: tilt, defocus, motion, glare, noise, and
the pixel grid of a phone. `CONDITIONS` names the ranges. Refuses to know decoders.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from posapp.devices.decoding.bars import drawn
from posapp.domain.codes.gtin import check_digit

Grey = NDArray[np.uint8]
Picture = NDArray[np.float32]

WIDTH, HEIGHT = 1280, 720
FRAMES = 24
FRAME_MS = 33
CLIPS_EACH = 4
_FINE = 3  # a label is drawn this much finer than the camera's pixels
_TEXELS = 12  # of a label's own drawing, a module


@dataclass(frozen=True, slots=True)
class Condition:
    """What is done to a clip; every range is divided evenly over its clips.

    `defocus` is the standard deviation of the blur in modules (the lens hunts by a fifth around it);
    `motion_px` the length of the blur at the clip's ends (it falls to nothing in the middle); `glare` the
    radius of a highlight in sides of the code; `noise` the standard deviation in grey levels at full
    light; `tilt_deg` out of the picture's plane; `angle_deg` within it; `dim` a phone's brightness.
    """

    code: Literal["EAN-13", "QR Code"]
    name: str
    module_px: tuple[float, float]
    defocus: tuple[float, float] = (0.15, 0.2)
    motion_px: tuple[float, float] = (0.0, 0.0)
    glare: tuple[float, float] = (0.0, 0.0)
    noise: tuple[float, float] = (2.0, 3.0)
    tilt_deg: tuple[float, float] = (0.0, 5.0)
    angle_deg: tuple[float, float] = (-8.0, 8.0)
    dim: tuple[float, float] = (1.0, 1.0)

    @property
    def key(self) -> str:
        """The name with the code's."""
        return f"{self.code} {self.name}"


_BARS, _SQUARES = (2.0, 3.2), (3.0, 4.5)
CONDITIONS: tuple[Condition, ...] = (
    Condition("EAN-13", "still", _BARS),
    Condition("EAN-13", "motion", _BARS, motion_px=(8.0, 20.0)),
    Condition("EAN-13", "defocus", _BARS, defocus=(0.45, 0.85)),
    Condition("EAN-13", "glare", _BARS, glare=(0.2, 0.4)),
    Condition("EAN-13", "low light", _BARS, noise=(8.0, 20.0)),
    Condition("EAN-13", "tilt", _BARS, tilt_deg=(20.0, 40.0)),
    Condition("EAN-13", "any angle", _BARS, angle_deg=(20.0, 340.0)),
    Condition("QR Code", "still", _SQUARES),
    Condition("QR Code", "motion", _SQUARES, motion_px=(8.0, 20.0)),
    Condition("QR Code", "defocus", _SQUARES, defocus=(0.45, 0.85)),
    Condition("QR Code", "glare", _SQUARES, glare=(0.3, 0.5)),
    Condition("QR Code", "low light", _SQUARES, noise=(8.0, 20.0)),
    Condition("QR Code", "tilt", _SQUARES, tilt_deg=(20.0, 40.0)),
    Condition("QR Code", "any angle", _SQUARES, angle_deg=(20.0, 340.0)),
    Condition("QR Code", "phone screen", _SQUARES, dim=(0.35, 1.0)),
)


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip to be drawn: its condition, its number within it, and the text that its code carries."""

    condition: Condition
    number: int
    text: str
    seed: int


def clips(seed: int = 1, each: int = CLIPS_EACH) -> list[Clip]:
    """Every condition's clips in order."""
    return [_clip(condition, number, seed) for condition in CONDITIONS for number in range(each)]


def _clip(condition: Condition, number: int, seed: int) -> Clip:
    own = seed * 10_000 + CONDITIONS.index(condition) * 100 + number
    digits = np.random.default_rng(own).integers(0, 10, 12)
    digits[0] = max(1, digits[0])  # a leading zero would be a UPC-A
    body = "".join(map(str, digits))
    gtin = body + check_digit(body)
    text = gtin if condition.code == "EAN-13" else f"https://id.example.com/01/0{gtin}/10/L{own % 997}"
    return Clip(condition, number, text, own)


def frames(clip: Clip, count: int = FRAMES) -> Iterator[Grey]:
    """The clip's frames in grey, as decoded from JPEG."""
    rng = np.random.default_rng(clip.seed + 1)
    scene = _Scene(clip, rng)
    for at in range(count):
        frame = scene.frame(at / max(1, count - 1), rng)
        _, jpeg = cv2.imencode(".jpg", frame, (cv2.IMWRITE_JPEG_QUALITY, 85))
        decoded: Any = cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE)
        yield decoded


class _Scene:
    """What does not change within a clip, and the hand that moves the label."""

    def __init__(self, clip: Clip, rng: np.random.Generator) -> None:
        condition = clip.condition
        share = (clip.number % CLIPS_EACH + 0.5) / CLIPS_EACH
        self.condition = condition
        self.module_px = _within(condition.module_px, float(rng.random()))
        self.defocus = _within(condition.defocus, share)
        self.motion_px = _within(condition.motion_px, share)
        self.glare = _within(condition.glare, share)
        self.noise = _within(condition.noise, share)
        self.tilt = np.deg2rad(_within(condition.tilt_deg, share)) * rng.choice((-1.0, 1.0), 2)
        self.angle = np.deg2rad(
            _within(condition.angle_deg, (clip.number % CLIPS_EACH + float(rng.random())) / CLIPS_EACH)
        )
        self.dim = _within(condition.dim, share)
        self.label = _bars(clip.text, rng) if condition.code == "EAN-13" else _screen(clip.text, rng)
        self.table = _table(rng)
        self.middle = np.array([WIDTH / 2, HEIGHT / 2]) + rng.uniform((-160, -70), (160, 70))
        self.heading = float(rng.uniform(0, 2 * np.pi))
        self.drift = rng.uniform(-12, 12, 2)
        self.spot_from, self.spot_to = rng.uniform(-0.45, 0.45, 2), rng.uniform(-0.45, 0.45, 2)

    def frame(self, share: float, rng: np.random.Generator) -> Grey:
        """One frame at 0..1 of the clip."""
        way = 2 * share - 1
        blur_px = self.motion_px * abs(way)
        heading = np.array([np.cos(self.heading), np.sin(self.heading)])
        # The length of the blur grows with the speed, so the way grows with its square.
        moved = self.drift * way + heading * self.motion_px * 6 * way * abs(way) + rng.normal(0, 0.4, 2)
        place = self._place(self.middle + moved, self.angle + float(rng.normal(0, 0.003)))
        picture = self._laid(place)
        picture = _defocused(
            picture, self.defocus * (1 + 0.2 * np.sin(2 * np.pi * share + self.heading)) * self.module_px
        )
        picture = _smeared(picture, heading, blur_px)
        if self.glare:
            picture = picture + self._spot(place, share)
        return self._sensed(picture, rng)

    def _place(self, middle: Any, angle: float) -> Any:
        """The map from the label's texels to camera pixels."""
        high, wide = self.label.shape
        scale = self.module_px / _TEXELS
        to_middle = np.array([[1, 0, -wide / 2], [0, 1, -high / 2], [0, 0, 1]])
        (sin_x, sin_y), (cos_x, cos_y) = np.sin(self.tilt), np.cos(self.tilt)
        far = 4.0 * max(high, wide)
        tilted = np.array([[cos_y, 0, 0], [sin_x * sin_y, cos_x, 0], [sin_y / far, -sin_x * cos_y / far, 1]])
        cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
        turned = np.array([[cos, -sin, middle[0]], [sin, cos, middle[1]], [0, 0, 1]])
        return turned @ tilted @ to_middle

    def _laid(self, place: Any) -> Picture:
        """The table with the label on it, drawn finer and averaged as a sensor's pixels do."""
        high, wide = self.label.shape
        ends = np.array([[[0, 0], [wide, 0], [wide, high], [0, high]]], np.float64)
        shown = cv2.perspectiveTransform(ends, place)[0]
        left, top = np.clip(np.floor(shown.min(axis=0)).astype(int) - 2, 0, (WIDTH, HEIGHT))
        right, low = np.clip(np.ceil(shown.max(axis=0)).astype(int) + 2, 0, (WIDTH, HEIGHT))
        finer = np.array([[_FINE, 0, -left * _FINE], [0, _FINE, -top * _FINE], [0, 0, 1]]) @ place
        size = ((right - left) * _FINE, (low - top) * _FINE)
        label = cv2.warpPerspective(self.label, finer, size, flags=cv2.INTER_LINEAR)
        cover = cv2.warpPerspective(np.ones_like(self.label), finer, size, flags=cv2.INTER_LINEAR)
        small = (int(right - left), int(low - top))
        label = cv2.resize(label, small, interpolation=cv2.INTER_AREA)
        cover = cv2.resize(cover, small, interpolation=cv2.INTER_AREA)
        picture = self.table.copy()
        part = picture[top:low, left:right]
        picture[top:low, left:right] = part * (1 - cover) + label * self.dim
        return picture

    def _spot(self, place: Any, share: float) -> Picture:
        """A highlight that wanders over the label; most of it is brighter than the sensor can tell."""
        high, wide = self.label.shape
        side = min(high, wide) * self.module_px / _TEXELS
        at = self.spot_from + (self.spot_to - self.spot_from) * share
        middle = cv2.perspectiveTransform(np.array([[(at + 0.5) * (wide, high)]], np.float64), place)[0, 0]
        x, y = np.arange(WIDTH, dtype=np.float32) - middle[0], np.arange(HEIGHT, dtype=np.float32) - middle[1]
        away = np.sqrt(x[None, :] ** 2 + y[:, None] ** 2) / (self.glare * side)
        spot: Picture = (260.0 / (1.0 + np.exp((away - 1.0) * 9.0))).astype(np.float32)
        return spot

    def _sensed(self, picture: Picture, rng: np.random.Generator) -> Grey:
        noise = rng.standard_normal((HEIGHT, WIDTH), np.float32)
        grain = self.noise * np.sqrt(0.35 + 0.65 * np.clip(picture, 0, 255) / 255.0)
        sensed: Grey = np.clip(picture + noise * grain, 0, 255).astype(np.uint8)
        return sensed


def _within(ends: tuple[float, float], share: float) -> float:
    return ends[0] + (ends[1] - ends[0]) * share


def _bars(text: str, rng: np.random.Generator) -> Picture:
    """A printed label: white, with the code, its digits and a frame, at _TEXELS a module."""
    bars = drawn("EAN-13", text)[0]
    ink = float(rng.uniform(-0.1, 0.15))
    paper, black = float(rng.uniform(195, 225)), float(rng.uniform(25, 55))
    label = np.full((70 * _TEXELS, 119 * _TEXELS), paper, np.float32)
    for begin, end in zip(bars.edges[::2], bars.edges[1::2], strict=True):
        guard = begin in (0.0, 2.0, 46.0, 48.0, 92.0, 94.0)
        left, right = (
            round((12 + edge + grow) * _TEXELS) for edge, grow in ((begin, -ink / 2), (end, ink / 2))
        )
        label[6 * _TEXELS : (61 if guard else 56) * _TEXELS, left:right] = black
    place = (13 * _TEXELS, 67 * _TEXELS)
    cv2.putText(label, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.3 * _TEXELS, black, _TEXELS // 2, cv2.LINE_AA)
    return label


def _screen(text: str, rng: np.random.Generator) -> Picture:
    """A phone's screen: each of its pixels a lit square with dark rims, three or four to a module."""
    import zxingcpp

    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    modules = np.array(code.to_image(scale=1, add_quiet_zones=False))
    modules = np.pad(modules, 4, constant_values=255)
    pixels = int(rng.integers(3, 5))
    texels = _TEXELS // pixels
    lit = np.where(np.kron(modules, np.ones((_TEXELS, _TEXELS))) > 128, 225.0, 22.0)
    rim = np.ones((texels, texels))
    rim[-1, :] *= 0.6
    rim[:, -1] *= 0.75
    grid = np.tile(rim, (lit.shape[0] // texels, lit.shape[1] // texels))
    return (lit * grid).astype(np.float32)


def _table(rng: np.random.Generator) -> Picture:
    """Something behind the label: uneven light, boxes with lines of text, grain."""
    coarse = rng.uniform(70, 150, (6, 10)).astype(np.float32)
    table = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    for _ in range(7):
        x, y = int(rng.integers(0, WIDTH)), int(rng.integers(0, HEIGHT))
        wide, high = int(rng.integers(60, 260)), int(rng.integers(40, 160))
        shade = float(rng.uniform(50, 200))
        cv2.rectangle(table, (x, y), (x + wide, y + high), shade, -1)
        for line in range(y + 14, y + high - 6, 16):
            cv2.putText(
                table, "net 500 g e", (x + 6, line), cv2.FONT_HERSHEY_PLAIN, 0.9, 255 - shade, 1, cv2.LINE_AA
            )
    return np.asarray(cv2.GaussianBlur(table, (0, 0), 0.8), np.float32)


def _defocused(picture: Picture, sigma_px: float) -> Picture:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), max(0.2, sigma_px)), np.float32)


def _smeared(picture: Picture, heading: Any, length_px: float) -> Picture:
    if length_px < 0.5:
        return picture
    reach = int(np.ceil(length_px / 2)) + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    for step in np.linspace(-length_px / 2, length_px / 2, max(3, int(length_px * 4))):
        x, y = reach + heading * step
        left, top = int(x), int(y)
        for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
            kernel[top + dy, left + dx] += (1 - abs(x - left - dx)) * (1 - abs(y - top - dy))
    return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()), np.float32)
