"""Plays made-up sessions against the wedge and against other rules, and counts what came out.

The window's loop is modelled: keys of a stall arrive at its end all at once, and a timer that is due by
then rings before or after them. A rule is judged by its scans alone; how it reads characters is the same
for all, so that only the telling of scans from typing is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from time import perf_counter_ns

from posapp.commands.wedge_payloads import known
from posapp.commands.wedge_traces import Session
from posapp.ui.bursts import Decision, Scan, Typed
from posapp.ui.keygate import KeyGate
from posapp.ui.spelling import Speller
from posapp.ui.strokes import Key, StrokeReader

NEAR_MS = 200


@dataclass(slots=True)
class Verdict:
    """What became of some sessions.

    `crossed` are scans with a person's key in or near the burst, `leaked` counts scanners' keys that reached
    a person's field, `typing` the sessions whose typed keys did not all come out in their order.
    """

    sessions: int = 0
    scans: int = 0
    right: int = 0
    crossed: int = 0
    crossed_right: int = 0
    false: int = 0
    leaked: int = 0
    typing: int = 0
    typed_runs: int = 0
    strokes: int = 0
    spent_ns: int = 0
    bad_seeds: list[int] = field(default_factory=list)

    def add(self, session: Session, texts: Sequence[str]) -> bool:
        """Count the scans of one session; False where they are not what was scanned."""
        self.sessions += 1
        self.scans += len(session.scans)
        self.typed_runs += session.typed_runs
        blocks = SequenceMatcher(None, list(session.scans), list(texts), autojunk=False).get_matching_blocks()
        whole = {place for block in blocks for place in range(block.a, block.a + block.size)}
        crossed = crossed_scans(session)
        self.crossed += len(crossed)
        self.crossed_right += len(crossed & whole)
        right = len(whole)
        self.right += right
        self.false += len(texts) - right
        return right == len(session.scans) == len(texts)


def crossed_scans(session: Session) -> set[int]:
    """The scans that began within `NEAR_MS` of a person's stroke, or ended so."""
    scanned: dict[int, list[int]] = {}
    struck: list[int] = []
    for _at, stroke in session.arrivals:
        assert isinstance(stroke.token, tuple)
        scan = stroke.token[1]
        if scan is None:
            struck.append(stroke.event_ms)
        else:
            scanned.setdefault(scan, []).append(stroke.event_ms)
    return {
        scan
        for scan, times in scanned.items()
        if any(times[0] - NEAR_MS <= at_ms <= times[-1] + NEAR_MS for at_ms in struck)
    }


def play(session: Session, verdict: Verdict, *, timed: bool = True) -> list[str]:
    """Play one session against the wedge; with `timed` off the key events carry no time."""
    gate = KeyGate(known, session.settings)
    out: list[Decision] = []
    told = session.arrivals if timed else [(at, replace(one, event_ms=0)) for at, one in session.arrivals]
    begun = perf_counter_ns()
    for arrived_ms, stroke in told:
        if gate.due_ms is not None and gate.due_ms < arrived_ms:
            _ring(gate, session, arrived_ms, out)
        out += gate.feed(stroke, arrived_ms)
    while gate.due_ms is not None:
        out += gate.look(gate.due_ms)
    verdict.spent_ns += perf_counter_ns() - begun
    verdict.strokes += len(told)
    return _judge(session, verdict, out)


def _ring(gate: KeyGate, session: Session, arrived_ms: int, out: list[Decision]) -> None:
    """The timers that ring before the next key; one that falls into a stall rings at its end, if at all."""
    while gate.due_ms is not None and gate.due_ms < arrived_ms:
        due_ms = gate.due_ms
        ends = [int(end) + 5_000_000 for start, end in session.stalls if start <= due_ms - 5_000_000 < end]
        rings_ms = max([due_ms, *ends])
        if rings_ms >= arrived_ms:
            if session.timer_first and rings_ms == arrived_ms:
                out += gate.look(rings_ms)
            return
        out += gate.look(rings_ms)


def _judge(session: Session, verdict: Verdict, out: Sequence[Decision]) -> list[str]:
    texts = [each.text for each in out if isinstance(each, Scan)]
    good = verdict.add(session, texts)
    typed: list[int] = []
    leaked = 0
    presses = {
        stroke.token: stroke.kind in ("plain", "end", "f8") for _at, stroke in session.arrivals if stroke.down
    }
    for each in out:
        if isinstance(each, Typed) and isinstance(each.token, tuple) and presses.get(each.token):
            number, scan = each.token
            if scan is None:
                typed.append(number)
            else:
                leaked += 1
    wanted = [
        stroke.token[0]
        for _at, stroke in session.arrivals
        if stroke.down and isinstance(stroke.token, tuple) and stroke.token[1] is None
    ]
    verdict.leaked += leaked
    verdict.typing += typed != wanted
    if not good or leaked or typed != wanted:
        verdict.bad_seeds.append(session.seed)
    return texts


# ---------------------------------------------------------------------------------- other rules


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of other tills: a text ends at a terminator or at a gap above `gap_ms`, and counts from `least`
    signs on; `whole_ms` bounds all of it and `average_ms` the mean gap, 0 for no bound."""

    name: str
    gap_ms: int
    least: int
    whole_ms: int = 0
    average_ms: int = 0


RULES = (
    Rule("gap_55_least_3", 55, 3),
    Rule("gap_100_least_3", 100, 3),
    Rule("gap_100_least_4_whole_1500", 100, 4, whole_ms=1500),
    Rule("average_50_least_6", 100, 6, average_ms=50),
)


def play_rule(rule: Rule, session: Session, verdict: Verdict, *, timed: bool) -> None:
    """Play one session against a rule, by the times of the events or by those of their arrival."""
    reader, speller = StrokeReader(), Speller(known, session.settings)
    texts: list[str] = []
    held: list[Key] = []

    def close() -> None:
        text = speller.spell(held).text
        whole_ms = held[-1].at_ms - held[0].at_ms if held else 0
        fits = len(text) >= rule.least and (not rule.whole_ms or whole_ms <= rule.whole_ms)
        if fits and (not rule.average_ms or whole_ms / max(1, len(held) - 1) <= rule.average_ms):
            texts.append(text)
        held.clear()

    for arrived_ms, stroke in session.arrivals:
        key = reader.read(stroke, stroke.event_ms if timed else arrived_ms)
        if key.kind == "char":
            if held and key.at_ms - held[-1].at_ms > rule.gap_ms:
                close()
            held.append(key)
        elif key.kind == "end":
            close()
    close()
    verdict.add(session, texts)


def replay(
    sessions: Callable[[int], Session], seeds: range, *, timed: bool = True, rules: bool = False
) -> dict[str, Verdict]:
    """Verdicts on these seeds: of the wedge, and of the other rules where asked."""
    verdicts = {"wedge": Verdict()}
    for seed in seeds:
        made = sessions(seed)
        play(made, verdicts["wedge"], timed=timed)
        for rule in RULES if rules else ():
            play_rule(rule, made, verdicts.setdefault(rule.name, Verdict()), timed=timed)
    return verdicts
