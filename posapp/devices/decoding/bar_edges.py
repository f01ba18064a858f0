"""What a drawn row of bars is to those who compare it with a picture: its edges, in modules."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bars:
    """A drawn text: its edges in modules, where bars begin (even places) and end (odd places).

    A symbol of DataBar may begin with a space: then the first edge is not at 0 and `length` ends behind
    the last bar. `cells` are the module offsets of the signs that may differ, start signs included.
    """

    edges: tuple[float, ...]
    length: float
    cells: tuple[float, ...] = ()
    ratio: float = 0.0  # of wide to narrow elements, where there are only these two


def edges_of(widths: str) -> tuple[float, ...]:
    """The edges of a row of element widths (one digit each, a bar first), beginning at 0."""
    at, edges = 0, [0.0]
    for width in widths:
        at += int(width)
        edges.append(float(at))
    return tuple(edges)
