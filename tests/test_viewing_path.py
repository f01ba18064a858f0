"""The camera's way into the till: codes become scans, pictures the newest frame, and nothing waits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from posapp import viewing
from posapp.clocks import SystemClock
from posapp.devices.barcodes import draw
from posapp.devices.camera_sources import SimulatedSource
from posapp.devices.decoding.symbol import Symbol
from posapp.flows.intents import CameraChanged, Intent, ScanCode
from posapp.viewing import Viewing

CODE = Symbol("EAN-13", "6901234567892", "]E06901234567892", ((0, 0), (64, 0), (64, 36), (0, 36)))
GREY = np.full((72, 128), 128, np.uint8)


@dataclass(frozen=True)
class Found:
    accepted: tuple[Symbol, ...] = ()
    seen: tuple[Symbol, ...] = ()
    advice: str = ""


class FirstFrame:
    """Accepts the code on the first frame; its advice stays."""

    def __init__(self) -> None:
        self.frames = 0

    def feed(self, frame, at_ms: int) -> Found:
        self.frames += 1
        return Found((CODE,) if self.frames == 1 else (), (CODE,), "glare")


def grey() -> Iterator[np.ndarray]:
    while True:
        yield GREY


class Told:
    """What came out, and a way to wait for it."""

    def __init__(self) -> None:
        self.intents: list[Intent] = []
        self.frames = 0
        self._changed = threading.Condition()

    def post(self, intent: Intent) -> None:
        with self._changed:
            self.intents.append(intent)
            self._changed.notify_all()

    def frame(self) -> None:
        with self._changed:
            self.frames += 1
            self._changed.notify_all()

    def until(self, true) -> None:
        with self._changed:
            assert self._changed.wait_for(true, 60), self.intents

    def states(self) -> list[tuple[str, str, str]]:
        told = [intent.status for intent in self.intents if isinstance(intent, CameraChanged)]
        return [(status.state, status.trouble, status.advice) for status in told]

    def scans(self) -> list[ScanCode]:
        return [intent for intent in self.intents if isinstance(intent, ScanCode)]


@pytest.fixture
def make(monkeypatch):
    """A viewing with a simulated camera and a plain decoder; closed at the end."""
    made: list[Viewing] = []

    def build(setting: str = "auto", source=None, decoder=FirstFrame) -> tuple[Viewing, Told]:
        monkeypatch.setattr(viewing, "_decoder", decoder)
        told = Told()
        camera = source or SimulatedSource(grey, frame_ms=2)
        made.append(Viewing(setting, SystemClock(), told.post, told.frame, source=lambda: camera))
        return made[-1], told

    yield build
    for each in made:
        each.close()


def test_no_camera_in_the_settings_starts_nothing(make) -> None:
    viewing, told = make("none")
    assert viewing.status.state == "none"
    viewing.start()
    viewing.stop()
    viewing.close()
    assert told.intents == []


def test_a_code_is_one_scan_from_the_camera(make) -> None:
    viewing, told = make()
    viewing.start()
    told.until(lambda: told.frames and told.scans())
    (scan,) = told.scans()
    assert (scan.text, scan.source) == ("]E06901234567892", "camera")
    assert scan.at_ms > 0
    assert told.states()[:2] == [("starting", "", ""), ("live", "", "")]


def test_the_newest_frame_waits_until_it_is_taken(make) -> None:
    viewing, told = make()
    viewing.start()
    told.until(lambda: told.frames == 1 and told.scans())
    frame = viewing.newest()
    assert frame is not None
    assert (frame.width, frame.height, len(frame.grey)) == (128, 72, 128 * 72)
    assert frame.outlines == (((0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.0, 0.5)),)
    told.until(lambda: told.frames >= 2)


def test_advice_is_told_when_it_holds(make) -> None:
    viewing, told = make()
    viewing.start()
    told.until(lambda: ("live", "", "glare") in told.states())
    assert told.states().count(("live", "", "glare")) == 1


def test_stopping_lets_the_camera_go_and_it_starts_again(make) -> None:
    viewing, told = make()
    for _ in range(2):
        viewing.start()
        told.until(lambda: told.states()[-1][0] == "live")
        viewing.stop()
        told.until(lambda: told.states()[-1][0] == "off")


def test_the_last_picture_is_forgotten_with_the_camera(make) -> None:
    viewing, told = make()
    viewing.start()
    told.until(lambda: told.frames)
    viewing.close()
    assert viewing.newest() is None


def test_an_unplugged_camera_is_said(make) -> None:
    source = SimulatedSource(grey, frame_ms=2)
    source.unplug()
    viewing, told = make(source=source)
    viewing.start()
    told.until(lambda: ("trouble", "not_found", "") in told.states())


def test_a_folder_of_pictures_is_a_camera_for_trials(tmp_path: Path) -> None:
    """The whole way with the real decoder: a drawn code in a folder becomes a scan."""
    import cv2

    bars = np.repeat(np.array(draw("ean-13", "690123456789").rows), 60, axis=0)
    dots = np.kron(np.pad(bars, 12), np.ones((3, 3), bool))
    cv2.imwrite(str(tmp_path / "code.png"), np.where(dots, 30, 220).astype(np.uint8))
    told = Told()
    viewing = Viewing(f"pictures:{tmp_path}", SystemClock(), told.post, told.frame)
    viewing.start()
    try:
        told.until(told.scans)
    finally:
        viewing.close()
    assert {scan.text for scan in told.scans()} == {"]E06901234567892"}
