"""Certificates: accepted where they prove their answer, refused when what they say is turned."""

from __future__ import annotations

import ast
import json
from collections import Counter
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

from posapp.domain.pricing.answers.engine import price
from posapp.domain.pricing.proof import certificate as making
from posapp.domain.pricing.proof import checker
from posapp.domain.pricing.proof.certificate import Certified, certify
from posapp.domain.pricing.proof.checker import check
from tests.domain.pricing.adversarial_baskets import adversarial_case
from tests.domain.pricing.spoilt_certificates import is_true, spoilt

Table = dict[str, Any]
BASKETS = 150


@cache
def _made(seed: int) -> Certified:
    return certify(*adversarial_case(seed, units_max=7))


def _told(seed: int) -> Table:
    told: Table = json.loads(json.dumps(_made(seed).certificate))
    return told


def test_all_but_few_are_closed_and_accepted() -> None:
    made = [(seed, _made(seed)) for seed in range(BASKETS)]
    assert [fault for seed, each in made if each.is_closed for fault in check(_told(seed))] == []
    assert sum(each.is_closed for _, each in made) >= BASKETS - 1


def test_an_open_one_is_refused_and_says_by_how_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without room for what the prices leave open, those that need it are not closed."""
    monkeypatch.setattr(making, "OPEN_MAX", 0)
    gaps = 0
    for seed in range(BASKETS):
        made = certify(*adversarial_case(seed, units_max=7))
        if not made.is_closed:
            assert check(json.loads(json.dumps(made.certificate)))
            gaps += bool(made.gap_minor)
    assert gaps > 5


def test_what_could_not_be_told_is_no_gap_of_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a table would be too large the gap is not known."""

    def too_large(*_: object, **__: object) -> object:
        raise making.TooLargeError

    monkeypatch.setattr(making, "tabled", too_large)
    opened = [certify(*adversarial_case(seed, units_max=7)) for seed in range(10)]
    assert not any(made.is_closed for made in opened)
    assert all(made.gap_minor is None for made in opened)


def test_they_are_about_the_answer() -> None:
    for seed in range(BASKETS):
        basket, promotions = adversarial_case(seed, units_max=7)
        assert _made(seed).certificate["saving"] == price(basket, promotions).discount_minor


def test_some_list_what_is_open_and_some_have_fractions() -> None:
    told = [_told(seed) for seed in range(BASKETS)]
    assert any(any(table for table in each["open"]) for one in told for each in one["alternatives"])
    assert any(items["per"] > 1 for one in told for items in one["items"])
    assert any(items["parts"] > 1 for one in told for items in one["items"])


def test_the_judge_of_what_is_turned_agrees_with_what_is_not() -> None:
    assert all(is_true(_told(seed)) for seed in range(BASKETS) if _made(seed).is_closed)


def test_what_is_turned_is_refused_unless_it_is_true_all_the_same() -> None:
    refused: Counter[str] = Counter()
    for seed in range(BASKETS):
        if _made(seed).is_closed:
            for field, other in spoilt(_told(seed), Random(seed), 25):
                found = check(json.loads(json.dumps(other)))
                assert found or is_true(other), (seed, field, other)
                refused[field] += bool(found)
    fields = {
        "saving", "groups", "answer", "answer.alternative", "answer.taken", "answer.orders", "alternatives",
        "alternatives.active", "alternatives.books", "alternatives.goods", "items.parts",
        "alternatives.orders", "alternatives.orders.falls", "alternatives.items", "alternatives.open",
        "items", "items.rules", "items.rules.moves", "items.rules.ends", "items.duals", "items.per",
    }  # fmt: skip
    assert {field for field, count in refused.items() if count >= 3} >= fields
    assert sum(refused.values()) > 1_000


def test_a_worse_answer_is_refused() -> None:
    """What is legal and adds up, but leaves out a group, a unit or an order promotion."""
    worse = 0
    for seed in range(BASKETS):
        told = _told(seed)
        for other in _worse(told):
            worse += 1
            assert check(other), (seed, other["answer"])
    assert worse > 150


def _worse(told: Table) -> list[Table]:
    """The answer without its order promotions, and without any items."""
    chosen = told["alternatives"][told["answer"]["alternative"]]
    off = sum(
        sum(told["items"][chosen["items"]]["rules"][rule]["moves"][move][3])
        for rule, move in told["answer"]["taken"]
    )
    by_orders = sum(amount for _, amount in told["answer"]["orders"])
    found = []
    for answer, saving in (
        ({**told["answer"], "orders": []}, told["saving"] - by_orders),
        ({**told["answer"], "taken": [], "orders": []}, told["saving"] - by_orders - off),
    ):
        if saving < told["saving"]:
            found.append({**told, "answer": answer, "saving": saving})
    return found


@pytest.mark.parametrize("broken", [{}, {"answer": 1}, {"saving": 0, "alternatives": [], "groups": []}])
def test_what_is_not_whole_is_refused(broken: Table) -> None:
    assert check(broken)


def test_the_checker_is_short_and_knows_no_search() -> None:
    text = Path(checker.__file__).read_text("utf-8")
    assert len(text.splitlines()) <= 100
    imported = {node.module for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)} | {
        name.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import) for name in node.names
    }
    assert imported <= {"__future__", "collections.abc", "itertools", "typing"}
