"""What the keyboard's door decides of the keys it held: a scanner's text, or a person's key."""

from __future__ import annotations

from dataclasses import field

from posapp.flows.intents import ScanTrace
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Scan:
    """A scanner delivered this text; `at_ms` is the time of its last key, `mended` what was put right."""

    text: str
    at_ms: int
    mended: tuple[str, ...] = ()
    trace: ScanTrace | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Typed:
    """A person's key event, to be delivered as it was meant."""

    token: object


Decision = Scan | Typed
