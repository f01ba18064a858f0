"""Certificates: accepted where they prove their answer, refused when anything in them is turned."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from posapp.domain.pricing.answers.engine import price
from posapp.domain.pricing.proof import checker
from posapp.domain.pricing.proof.certificate import certify
from posapp.domain.pricing.proof.checker import check
from tests.domain.pricing.adversarial_baskets import adversarial_case

Table = dict[str, Any]


def _closed(count: int) -> list[Table]:
    found: list[Table] = []
    seed = 0
    while len(found) < count:
        made = certify(*adversarial_case(seed, units_max=7))
        if made.is_closed:
            found.append(json.loads(json.dumps(made.certificate)))
        seed += 1
    return found


@pytest.fixture(scope="module")
def closed() -> list[Table]:
    return _closed(150)


def test_all_are_accepted(closed: list[Table]) -> None:
    assert [fault for certificate in closed for fault in check(certificate)] == []


def test_they_are_about_the_answer() -> None:
    for seed in range(60):
        basket, promotions = adversarial_case(seed)
        certificate = certify(basket, promotions).certificate
        assert certificate["saving"] == price(basket, promotions).discount_minor


def test_some_need_branches() -> None:
    """Prices on units alone do not close every part: then a unit goes to a rule, or does not."""
    trees = [
        part["proof"]
        for seed in range(150)
        for each in certify(*adversarial_case(seed, units_max=9)).certificate["alternatives"]
        for part in each["parts"]
    ]
    assert any("with" in tree for tree in trees)
    assert any("/" in str(tree) for tree in trees)


def _raise_value(certificate: Table) -> bool:
    certificate["saving"] += 1
    return True


def _lower_value(certificate: Table) -> bool:
    """The answer, and what it is said to save, without its last step."""
    for part, taken in zip(_chosen(certificate)["parts"], certificate["answer"]["taken"], strict=True):
        for unit, rule, move in taken:
            table = part["rules"][rule]
            gain = table["moves"][table["units"].index(unit)]["0"][move][1] if rule == 0 else 0
            if gain:
                taken.remove([unit, rule, move])
                certificate["saving"] -= gain
                return True
    return False


def _chosen(certificate: Table) -> Table:
    chosen: Table = certificate["alternatives"][certificate["answer"]["alternative"]]
    return chosen


def _leaves(node: Table) -> list[Table]:
    return [node] if "duals" in node else [*_leaves(node["with"]), *_leaves(node["without"])]


def _negative_dual(certificate: Table) -> bool:
    """Below zero is no price."""
    for leaf in _all_leaves(certificate):
        leaf["duals"][0] = "-1"
        return True
    return False


def _no_duals(certificate: Table) -> bool:
    """Without prices every rule may have every unit."""
    for leaf in _all_leaves(certificate):
        leaf["duals"] = ["0" for _ in leaf["duals"]]
    return True


def _all_leaves(certificate: Table) -> list[Table]:
    parts = [part for each in certificate["alternatives"] for part in each["parts"]]
    return [leaf for part in parts for leaf in _leaves(part["proof"])]


def _raise_dual(certificate: Table) -> bool:
    """A price that is too high proves less, where not every rule would pay it."""
    for leaf in _all_leaves(certificate):
        leaf["duals"][0] = "5000"
    return True


def _leave_branch_out(certificate: Table) -> bool:
    for each in certificate["alternatives"]:
        for part in each["parts"]:
            if "with" in part["proof"]:
                del part["proof"]["without"]
                return True
    return False


def _use_twice(certificate: Table) -> bool:
    for taken in certificate["answer"]["taken"]:
        if taken:
            taken.append(list(taken[0]))
            return True
    return False


def _leave_unfinished(certificate: Table) -> bool:
    for taken in certificate["answer"]["taken"]:
        for step in taken:
            if step[1] > 0:
                taken.remove(step)
                return True
    return False


def _use_what_is_not_allowed(certificate: Table) -> bool:
    for taken in certificate["answer"]["taken"]:
        for step in taken:
            step[2] += 50
            return True
    return False


def _leave_alternative_out(certificate: Table) -> bool:
    if len(certificate["alternatives"]) < 2:
        return False
    other = 1 - min(1, certificate["answer"]["alternative"])
    del certificate["alternatives"][other]
    certificate["answer"]["alternative"] = max(0, certificate["answer"]["alternative"] - (other == 0))
    return True


def _take_more_in_the_order_layer(certificate: Table) -> bool:
    for each in certificate["answer"]["orders"]:
        each[1] += 1
        certificate["saving"] += 1
        return True
    return False


def _leave_rule_out(certificate: Table) -> bool:
    for part, taken in zip(_chosen(certificate)["parts"], certificate["answer"]["taken"], strict=True):
        if taken and len(part["rules"]) > 1:
            part["rules"].pop()
            return any(step[1] >= len(part["rules"]) for step in taken)
    return False


#: What always spoils a proof, and at least so many certificates have it to be turned.
SPOILT: list[tuple[Callable[[Table], bool], int]] = [
    (_raise_value, 150), (_lower_value, 10), (_negative_dual, 50), (_leave_branch_out, 1), (_use_twice, 50),
    (_leave_unfinished, 20), (_use_what_is_not_allowed, 50), (_take_more_in_the_order_layer, 20),
    (_leave_rule_out, 10),
]  # fmt: skip


@pytest.mark.parametrize(("turn", "at_least"), SPOILT, ids=lambda value: getattr(value, "__name__", ""))
def test_what_is_turned_is_refused(closed: list[Table], turn: Callable[[Table], bool], at_least: int) -> None:
    turned = 0
    for certificate in closed if turn is not _leave_branch_out else _branched():
        other = deepcopy(certificate)
        if turn(other):
            turned += 1
            assert check(other), certificate
    assert turned >= at_least


#: What is a proof all the same where it did not matter, and of how many certificates it must spoil.
MATTERING: list[tuple[Callable[[Table], bool], int]] = [
    (_no_duals, 20), (_raise_dual, 10), (_leave_alternative_out, 3)
]  # fmt: skip


@pytest.mark.parametrize(("turn", "at_least"), MATTERING, ids=lambda value: getattr(value, "__name__", ""))
def test_what_matters_is_missed(closed: list[Table], turn: Callable[[Table], bool], at_least: int) -> None:
    refused = 0
    for certificate in closed:
        other = deepcopy(certificate)
        refused += turn(other) and check(other) != []
    assert refused >= at_least


def _branched() -> list[Table]:
    found = []
    for seed in range(150):
        made = certify(*adversarial_case(seed, units_max=9))
        parts = [part for each in made.certificate["alternatives"] for part in each["parts"]]
        if made.is_closed and any("with" in part["proof"] for part in parts):
            found.append(made.certificate)
    return found


@pytest.mark.parametrize("broken", [{}, {"answer": 1}, {"saving": 0, "alternatives": [], "promotions": []}])
def test_what_is_not_whole_is_refused(broken: Table) -> None:
    assert check(broken)


def test_the_checker_is_short_and_knows_no_search() -> None:
    text = Path(checker.__file__).read_text("utf-8")
    assert len(text.splitlines()) <= 100
    imported = {node.module for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)} | {
        name.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import) for name in node.names
    }
    assert imported <= {"__future__", "collections.abc", "fractions", "itertools", "typing"}
