"""Trying a scanner out: its test codes one after another, and what it must be set to otherwise.

While the test is open every scan goes to it and none to the sale. Each is counted and stands on record as
refused with "ScannerTest", beside an open sale and never in it, so that all that reached the till can be
accounted for.
"""

from __future__ import annotations

from dataclasses import replace

from posapp.domain.scan_trace import ScanTrace
from posapp.domain.scanner_check import (
    Channel,
    Diagnosis,
    Received,
    diagnose,
    not_answered,
    recognise,
    summary,
    to_repeat,
)
from posapp.domain.scanner_probes import PROBES, Probe
from posapp.domain.scanner_spellings import Fault, Finding
from posapp.flows.answers import Pairing
from posapp.flows.effects import (
    Beep,
    EndPairing,
    PairScanner,
    PrintNow,
    PrintRequest,
    Record,
    UnpairScanner,
)  # fmt: skip
from posapp.flows.intents import Back, EnterText, GoTo, ScanCode, SearchText
from posapp.flows.refusals import Refusal
from posapp.flows.scanner_paper import findings_slip, probe_sheet
from posapp.flows.scanner_wishes import (
    BeginPairing,
    LeavePairing,
    LetScannerGo,
    NextProbe,
    PrintFindings,
    PrintProbes,
    TryScanner,
)
from posapp.flows.shift import go
from posapp.flows.state import CLOSED, Answered, Desk, ShowingStatus, TryingScanner
from posapp.flows.steps import Ports, Rules, Step, next_scan, plain_text, quiet, refuse_scan, shop_of, tell

#: The same code this soon after itself was read twice: nobody aims and pulls the trigger again so fast.
AGAIN_MS = 700
_KINDS: dict[str, Channel] = {"serial": "serial", "hid-pos": "hid"}


def source_name(desk: Desk, source: str) -> str:
    """What the scanner with this source is called; "" for the keyboard."""
    known = next((each for each in desk.scanners if each.device_id == source), None)
    if known is not None:
        return known.name or known.device_id
    return "" if source == "keyboard" else source


def findings(phase: TryingScanner) -> tuple[Finding, ...]:
    """What the whole test says about the scanner."""
    return summary((PROBES[number], answer.diagnosis) for number, answer in sorted(phase.answers.items()))


def unread(phase: TryingScanner) -> tuple[Probe, ...]:
    """The codes that must be read and were not."""
    missed = (Fault.NOT_READ, Fault.NOT_READ_2D)
    return tuple(
        PROBES[number]
        for number, answer in sorted(phase.answers.items())
        if any(each.fault in missed and each.level == "mend" for each in answer.diagnosis.findings)
    )


def again(phase: TryingScanner) -> tuple[Probe, ...]:
    """The codes for which something else came, so that nothing is known about them yet."""
    return to_repeat((PROBES[number], answer.diagnosis) for number, answer in sorted(phase.answers.items()))


def _start(desk: Desk, phase: ShowingStatus | TryingScanner, intent: TryScanner, ports: Ports) -> Step:
    """Open the test of a scanner, or begin it anew."""
    back = phase.back if isinstance(phase, TryingScanner) else phase
    return Step(replace(quiet(desk), told=None), TryingScanner(back))


def _scan(desk: Desk, phase: TryingScanner, intent: ScanCode, ports: Ports) -> Step:
    """A code for the test: compared with what it should say; on record as refused, never in the sale."""
    desk, recorded = _on_record(next_scan(desk, ports), phase, intent.text, ports)
    at_ms = intent.at_ms or ports.clock.monotonic_ms()
    last = phase.last
    received = _received(desk, intent)
    if last is not None and phase.last_text == received.text and 0 <= at_ms - phase.last_ms <= AGAIN_MS:
        answer = phase.answers[last]
        twice = _with(answer.diagnosis, Finding(Fault.READ_TWICE))
        answers = {**phase.answers, last: replace(answer, diagnosis=twice)}
        phase = replace(phase, answers=answers, at=last, ended=False, last_ms=at_ms)
        return Step(desk, phase, (Beep("refuse"), recorded))
    number, diagnosis = recognise(phase.at, received)
    if intent.trace is not None and intent.trace.twofold:
        diagnosis = _with(diagnosis, Finding(Fault.TWO_TERMINATORS))
    phase = replace(
        phase,
        answers={**phase.answers, number: Answered(plain_text(received.text), diagnosis)},
        at=number,
        last=number,
        last_text=received.text,
        last_ms=at_ms,
        source=intent.source,
        ended=False,
    )
    if diagnosis.right:
        return Step(desk, _onwards(phase), (Beep("ok"), recorded))
    return Step(desk, phase, (Beep("refuse"), recorded))


def _received(desk: Desk, intent: ScanCode) -> Received:
    kind = next((each.kind for each in desk.scanners if each.device_id == intent.source), "keyboard")
    trace: ScanTrace | None = intent.trace
    if trace is None:
        return Received(intent.text, None, _KINDS.get(kind, "keyboard"))
    return Received(trace.typed, trace.terminator, "keyboard", trace.separator, mended=intent.text)


def _with(diagnosis: Diagnosis, finding: Finding) -> Diagnosis:
    if any(each.fault is finding.fault for each in diagnosis.findings):
        return diagnosis
    return replace(diagnosis, findings=(*diagnosis.findings, finding))


