"""What would help to read a code that is in view and not read: nearer, further, stiller, lighter.

Judges from where bars or squares seem to be, how large they are and how light the picture is. An advice
comes only after some frames without a reading, since most codes need none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from posapp.devices.decoding.barred import Area
from posapp.devices.decoding.live_steps import Box, middle_of

Advice = Literal["", "nearer", "further", "hold_still", "too_dark", "glare"]

_PATIENCE = 8
_DARK_BELOW = 55
_WHITE_FROM = 252
_GLARE_SHARE = 0.04
#: An EAN-13 has 95 modules, of which a camera needs 1.6 pixels each (areas fray by some 30 pixels at either
#: end); a small QR code 29 of 2.5.
_BARS_LEAST_PX = 210
_SQUARES_LEAST_PX = 80
_TOO_LARGE = 0.8
_MOVED_PX = 14.0


def advice_for(
    small: NDArray[np.uint8],
    areas: Sequence[Area],
    boxes: Sequence[Box],
    before: Sequence[Area],
    shrink: int,
    unread: int,
) -> Advice:
    """The one thing that would help most, "" for nothing; `unread` counts frames without a reading.

    `areas` and `boxes` are in pixels of the frame, `small` is the frame shrunk by `shrink`.
    """
    if unread < _PATIENCE:
        return ""
    if float(np.percentile(small[::2, ::2], 95)) < _DARK_BELOW:
        return "too_dark"
    if not areas and not boxes:
        return ""
    if float(np.mean(small >= _WHITE_FROM)) > 0.0 and _glaring(small, areas, boxes, shrink):
        return "glare"
    if areas and before and _moved(areas[0], before[0]) > _MOVED_PX:
        return "hold_still"
    high, wide = small.shape[0] * shrink, small.shape[1] * shrink
    size = max([area.right - area.left for area in areas[:1]] + [box.right - box.left for box in boxes[:1]])
    least = _BARS_LEAST_PX if areas else _SQUARES_LEAST_PX
    if size < least:
        return "nearer"
    return "further" if size > _TOO_LARGE * (wide if areas else high) else ""


def _moved(now: Area, before: Area) -> float:
    size, old_size = now.right - now.left, before.right - before.left
    if abs(size - old_size) > 0.2 * max(size, old_size):
        return 0.0  # another thing
    (x, y), (old_x, old_y) = middle_of(now), middle_of(before)
    return float(np.hypot(x - old_x, y - old_y))


def _glaring(small: NDArray[np.uint8], areas: Sequence[Area], boxes: Sequence[Box], shrink: int) -> bool:
    """Whether a good part of the likeliest place is burnt out."""
    if boxes:
        left, top, right, low = map(float, (boxes[0].left, boxes[0].top, boxes[0].right, boxes[0].bottom))
    else:
        (x, y), reach = middle_of(areas[0]), (areas[0].right - areas[0].left) / 2
        left, top, right, low = x - reach, y - reach, x + reach, y + reach
    part = small[
        max(0, int(top / shrink)) : int(low / shrink), max(0, int(left / shrink)) : int(right / shrink)
    ]
    return part.size > 0 and float(np.mean(part >= _WHITE_FROM)) > _GLARE_SHARE
