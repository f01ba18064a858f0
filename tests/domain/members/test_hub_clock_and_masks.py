"""The hub's time at a till through jumps and restarts; how little of a person is shown and looked up."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.domain.members.clock import HubClock, HubTime
from posapp.domain.members.masks import (
    initial,
    lookup_ref,
    masked_name,
    normalised_card,
    normalised_name,
    normalised_phone,
    phone_tail,
)
from posapp.domain.members.programme import CodeRules

RULES = CodeRules(slack_s=90, slack_unsure_s=600)
HUB = 1_795_000_000_000


def test_before_any_contact_the_wall_clock_is_all_there_is() -> None:
    assert HubClock().at(wall_ms=HUB, steady_ms=5, rules=RULES) == HubTime(HUB, 600_000)


def test_a_wall_clock_that_jumps_changes_nothing_while_the_program_runs() -> None:
    clock = HubClock().told(HUB, wall_ms=HUB - 7_000, steady_ms=1_000)
    for wall_ms in (HUB, 0, HUB + 86_400_000):
        assert clock.at(wall_ms=wall_ms, steady_ms=61_000, rules=RULES) == HubTime(HUB + 60_000, 90_003)


def test_after_a_restart_the_difference_counts_but_never_before_what_the_hub_said() -> None:
    clock = HubClock().told(HUB, wall_ms=HUB - 7_000, steady_ms=1_000).after_restart()
    assert clock.at(wall_ms=HUB + 1_000, steady_ms=9, rules=RULES) == HubTime(HUB + 8_000, 600_000)
    # A clock that was set back while the till was off.
    assert clock.at(wall_ms=HUB - 86_400_000, steady_ms=9, rules=RULES) == HubTime(HUB, 600_000)


def test_a_hub_that_went_wrong_is_followed_again_once_it_is_as_late_as_it_said() -> None:
    ahead = (
        HubClock().told(HUB + 5_000, wall_ms=HUB, steady_ms=0).told(HUB + 1_000, wall_ms=HUB, steady_ms=10)
    )
    assert ahead.at(wall_ms=HUB, steady_ms=10, rules=RULES).now_ms == HUB + 5_000
    assert ahead.at(wall_ms=HUB, steady_ms=10_010, rules=RULES).now_ms == HUB + 11_000


@given(st.integers(0, 40 * 86_400_000))
def test_the_error_allowed_grows_by_fifty_parts_of_a_million(passed_ms: int) -> None:
    told = HubClock().told(HUB, wall_ms=HUB, steady_ms=100)
    found = told.at(wall_ms=HUB, steady_ms=100 + passed_ms, rules=RULES)
    assert found == HubTime(HUB + passed_ms, 90_000 + passed_ms * 50 // 1_000_000)


@pytest.mark.parametrize(
    ("name", "mask", "sign"),
    [
        ("陈思雨", "陈**", "陈"),
        ("Maria Gonzales", "M** G**", "M"),
        ("maria", "M**", "M"),
        ("  欧阳 明 ", "欧** 明**", "欧"),
        ("Ana Sofia Maria Lopez", "A** S** M**", "A"),
        ("'Ole", "O**", "O"),
        ("", "", ""),
        ("陈**", "陈**", "陈"),
    ],
)
def test_names_show_one_sign_of_a_word_and_not_their_length(name: str, mask: str, sign: str) -> None:
    assert (masked_name(name), initial(name)) == (mask, sign)


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("138 0013 6027", "+8613800136027"),
        ("+86-138-0013-6027", "+8613800136027"),
        ("008613800136027", "+8613800136027"),
        ("8613800136027", "+8613800136027"),
        ("1380013６０27", "+8613800136027"),
        ("(0571) 8888 1234", "+8657188881234"),
        ("+1 202 555 0143", "+12025550143"),
        ("", ""), ("6027", ""), ("13800136027x", ""), ("+1234567890123456", ""), ("١٣٨٠٠١٣٦٠٢٧", ""),
    ],
)  # fmt: skip
def test_phones_have_one_spelling(text: str, phone: str) -> None:
    assert normalised_phone(text, "86") == phone


def test_a_number_of_another_country_keeps_its_beginning() -> None:
    assert normalised_phone("8613 8001 3602 7", "49") == "+498613800136027"


def test_tails_names_and_cards() -> None:
    assert phone_tail("+8613800136027") == "6027"
    assert phone_tail("602") == ""
    assert normalised_name(" Maria  GONZALES ") == normalised_name("mariagonzales") == "mariagonzales"
    assert normalised_card(" mc-12 34 ") == "MC1234"


def test_what_one_is_looked_up_by_is_an_hmac_that_tells_kinds_apart() -> None:
    key = "00ff" * 16
    whole = hmac.new(bytes.fromhex(key), b"phone\x00+8613800136027", hashlib.sha256).hexdigest()
    assert lookup_ref(key, "phone", "+8613800136027") == whole[:32]
    assert lookup_ref(key, "card", "+8613800136027") != whole[:32]
    assert lookup_ref("11" * 32, "phone", "+8613800136027") != whole[:32]
