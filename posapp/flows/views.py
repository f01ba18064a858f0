"""What is to be seen: a frozen picture of the whole window, words and amounts already written.

A view knows regions, not widgets: top bar, rail, main, side, sheet and anchor. Whatever can be
pressed carries the intent it means, so that the screens need no knowledge of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from posapp.flows.intents import Intent

Tone = Literal["plain", "quiet", "saving", "member", "warn", "danger", "info", "done"]


@dataclass(frozen=True, slots=True)
class Action:
    """Something to press. `key` is the key that does the same ("F12", "Enter", "Esc" …)."""

    label: str
    intent: Intent
    key: str = ""
    icon: str = ""
    kind: Literal["primary", "plain", "risk", "quiet"] = "plain"
    enabled: bool = True
    busy: bool = False
    name: str = ""  # for screen readers, where the label does not say it all


# --- frame ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Echo:
    """What the last code did; `serial` changes with every echo so that it is shown anew."""

    text: str
    good: bool
    serial: int


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
    that. `dots` replaces the figure by PIN dots (filled, of).
    """

    facts: tuple[str, ...]
    label: str
    figure: str
    currency: str
    sign: str
    tone: Literal["plain", "zero", "change"]
    primary: Action
    dots: tuple[int, int] | None = None


# --- blocks of side and sheet -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Heading:
    """A block's title with something flush at its end."""

    text: str
    end: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Who this is about."""

    initial: str
    name: str
    detail: str


@dataclass(frozen=True, slots=True)
class SumRow:
    """One reason, one amount."""

    label: str
    amount: str
    detail: str = ""
    tone: Tone = "plain"
    strong: bool = False


@dataclass(frozen=True, slots=True)
class SumRows:
    """Rows under each other with hairlines."""

    rows: tuple[SumRow, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """One sentence on a tinted ground, with a second line or the action that mends it."""

    text: str
    tone: Tone
    icon: str = ""
    detail: str = ""
    action: Action | None = None
    big: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """The field in hand: label, what is typed (or PIN dots), a key to clear it."""

    label: str
    value: str
    dots: tuple[int, int] | None = None
    clear: Action | None = None
    trouble: bool = False


@dataclass(frozen=True, slots=True)
class PadKey:
    """A key of a pad; `small` is a line above the label (the exact amount's 「正好」)."""

    label: str
    intent: Intent
    look: Literal["digit", "word", "cash", "icon"] = "digit"
    small: str = ""
    icon: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Keypad:
    """Keys row by row; a fourth column, when there is one, carries cash amounts."""

    keys: tuple[PadKey, ...]
    columns: int


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several, one chosen: way to pay, operator, reason."""

    label: str
    intent: Intent
    chosen: bool
    detail: str = ""
    icon: str = ""
    initial: str = ""
    enabled: bool = True
    key: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """Choices under each other (`look` "ways" 62 high, "people" 64, "chips" 48 in a flow)."""

    choices: tuple[Choice, ...]
    look: Literal["ways", "people", "chips"]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A short line with an icon: what is so."""

    text: str
    icon: str
    tone: Tone = "done"


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts under each other with hairlines."""

    rows: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Actions:
    """Buttons under each other, 56 high."""

    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class ParkedCard:
    """A suspended sale."""

    title: str
    detail: str
    amount: str
    note: str
    action: Action


@dataclass(frozen=True, slots=True)
class ParkedCards:
    """Suspended sales under each other; scrolls when there are many."""

    cards: tuple[ParkedCard, ...]


@dataclass(frozen=True, slots=True)
class Spring:
    """Free room."""


Block = (
    Heading | Person | SumRows | Note | Field | Keypad | Choices | Facts | Actions | ParkedCards | Spring
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sheet:
    """A question beside its subject: `top` full width, then `left` and `right` columns, and the
    second action with a hint left of the anchor's primary."""

    title: str
    icon: str
    top: tuple[Block, ...]
    left: tuple[Block, ...]
    right: tuple[Block, ...]
    hint_title: str
    hint: str
    second: Action


# --- mains ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OperatorTile:
    """Somebody who may sign on."""

    operator_id: str
    name: str
    role: str
    initial: str
    chosen: bool
    locked: str  # "" or until when
    pin_hint: str  # the demo's PIN, "" in a shop
    intent: Intent


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the self-check at the foot of the sign-on screen."""

    icon: str
    label: str
    value: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class SignOnMain:
    """Picture 01."""

    store: str
    terminal: str
    clock: str
    date: str
    badge_title: str
    badge_hint: str
    operators: tuple[OperatorTile, ...]
    checks: tuple[Check, ...]
    note: Note | None = None


@dataclass(frozen=True, slots=True)
class Tab:
    """A page of quick keys."""

    label: str
    intent: Intent
    chosen: bool


@dataclass(frozen=True, slots=True)
class QuickKey:
    """An item without a code."""

    label: str
    price: str
    intent: Intent
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class PromptMain:
    """Picture 02: nothing scanned yet."""

    note: Note | None
    title: str
    hint: str
    tabs: tuple[Tab, ...]
    keys: tuple[QuickKey, ...]


@dataclass(frozen=True, slots=True)
class LineView:
    """A line of the sale; `second` is its second row, `was` a struck amount."""

    line_no: int
    name: str
    second: str
    second_saving: str
    quantity: str
    quantity_strong: bool
    unit_price: str
    amount: str
    was: str
    marked: bool
    steps: bool  # pieces can be changed by the stepper
    at_one: bool  # the stepper's minus is a bin
    struck: bool = False


@dataclass(frozen=True, slots=True)
class LineHeads:
    """Column heads of the line list."""

    item: str
    quantity: str
    price: str
    amount: str


@dataclass(frozen=True, slots=True)
class CartMain:
    """Picture 03; `locked` replaces the actions by a sentence while a sheet has the floor."""

    note: Note | None
    heads: LineHeads
    lines: tuple[LineView, ...]
    actions: tuple[Action, ...]
    risk: Action | None
    locked: str


@dataclass(frozen=True, slots=True)
class Found:
    """A search result."""

    name: str
    detail: str
    price: str
    intent: Intent
    enabled: bool


@dataclass(frozen=True, slots=True)
class SearchMain:
    """What a name search found; the first is taken by Enter."""

    title: str
    rows: tuple[Found, ...]
    empty: str
    back: Action


@dataclass(frozen=True, slots=True)
class GiveBack:
    """A note or coin to give back."""

    label: str
    count: str


@dataclass(frozen=True, slots=True)
class Card:
    """A titled card of rows."""

    title: str
    rows: tuple[SumRow, ...]
    end: str = ""


@dataclass(frozen=True, slots=True)
class DoneMain:
    """Picture 07."""

    title: str
    receipt: str
    give_title: str
    give: tuple[GiveBack, ...]
    cards: tuple[Card, ...]
    hint: str


@dataclass(frozen=True, slots=True)
class CountRow:
    """A kind of note or coin being counted."""

    label: str
    count: str
    amount: str
    marked: bool
    intent: Intent


@dataclass(frozen=True, slots=True)
class CountMain:
    """Picture 13, counting."""

    title: str
    detail: str
    note: Note
    currency: str
    rows: tuple[CountRow, ...]
    actions: tuple[Action, ...]
    risk: Action | None


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A row of the tender table."""

    cells: tuple[str, ...]
    strong: bool = False


@dataclass(frozen=True, slots=True)
class ReportMain:
    """Picture 13, Z; also the X report. `heads` and cells: first left, the rest flush right."""

    title: str
    detail: str
    heads: tuple[str, ...]
    rows: tuple[ReportRow, ...]
    cards: tuple[Card, ...]
    foot: str
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class StatusRow:
    """One thing and how it is."""

    icon: str
    title: str
    detail: str
    state: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class StatusGroup:
    """Things that belong together."""

    title: str
    rows: tuple[StatusRow, ...]


@dataclass(frozen=True, slots=True)
class StatusMain:
    """Picture 15; groups fill two columns, `left` and `right`."""

    title: str
    detail: str
    left: tuple[StatusGroup, ...]
    right: tuple[StatusGroup, ...]


@dataclass(frozen=True, slots=True)
class MessageMain:
    """A large sentence: setting up, locked, shift to open."""

    icon: str
    title: str
    hint: str
    note: Note | None = None
    rows: tuple[SumRow, ...] = ()


Main = (
    SignOnMain | PromptMain | CartMain | SearchMain | DoneMain | CountMain | ReportMain | StatusMain
    | MessageMain
)  # fmt: skip


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
