"""A scanner is tried out: its codes go to the test, what is wrong is named, and no sale is touched."""

from __future__ import annotations

from dataclasses import replace

import pytest

from posapp.domain.facts import ScanRefused
from posapp.domain.keyboards import typed_on
from posapp.domain.paper import ModulesRow, TextRow
from posapp.domain.scan_trace import ScanTrace
from posapp.domain.scanner_probes import PROBES, Probe
from posapp.domain.scanner_spellings import Fault, Finding
from posapp.flows.blocks import Actions, Note
from posapp.flows.effects import Beep, EndPairing, PairScanner, PrintNow, UnpairScanner
from posapp.flows.intents import (
    Back,
    BeginPairing,
    EnterText,
    GoTo,
    LeavePairing,
    LetScannerGo,
    Lock,
    NextProbe,
    Pairing,
    PrintFindings,
    PrintProbes,
    ScanCode,
    ScannersChanged,
    ScannerStatus,
    SearchText,
    SelectOperator,
    SignOff,
    SignOn,
    StartTender,
    SwitchLanguage,
    TryScanner,
)
from posapp.flows.mains import ScannerMain
from posapp.flows.scanner_words import told
from posapp.flows.state import TryingScanner
from posapp.flows.steps import BADGE
from posapp.flows.views import View
from tests.domain.shops import LIN
from tests.flows.fakes import COLA
from tests.flows.world import World, labels


@pytest.fixture
def world() -> World:
    """A till with a sale open, and the test of a scanner over it."""
    world = World().open_shift()
    world.scan(COLA)
    world.do(SwitchLanguage("en"), GoTo("status"), TryScanner())
    assert world.at == "TryingScanner"
    return world


def phase(world: World) -> TryingScanner:
    assert isinstance(world.phase, TryingScanner)
    return world.phase


def read(world: World, probe: Probe | str, *, terminator: str = "\r", **trace: object) -> View:
    """A keyboard scanner reads a code, some time after the last one."""
    text = probe if isinstance(probe, str) else probe.text
    world.hands.pass_by(2000)
    keys = ScanTrace(text, terminator, **trace)  # type: ignore[arg-type]
    return world.do(ScanCode(text, world.hands.steady_ms, trace=keys)).view


def acts(view: View) -> dict[str, str]:
    """Labels and keys of the sheet's buttons."""
    assert view.sheet is not None
    blocks = [block for block in view.sheet.right if isinstance(block, Actions)]
    return {action.label: action.key for block in blocks for action in block.actions}


def notes(view: View) -> list[tuple[str, str]]:
    """Sentence and tone of the sheet's notes."""
    assert view.sheet is not None
    return [(block.text, block.tone) for block in view.sheet.right if isinstance(block, Note)]


def test_it_is_a_button_of_the_status_page() -> None:
    world = World().open_shift()
    view = world.do(SwitchLanguage("en"), GoTo("status")).view
    found = [a for block in view.side if isinstance(block, Actions) for a in block.actions]
    assert [(a.intent, a.key) for a in found if a.label == "Test scanner"] == [(TryScanner(), "F6")]


def test_a_right_scanner_goes_through_without_a_hand(world: World) -> None:
    for number, probe in enumerate(PROBES):
        main = world.terminal.view().main
        assert isinstance(main, ScannerMain)
        assert main.drawing is not None
        assert main.title.startswith(f"Code {number + 1} of {len(PROBES)}")
        read(world, probe.identifiers[0] + probe.text)
    view = world.terminal.view()
    assert phase(world).ended
    assert isinstance(view.main, ScannerMain)
    assert view.main.drawing is None
    assert view.anchor.figure == f"{len(PROBES)} / {len(PROBES)}"
    assert "Nothing to change: this scanner is set right." in labels(view)
    assert view.anchor.primary.intent == Back()
    assert world.do(Back()).view.state == "ShowingStatus"


def test_no_scan_of_the_test_reaches_the_sale(world: World) -> None:
    lines, before = world.lines(), set(world.scans())
    read(world, PROBES[0])
    read(world, COLA)
    read(world, PROBES[1])
    assert world.lines() == lines
    assert world.desk.cart.scans == world.desk.cart.scans[:1]
    fresh = {number: scan for number, scan in world.scans().items() if number not in before}
    assert [scan.refusal for scan in fresh.values()] == ["ScannerTest"] * 3
    assert sorted(fresh) == list(range(max(before) + 1, max(before) + 4))
    world.do(Back(), GoTo("sell"))
    world.scan(COLA)
    assert len(world.scans()) == len(before) + 4


def test_a_badge_in_the_test_is_not_written_down(world: World) -> None:
    read(world, LIN.badge)
    refused = [fact for fact in world.store.facts if isinstance(fact, ScanRefused)]
    assert refused[-1].scan.code == BADGE


def test_a_wrong_code_stays_and_says_what_mends_it(world: World) -> None:
    view = read(world, "9506000134352X", terminator="\t")
    assert phase(world).at == 0
    found = notes(view)
    assert ("The scanner puts “X” after the code.", "danger") in found
    assert ("Tab follows the code instead of Enter.", "danger") in found
    assert Beep("refuse") in world.effects[-2:]
    view = read(world, PROBES[0])
    assert phase(world).at == 1
    assert ("This code came back right.", "saving") in notes(view)


