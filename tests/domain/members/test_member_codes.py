"""When a genuine code of a member, coupon or gift card counts, at the very edges of its time."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

import pytest

from posapp.domain.codes.own import OwnCode, read_own
from posapp.domain.members.clock import HubTime
from posapp.domain.members.member_codes import (
    StepsKnown,
    card_number,
    check_member_code,
    coupon_of_code,
    day_end_ms,
    gift_card_of_code,
    is_member_id,
    make_coupon_code,
    make_gift_code,
    make_member_code,
    member_step,
    new_member_id,
)
from posapp.domain.members.programme import CodeRules
from posapp.domain.members.terms import Coupon, GiftCard

MEMBER = "M0123456789AB"
RULES = CodeRules(step_s=60)
BEGAN = 29_916_666 * 60_000
STEP = 29_916_666
CHINA = ZoneInfo("Asia/Shanghai")


def sign(_message: bytes) -> bytes:
    """A seal that nobody checks here."""
    return bytes(64)


def code(step: int = STEP, until: str = "") -> OwnCode:
    """A member's code as a till reads it."""
    read = read_own(make_member_code(MEMBER, step, key_id="00aa11bb22cc33dd", sign=sign, until=until))
    assert read is not None
    assert read.whole
    return read.code


def at(now_ms: int, unsure_ms: int = 90_000) -> HubTime:
    """The hub's time as the till has it."""
    return HubTime(now_ms, unsure_ms)


def test_a_step_is_that_of_rfc_6238() -> None:
    # The moments of its appendix B, thirty seconds a step.
    assert member_step(59_000, 30) == 0x1
    assert member_step(1_111_111_109_000, 30) == 0x23523EC
    assert member_step(20_000_000_000_000, 30) == 0x27BC86AA


@pytest.mark.parametrize("unsure_ms", [90_000, 600_000])
def test_a_code_counts_exactly_as_long_as_the_clock_may_be_wrong_and_a_step(unsure_ms: int) -> None:
    most = unsure_ms + 60_000
    assert check_member_code(code(), at(BEGAN + most, unsure_ms), RULES) == STEP
    assert check_member_code(code(), at(BEGAN + most + 1, unsure_ms), RULES) == "expired"
    assert check_member_code(code(), at(BEGAN - most, unsure_ms), RULES) == STEP
    assert check_member_code(code(), at(BEGAN - most - 1, unsure_ms), RULES) == "clock"


def test_yesterdays_photograph_never_counts_not_even_after_a_restart() -> None:
    assert check_member_code(code(), at(BEGAN + 86_400_000, 600_000), RULES) == "expired"


def test_a_step_counts_once_but_again_in_the_sale_that_it_began() -> None:
    now = at(BEGAN)
    assert check_member_code(code(), now, RULES, StepsKnown(last=STEP)) == "used"
    assert check_member_code(code(), now, RULES, StepsKnown(last=STEP + 1)) == "used"
    assert check_member_code(code(), now, RULES, StepsKnown(last=STEP - 1)) == STEP
    assert check_member_code(code(), now, RULES, StepsKnown(last=STEP, of_sale=STEP)) == STEP
    assert check_member_code(code(), now, RULES, StepsKnown(last=STEP, of_sale=STEP - 1)) == "used"


def test_revoked_codes_are_those_that_began_before() -> None:
    assert check_member_code(code(), at(BEGAN), RULES, StepsKnown(codes_from_ms=BEGAN)) == STEP
    assert check_member_code(code(), at(BEGAN), RULES, StepsKnown(codes_from_ms=BEGAN + 1)) == "voided"


@pytest.mark.parametrize("step", ["", "0012", "-1", "1E9", "9" * 16])
def test_without_a_step_that_is_one_it_is_a_photograph_for_ever(step: str) -> None:
    fields = {"T": step} if step else {}
    assert check_member_code(OwnCode("member", "K", MEMBER, "", fields), at(BEGAN), RULES) == "unknown"


