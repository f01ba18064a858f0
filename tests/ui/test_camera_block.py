"""The live picture: frames are painted where the view has a place for them, and only there."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from sample_views import sample

from posapp.flows import intents as do
from posapp.flows.blocks import CameraPicture
from posapp.flows.views import Action, View
from posapp.ui.keymap import key_map
from posapp.ui.widgets.camera_picture import CameraBlock, Frame

CLOSE = Action("Stop the camera", do.UseCamera(on=False), "", "x")
PICTURE = CameraPicture("Camera", "Hold the code nearer.", "info", CLOSE)
BUTTON = Action("", do.UseCamera(on=False), "F11", "camera", name="Stop the camera")


def with_camera(name: str = "03-cart") -> View:
    view = sample(name, "en")
    return replace(view, side=(PICTURE, *view.side), top=replace(view.top, camera=BUTTON))


def frame(grey: int, outline: tuple[tuple[float, float], ...] = ()) -> Frame:
    return Frame(64, 36, bytes([grey]) * (64 * 36), (outline,) if outline else ())


def block(till) -> CameraBlock:
    (found,) = [part for part in till.window.parts.side.column.parts if isinstance(part, CameraBlock)]
    return found


def middle(till) -> QColor:
    part = block(till)
    return part.grab().toImage().pixelColor(part.width() // 2, part.height() // 3)


def test_the_newest_frame_is_painted(till) -> None:
    till.show(with_camera())
    till.window.show_frame(frame(40))
    till.window.show_frame(frame(200))
    assert abs(middle(till).red() - 200) < 3


def test_what_was_read_is_framed(till) -> None:
    till.show(with_camera())
    till.window.show_frame(frame(0, ((0.2, 0.3), (0.8, 0.3), (0.8, 0.7), (0.2, 0.7))))
    image = block(till).grab().toImage()
    coloured = [
        (x, y)
        for x in range(0, image.width(), 2)
        for y in range(0, image.height() // 2, 2)
        if image.pixelColor(x, y).green() > image.pixelColor(x, y).red() + 20
    ]
    assert len(coloured) > 50


def test_frames_without_a_place_are_dropped(till) -> None:
    till.show(sample("03-cart", "en"))
    till.window.show_frame(frame(200))
    till.show(with_camera())
    assert block(till).frame_shown is None


@pytest.mark.parametrize("name", ["02-prompt", "03-cart", "07-done", "13-count"])
def test_it_has_room_beside_every_screen(till, name) -> None:
    till.show(with_camera(name))
    part = block(till)
    assert part.width() * 3 // 8 <= part.height()
    assert part.accessibleName() == "Camera. Hold the code nearer."


def test_button_key_and_close_mean_the_same(till) -> None:
    view = with_camera()
    till.show(view)
    till.taken()
    assert key_map(view)["F11"] == do.UseCamera(on=False)
    QTest.mouseClick(till.window.parts.top.camera, Qt.MouseButton.LeftButton)
    QTest.mouseClick(block(till).close_button, Qt.MouseButton.LeftButton)
    assert till.taken() == [do.UseCamera(on=False)] * 2
    assert till.window.parts.top.camera.accessibleName() == "Stop the camera"


def test_the_button_goes_when_there_is_no_camera(till) -> None:
    till.show(with_camera())
    assert till.window.parts.top.camera.isVisible()
    till.show(sample("03-cart", "en"))
    assert not till.window.parts.top.camera.isVisible()


def test_a_frame_of_another_shape_fills_the_picture(till) -> None:
    till.show(with_camera())
    till.window.show_frame(Frame(36, 64, bytes([180]) * (64 * 36)))
    assert abs(middle(till).red() - 180) < 3
