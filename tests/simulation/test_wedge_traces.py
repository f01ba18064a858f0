"""Made-up sessions at the keyboard: every scan right, none made up, all typing intact; other rules beside.

The full campaign is `posapp bench wedge --seeds A:B`; here runs a short form of it.
"""

from __future__ import annotations

import pytest

from posapp.commands.wedge_replay import RULES, Verdict, crossed_scans, play, replay
from posapp.commands.wedge_traces import session

SEEDS = range(40)

pytestmark = pytest.mark.campaign


def test_a_session_follows_from_its_seed() -> None:
    assert session(7).arrivals == session(7).arrivals
    assert session(7).scans != session(8).scans


def test_the_sessions_hold_what_they_promise() -> None:
    made = [session(seed) for seed in range(200)]
    scanners = [each.scanner for each in made if each.scanner is not None]
    assert {scanner.key_ms for scanner in scanners if not scanner.radio} == {1.0, 8.0, 20.0}
    assert {scanner.end for scanner in scanners} == {"\r", "\n", "\t", "\r\n", ""}
    assert {scanner.pc_layout for scanner in scanners} == {"us", "german", "french", "british"}
    assert len({scanner.disguise for scanner in scanners}) == 7
    assert sum(scanner.radio for scanner in scanners) > 40
    assert sum(len(each.stalls) for each in made) > 100
    assert sum(len(crossed_scans(each)) for each in made) > 200
    assert any(stroke.repeat for each in made for _at, stroke in each.arrivals)


def test_by_event_time_every_scan_is_right_and_nothing_else_is_one() -> None:
    wedge = replay(session, SEEDS)["wedge"]
    assert (wedge.right, wedge.false, wedge.leaked, wedge.typing) == (wedge.scans, 0, 0, 0), wedge.bad_seeds
    assert wedge.scans > 250
    assert wedge.typed_runs > 100


def test_by_arrival_only_hardly_anything_is_made_up_and_other_rules_do_worse() -> None:
    verdicts = replay(session, SEEDS, timed=False, rules=True)
    wedge = verdicts.pop("wedge")
    assert wedge.false <= 5
    assert wedge.right >= 0.97 * wedge.scans
    assert set(verdicts) == {rule.name for rule in RULES}
    assert all(other.false > 10 * max(1, wedge.false) for other in verdicts.values())
    assert all(other.right < wedge.right for other in verdicts.values())


def test_the_verdict_sees_what_is_lost_and_what_is_made_up() -> None:
    made = session(3)
    verdict = Verdict()
    texts = play(made, Verdict())
    assert texts == made.scans
    verdict.add(made, [*texts[1:], "made up"])
    assert (verdict.scans - verdict.right, verdict.false) == (1, 1)