def test_codes_of_others_are_no_members_codes() -> None:
    fields = {"T": str(STEP)}
    assert check_member_code(OwnCode("coupon", "K", MEMBER, "", fields), at(BEGAN), RULES) == "unknown"
    assert check_member_code(OwnCode("member", "K", "42", "", fields), at(BEGAN), RULES) == "unknown"


def test_a_day_is_over_where_it_ends_last_of_all() -> None:
    end = day_end_ms("2026-11-22", datetime.UTC) + 12 * 3_600_000
    step = member_step(end, 60)
    last = code(step, until="2026-11-22")
    assert check_member_code(last, at(end + 89_999), RULES) == step
    assert check_member_code(last, at(end + 90_000), RULES) == "expired"


def test_ids_have_thirteen_signs_of_crockford() -> None:
    assert new_member_id(bytes(8)) == "M000000000000"
    assert new_member_id(b"\xff" * 8, "T") == "TZZZZZZZZZZZZ"
    assert is_member_id(new_member_id(b"12345678"))
    assert not is_member_id("M01234567890I")
    assert not is_member_id("X000000000000")
    with pytest.raises(ValueError, match="eight"):
        new_member_id(b"short")


def test_cards_are_whole_numbers_by_the_programmes_patterns() -> None:
    patterns = ("62[0-9]{14}", "MC[0-9]{6}")
    assert card_number("6212 3456-7890 1234", patterns) == "6212345678901234"
    assert card_number("mc123456", patterns) == "MC123456"
    assert card_number("6212345678901234 5", patterns) is None
    assert card_number("", ("",)) is None
    assert card_number("1" * 41, ("[0-9]+",)) is None


def test_a_coupons_code_says_all_that_a_till_needs_offline() -> None:
    coupon = Coupon("C-77", "B20", store_id="S1", value_minor=2_000)
    read = read_own(make_coupon_code(coupon, key_id="aa", sign=sign, until="2026-11-22"))
    assert read is not None
    found = coupon_of_code(read.code, CHINA)
    end = datetime.datetime(2026, 11, 23, tzinfo=CHINA)
    assert found == Coupon("C-77", "B20", {}, int(end.timestamp()) * 1000, "S1", 2_000)
    bare = read_own(make_coupon_code(Coupon("C-78", "B20"), key_id="aa", sign=sign))
    assert bare is not None
    assert coupon_of_code(bare.code, CHINA) == Coupon("C-78", "B20")
    assert coupon_of_code(OwnCode("coupon", "AA", "C-79"), CHINA) is None
    assert coupon_of_code(OwnCode("coupon", "AA", "C-79", "", {"B": "B", "A": "0200"}), CHINA) is None
    assert coupon_of_code(OwnCode("voucher", "AA", "C-79", "", {"B": "B"}), CHINA) is None


def test_a_gift_cards_code_says_what_it_was_sold_for_and_until_when() -> None:
    read = read_own(make_gift_code("G-1", 10_000, key_id="aa", sign=sign, until="2026-11-22"))
    assert read is not None
    end = int(datetime.datetime(2026, 11, 23, tzinfo=CHINA).timestamp()) * 1000
    assert gift_card_of_code(read.code, now_ms=end - 1, zone=CHINA) == GiftCard("G-1", face_minor=10_000)
    assert gift_card_of_code(read.code, now_ms=end, zone=CHINA) == "expired"
    assert gift_card_of_code(OwnCode("voucher", "AA", "G-1"), now_ms=0, zone=CHINA) == "unknown"
    assert (
        gift_card_of_code(OwnCode("coupon", "AA", "G-1", "", {"A": "1"}), now_ms=0, zone=CHINA) == "unknown"
    )


def test_a_signature_is_spelled_in_one_way_only() -> None:
    text = make_member_code(MEMBER, STEP, key_id="aa", sign=sign)
    assert text.endswith("A")
    for last in "BCDEFGH":
        # The three lowest bits of the last sign mean nothing.
        read = read_own(text[:-1] + last)
        assert read is not None
        assert not read.whole
