"""`posapp bench wedge`: made-up scanners and people at the keyboard, told apart by the wedge and others.

Every session is played four times: by the times of the events and by those of their arrival, against the
wedge and against the rules that other tills have or had. Which seeds were tuned on and which were kept
apart is said in the module of the sessions and in the documents.
"""

from __future__ import annotations

from typing import Any

from posapp.commands.measuring import Aim, Result
from posapp.commands.wedge_replay import Verdict, replay
from posapp.commands.wedge_traces import session

BAD_SEEDS_SHOWN = 20


def bench_wedge(seeds: range) -> Result:
    """Play the sessions of these seeds."""
    by_event = replay(session, seeds, timed=True, rules=True)
    by_arrival = replay(session, seeds, timed=False, rules=True)
    wedge, untimed = by_event["wedge"], by_arrival["wedge"]
    apart = wedge.scans - wedge.crossed
    figures: dict[str, Any] = {
        "seeds": f"{seeds.start}:{seeds.stop}",
        "sessions": wedge.sessions,
        "scans": wedge.scans,
        "typed_runs": wedge.typed_runs,
        "strokes": wedge.strokes,
        "right": wedge.right,
        "wrong": wedge.scans - wedge.right,
        "false": wedge.false,
        "leaked_keys": wedge.leaked,
        "sessions_with_typing_changed": wedge.typing,
        "scans_apart": apart,
        "wrong_apart": apart - (wedge.right - wedge.crossed_right),
        "scans_crossed": wedge.crossed,
        "wrong_crossed": wedge.crossed - wedge.crossed_right,
        "right_ratio": round(wedge.right / max(1, wedge.scans), 5),
        "false_per_scan_ratio": round(wedge.false / max(1, wedge.scans), 5),
        "arrival_only_right": untimed.right,
        "arrival_only_false": untimed.false,
        "arrival_only_false_per_scan_ratio": round(untimed.false / max(1, untimed.scans), 5),
        "key_us": round(wedge.spent_ns / 1e3 / max(1, wedge.strokes), 2),
        "bad_seeds": wedge.bad_seeds[:BAD_SEEDS_SHOWN],
    }
    aims = [
        Aim("wrong_apart", "==", 0),
        Aim("right_ratio", ">=", 0.995),
        Aim("false_per_scan_ratio", "<=", 0.005),
        Aim("arrival_only_false_per_scan_ratio", "<=", 0.01),
    ]
    return Result("wedge", seeds.start, figures, _baselines(by_event, by_arrival), aims)


def _baselines(by_event: dict[str, Verdict], by_arrival: dict[str, Verdict]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for way, verdicts in (("event", by_event), ("arrival", by_arrival)):
        for name, verdict in verdicts.items():
            if name != "wedge":
                found[f"{name}_{way}_right"] = verdict.right
                found[f"{name}_{way}_false"] = verdict.false
    return found
