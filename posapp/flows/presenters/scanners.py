"""The scanners on the status page: a row for each, and what a person can do about one that is away."""

from __future__ import annotations

from posapp.flows.answers import ScannerKind, ScannerStatus, ScannerTrouble
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


def scanner_name(scene: Scene, scanner: ScannerStatus) -> str:
    """What people call a scanner: its own name, or its kind."""
    name = scanner.name.strip() or scene.t(KINDS[scanner.kind])
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
    title = f"{scene.t('Scanner')} · {scanner_name(scene, scanner)}"
    last = _last_code(scene, scanner.last_code_ms)
    if scanner.trouble:
        short, sentence = TROUBLES[scanner.trouble]
        detail = f"{scene.t(short)} · {last}" if scanner.last_code_ms else scene.t(short)
        if sentence:
            return StatusRow("scan-barcode", title, detail, scene.t("Needs you"), "danger")
        return StatusRow("scan-barcode", title, detail, scene.t("Note"), "warn")
    if scanner.state == "starting":
        return StatusRow("scan-barcode", title, scene.t("is being opened"), scene.t("Note"), "quiet")
    detail = f"{scene.t(KINDS[scanner.kind])} · {last}" if scanner.name else last
    return StatusRow("scan-barcode", title, detail, scene.t("Fine"), "done")


def _last_code(scene: Scene, at_ms: int | None) -> str:
    return scene.t("last code {time}", time=scene.clock(at_ms)) if at_ms else scene.t("no code yet")