def test_the_sheet_may_be_scanned_in_any_order(world: World) -> None:
    for probe in reversed(PROBES):
        read(world, probe)
    assert phase(world).ended
    assert all(not answer.diagnosis.findings for answer in phase(world).answers.values())


def test_next_without_an_answer_is_a_code_not_read(world: World) -> None:
    for _ in PROBES:
        world.do(NextProbe())
    view = world.terminal.view()
    assert phase(world).ended
    assert view.anchor.figure == f"0 / {len(PROBES)}"
    assert "The scanner did not answer to EAN-13." in labels(view)
    assert "A laser scanner cannot read them." in labels(view)
    assert view.anchor.primary.intent == PrintFindings()
    # A late answer is taken all the same.
    read(world, PROBES[0])
    assert phase(world).answers[0].diagnosis.right


def test_the_same_code_at_once_came_twice(world: World) -> None:
    read(world, PROBES[0])
    at_ms = world.hands.steady_ms
    keys = ScanTrace(PROBES[0].text, "\r")
    world.do(ScanCode(PROBES[0].text, at_ms + 300, trace=keys))
    assert phase(world).at == 0
    assert [each.fault for each in phase(world).answers[0].diagnosis.findings] == [Fault.READ_TWICE]
    world.do(ScanCode(PROBES[0].text, at_ms + 2000, trace=keys))
    assert phase(world).answers[0].diagnosis.findings == (), "a second try is no double"


def test_two_enters_are_known_from_the_next_code(world: World) -> None:
    read(world, PROBES[0])
    view = read(world, PROBES[1], twofold=True)
    assert ("Enter is sent twice after each code.", "danger") in notes(view)
    assert phase(world).at == 1


def test_what_the_till_mends_is_a_note(world: World) -> None:
    letters = next(probe for probe in PROBES if probe.probe_id == "letters")
    world.hands.pass_by(2000)
    trace = ScanTrace(typed_on(letters.text, computer="de"), "\r")
    view = world.do(ScanCode(letters.text, world.hands.steady_ms, trace=trace)).view
    assert any("German QWERTZ" in text and tone == "info" for text, tone in notes(view))
    assert "The till mends it; better set it right." in labels(view)


def test_typed_texts_are_told_from_scanned_ones(world: World) -> None:
    cleared = world.desk.clear_scan
    view = world.do(SearchText("95060"), EnterText("9506000134352")).view
    assert ("These characters came as slowly as typing.", "danger") in notes(view)
    assert world.desk.clear_scan == cleared + 1
    assert world.do(EnterText("  ")).view.state == "TryingScanner"


def test_other_sources_have_no_keys_to_judge(world: World) -> None:
    serial = ScannerStatus("serial:/dev/ttyACM0", "serial", "Counter scanner", "ready")
    world.do(ScannersChanged((serial,)))
    world.hands.pass_by(2000)
    world.do(ScanCode("]E09506000134352", world.hands.steady_ms, serial.device_id))
    view = world.terminal.view()
    assert phase(world).answers[0].diagnosis.findings == ()
    assert "Scanner: Counter scanner" in labels(view)
    assert "Pair this scanner" not in acts(view)


def test_starting_again_forgets_all(world: World) -> None:
    assert "Start again" not in acts(world.terminal.view())
    read(world, PROBES[0])
    assert acts(world.terminal.view())["Start again"] == "F6"
    world.do(TryScanner())
    assert phase(world) == TryingScanner(phase(world).back)


def test_the_sheet_and_the_list_are_printed(world: World) -> None:
    read(world, "*" + PROBES[0].text)
    world.do(PrintProbes(), PrintFindings())
    slips = [effect.request.document for effect in world.effects if isinstance(effect, PrintNow)]
    assert sum(isinstance(row, ModulesRow) for row in slips[0].rows) == len(PROBES)
    assert TextRow("[ ] Clear the scanner's prefix.") in slips[1].rows


def test_pairing_is_asked_for_and_told(world: World) -> None:
    assert acts(world.terminal.view())["Pair this scanner"] == "F7"
    assert PairScanner() in world.do(BeginPairing()).effects
    view = world.do(ScannersChanged((), Pairing("waiting"))).view
    assert ("Scan any code with the scanner to pair.", "info") in notes(view)
    assert acts(view)["Stop waiting"] == "F7"
    assert EndPairing() in world.do(LeavePairing()).effects
    for trouble in ("none_found", "no_permission", "timed_out", "not_here"):
        view = world.do(ScannersChanged((), Pairing("failed", trouble=trouble))).view
        assert notes(view)[0][1] == "warn"
        assert ("Pair this scanner" in acts(view)) is (trouble != "not_here")
    assert "Pair this scanner" not in acts(world.do(ScannersChanged((), Pairing(), can_pair=False)).view)


