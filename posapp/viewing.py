"""The way of the camera into the till: its codes become scans, its state an intent, its picture the newest.

Starting and stopping a camera can take a second or hang in its driver, so both happen on a thread of their
own. Without a camera in the settings nothing here is ever loaded.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from posapp.flows.answers import CameraAdvice
from posapp.flows.intents import CameraChanged, CameraStatus, Intent, ScanCode
from posapp.ui.widgets.camera_picture import Frame, Outline

if TYPE_CHECKING:
    from posapp.devices.camera import Camera, CameraState, FrameDecoder, Seen
    from posapp.devices.camera_sources import FrameSource
    from posapp.devices.decoding.symbol import Symbol

SOURCE = "camera"
PICTURES = "pictures:"
_SHOWN_WIDTH = 640
#: Advice that changes faster than this could not be read.
_ADVICE_HOLDS_MS = 600
_ADVICE: tuple[CameraAdvice, ...] = ("nearer", "further", "hold_still", "too_dark", "glare")


class Clock(Protocol):
    """Time as given."""

    def monotonic_ms(self) -> int:
        """Milliseconds that never go back."""


class Viewing:
    """The camera of one till; `start` and `stop` return at once."""

    def __init__(
        self,
        camera: str,
        clock: Clock,
        post: Callable[[Intent], None],
        on_frame: Callable[[], None],
        *,
        source: Callable[[], FrameSource] | None = None,
    ) -> None:
        """`camera` is the setting: "none", "auto", a number, a device path or "pictures:FOLDER".

        `on_frame` is called on the camera's thread when a new picture waits in `newest`.
        """
        self._setting = camera
        self._clock = clock
        self._post = post
        self._on_frame = on_frame
        self._make_source = source or (lambda: _source(camera))
        self._camera: Camera | None = None
        self._control: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        self._newest: Frame | None = None
        self._status = CameraStatus("none" if camera == "none" else "off")
        self._advised_ms = 0

    @property
    def status(self) -> CameraStatus:
        """How the camera is now."""
        return self._status

    def start(self) -> None:
        """Start the camera on the control thread."""
        if self._status.state != "none":
            self._do(self._start)

    def stop(self) -> None:
        """Stop it there too."""
        if self._control is not None:
            self._do(self._stop)

    def close(self) -> None:
        """Stop the camera and end every thread."""
        if self._control is not None:
            self._do(self._stop)
            self._control.shutdown()
            self._control = None

    def newest(self) -> Frame | None:
        """The newest picture that has not been taken yet."""
        with self._lock:
            frame, self._newest = self._newest, None
            return frame

    def _do(self, task: Callable[[], None]) -> None:
        if self._control is None:
            self._control = ThreadPoolExecutor(1, "camera-control")
        self._control.submit(task)

    def _start(self) -> None:
        from posapp.devices.camera import Camera

        if self._camera is None:
            self._camera = Camera(self._make_source(), _decoder, self, self._clock)
        self._camera.start()

    def _stop(self) -> None:
        if self._camera is not None:
            self._camera.stop()
        with self._lock:
            self._newest = None  # what it saw last is nobody's business any more

    # ------------------------------------------------------------------ told from the camera's threads

    def on_code(self, symbol: Symbol, at_ms: int) -> None:
        """A code counts: it is a scan like any other."""
        self._post(ScanCode(symbol.raw, at_ms, SOURCE))

    def on_state(self, state: CameraState) -> None:
        """The camera is otherwise than before."""
        self._tell(CameraStatus(state.state, state.trouble))

    def on_seen(self, seen: Seen) -> None:
        """Keep the newest picture for the window, and tell the advice once it has held."""
        from posapp.devices.camera import shrunk

        width, height, grey = shrunk(seen.frame, _SHOWN_WIDTH)
        full_height, full_width = seen.frame.shape
        outlines: tuple[Outline, ...] = tuple(
            tuple((x / full_width, y / full_height) for x, y in symbol.corners) for symbol in seen.symbols
        )
        with self._lock:
            waiting = self._newest is not None
            self._newest = Frame(width, height, grey, outlines)
        if not waiting:
            self._on_frame()
        advice: CameraAdvice = next((word for word in _ADVICE if word == seen.advice), "")
        now_ms = self._clock.monotonic_ms()
        if advice != self._status.advice and now_ms - self._advised_ms >= _ADVICE_HOLDS_MS:
            self._advised_ms = now_ms
            self._tell(CameraStatus(self._status.state, self._status.trouble, advice))

    def _tell(self, status: CameraStatus) -> None:
        self._status = status
        self._post(CameraChanged(status))


def _decoder() -> FrameDecoder:
    from posapp.devices.decoding.live import LiveDecoder

    return LiveDecoder()


def _source(setting: str) -> FrameSource:
    from posapp.devices.camera_sources import OpenCvSource, SimulatedSource, picture_stream

    if setting.startswith(PICTURES):
        folder = Path(setting.removeprefix(PICTURES))
        return SimulatedSource(lambda: picture_stream(folder))
    if setting == "auto":
        return OpenCvSource(0)
    return OpenCvSource(int(setting) if setting.isdigit() else setting)
