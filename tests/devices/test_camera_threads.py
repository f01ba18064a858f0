"""The camera's two threads: newest frame only, codes once, every fault told and mended by itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from posapp.devices.camera import Camera, CameraState, Seen
from posapp.devices.camera_sources import CameraError, OpenCvSource, SimulatedSource, picture_stream
from posapp.devices.decoding.symbol import Symbol

CODE = Symbol("EAN-13", "6901234567892", "]E06901234567892", ((0, 0), (9, 0), (9, 9), (0, 9)))
GREY = np.full((72, 128), 128, np.uint8)


class Steps:
    """A clock that goes a millisecond on at each look."""

    def __init__(self, step_ms: int = 1) -> None:
        self.now, self.step = 0, step_ms

    def monotonic_ms(self) -> int:
        self.now += self.step
        return self.now


@dataclass(frozen=True)
class Found:
    accepted: tuple[Symbol, ...] = ()
    seen: tuple[Symbol, ...] = ()
    advice: str = ""


class Events:
    """Keeps what the camera tells, and lets a test wait for it."""

    def __init__(self) -> None:
        self.codes: list[str] = []
        self.seen: list[Seen] = []
        self.states: list[CameraState] = []
        self._changed = threading.Condition()

    def on_code(self, symbol: Symbol, at_ms: int) -> None:
        self._keep(self.codes, symbol.text)

    def on_seen(self, seen: Seen) -> None:
        self._keep(self.seen, seen)

    def on_state(self, state: CameraState) -> None:
        self._keep(self.states, state)

    def _keep(self, where: list, what: object) -> None:
        with self._changed:
            where.append(what)
            self._changed.notify_all()

    def wait(self, true) -> None:
        """Wait until something holds; fails after ten seconds."""
        with self._changed:
            assert self._changed.wait_for(true, 60), (self.codes, self.states[-3:], len(self.seen))


class Once:
    """Accepts the code on its third frame and frames it on every one."""

    def __init__(self) -> None:
        self.frames = 0

    def feed(self, frame, at_ms: int) -> Found:
        self.frames += 1
        return Found((CODE,) if self.frames == 3 else (), (CODE,), "nearer")


def grey() -> Iterator[np.ndarray]:
    while True:
        yield GREY


@pytest.fixture
def watched():
    """A camera with a simulated source; stopped at the end."""
    cameras: list[Camera] = []

    def make(source=None, decoder=Once, clock=None) -> tuple[Camera, Events]:
        events = Events()
        camera = Camera(source or SimulatedSource(grey, frame_ms=2), decoder, events, clock or Steps())
        cameras.append(camera)
        return camera, events

    yield make
    for camera in cameras:
        camera.stop()


def test_a_code_is_told_once_and_frames_are_shown(watched) -> None:
    camera, events = watched()
    camera.start()
    events.wait(lambda: len(events.seen) > 8)
    assert events.codes == ["6901234567892"]
    assert events.states == [CameraState("starting"), CameraState("live")]
    assert events.seen[-1].symbols == (CODE,)
    assert events.seen[-1].advice == "nearer"


def test_only_the_newest_frame_is_decoded(watched) -> None:
    """A decoder that is slower than the camera never works on old pictures."""
    taken = threading.Semaphore(0)
    numbers: list[int] = []
    behind = threading.Event()

    def numbered() -> Iterator[np.ndarray]:
        number = 20
        while True:
            number += 1
            yield np.full((72, 128), min(number, 250), np.uint8)
            if number > 60:
                behind.set()
            taken.release()

    class Slow:
        def feed(self, frame, at_ms: int) -> Found:
            if not numbers:
                behind.wait(10)  # the camera goes on meanwhile
            numbers.append(int(frame[0, 0]))
            return Found()

    camera, events = watched(SimulatedSource(numbered, frame_ms=1), Slow)
    camera.start()
    events.wait(lambda: len(events.seen) >= 2)
    assert numbers[0] < 61 <= numbers[1]


def test_an_unplugged_camera_comes_back_by_itself(watched) -> None:
    source = SimulatedSource(grey, frame_ms=2)
    camera, events = watched(source)
    camera.start()
    events.wait(lambda: events.states[-1] == CameraState("live"))
    source.unplug()
    events.wait(lambda: events.states[-1].state == "trouble")
    assert events.states[-1].trouble in ("lost", "not_found")
    source.mend()
    events.wait(lambda: events.states[-1] == CameraState("live"))


def test_a_camera_that_is_not_there_is_said(watched) -> None:
    source = SimulatedSource(grey)
    source.unplug()
    camera, events = watched(source)
    camera.start()
    events.wait(lambda: events.states[-1] == CameraState("trouble", "not_found"))


def test_a_covered_lens_and_a_silent_driver_are_told_apart(watched) -> None:
    source = SimulatedSource(grey, frame_ms=2)
    camera, events = watched(source, clock=Steps(step_ms=900))
    camera.start()
    events.wait(lambda: events.states[-1] == CameraState("live"))
    source.cover()
    events.wait(lambda: events.states[-1] == CameraState("trouble", "black"))
    source.mend()
    events.wait(lambda: events.states[-1] == CameraState("live"))
    source.stall()
    events.wait(lambda: events.states[-1] == CameraState("trouble", "stalled"))
    source.mend()
    events.wait(lambda: events.states[-1] == CameraState("live"))


def test_stop_and_start_again(watched) -> None:
    camera, events = watched()
    for _ in range(3):
        camera.start()
        camera.start()
        events.wait(lambda: events.states[-1] == CameraState("live"))
        camera.stop()
        camera.stop()
        assert events.states[-1] == CameraState("off")
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("camera")]


def test_a_stalled_camera_can_be_stopped(watched) -> None:
    source = SimulatedSource(grey, frame_ms=2)
    camera, events = watched(source)
    camera.start()
    events.wait(lambda: events.states[-1] == CameraState("live"))
    source.stall()
    stopped = threading.Thread(target=camera.stop)
    stopped.start()
    source.close()
    stopped.join(10)
    assert not stopped.is_alive()


def test_a_real_camera_that_is_missing_has_a_reason() -> None:
    for which in ("/dev/no-such-camera", 97):
        with pytest.raises(CameraError) as raised:
            OpenCvSource(which).open()
        assert raised.value.trouble == "not_found"


def test_a_file_opened_as_a_camera_gives_grey_frames(tmp_path) -> None:
    import cv2

    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (128, 72))
    for _ in range(3):
        writer.write(np.full((72, 128, 3), 99, np.uint8))
    writer.release()
    source = OpenCvSource(str(path))
    source.open()
    frame = source.read()
    assert frame.shape == (72, 128)
    assert frame.dtype == np.uint8
    assert abs(int(frame.mean()) - 99) < 5
    source.read()
    source.read()
    with pytest.raises(CameraError) as raised:
        source.read()
    assert raised.value.trouble == "lost"
    source.close()


def test_pictures_of_a_folder_are_shown_in_turn(tmp_path) -> None:
    import cv2

    for number, grey_level in (("1", 50), ("2", 200)):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((20, 20), grey_level, np.uint8))
    (tmp_path / "notes.txt").write_text("no picture")
    stream = picture_stream(tmp_path, each_frames=2)
    assert [int(next(stream)[0, 0]) for _ in range(6)] == [50, 50, 200, 200, 50, 50]
    (tmp_path / "empty").mkdir()
    with pytest.raises(CameraError):
        next(picture_stream(tmp_path / "empty"))


def test_without_the_decoding_libraries_it_says_so(watched) -> None:
    def missing() -> Once:
        raise ImportError("zxingcpp")

    camera, events = watched(decoder=missing)
    camera.start()
    events.wait(lambda: events.states[-1] == CameraState("trouble", "no_library"))


def test_a_folder_that_went_away_is_a_camera_that_is_not_there(watched, tmp_path) -> None:
    camera, events = watched(SimulatedSource(lambda: picture_stream(tmp_path / "gone")))
    camera.start()
    events.wait(lambda: events.states[-1] == CameraState("trouble", "not_found"))


class HungDriver:
    """A camera whose driver does not come back from a read until a test lets it."""

    def __init__(self) -> None:
        self.opened = 0
        self.reading = threading.Event()
        self.let_go = threading.Event()

    def open(self) -> None:
        self.opened += 1

    def read(self) -> np.ndarray:
        self.reading.set()
        self.let_go.wait(10)
        return GREY

    def close(self) -> None:
        """Nothing is held."""


@pytest.mark.expected_logs
def test_a_hung_driver_is_not_used_by_a_second_thread(watched, monkeypatch, caplog) -> None:
    monkeypatch.setattr("posapp.devices.camera._JOIN_S", 0.01)
    source = HungDriver()
    camera, events = watched(source)
    camera.start()
    assert source.reading.wait(10)
    camera.stop()
    assert [record.message for record in caplog.records] == [
        "the camera's driver does not answer; its thread is left alone"
    ]
    camera.start()
    assert events.states[-1] == CameraState("trouble", "stalled")
    assert source.opened == 1
    hung = [thread for thread in threading.enumerate() if thread.name == "camera"]
    source.let_go.set()
    for thread in hung:
        thread.join(10)
    assert len(hung) == 1
    camera.start()
    events.wait(lambda: events.states[-1] == CameraState("live"))
    assert source.opened == 2
