from __future__ import annotations

import ast
from pathlib import Path
from typing import get_args

from posapp.flows.intents import Intent
from posapp.flows.refusals import Refusal
from posapp.flows.state import Phase
from posapp.flows.terminal import ANYWHERE, RULES
from tests.flows.state_table import PAGE, page

FLOWS = Path(__file__).resolve().parents[2] / "posapp" / "flows"


def test_the_page_of_states_is_fresh() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: python -m tests.flows.state_table"


def test_every_rule_says_what_it_does() -> None:
    silent = [key for key, rule in [*RULES.items(), *ANYWHERE.items()] if not rule.__doc__]
    assert silent == []


def test_every_pair_is_of_a_known_state_and_intent() -> None:
    for phase, intent in RULES:
        assert phase in get_args(Phase)
        assert intent in get_args(Intent)


def test_every_intent_is_taken_somewhere() -> None:
    taken = {intent for _, intent in RULES} | set(ANYWHERE)
    assert {intent.__name__ for intent in get_args(Intent)} - {intent.__name__ for intent in taken} == set()


def test_scans_are_taken_or_refused_on_record_in_every_state() -> None:
    scanned = {phase.__name__ for phase, intent in RULES if intent.__name__ == "ScanCode"}
    assert {phase.__name__ for phase in get_args(Phase)} - scanned == {"ShowingStatus"}


def test_every_refusal_is_used() -> None:
    said = {
        node.attr
        for path in FLOWS.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Refusal"
    }
    assert {refusal.name for refusal in Refusal} - said == set()
