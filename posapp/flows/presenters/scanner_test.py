"""The test of a scanner as people see it: the code to scan, what came back, and what to change."""

from __future__ import annotations

from posapp.domain.scanner_drawings import DRAWINGS
from posapp.domain.scanner_probes import PROBES
from posapp.domain.scanner_spellings import Finding
from posapp.flows.blocks import Action, Actions, Block, Fact, Facts, Heading, Note, Spring, Tone
from posapp.flows.formatting import N_
from posapp.flows.intents import (
    Back,
    BeginPairing,
    LeavePairing,
    LetScannerGo,
    NextProbe,
    PrintFindings,
    PrintProbes,
    TryScanner,
)
from posapp.flows.mains import ProbeRow, ScannerMain
from posapp.flows.presenters.words import Scene
from posapp.flows.scanner_test import again, findings, source_name, unread
from posapp.flows.scanner_words import again_words, probe_name, shown, told, written
from posapp.flows.state import Answered, TryingScanner
from posapp.flows.views import Anchor, Sheet

#: Characters of what came back that are shown; the rest is counted.
SHOWN_CHARS = 48
_PAIRING_TROUBLE = {
    "none_found": N_("No keyboard could be listened to. Check the scanner's cable."),
    "no_permission": N_("This PC does not let the till read its keyboards. Ask shop IT for the right to."),
    "timed_out": N_("No scan came within a minute. Try again."),
    "not_here": N_("Scanners cannot be paired on this system; they work unpaired."),
}


def _passed(phase: TryingScanner) -> int:
    return sum(answer.diagnosis.right and bool(answer.text) for answer in phase.answers.values())


def _to_change(phase: TryingScanner) -> int:
    return sum(each.level == "mend" for each in findings(phase)) + len(unread(phase))


def _words_left(scene: Scene, phase: TryingScanner) -> str:
    """What the whole test comes to: right only where no code came back otherwise."""
    count, repeat = _to_change(phase), len(again(phase))
    if count and repeat:
        return scene.t("Things to change: {n}, codes to scan again: {m}", n=str(count), m=str(repeat))
    if count:
        return scene.t("Things to change: {n}", n=str(count))
    if repeat:
        return scene.t("Codes to scan again: {n}", n=str(repeat))
    return scene.t("The scanner is set right")


def _row(scene: Scene, phase: TryingScanner, number: int) -> ProbeRow:
    probe, answer = PROBES[number], phase.answers.get(number)
    here = number == phase.at and not phase.ended
    label = probe_name(probe, scene.speech)
    if answer is None:
        return ProbeRow(label, "", "plain", "", here)
    case = told(answer.diagnosis.findings[0], scene.speech, probe)[0] if answer.diagnosis.findings else ""
    if not answer.text:
        silent: Tone = "quiet" if answer.diagnosis.right else "danger"
        return ProbeRow(label, scene.t("not read"), silent, case, here)
    if not answer.diagnosis.right:
        return ProbeRow(label, scene.t("to change"), "danger", case, here)
    if case:
        return ProbeRow(label, scene.t("note"), "info", case, here)
    return ProbeRow(label, scene.t("right"), "done", "", here)


def scanner_main(scene: Scene, phase: TryingScanner) -> ScannerMain:
    """The code on the screen and how all of them went."""
    rows = tuple(_row(scene, phase, number) for number in range(len(PROBES)))
    if phase.ended:
        return ScannerMain(_words_left(scene, phase), _scanner(scene, phase), None, "", "", rows)
    probe = PROBES[phase.at]
    name = probe_name(probe, scene.speech)
    return ScannerMain(
        title=scene.t("Code {n} of {all}: {name}", n=str(phase.at + 1), all=str(len(PROBES)), name=name),
        detail=scene.t("Scan it here, or the printed sheet in any order."),
        drawing=DRAWINGS[probe.probe_id],
        caption=written(probe),
        name=scene.t("Test code {name}", name=name),
        rows=rows,
    )


def _scanner(scene: Scene, phase: TryingScanner) -> str:
    """Which scanner is being tried."""
    if phase.last is None:
        return scene.t("No scanner has answered yet")
    name = source_name(scene.desk, phase.source)
    if name == "camera":
        name = scene.t("Camera")
    return scene.t("Scanner: {name}", name=name or scene.t("Keyboard scanner"))


def scanner_sheet(scene: Scene, phase: TryingScanner) -> Sheet:
    """What came back, or what to change in all."""
    blocks = _ending(scene, phase) if phase.ended else _answer(scene, phase)
    return Sheet(
        title=scene.t("What to change on this scanner") if phase.ended else scene.t("Test scanner"),
        icon="scan-barcode",
        top=(),
        left=(),
        right=(*_pairing(scene), *blocks, Spring(), _acts(scene, phase)),
        hint_title="",
        hint=scene.t("Codes go to the test; no sale is touched."),
        second=Action(scene.t("Leave"), Back(), "Esc", "x"),
    )


