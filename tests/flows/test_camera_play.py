"""The camera in the flows: on and off by a person, off when they leave, its codes scans like any other."""

from __future__ import annotations

import pytest

from posapp.flows.blocks import CameraPicture
from posapp.flows.effects import StartCamera, StopCamera
from posapp.flows.intents import (
    CameraChanged,
    CameraStatus,
    GoTo,
    Lock,
    ScanCode,
    SignOff,
    SwitchLanguage,
    UseCamera,
)
from posapp.flows.refusals import Refusal
from tests.flows.fakes import COLA
from tests.flows.world import World, labels


@pytest.fixture
def world() -> World:
    """A till with a camera, ready to sell."""
    world = World().open_shift()
    world.do(CameraChanged(CameraStatus("off")))
    return world


def pictures(world: World) -> list[CameraPicture]:
    return [block for block in world.terminal.view().side if isinstance(block, CameraPicture)]


def test_without_a_camera_there_is_no_button_and_a_sentence() -> None:
    world = World().open_shift()
    assert world.terminal.view().top.camera is None
    outcome = world.do(UseCamera(on=True))
    assert world.refused == Refusal.NoCamera.sentence
    assert StartCamera() not in outcome.effects


def test_it_starts_and_stops_with_the_button(world: World) -> None:
    button = world.terminal.view().top.camera
    assert button is not None
    assert button.key == "F11"
    assert world.do(button.intent).effects == (StartCamera(),)
    assert len(pictures(world)) == 1
    assert world.do(UseCamera(on=True)).effects == ()
    again = world.terminal.view().top.camera
    assert again is not None
    assert (button.kind, again.kind) == ("plain", "primary"), "also where a sheet lies over the picture"
    assert world.do(again.intent).effects == (StopCamera(),)
    assert pictures(world) == []
    assert world.do(UseCamera(on=False)).effects == ()


@pytest.mark.parametrize("leave", [Lock(), SignOff()])
def test_it_goes_off_when_its_person_leaves(world: World, leave) -> None:
    world.do(UseCamera(on=True))
    assert StopCamera() in world.do(leave).effects
    assert not world.desk.camera_on
    assert world.terminal.view().top.camera is None


def test_nobody_signed_on_nothing_is_filmed() -> None:
    world = World()
    world.do(CameraChanged(CameraStatus("off")))
    assert world.do(UseCamera(on=True)).effects != (StartCamera(),)
    assert world.refused == Refusal.NobodySignedOn.sentence


def test_its_codes_are_scans(world: World) -> None:
    world.do(UseCamera(on=True), CameraChanged(CameraStatus("live")))
    world.do(ScanCode(f"]E0{COLA}", 5, "camera"))
    assert [line[1] for line in world.lines()] == [1]
    assert [scan.line_no for scan in world.scans().values()] == [1]


def test_it_stays_on_from_page_to_page(world: World) -> None:
    world.do(UseCamera(on=True), GoTo("status"))
    assert len(pictures(world)) == 1
    world.do(GoTo("sell"), SwitchLanguage("en"))
    assert len(pictures(world)) == 1


@pytest.mark.parametrize(
    ("status", "says", "tone"),
    [
        (CameraStatus("starting"), "The camera is starting.", "quiet"),
        (CameraStatus("live"), "Hold the code into the picture.", "quiet"),
        (CameraStatus("live", advice="nearer"), "Hold the code nearer.", "info"),
        (CameraStatus("live", advice="further"), "Hold the code further away.", "info"),
        (CameraStatus("live", advice="hold_still"), "Hold it still.", "info"),
        (CameraStatus("live", advice="too_dark"), "Too dark. Make more light.", "info"),
        (CameraStatus("live", advice="glare"), "It shines. Tilt it a little.", "info"),
        (CameraStatus("trouble", "not_found"), "Plug it in, or close the program that uses it.", "warn"),
        (CameraStatus("trouble", "taken"), "Close the other program", "warn"),
        (CameraStatus("trouble", "lost"), "was unplugged", "warn"),
        (CameraStatus("trouble", "stalled"), "gives no pictures", "warn"),
        (CameraStatus("trouble", "black"), "Take the cover off", "warn"),
        (CameraStatus("trouble", "no_library"), "Ask your IT", "warn"),
    ],
)
def test_every_state_has_its_sentence(world: World, status, says, tone) -> None:
    world.do(SwitchLanguage("en"), UseCamera(on=True), CameraChanged(status))
    (picture,) = pictures(world)
    assert says in picture.caption
    assert picture.tone == tone
    assert labels(world.terminal.view())
