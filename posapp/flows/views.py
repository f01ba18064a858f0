"""What is to be seen: a frozen picture of the whole window, words and amounts already written.

A view knows regions, not widgets: top bar, rail, main, side, sheet and anchor. Whatever can be
pressed carries the intent it means, so that the screens need no knowledge of their own.
"""

from __future__ import annotations

from typing import Literal

from posapp.domain.code_modules import CodeModules
from posapp.flows.blocks import (
    Action,
    Actions,
    Block,
    CameraPicture,
    Choice,
    Choices,
    Fact,
    Facts,
    Field,
    Heading,
    Keypad,
    Note,
    PadKey,
    ParkedCard,
    ParkedCards,
    Person,
    PriceStep,
    PriceSteps,
    SavedBand,
    Spring,
    StepRow,
    StepRows,
    SumRow,
    SumRows,
    Tone,
)
from posapp.flows.intents import Intent
from posapp.flows.mains import (
    Card,
    CartMain,
    Check,
    CountMain,
    CountRow,
    DoneMain,
    Found,
    GiveBack,
    LineHeads,
    LineView,
    Main,
    MemberChip,
    MemberStrip,
    MessageMain,
    OperatorTile,
    ProbeRow,
    PromptMain,
    QuickKey,
    ReportMain,
    ReportRow,
    ReturnHeads,
    ReturnMain,
    ReturnRow,
    ScannerMain,
    SearchMain,
    SignOnMain,
    StatusGroup,
    StatusMain,
    StatusRow,
    Tab,
)
from posapp.values import dataclass

# --- frame ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Echo:
    """What the last code did; `serial` changes with every echo so that it is shown anew.

    Good news may still need a look: then `warns` is set.
    """

    text: str
    good: bool
    serial: int
    warns: bool = False


@dataclass(frozen=True, slots=True)
class SyncChip:
    """State of the queue: words, icon, quiet ground when offline; pressing opens Status."""

    text: str
    icon: str
    offline: bool
    intent: Intent | None


@dataclass(frozen=True, slots=True)
class TopBar:
    """Scan field, echo, sync chip, clock, operator (or the language switch when signed off)."""

    scan_hint: str
    scan_enabled: bool
    echo: Echo | None
    chip: SyncChip
    clock: str
    operator: Action | None
    language: Action | None
    scan_name: str = ""  # "Scan field", read before the hint
    camera: Action | None = None


@dataclass(frozen=True, slots=True)
class RailItem:
    """A place; `badge` is a count in words, red when `alarm`."""

    label: str
    icon: str
    intent: Intent
    key: str
    here: bool
    badge: str = ""
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class Anchor:
    """The pinned block: facts, label, figure, the one primary act.

    `figure` is the number without its sign; `currency` stands small before it, `sign` ("−") before
    that. `dots` replaces the figure by PIN dots (filled, of). `was` is struck out after the facts.
    """

    facts: tuple[str, ...]
    label: str
    figure: str
    currency: str
    sign: str
    tone: Literal["plain", "zero", "change"]
    primary: Action
    dots: tuple[int, int] | None = None
    was: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A question beside its subject: `top` full width, then `left` and `right` columns, and the
    second action with a hint left of the anchor's primary. `chip` is a fact at the end of its head, and
    `third` an action above the second one."""

    title: str
    icon: str
    top: tuple[Block, ...]
    left: tuple[Block, ...]
    right: tuple[Block, ...]
    hint_title: str
    hint: str
    second: Action
    chip: str = ""
    third: Action | None = None


@dataclass(frozen=True, slots=True)
class View:
    """The whole window.

    `typing` says where keys of the keyboard go: "scan" (the scan field) or "entry" (digits become
    KeyIn intents). `keys` maps further key names to intents ("F6", "Esc", "+", "Del", "Alt+5" …).
    """

    language: str
    state: str
    top: TopBar
    rail: tuple[RailItem, ...]
    main: Main
    side: tuple[Block, ...]
    sheet: Sheet | None
    anchor: Anchor
    typing: Literal["scan", "entry"]
    clear_scan: int  # changes when the scan field is to be emptied
    keys: tuple[tuple[str, Intent], ...] = ()


__all__ = [
    "Action",
    "Actions",
    "Anchor",
    "Block",
    "CameraPicture",
    "Card",
    "CartMain",
    "Check",
    "Choice",
    "Choices",
    "CodeModules",
    "CountMain",
    "CountRow",
    "DoneMain",
    "Echo",
    "Fact",
    "Facts",
    "Field",
    "Found",
    "GiveBack",
    "Heading",
    "Keypad",
    "LineHeads",
    "LineView",
    "Main",
    "MemberChip",
    "MemberStrip",
    "MessageMain",
    "Note",
    "OperatorTile",
    "PadKey",
    "ParkedCard",
    "ParkedCards",
    "Person",
    "PriceStep",
    "PriceSteps",
    "ProbeRow",
    "PromptMain",
    "QuickKey",
    "RailItem",
    "ReportMain",
    "ReportRow",
    "ReturnHeads",
    "ReturnMain",
    "ReturnRow",
    "SavedBand",
    "ScannerMain",
    "SearchMain",
    "Sheet",
    "SignOnMain",
    "Spring",
    "StatusGroup",
    "StatusMain",
    "StatusRow",
    "StepRow",
    "StepRows",
    "SumRow",
    "SumRows",
    "SyncChip",
    "Tab",
    "Tone",
    "TopBar",
    "View",
]
