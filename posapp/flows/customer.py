"""What the shopper's screen shows: frozen values with words and amounts already written."""

from __future__ import annotations

from dataclasses import dataclass

from posapp.flows.blocks import SumRow


@dataclass(frozen=True, slots=True)
class CustomerLine:
    """A line of goods; `was` is struck out below the amount, `newest` was added last."""

    name: str
    quantity: str
    amount: str
    was: str
    offers: str
    newest: bool


@dataclass(frozen=True, slots=True)
class CustomerView:
    """Picture 16: lines, sums, one large figure, what is saved, a word of thanks; nothing can be pressed."""

    store: str
    head: str
    lines: tuple[CustomerLine, ...]
    rows: tuple[SumRow, ...]
    label: str
    currency: str
    figure: str
    saved_label: str = ""
    saved: str = ""
    thanks: str = ""
    earned_label: str = ""
    earned: str = ""
