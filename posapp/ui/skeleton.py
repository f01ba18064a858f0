"""Where the regions of the window lie: plain rectangles from the window's size and the layout's numbers.

The anchor and the primary lie at the same place on every screen, with or without a sheet; nothing here
knows which screen is shown except whether it has a rail and a sheet.
"""

from __future__ import annotations

from posapp.ui.tokens import Metrics
from posapp.values import dataclass

Rect = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Rectangles (x, y, width, height) in the window."""

    top: Rect
    rail: Rect
    main: Rect
    side: Rect
    anchor: Rect
    primary: Rect
    sheet: Rect


def skeleton(
    width: int, height: int, metrics: Metrics, *, rail: bool = True, sheet: bool = False
) -> Skeleton:
    """The regions of a window of this size."""
    top, side, anchor = metrics.top_bar, metrics.side, metrics.anchor
    rail_width = metrics.rail if rail else 0
    below = height - top
    main_end = width - (metrics.sheet if sheet else side)
    px, py, pw, ph = metrics.primary
    anchor_y = height - anchor
    return Skeleton(
        top=(0, 0, width, top),
        rail=(0, top, rail_width, below),
        main=(rail_width, top, main_end - rail_width, below),
        side=(width - side, top, side, below - anchor),
        anchor=(width - side, anchor_y, side, anchor),
        primary=(width - side + px, anchor_y + py, pw, ph),
        sheet=(width - metrics.sheet, top, metrics.sheet, below),
    )
