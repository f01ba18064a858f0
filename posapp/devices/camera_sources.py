"""Where a camera's frames come from: a real camera through OpenCV, or a simulated one.

A source opens, gives grey frames one after another and closes; every way it can fail is one of a few
reasons that a person can do something about. Refuses to know what is on the pictures and which thread
asks for them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Frame = NDArray[np.uint8]

CameraTrouble = Literal["not_found", "taken", "lost", "stalled", "black", "no_library"]

WIDTH = 1280
HEIGHT = 720
FRAMES_PER_SECOND = 25


class CameraError(Exception):
    """The camera gives no frames; `trouble` says why."""

    def __init__(self, trouble: CameraTrouble) -> None:
        """Keep the reason."""
        super().__init__(trouble)
        self.trouble: CameraTrouble = trouble


class FrameSource(Protocol):
    """One camera; used by one thread, closed by the same."""

    def open(self) -> None:
        """Start the camera; raises CameraError."""

    def read(self) -> Frame:
        """The next frame (height × width, uint8, grey), waiting for it; raises CameraError."""

    def close(self) -> None:
        """Let the camera go; harmless when not open."""


class OpenCvSource:
    """A camera that the system knows by number or path; asked for 1280 × 720 MJPEG, newest frame first."""

    def __init__(self, which: int | str) -> None:
        """Name the camera: 0 for the first, or a device path."""
        self._which = which
        self._capture: Any = None

    def open(self) -> None:
        """Open the camera; raises CameraError."""
        try:
            import cv2
        except ImportError:
            raise CameraError("no_library") from None
        cv2.utils.logging.setLogLevel(0)  # a camera that is not there is told in our words
        if isinstance(self._which, str) and not Path(self._which).exists():
            raise CameraError("not_found")
        capture = cv2.VideoCapture(self._which)
        if not capture.isOpened():
            capture.release()
            raise CameraError("taken" if isinstance(self._which, str) else "not_found")
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, WIDTH)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, HEIGHT)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        self._capture = capture

    def read(self) -> Frame:
        """The next frame; CameraError "lost" when the camera went."""
        import cv2

        try:
            got, picture = self._capture.read()
        except cv2.error:
            raise CameraError("lost") from None
        if not got or picture is None:
            raise CameraError("lost")
        grey: Frame = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) if picture.ndim == 3 else picture
        return grey

    def close(self) -> None:
        """Release the camera."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None


class SimulatedSource:
    """A camera without hardware: shows given pictures at a camera's pace, with the faults cameras have.

    `pictures` makes the endless stream anew at each opening. `unplug`, `stall` and `cover` make it fail
    as a real one does, until `mend`.
    """

    def __init__(self, pictures: Callable[[], Iterator[Frame]], *, frame_ms: int = 40) -> None:
        """Take what to show; `frame_ms` is the time between frames."""
        self._pictures = pictures
        self._frame_ms = frame_ms
        self._stream: Iterator[Frame] | None = None
        self._fault: Literal["", "unplugged", "stalled", "covered"] = ""
        self._changed = threading.Condition()

    def unplug(self) -> None:
        """From now on it is not there."""
        self._set("unplugged")

    def stall(self) -> None:
        """From now on no frame comes, and nothing says so."""
        self._set("stalled")

    def cover(self) -> None:
        """From now on its frames are black."""
        self._set("covered")

    def mend(self) -> None:
        """It works again."""
        self._set("")

    def _set(self, fault: Literal["", "unplugged", "stalled", "covered"]) -> None:
        with self._changed:
            self._fault = fault
            self._changed.notify_all()

    def open(self) -> None:
        """Begin the pictures anew; raises CameraError while unplugged."""
        with self._changed:
            if self._fault == "unplugged":
                raise CameraError("not_found")
        self._stream = self._pictures()

    def read(self) -> Frame:
        """The next picture, after the time a camera takes."""
        stream = self._stream
        if stream is None:
            raise CameraError("lost")
        with self._changed:
            self._changed.wait_for(lambda: self._fault == "unplugged", self._frame_ms / 1000)
            while self._fault == "stalled" and self._stream is not None:
                self._changed.wait(0.05)
            if self._fault == "unplugged" or self._stream is None:
                raise CameraError("lost")
            covered = self._fault == "covered"
        picture = next(stream)
        return picture * 0 if covered else picture

    def close(self) -> None:
        """End the pictures; a read that waits ends too."""
        with self._changed:
            self._stream = None
            self._changed.notify_all()


def picture_stream(folder: Path, *, each_frames: int = 25) -> Iterator[Frame]:
    """Every picture of a folder in the order of names, again and again, each for some frames.

    Raises CameraError where the folder has no picture that can be read.
    """
    import cv2

    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".png", ".jpg", ".jpeg"))
    except OSError:
        raise CameraError("not_found") from None
    while True:
        shown = 0
        for path in paths:
            picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
            if picture is None:
                continue
            shown += 1
            for _ in range(each_frames):
                yield picture.astype("uint8")
        if not shown:
            raise CameraError("not_found")
