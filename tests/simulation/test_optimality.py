"""The optimality campaign in its short form, and proof that its judges can object."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from posapp.domain.pricing.goods import runs
from posapp.domain.pricing.items import search
from posapp.domain.pricing.items.kernel import Kernel, use
from posapp.domain.pricing.items.tables import Cluster
from tests.simulation.optimality import Outcome, large, main, small

pytestmark = pytest.mark.campaign


def test_five_hundred_nasty_baskets_equal_brute_force(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seeds", "3000:3500"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["baskets"] == told["counted"]["proven"] == 500
    assert told["counted"]["certificate closed"] >= 498
    assert told["counted"]["planted refused"] > 1_000


def test_six_large_baskets_equal_the_solver(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("highspy")
    assert main(["--judge", "highs", "--seeds", "0:6"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["counted"]["proven by the judge"] == told["counted"]["proven"] == 6


def test_groups_by_falling_price_hold_for_the_solver_too() -> None:
    """A basket in which groups made otherwise take less off the items and so reach a threshold."""
    pytest.importorskip("highspy")
    outcome = Outcome()
    large(4053, outcome)
    assert outcome.wrong == []


def _is_caught(seeds: range) -> bool:
    """By the judge, or because a sum or the search's own account does not hold any more."""
    outcome = Outcome()
    try:
        for seed in seeds:
            small(seed, outcome)
    except (AssertionError, ArithmeticError):
        return True
    return bool(outcome.wrong)


@pytest.fixture
def _in_python() -> Iterator[None]:
    """The search in Python, which is what is spoilt."""
    before = use(Kernel(None, "spoilt"))
    try:
        yield
    finally:
        use(before)


@pytest.mark.usefixtures("_in_python")
def test_a_greedy_search_is_objected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each unit goes where it gains most at once."""
    run = search._Pass._run
    monkeypatch.setattr(
        search._Pass, "_run", lambda self, most, *, width=0, whole=False: run(self, 1 << 200, width=1)
    )
    monkeypatch.setattr(search._Pass, "_walk", lambda self, cluster: None)
    assert _is_caught(range(300))


@pytest.mark.usefixtures("_in_python")
def test_a_bound_that_is_too_low_is_objected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster's best plan is taken for less than it is, so that the way to the best is cut off."""
    backward = Cluster.backward

    def lower(self: Cluster, duals: list[int]) -> int:
        backward(self, duals)
        for row in self.back[:-1]:
            for state in row:
                row[state] //= 2
        return self.back[0][0]

    monkeypatch.setattr(Cluster, "backward", lower)
    assert _is_caught(range(300))


def test_wrong_sharing_is_objected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of an application on its first unit: what the order layer finds of a set is another amount."""
    monkeypatch.setattr(
        runs, "share", lambda amount, weights, *_, **__: (amount, *([0] * (len(weights) - 1)))
    )
    assert _is_caught(range(1500))


def test_rules_left_out_are_objected_to_by_the_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("highspy")
    monkeypatch.setattr(Cluster, "is_hopeless", lambda self, units: True)
    outcome = Outcome()
    for seed in range(3):
        large(seed, outcome)
    assert outcome.wrong