def _finding(scene: Scene, finding: Finding, number: int | None) -> Note:
    probe = PROBES[number] if number is not None else None
    case, mend = told(finding, scene.speech, probe)
    if finding.level == "note":
        return Note(case, "info", "info", mend)
    return Note(case, "danger", "circle-alert", mend)


def _answer(scene: Scene, phase: TryingScanner) -> tuple[Block, ...]:
    """What came back last, or what came for the code that is shown."""
    here = phase.at if phase.at in phase.answers else phase.last
    if here is None:
        return (
            Note(scene.t("Scan the code on the screen."), "info", "scan-barcode",
                 scene.t("What comes back is compared with what the code says.")),
        )  # fmt: skip
    answer = phase.answers[here]
    name = probe_name(PROBES[here], scene.speech)
    blocks: list[Block] = [Heading(name, _scanner(scene, phase))]
    if answer.text:
        blocks.append(Note(_came(scene, answer), "plain", "scan-barcode"))
    if not answer.diagnosis.findings:
        blocks.append(Note(scene.t("This code came back right."), "saving", "circle-check"))
    return (*blocks, *(_finding(scene, each, here) for each in answer.diagnosis.findings))


def _came(scene: Scene, answer: Answered) -> str:
    text = shown(answer.text)
    if len(text) > SHOWN_CHARS:
        text = text[:SHOWN_CHARS] + scene.t("… ({n} characters)", n=str(len(answer.text)))
    return scene.t("Came back: {text}", text=text)


def _ending(scene: Scene, phase: TryingScanner) -> tuple[Block, ...]:
    found = findings(phase)
    notes = [_finding(scene, each, None) for each in found]
    silent = [number for number in range(len(PROBES)) if PROBES[number] in unread(phase)]
    notes += [_finding(scene, phase.answers[number].diagnosis.findings[0], number) for number in silent]
    for probe in again(phase):
        answer = phase.answers[PROBES.index(probe)]
        notes.append(Note(again_words(probe, scene.speech), "danger", "rotate-ccw", _came(scene, answer)))
    if not _to_change(phase) and not again(phase):
        fine = scene.t("Nothing to change: this scanner is set right.")
        return (Note(fine, "saving", "circle-check", big=True), *notes)
    return tuple(notes)


def _pairing(scene: Scene) -> tuple[Block, ...]:
    """How far the pairing is."""
    pairing = scene.desk.pairing
    if pairing.state == "waiting":
        return (Note(scene.t("Scan any code with the scanner to pair."), "info", "scan-barcode"),)
    if pairing.state == "failed" and pairing.trouble in _PAIRING_TROUBLE:
        return (Note(scene.t(_PAIRING_TROUBLE[pairing.trouble]), "warn", "triangle-alert"),)
    if pairing.state == "done":
        name = pairing.name or pairing.device_id
        return (Facts((Fact(scene.t("Paired: {name}", name=name), "check"),)),)
    return ()


def _acts(scene: Scene, phase: TryingScanner) -> Actions:
    actions = [Action(scene.t("Print test sheet"), PrintProbes(), "F9", "printer")]
    if phase.answers:
        actions.append(Action(scene.t("Start again"), TryScanner(), "F6", "rotate-ccw"))
    desk = scene.desk
    paired = next((each for each in desk.scanners if each.paired and each.device_id == phase.source), None)
    if desk.pairing.state == "waiting":
        actions.append(Action(scene.t("Stop waiting"), LeavePairing(), "F7", "x"))
    elif paired is not None:
        actions.append(Action(scene.t("Unpair this scanner"), LetScannerGo(paired.device_id), "F7", "x"))
    elif desk.can_pair and phase.source == "keyboard" and desk.pairing.trouble != "not_here":
        actions.append(Action(scene.t("Pair this scanner"), BeginPairing(), "F7", "plus"))
    return Actions(tuple(actions))


def scanner_anchor(scene: Scene, phase: TryingScanner) -> Anchor:
    """How many codes came back right; on to the next, or the list on paper."""
    figure = f"{_passed(phase)} / {len(PROBES)}"
    if not phase.ended:
        act = Action(scene.t("Next code"), NextProbe(), "Enter", "", "primary")
    elif _to_change(phase):
        act = Action(scene.t("Print what to change"), PrintFindings(), "Enter", "printer", "primary")
    elif again(phase):
        act = Action(scene.t("Scan again"), NextProbe(), "Enter", "rotate-ccw", "primary")
    else:
        act = Action(scene.t("Done"), Back(), "Enter", "check", "primary")
    return Anchor((), scene.t("Passed"), figure, "", "", "plain", act)
