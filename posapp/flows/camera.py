"""The camera as one more scanner: switched on by a person, off again when they leave the terminal.

Its codes come as scans like any other. Here is only whether it runs and how it is; pictures never pass
through the state.
"""

from __future__ import annotations

from dataclasses import replace

from posapp.flows.effects import StartCamera, StopCamera
from posapp.flows.intents import CameraChanged, UseCamera
from posapp.flows.refusals import Refusal
from posapp.flows.state import CLOSED, Desk, Phase
from posapp.flows.steps import Ports, Rule, Step, refuse


def _use(desk: Desk, phase: Phase, intent: UseCamera, ports: Ports) -> Step:
    """Switch the camera on or off; without one the sentence says where to name it."""
    if not intent.on:
        return Step(replace(desk, camera_on=False), phase, (StopCamera(),) if desk.camera_on else ())
    if isinstance(phase, CLOSED):
        return refuse(desk, phase, Refusal.NobodySignedOn)
    if desk.camera.state == "none":
        return refuse(desk, phase, Refusal.NoCamera)
    return Step(replace(desk, camera_on=True), phase, () if desk.camera_on else (StartCamera(),))


def _changed(desk: Desk, phase: Phase, intent: CameraChanged, ports: Ports) -> Step:
    """Keep how the camera is."""
    return Step(replace(desk, camera=intent.status), phase)


def left_alone(done: Step) -> Step:
    """The step, and the camera off where nobody is at the terminal any more: it must not film the shop."""
    if done.desk.camera_on and isinstance(done.phase, CLOSED):
        return replace(done, desk=replace(done.desk, camera_on=False)).also(StopCamera())
    return done


WORLD: dict[type, Rule] = {UseCamera: _use, CameraChanged: _changed}
