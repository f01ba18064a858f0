"""The camera at the real till, offscreen: pictures of a folder in, lines of a sale out.

What is seen is decoded by the real decoders; a code counts once while it stays in view; the picture goes off
with its person.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from posapp.devices.barcodes import draw
from posapp.flows.intents import Lock, ScanCode, UseCamera
from posapp.ui.widgets.camera_picture import CameraBlock
from tests.e2e.conftest import Desk
from tests.simulation.goods import COLA, MILK

pytestmark = pytest.mark.e2e


def write_picture(path: Path, code: str | None) -> None:
    """A grey 640 × 360 picture, with bars in its middle where a code is given."""
    import cv2

    picture = np.full((360, 640), 205, np.uint8)
    if code is not None:
        bars = np.repeat(np.array(draw("ean-13", code).rows), 45, axis=0)
        dots = np.kron(bars, np.ones((3, 3), bool))
        high, wide = dots.shape
        top, left = (360 - high) // 2, (640 - wide) // 2
        picture[top : top + high, left : left + wide][dots] = 35
    cv2.imwrite(str(path), picture)


@pytest.fixture
def desk(open_desk: Callable[..., Desk], tmp_path: Path) -> Desk:
    """A till whose camera sees cola, nothing, milk, nothing, and so on."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, code in enumerate((COLA, None, MILK, None)):
        write_picture(folder / f"{number}.png", code)
    return open_desk(None, camera=f"pictures:{folder}").open_shift()


def block(desk: Desk) -> CameraBlock | None:
    parts = desk.till.window.parts.side.column.parts
    return next((part for part in parts if isinstance(part, CameraBlock)), None)


def test_what_the_camera_sees_is_sold_once_each_time_it_comes_into_view(desk: Desk) -> None:
    desk.do(UseCamera(on=True))
    desk.until(lambda: len(desk.cart) >= 2)
    assert desk.cart[:2] == [("cola", 1), ("milk", 1)]
    shown = block(desk)
    assert shown is not None
    assert shown.frame_shown is not None
    desk.do(UseCamera(on=False))
    desk.until(lambda: desk.till.terminal.state.desk.camera.state == "off")
    assert block(desk) is None
    sold = desk.cart
    desk.rest(300)
    assert desk.cart == sold


def test_it_goes_off_with_its_person_and_the_wedge_goes_on(desk: Desk) -> None:
    desk.do(UseCamera(on=True))
    desk.until(lambda: desk.till.terminal.state.desk.camera.state == "live")
    desk.do(Lock())
    desk.until(lambda: desk.till.terminal.state.desk.camera.state == "off")
    assert not desk.till.terminal.state.desk.camera_on
    before = desk.till.terminal.state.desk.scan_no
    desk.do(ScanCode(MILK))  # the same code at once would be an echo of the camera
    assert desk.till.terminal.state.desk.scan_no == before + 1
    assert "milk" not in dict(desk.cart)


def test_a_till_closes_while_its_camera_runs(desk: Desk) -> None:
    """It is closed by the fixture, and a thread that is left fails the test."""
    desk.do(UseCamera(on=True))
    desk.until(lambda: desk.till.terminal.state.desk.camera.state == "live")
    assert {"camera", "camera-decoder"} <= {thread.name for thread in threading.enumerate()}
