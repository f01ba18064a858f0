"""The camera in words: the button beside the scan field, and the picture at the end side."""

from __future__ import annotations

from typing import Literal

from posapp.flows.blocks import Action, Block, CameraPicture, Tone
from posapp.flows.formatting import N_
from posapp.flows.intents import CameraStatus, UseCamera
from posapp.flows.presenters.words import Scene

KEY = "F11"
_TROUBLE = {
    "not_found": N_("No camera answers. Plug it in, or close the program that uses it."),
    "taken": N_("The camera cannot be opened. Close the other program that uses it."),
    "lost": N_("The camera was unplugged. Plug it in; it starts by itself."),
    "stalled": N_("The camera gives no pictures. Unplug it and plug it in again."),
    "black": N_("The picture is black. Take the cover off, or make more light."),
    "no_library": N_("The camera part is not installed. Ask your IT for the full package."),
}
_ADVICE = {
    "nearer": N_("Hold the code nearer."),
    "further": N_("Hold the code further away."),
    "hold_still": N_("Hold it still."),
    "too_dark": N_("Too dark. Make more light."),
    "glare": N_("It shines. Tilt it a little."),
}


def camera_action(scene: Scene, *, closed: bool) -> Action | None:
    """The button that switches the camera on and off; None where there is no camera or nobody to use it."""
    desk = scene.desk
    if closed or desk.camera.state == "none":
        return None
    name = scene.t("Stop the camera") if desk.camera_on else scene.t("Scan with the camera")
    # Where a sheet lies over the live picture, the button alone says that the camera films.
    kind: Literal["primary", "plain"] = "primary" if desk.camera_on else "plain"
    return Action("", UseCamera(not desk.camera_on), KEY, "camera", kind, name=name)


def camera_blocks(scene: Scene) -> tuple[Block, ...]:
    """The live picture with one sentence below it, while the camera is in use."""
    desk = scene.desk
    if not desk.camera_on:
        return ()
    caption, tone = _caption(scene, desk.camera)
    close = Action(scene.t("Stop the camera"), UseCamera(on=False), "", "x")
    return (CameraPicture(scene.t("Camera"), caption, tone, close),)


def _caption(scene: Scene, status: CameraStatus) -> tuple[str, Tone]:
    if status.state == "trouble" and status.trouble in _TROUBLE:
        return scene.t(_TROUBLE[status.trouble]), "warn"
    if status.state in ("off", "starting", "none"):
        return scene.t("The camera is starting."), "quiet"
    if status.advice in _ADVICE:
        return scene.t(_ADVICE[status.advice]), "info"
    return scene.t("Hold the code into the picture."), "quiet"
