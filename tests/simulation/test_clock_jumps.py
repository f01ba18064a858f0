"""The clock campaign in its short form, and proof that it can fail."""

from __future__ import annotations

import pytest

from tests.simulation.test_power_loss import campaign

pytestmark = pytest.mark.campaign


def test_a_clock_that_is_set_at_any_moment_spoils_no_order_no_number_and_no_day() -> None:
    code, told = campaign("clock_jumps", "--seeds", "0:4")
    assert (told["faulty"], told["faults"]) == (0, [])
    assert code == 0, "a jump never came, or came at no such moment"
    assert told["sales"] > 20


def test_the_clock_campaign_catches_a_planted_fault() -> None:
    code, told = campaign("clock_jumps", "--seeds", "0:1", "--mutant", "day_of_the_moment")
    assert told["faulty"] == 1
    assert code == 1
