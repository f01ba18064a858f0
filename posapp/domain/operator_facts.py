"""Who took, left, locked and opened a terminal, as facts; operators by id, times in epoch milliseconds."""

from __future__ import annotations

from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class OperatorSignedOn:
    """An operator took the terminal."""

    session_id: str
    operator_id: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class OperatorSignedOff:
    """An operator left the terminal."""

    session_id: str
    operator_id: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class TerminalUnlocked:
    """The operator of a session keyed their PIN again after the terminal was locked."""

    session_id: str
    operator_id: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class SignOnRefused:
    """A wrong PIN was keyed; `locked_until_ms` is set where it was one too many."""

    operator_id: str
    at_ms: int
    locked_until_ms: int | None
