"""A printable document as rows, before any printer's bytes.

Rows say what stands where; which bytes, fonts or pictures carry it is the device room's affair.
"""

from __future__ import annotations

from typing import Literal

from posapp.domain.code_modules import CodeModules
from posapp.values import dataclass

Align = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class TextRow:
    """One row of text; `right` is set flush right on the same row, both wrap when too long."""

    left: str = ""
    right: str = ""
    align: Align = "left"
    bold: bool = False
    double: bool = False


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A line across the paper; `heavy` separates the total from what led to it."""

    heavy: bool = False


@dataclass(frozen=True, slots=True)
class FeedRow:
    """Blank rows."""

    rows: int = 1


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A machine-readable code, centred: Code 128 with its text below, or a QR code."""

    kind: Literal["code128", "qr"]
    text: str


@dataclass(frozen=True, slots=True)
class ModulesRow:
    """A code that is drawn already, printed dot by dot in the middle."""

    modules: CodeModules


Row = TextRow | RuleRow | FeedRow | CodeRow | ModulesRow


@dataclass(frozen=True, slots=True)
class PaperDocument:
    """Rows for one slip of paper, `columns` narrow characters wide (a CJK character takes two)."""

    title: str
    rows: tuple[Row, ...]
    columns: int = 42