def test_a_paired_scanner_may_be_let_go(world: World) -> None:
    mine = ScannerStatus("keyboard:usb-1", "keyboard", "Scan-O-Matic", "ready", paired=True)
    view = world.do(ScannersChanged((mine,), Pairing("done", mine.device_id, mine.name))).view
    assert "Paired: Scan-O-Matic" in labels(view)
    world.hands.pass_by(2000)
    view = world.do(ScanCode(PROBES[0].text, world.hands.steady_ms, mine.device_id)).view
    assert acts(view)["Unpair this scanner"] == "F7"
    assert UnpairScanner(mine.device_id) in world.do(LetScannerGo(mine.device_id)).effects


def test_leaving_ends_a_pairing_and_goes_where_it_is_asked(world: World) -> None:
    world.do(ScannersChanged((), Pairing("waiting")))
    assert EndPairing() in world.do(GoTo("sell")).effects
    assert world.at == "Selling"
    world.do(ScannersChanged((), Pairing("failed", trouble="timed_out")))
    world.do(GoTo("status"), TryScanner())
    assert EndPairing() in world.do(Back()).effects, "how it went is not told again the next time"
    world.do(GoTo("status"), TryScanner(), GoTo("shift"))
    assert world.at == "Reporting"


def test_a_lock_comes_back_to_the_test(world: World) -> None:
    read(world, PROBES[0])
    before = phase(world)
    world.do(Lock())
    assert world.at == "Locked"
    world.do(SelectOperator(LIN.operator_id))
    world.key(LIN.pin_hash.removeprefix("hash of "))
    world.do(SignOn())
    assert phase(world) == before


def test_what_else_is_wished_is_refused_with_the_way_out(world: World) -> None:
    world.do(StartTender())
    assert world.refused.startswith("A scanner is being tried")
    assert world.at == "TryingScanner"


def test_every_finding_has_words_in_both_languages(world: World) -> None:
    for language in ("en", "zh_CN"):
        speech = world.ports.speech(language)
        for fault in Fault:
            finding = Finding(fault, "fr de gb be" if fault.name.startswith("LAYOUT") else "|")
            for each in (finding, replace(finding, level="note")):
                case, mend = told(each, speech, PROBES[0])
                assert case
                assert mend
                assert "{" not in case.replace("{GS}", "") + mend
                assert (language == "en") is case.isascii() or "“" in case or "…" in case


def colours(view: View) -> list[str]:
    """The tone of every code's row."""
    assert isinstance(view.main, ScannerMain)
    return [row.tone for row in view.main.rows]


@pytest.mark.parametrize("stray", [3, len(PROBES) - 1])
def test_a_text_that_is_no_test_code_is_no_right_scanner(world: World, stray: int) -> None:
    for number, probe in enumerate(PROBES):
        if number != stray:
            read(world, probe)
    assert phase(world).at == stray
    read(world, COLA)
    view = world.do(NextProbe()).view
    assert phase(world).ended
    assert colours(view).count("danger") == 1
    assert isinstance(view.main, ScannerMain)
    assert view.main.title == "Codes to scan again: 1"
    assert "Nothing to change: this scanner is set right." not in labels(view)
    assert any(text.startswith("Scan ") and text.endswith(" again") for text, _tone in notes(view))
    assert (view.anchor.figure, view.anchor.primary.label) == ("9 / 10", "Scan again")
    world.do(PrintFindings())
    (slip,) = (effect.request.document for effect in world.effects if isinstance(effect, PrintNow))
    assert any(isinstance(row, TextRow) and row.left.startswith("[ ] Scan ") for row in slip.rows)
    world.do(view.anchor.primary.intent)
    assert (phase(world).at, phase(world).ended) == (stray, False)
    view = read(world, PROBES[stray])
    assert isinstance(view.main, ScannerMain)
    assert view.main.title == "The scanner is set right"
    assert "danger" not in colours(view)
    assert view.anchor.primary.intent == Back()


def test_what_to_change_and_what_to_repeat_are_counted_apart(world: World) -> None:
    for probe in PROBES[:-2]:
        read(world, probe)
    read(world, COLA)
    world.do(NextProbe(), NextProbe())
    view = world.terminal.view()
    assert phase(world).ended
    assert isinstance(view.main, ScannerMain)
    assert view.main.title == "Things to change: 1, codes to scan again: 1"
    assert colours(view).count("danger") == 2
    assert view.anchor.primary.intent == PrintFindings()


@pytest.mark.parametrize("leave", [Lock(), SignOff()])
def test_nobody_is_waited_for_once_the_terminal_is_left(leave: Lock | SignOff) -> None:
    world = World().open_shift()
    if isinstance(leave, Lock):  # a test that is open keeps its operator from signing off
        world.do(GoTo("status"), TryScanner(), BeginPairing())
    world.do(ScannersChanged((), Pairing("waiting")))
    assert EndPairing() in world.do(leave).effects
    assert world.at in ("Locked", "SignedOff")
    assert world.desk.pairing == Pairing()
    assert EndPairing() not in world.do(ScannersChanged((), Pairing())).effects
    # The thread may tell that it waits only after the lock.
    assert EndPairing() in world.do(ScannersChanged((), Pairing("waiting"))).effects
    assert world.desk.pairing == Pairing()
