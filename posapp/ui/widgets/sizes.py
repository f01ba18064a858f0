"""How much height a block wants, and in what surroundings it stands."""

from __future__ import annotations

from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Room:
    """Heights in pixels: what a finger needs at least, and what looks best."""

    least: int
    wanted: int


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a column stands: `in_side` has roomy keys, `compact` low rows, `bleed` leaves space for rings."""

    in_side: bool = True
    compact: bool = False
    bleed: int = 0
