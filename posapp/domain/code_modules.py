"""A code as light and dark modules: what a screen paints and a printer prints, whatever drew it."""

from __future__ import annotations

from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class CodeModules:
    """Rows of `width` modules as hexadecimal numbers, 1 for dark, filled up at the end to whole digits.

    A code of bars has one row, drawn as high as there is room; `quiet` modules on each side stay light.
    """

    width: int
    quiet: int
    rows: tuple[str, ...]

    @property
    def linear(self) -> bool:
        """Whether the code is made of bars."""
        return len(self.rows) == 1

    def bits(self) -> tuple[str, ...]:
        """The rows as texts of "0" (light) and "1" (dark), each `width` long."""
        return tuple(f"{int(row, 16):0{4 * len(row)}b}"[: self.width] for row in self.rows)
