"""What the middle of the window can show, one class for each kind of screen.

Frozen values with words and amounts already written; a line or a tile that can be pressed carries
the intent it means.
"""

from __future__ import annotations

from posapp.domain.code_modules import CodeModules
from posapp.flows.blocks import Action, Note, SumRow, Tone
from posapp.flows.intents import Intent
from posapp.values import dataclass


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
class MemberChip:
    """A fact about a member in a word; `spoken` is how it is read where the words alone do not say it."""

    text: str
    icon: str
    tone: Tone = "member"  # "plain": a fact that is no right
    spoken: str = ""


@dataclass(frozen=True, slots=True)
class MemberStrip:
    """Whose sale it is and what may be used: at the head of pictures 02 and 03.

    Without `initial` a sign of a person stands there. `find` looks somebody up, `remove` takes them off,
    `open` is what the strip itself means where it is pressed. `name` is read for all of it.
    """

    initial: str
    title: str
    level: str
    detail: str
    name: str
    chips: tuple[MemberChip, ...] = ()
    find: Action | None = None
    remove: Action | None = None
    open: Intent | None = None


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
    member: MemberStrip | None = None


@dataclass(frozen=True, slots=True)
class LineView:
    """A line of the sale; `second` is its second row, in the colour of a warning where `warns` is set.

    `offers` follow it in the colour of money off, and `was` is struck out below the amount.
    """

    line_no: int
    name: str
    second: str
    quantity: str
    quantity_strong: bool
    unit_price: str
    amount: str
    marked: bool
    steps: bool  # pieces can be changed by the stepper
    at_one: bool  # the stepper's minus is a bin
    warns: bool = False
    offers: str = ""
    was: str = ""


@dataclass(frozen=True, slots=True)
class LineHeads:
    """Column heads of the line list."""

    item: str
    quantity: str
    price: str
    amount: str


@dataclass(frozen=True, slots=True)
class CartMain:
    """Picture 03; `locked` replaces the actions by a sentence while a sheet has the floor.

    With `tapping` the lines can still be marked then, so that the sheet tells of another one.
    """

    note: Note | None
    heads: LineHeads
    lines: tuple[LineView, ...]
    actions: tuple[Action, ...]
    risk: Action | None
    locked: str
    tapping: bool = False
    member: MemberStrip | None = None


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
    """What a name search found, or the items behind one code; Enter takes the first if `enter_takes`."""

    title: str
    rows: tuple[Found, ...]
    empty: str
    back: Action
    enter_takes: bool = True


@dataclass(frozen=True, slots=True)
class ReturnRow:
    """A line of the receipt: why it comes back, how many, what it paid; one that stays says why in `second`.

    `was` is struck out below the amount; a stepper's end without an action is at its limit.
    """

    line_no: int
    name: str
    second: str
    reason: str
    pieces: str
    fewer: Action | None
    more: Action | None
    amount: str
    was: str
    mark: Intent
    marked: bool = False
    stays: bool = False


@dataclass(frozen=True, slots=True)
class ReturnHeads:
    """Column heads of the goods that may come back."""

    item: str
    reason: str
    pieces: str
    paid: str


@dataclass(frozen=True, slots=True)
class ReturnMain:
    """Picture 11: the receipt, its goods, and the reasons for the marked line.

    `locked` replaces the acts by a sentence while a manager is asked.
    """

    note: Note | None
    receipt: str
    detail: str
    paid_label: str
    currency: str
    paid: str
    heads: ReturnHeads
    rows: tuple[ReturnRow, ...]
    actions: tuple[Action, ...]
    locked: str = ""


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
class ProbeRow:
    """A test code for scanners and how it went; `here` marks the one shown."""

    label: str
    state: str
    tone: Tone
    detail: str = ""
    here: bool = False


@dataclass(frozen=True, slots=True)
class ScannerMain:
    """The test of a scanner: one code large enough for it to read off the screen, and how all went.

    Without a drawing the test is over, and the rows stand alone. `name` is read for the drawing.
    """

    title: str
    detail: str
    drawing: CodeModules | None
    caption: str
    name: str
    rows: tuple[ProbeRow, ...]


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
    | ScannerMain | MessageMain | ReturnMain
)  # fmt: skip
