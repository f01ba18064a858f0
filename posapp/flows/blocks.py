"""The pieces that the end side and a sheet are built of, and the action that can be pressed.

Every piece is a frozen value with its words already written; what it looks like is the screen's.
"""

from __future__ import annotations

from typing import Literal

from posapp.flows.intents import Intent
from posapp.values import dataclass

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
    """One reason, one amount; with an `icon` the detail stands below, and a quiet one took no part."""

    label: str
    amount: str
    detail: str = ""
    tone: Tone = "plain"
    strong: bool = False
    icon: str = ""


@dataclass(frozen=True, slots=True)
class SumRows:
    """Rows under each other with hairlines."""

    rows: tuple[SumRow, ...]


@dataclass(frozen=True, slots=True)
class SavedBand:
    """What was saved in all, small sign before the figure, and the door to why."""

    label: str
    currency: str
    amount: str
    action: Action


@dataclass(frozen=True, slots=True)
class PriceStep:
    """One step of a line's price: the reason, where it comes from, what it does, and what it comes to so far.

    A strong one is the end of the steps; a quiet one took no part.
    """

    icon: str
    reason: str
    detail: str
    amount: str
    so_far: str
    tone: Tone = "saving"
    currency: str = ""
    strong: bool = False


@dataclass(frozen=True, slots=True)
class PriceSteps:
    """Steps under each other, with heads over their two columns of amounts."""

    head_step: str
    head_so_far: str
    rows: tuple[PriceStep, ...]


@dataclass(frozen=True, slots=True)
class StepRow:
    """A right on its way: icon on a disc, title with its state in a chip, a line below, and an amount.

    `tone` is that of disc and chip; with an `action` a button stands at the end."""

    icon: str
    title: str
    detail: str
    amount: str = ""
    state: str = ""
    state_icon: str = ""
    tone: Tone = "quiet"
    amount_tone: Tone = "plain"
    action: Action | None = None


@dataclass(frozen=True, slots=True)
class StepRows:
    """Rights under each other with hairlines; scrolls when there are many."""

    rows: tuple[StepRow, ...]


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


@dataclass(frozen=True, slots=True)
class CameraPicture:
    """What the camera sees, with a frame around what was read; frames reach the part beside the view."""

    title: str
    caption: str
    tone: Tone
    close: Action


Block = (
    CameraPicture | Heading | Person | SumRows | SavedBand | PriceSteps | Note | Field | Keypad | Choices
    | Facts | Actions | ParkedCards | Spring | StepRows
)  # fmt: skip
