"""A camera that reads codes: one thread takes frames, another decodes the newest one, none is queued.

Knows states and troubles of a camera and tries a lost one again by itself. A code is handed on once, as a
scanner would deliver it; what is seen now goes to the live picture. Refuses to know Qt, the sale, and how
a code is decoded: the decoder is handed in.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from posapp.devices.camera_sources import CameraError, CameraTrouble, FrameSource

if TYPE_CHECKING:
    from posapp.devices.camera_sources import Frame
    from posapp.devices.decoding.symbol import Symbol

LOGGER = logging.getLogger(__name__)

STALLED_MS = 3_000
RETRY_MS = (500, 1_000, 2_000, 5_000)
_JOIN_S = 2.0
#: Mean grey below which a picture shows nothing: the lid is on, or it is dark.
_BLACK_BELOW = 6


@dataclass(frozen=True, slots=True)
class CameraState:
    """How the camera is; `trouble` says why it gives no picture, and it is tried again by itself."""

    state: Literal["off", "starting", "live", "trouble"] = "off"
    trouble: CameraTrouble | Literal[""] = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """One frame with what was found on it; `advice` is a word of the live decoder, "" for none."""

    frame: Frame
    symbols: tuple[Symbol, ...]
    advice: str


class LiveResult(Protocol):
    """What a live decoder tells of a frame."""

    @property
    def accepted(self) -> tuple[Symbol, ...]:
        """Codes that count from this frame on, each once until it has left the view."""

    @property
    def seen(self) -> tuple[Symbol, ...]:
        """Codes in view now, to be framed."""

    @property
    def advice(self) -> str:
        """How the code would be read better, "" for nothing."""


class FrameDecoder(Protocol):
    """Decodes frames one after another; used by one thread."""

    def feed(self, frame: Frame, at_ms: int) -> LiveResult:
        """Look at a frame taken at a time (monotonic milliseconds)."""


class Clock(Protocol):
    """Time as given."""

    def monotonic_ms(self) -> int:
        """Milliseconds that never go back."""


class CameraEvents(Protocol):
    """Told from the camera's threads; every call returns at once."""

    def on_code(self, symbol: Symbol, at_ms: int) -> None: ...
    def on_seen(self, seen: Seen) -> None: ...
    def on_state(self, state: CameraState) -> None: ...


class Camera:
    """One camera; `start` and `stop` may be called again and again."""

    def __init__(
        self,
        source: FrameSource,
        decoder: Callable[[], FrameDecoder],
        events: CameraEvents,
        clock: Clock,
    ) -> None:
        """Take the parts; `decoder` is made on the decoding thread, since its libraries load slowly."""
        self._source = source
        self._make_decoder = decoder
        self._events = events
        self._clock = clock
        self._wake = threading.Condition()
        self._newest: tuple[Frame, int] | None = None
        self._last_ms = 0
        self._stopping = threading.Event()
        self._state = CameraState()
        self._threads: tuple[threading.Thread, ...] = ()
        self._hung: threading.Thread | None = None

    def start(self) -> None:
        """Take frames until `stop`; harmless when it already does."""
        if self._threads:
            return
        if self._hung is not None and self._hung.is_alive():
            # Its driver has not answered since the last time, and a camera is used by one thread.
            self._tell(CameraState("trouble", "stalled"))
            return
        self._stopping.clear()
        self._newest = None
        self._tell(CameraState("starting"))
        # A camera's driver may hang for good; such a thread must not keep the till from closing.
        self._threads = (
            threading.Thread(target=self._take_frames, name="camera", daemon=True),
            threading.Thread(target=self._decode, name="camera-decoder"),
        )
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let the camera go and end both threads."""
        if not self._threads:
            return
        self._stopping.set()
        with self._wake:
            self._wake.notify_all()
        taking, decoding = self._threads
        decoding.join()
        taking.join(_JOIN_S)
        if taking.is_alive():
            LOGGER.warning("the camera's driver does not answer; its thread is left alone")
            self._hung = taking
        self._threads = ()
        self._newest = None
        self._tell(CameraState("off"))

    # ------------------------------------------------------------------ threads

    def _take_frames(self) -> None:
        tries = 0
        while not self._stopping.is_set():
            try:
                self._source.open()
                while not self._stopping.is_set():
                    self._put(self._source.read())
                    tries = 0
            except CameraError as error:
                with self._wake:
                    self._newest = None
                self._tell(CameraState("trouble", error.trouble))
            finally:
                self._source.close()
            self._stopping.wait(RETRY_MS[min(tries, len(RETRY_MS) - 1)] / 1000)
            tries += 1

    def _put(self, frame: Frame) -> None:
        with self._wake:
            self._newest = (frame, self._clock.monotonic_ms())
            self._last_ms = self._newest[1]
            self._wake.notify_all()

    def _decode(self) -> None:
        try:
            decoder = self._make_decoder()
        except ImportError:
            self._stopping.set()
            self._tell(CameraState("trouble", "no_library"))
            return
        self._last_ms = self._clock.monotonic_ms()
        while not self._stopping.is_set():
            taken = self._next_frame()
            if taken is None:
                self._watch()
                continue
            frame, at_ms = taken
            if int(frame[::16, ::16].mean()) < _BLACK_BELOW:
                self._tell(CameraState("trouble", "black"))
                self._events.on_seen(Seen(frame, (), ""))
                continue
            self._tell(CameraState("live"))
            result = decoder.feed(frame, at_ms)
            for symbol in result.accepted:
                self._events.on_code(symbol, at_ms)
            self._events.on_seen(Seen(frame, result.seen, result.advice))

    def _next_frame(self) -> tuple[Frame, int] | None:
        with self._wake:
            self._wake.wait_for(lambda: self._newest is not None or self._stopping.is_set(), 0.5)
            taken, self._newest = self._newest, None
            return None if self._stopping.is_set() else taken

    def _watch(self) -> None:
        """Say so when a camera that should deliver does not."""
        silent_ms = self._clock.monotonic_ms() - self._last_ms
        if silent_ms > STALLED_MS and self._state.state in ("live", "starting"):
            self._tell(CameraState("trouble", "stalled"))

    def _tell(self, state: CameraState) -> None:
        with self._wake:
            if state == self._state:
                return
            self._state = state
        self._events.on_state(state)


def shrunk(frame: Frame, width: int) -> tuple[int, int, bytes]:
    """A frame at most `width` pixels wide for showing: its width, its height and a byte a pixel."""
    import cv2

    high, wide = frame.shape
    if wide > width:
        frame = cv2.resize(frame, (width, high * width // wide), interpolation=cv2.INTER_AREA).astype("uint8")
        high, wide = frame.shape
    return wide, high, frame.tobytes()
