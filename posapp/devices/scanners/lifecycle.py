"""The life of one scanner as UnifiedPOS has it: open, claim, enable, and events one at a time.

A value and its moves, without threads or devices: input that comes while it is enabled is queued, and one
event is handed out each time the application says that it is ready, which ends with that event. So nothing
is lost or overtakes while a till is busy. Order and result codes are those of the UnifiedPOS device model
(exclusive-use devices); its properties have their UnifiedPOS names.
"""

from __future__ import annotations

from dataclasses import replace
from enum import IntEnum
from typing import Final, Literal

from posapp.devices.scanners.symbologies import ScanDataType, scan_data_type
from posapp.values import dataclass

#: Events that wait before a reader has to leave further codes in the wire.
QUEUE_MAX: Final = 2000


class Result(IntEnum):
    """UnifiedPOS result codes (UPOS_E_…); SUCCESS is zero."""

    SUCCESS = 0
    CLOSED = 101
    CLAIMED = 102
    NOTCLAIMED = 103
    DISABLED = 105
    ILLEGAL = 106
    FAILURE = 111


@dataclass(frozen=True, slots=True)
class DataEvent:
    """A code. `scan_data` is all that was sent, `scan_data_label` the text without the identifier `aim`."""

    scan_data: str
    aim: str
    scan_data_label: str
    at_ms: int

    @property
    def scan_data_type(self) -> ScanDataType:
        """Which symbology it came from, as far as the identifier says."""
        return scan_data_type(self.aim, self.scan_data_label)


@dataclass(frozen=True, slots=True)
class StatusEvent:
    """The device came or went (UnifiedPOS SUE_POWER_ONLINE and SUE_POWER_OFF_OFFLINE)."""

    power: Literal["online", "off_offline"]


@dataclass(frozen=True, slots=True)
class ErrorEvent:
    """Something came that is no code; it waits its turn among the codes."""

    reason: str
    at_ms: int = 0


InputEvent = DataEvent | ErrorEvent
Event = InputEvent | StatusEvent


@dataclass(frozen=True, slots=True)
class LifeCycle:
    """Where one scanner is in its life. Every move gives a `Move`; an illegal one changes nothing.

    `scan` is the last code handed out: ScanData, ScanDataLabel and ScanDataType are read there.
    """

    is_open: bool = False
    claimed: bool = False
    device_enabled: bool = False
    data_event_enabled: bool = False
    auto_disable: bool = False
    queue: tuple[InputEvent, ...] = ()
    scan: DataEvent | None = None

    @property
    def data_count(self) -> int:
        """DataCount: codes that wait."""
        return sum(isinstance(event, DataEvent) for event in self.queue)

    @property
    def is_full(self) -> bool:
        """Whether a reader should leave further codes where they are."""
        return len(self.queue) >= QUEUE_MAX

    def open(self) -> Move:
        """Begin to use the device."""
        return _refused(self, Result.ILLEGAL) if self.is_open else Move(LifeCycle(is_open=True))

    def close(self) -> Move:
        """Use it no more; all that waits is dropped."""
        return Move(LifeCycle()) if self.is_open else _refused(self, Result.CLOSED)

    def claim(self, *, taken: bool = False) -> Move:
        """Have it for oneself; `taken` says that somebody else has it. Claiming again changes nothing."""
        if not self.is_open:
            return _refused(self, Result.CLOSED)
        if taken and not self.claimed:
            return _refused(self, Result.CLAIMED)
        return Move(replace(self, claimed=True))

    def release(self) -> Move:
        """Let others have it; it is disabled first, and what waits is dropped."""
        if not self.is_open:
            return _refused(self, Result.CLOSED)
        if not self.claimed:
            return _refused(self, Result.ILLEGAL)
        return Move(replace(self, claimed=False, device_enabled=False, queue=()))

    def enable(self, on: bool) -> Move:
        """DeviceEnabled: whether codes are taken at all. What waits stays."""
        if not self.is_open:
            return _refused(self, Result.CLOSED)
        if not self.claimed:
            return _refused(self, Result.NOTCLAIMED)
        return Move(replace(self, device_enabled=on))

    def set_auto_disable(self, on: bool) -> Move:
        """AutoDisable: the device disables itself with each code."""
        return Move(replace(self, auto_disable=on)) if self.is_open else _refused(self, Result.CLOSED)

    def enable_data_event(self, on: bool) -> Move:
        """DataEventEnabled: the application is ready for one event, or not ready."""
        if not self.is_open:
            return _refused(self, Result.CLOSED)
        return _deliver(replace(self, data_event_enabled=on))

    def clear_input(self) -> Move:
        """Drop what waits."""
        if not self.is_open:
            return _refused(self, Result.CLOSED)
        if not self.claimed:
            return _refused(self, Result.NOTCLAIMED)
        return Move(replace(self, queue=()))

    def accept(self, event: Event) -> Move:
        """What the device sent: codes wait their turn, news of the device itself is handed out at once."""
        if not self.is_open:
            return _refused(self, Result.CLOSED)
        if not self.device_enabled:
            return _refused(self, Result.DISABLED)
        if isinstance(event, StatusEvent):
            return Move(self, (event,))
        if self.is_full:
            return _refused(self, Result.FAILURE)
        disables = self.auto_disable and isinstance(event, DataEvent)
        return _deliver(replace(self, queue=(*self.queue, event), device_enabled=not disables))


@dataclass(frozen=True, slots=True)
class Move:
    """What a move led to: the next state, what the application is told, and why nothing was done."""

    state: LifeCycle
    events: tuple[Event, ...] = ()
    result: Result = Result.SUCCESS


def _refused(state: LifeCycle, result: Result) -> Move:
    return Move(state, (), result)


def _deliver(state: LifeCycle) -> Move:
    """Hand out the first event that waits, once; that ends the application's readiness."""
    if not state.data_event_enabled or not state.queue:
        return Move(state)
    event, *rest = state.queue
    scan = event if isinstance(event, DataEvent) else state.scan
    return Move(replace(state, queue=tuple(rest), data_event_enabled=False, scan=scan), (event,))
