"""The scanners on the status page: a row for each, and what a person can do about one that is away."""

from __future__ import annotations

from posapp.flows.answers import ScannerKind, ScannerStatus, ScannerTrouble
from posapp.flows.blocks import Tone
from posapp.flows.formatting import N_
from posapp.flows.mains import StatusRow
from posapp.flows.presenters.words import Scene

#: A maker's name for a device may be a sentence.
NAME_MAX = 26

KINDS: dict[ScannerKind, str] = {
    "serial": N_("serial line"),
    "hid-pos": N_("HID-POS"),
    "keyboard": N_("typing, kept for codes"),
    "raw-input": N_("typing, kept for codes"),
}

#: On the row of a scanner in trouble, and the sentence that mends it ("" where nothing needs to be done).
TROUBLES: dict[ScannerTrouble, tuple[str, str]] = {
    "unplugged": (
        N_("not connected"),
        N_("The scanner {name} is not connected. Plug it in; the till finds it by itself."),
    ),
    "no_permission": (
        N_("the till may not read it"),
        N_("The till may not read the scanner {name}. Ask shop IT to allow it: posapp scanners says how."),
    ),
    "taken": (
        N_("in use by another program"),
        N_("Another program uses the scanner {name}. Close it; the till tries again by itself."),
    ),
    "no_library": (
        N_("a part is missing"),
        N_("This till lacks the part for HID-POS scanners. Ask shop IT to install hidapi."),
    ),
    "not_here": (N_("goes on typing: this system keeps no keyboard apart"), ""),
    "garbage": (
        N_("sends what is no code"),
        N_("The scanner {name} sends what is no code. Check its speed (9600 8N1) and its suffix (Enter)."),
    ),
    "failed": (
        N_("does not open"),
        N_("The scanner {name} does not open. Unplug it and plug it in again."),
    ),
}


_DONE: Tone = "done"
_WARN: Tone = "warn"
_DANGER: Tone = "danger"
_QUIET: Tone = "quiet"


def scanner_name(scene: Scene, scanner: ScannerStatus) -> str:
    """What people call a scanner: its own name, its port, or its kind."""
    _, _, port = scanner.device_id.partition("?")[0].rpartition("/" if "/" in scanner.device_id else ":")
    is_port = scanner.kind == "serial" and not scanner.device_id.startswith("serial:usb:")
    name = scanner.name.strip() or (port if is_port else scene.t(KINDS[scanner.kind]))
    return name if len(name) <= NAME_MAX else name[: NAME_MAX - 1].rstrip() + "…"


def scanner_rows(scene: Scene) -> tuple[StatusRow, ...]:
    """A row for each scanner with a line of its own; one for the keyboard's where there is none."""
    if scene.desk.scanners:
        return tuple(_row(scene, scanner) for scanner in scene.desk.scanners)
    detail = _last_code(scene, scene.desk.last_scan_ms)
    return (StatusRow("scan-barcode", scene.t("Scanner"), detail, scene.t("Fine"), "done"),)


def scanner_needs(scene: Scene) -> tuple[str, ...]:
    """What a person can do, a sentence for each scanner that needs somebody."""
    return tuple(
        scene.t(sentence, name=scanner_name(scene, scanner))
        for scanner in scene.desk.scanners
        if scanner.trouble and (sentence := TROUBLES[scanner.trouble][1])
    )


def _row(scene: Scene, scanner: ScannerStatus) -> StatusRow:
    title = scanner_name(scene, scanner) if scanner.name.strip() else scene.t("Scanner")
    last = _last_code(scene, scanner.last_code_ms)
    if scanner.trouble:
        short, sentence = TROUBLES[scanner.trouble]
        state, tone = (scene.t("Needs you"), _DANGER) if sentence else (scene.t("Note"), _WARN)
        parts = [scene.t(short), last] if scanner.last_code_ms else [scene.t(short)]
    elif scanner.state == "starting":
        state, tone, parts = scene.t("Note"), _QUIET, [scene.t("is being opened")]
    else:
        state, tone, parts = scene.t("Fine"), _DONE, [last]
    if not scanner.name.strip():
        parts.insert(0, scanner_name(scene, scanner))
    elif tone is _DONE:
        parts.insert(0, scene.t(KINDS[scanner.kind]))
    return StatusRow("scan-barcode", title, " · ".join(parts), state, tone)


def _last_code(scene: Scene, at_ms: int | None) -> str:
    return scene.t("last code {time}", time=scene.clock(at_ms)) if at_ms else scene.t("no code yet")
