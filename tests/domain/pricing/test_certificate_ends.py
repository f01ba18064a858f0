"""What a certificate says where it is not closed, and what the checker says of one that is not whole."""

from __future__ import annotations

import json
from typing import Any

import pytest

from posapp.domain.pricing.proof import certificate as making
from posapp.domain.pricing.proof.certificate import certify
from posapp.domain.pricing.proof.checker import check
from tests.domain.pricing.adversarial_baskets import adversarial_case

Table = dict[str, Any]
BASKETS = 80


def test_the_gap_is_the_least_that_the_prices_alone_rule_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "OPEN_MAX", 0)
    gaps = 0
    for seed in range(BASKETS):
        made = certify(*adversarial_case(seed, units_max=7))
        if made.gap_minor and made.certificate["answer"] is not None:
            told = json.loads(json.dumps(made.certificate))
            for each in told["alternatives"]:
                if each["open"] and each["open"][-1]:
                    each["open"] = []
            at = told["saving"] + made.gap_minor
            assert not _not_shown(told | {"saving": at}), seed
            assert _not_shown(told | {"saving": at - 1}), seed
            gaps += 1
    assert gaps > 5


def _not_shown(told: Table) -> list[str]:
    return [fault for fault in check(told) if fault.startswith("It is not shown")]


def test_a_move_that_says_too_little_of_what_falls_off_is_refused() -> None:
    """In the answer itself: more parts than it tells of."""
    refused = 0
    for seed in range(BASKETS):
        told = json.loads(json.dumps(certify(*adversarial_case(seed, units_max=7)).certificate))
        if not told["answer"] or not told["answer"]["taken"]:
            continue
        rule, move = told["answer"]["taken"][0]
        items = told["items"][told["alternatives"][told["answer"]["alternative"]]["items"]]
        items["rules"][rule]["moves"][move][3].append(0)
        words = "ValueError zip() argument 2 is longer than argument 1"
        assert check(told) == [f"The certificate is not whole: {words}."]
        refused += 1
    assert refused > 20