def _on_record(desk: Desk, phase: TryingScanner, text: str, ports: Ports) -> tuple[Desk, Record]:
    """The record of a counted scan, beside whatever sale is open."""
    step = refuse_scan(replace(desk, cart=None), phase, text, Refusal.ScannerTest, ports)
    record = next(effect for effect in step.effects if isinstance(effect, Record))
    return replace(quiet(desk), told=None), record


def _onwards(phase: TryingScanner) -> TryingScanner:
    """The next code that has no answer yet; the end where all have one."""
    count = len(PROBES)
    order = (number % count for number in range(phase.at + 1, phase.at + count))
    following = next((number for number in order if number not in phase.answers), None)
    if following is None:
        return replace(phase, ended=True)
    return replace(phase, at=following)


def _typed(desk: Desk, phase: TryingScanner, intent: EnterText, ports: Ports) -> Step:
    """A text that came key by key: by hand, or from a scanner as slow as a hand."""
    text = intent.text.strip()
    desk = replace(quiet(desk), clear_scan=desk.clear_scan + 1)
    if not text:
        return Step(desk, phase)
    by_hand = diagnose(PROBES[phase.at], Received(text, channel="hand"))
    answers = {**phase.answers, phase.at: Answered(plain_text(text), by_hand)}
    phase = replace(phase, answers=answers, last=phase.at, last_text=text, last_ms=0, ended=False)
    return Step(desk, phase, (Beep("refuse"),))


def _next(desk: Desk, phase: TryingScanner, intent: NextProbe, ports: Ports) -> Step:
    """Go on; a code without an answer was not read. From the end, back to the first to be scanned again."""
    repeat = again(phase)
    if phase.ended and repeat:
        return Step(quiet(desk), replace(phase, at=PROBES.index(repeat[0]), ended=False))
    answers = phase.answers
    if phase.at not in answers:
        silent = Diagnosis((not_answered(PROBES[phase.at]),), 0, None)
        answers = {**answers, phase.at: Answered("", silent)}
    return Step(quiet(desk), _onwards(replace(phase, answers=answers)))


def _leave(desk: Desk, phase: TryingScanner, intent: Back, ports: Ports) -> Step:
    """Back to the status page; a pairing is over, and how it went is told once."""
    effects = (EndPairing(),) if desk.pairing != Pairing() else ()
    return Step(quiet(desk), phase.back, effects)


def _go(desk: Desk, phase: TryingScanner, intent: GoTo, ports: Ports) -> Step:
    """Leave the test for a place of the rail."""
    left = _leave(desk, phase, Back(), ports)
    gone = go(left.desk, left.phase, intent, ports)
    return replace(gone, effects=(*left.effects, *gone.effects))


def _nothing(desk: Desk, phase: TryingScanner, intent: SearchText, ports: Ports) -> Step:
    """Nothing is searched for here."""
    return Step(desk, phase)


def _print_sheet(desk: Desk, phase: TryingScanner, intent: PrintProbes, ports: Ports) -> Step:
    """Print all test codes."""
    document = probe_sheet(shop_of(desk), ports.speech(desk.language))
    slip = PrintRequest(ports.ids.new_id(), "test", document)
    return Step(tell(desk, "The test sheet is on its way"), phase, (PrintNow(slip),))


def _print_findings(desk: Desk, phase: TryingScanner, intent: PrintFindings, ports: Ports) -> Step:
    """Print what to change on this scanner."""
    document = findings_slip(
        findings(phase),
        unread(phase),
        shop_of(desk),
        ports.speech(desk.language),
        repeat=again(phase),
        scanner=source_name(desk, phase.source),
        at_ms=ports.clock.now_ms(),
    )
    slip = PrintRequest(ports.ids.new_id(), "test", document)
    return Step(tell(desk, "The list is on its way"), phase, (PrintNow(slip),))


def _pair(desk: Desk, phase: TryingScanner, intent: BeginPairing, ports: Ports) -> Step:
    """Wait for the scanner that is to be kept for codes alone."""
    return Step(quiet(desk), phase, (PairScanner(),))


def _end_pairing(desk: Desk, phase: TryingScanner, intent: LeavePairing, ports: Ports) -> Step:
    """Wait no longer."""
    return Step(quiet(desk), phase, (EndPairing(),))


def _let_go(desk: Desk, phase: TryingScanner, intent: LetScannerGo, ports: Ports) -> Step:
    """Let a paired scanner be a keyboard again."""
    return Step(quiet(desk), phase, (UnpairScanner(intent.device_id),))


def not_waiting(done: Step) -> Step:
    """The step, and no pairing where nobody is at the terminal: a badge's scanner must not be paired."""
    if done.desk.pairing.state == "waiting" and isinstance(done.phase, CLOSED):
        return replace(done, desk=replace(done.desk, pairing=Pairing())).also(EndPairing())
    return done


RULES: Rules = {
    (ShowingStatus, TryScanner): _start,
    (TryingScanner, TryScanner): _start,
    (TryingScanner, ScanCode): _scan,
    (TryingScanner, EnterText): _typed,
    (TryingScanner, SearchText): _nothing,
    (TryingScanner, NextProbe): _next,
    (TryingScanner, PrintProbes): _print_sheet,
    (TryingScanner, PrintFindings): _print_findings,
    (TryingScanner, BeginPairing): _pair,
    (TryingScanner, LeavePairing): _end_pairing,
    (TryingScanner, LetScannerGo): _let_go,
    (TryingScanner, Back): _leave,
    (TryingScanner, GoTo): _go,
}
