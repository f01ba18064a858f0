"""A draft keeps all rights of a sale, and one from before there were any is read as one without."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.domain.cart import Cart
from posapp.domain.cart_record import cart_from_bytes, cart_to_bytes
from posapp.domain.members.sale_rights import NO_RIGHTS, Hold, SaleRights, ShownMember
from posapp.domain.members.terms import Coupon, MemberCard

WORDS = st.text(max_size=6)
TIMES = st.integers(0, 2**50)
NAMES = st.dictionaries(st.sampled_from(["zh_CN", "en"]), WORDS, max_size=2)
COUPONS = st.builds(Coupon, WORDS, WORDS, NAMES, st.none() | TIMES, WORDS, TIMES, WORDS)
CARDS = st.builds(
    MemberCard,
    member_id=WORDS,
    name=WORDS,
    phone_tail=WORDS,
    level=WORDS,
    level_names=NAMES,
    tags=st.frozensets(WORDS, max_size=3),
    points=TIMES,
    pending=TIMES,
    coupons=st.lists(COUPONS, max_size=3).map(tuple),
    orders_before=st.none() | TIMES,
    is_linked=st.booleans(),
    is_blocked=st.booleans(),
    codes_from_ms=TIMES,
    as_of_ms=st.none() | TIMES,
)
MEMBERS = st.builds(ShownMember, CARDS, st.sampled_from(["code", "card", "typed"]), TIMES, st.none() | TIMES)
RIGHTS = st.builds(
    SaleRights,
    member=st.none() | MEMBERS,
    coupons=st.lists(COUPONS, max_size=3).map(tuple),
    declined=st.frozensets(WORDS, max_size=3),
    points_wanted=st.none() | TIMES,
    refused=st.lists(st.tuples(WORDS, st.sampled_from(["used", "locked", "expired"])), max_size=3).map(tuple),
    points_most=st.none() | TIMES,
    points_why=st.sampled_from(["", "balance", "blocked"]),
    is_offline=st.booleans(),
    hold=st.none() | st.builds(Hold, WORDS, TIMES, st.lists(WORDS, max_size=3).map(tuple), TIMES),
)
FULL = SaleRights(
    member=ShownMember(
        MemberCard(
            "M1", "陈**", "6027", "gold", {"en": "Gold"}, frozenset({"vip"}), 2860, 5,
            (Coupon("C1", "B1", {"en": "20 off"}, 9, "s1", 2000, "M1"),), 3, True, True, 7, 8,
        ),
        "code", 11, 12,
    ),
    coupons=(Coupon("C2", "B2"),),
    declined=frozenset({"C1"}),
    points_wanted=0,
    refused=(("C2", "used"),),
    points_most=0,
    points_why="balance",
    is_offline=True,
    hold=Hold("h1", 99, ("C1",), 500),
)  # fmt: skip


@given(RIGHTS, RIGHTS)
def test_rights_come_back_as_they_were(rights: SaleRights, later: SaleRights) -> None:
    for one in (rights, later, rights):
        cart = Cart("tx", 1, rights=one)
        assert cart_from_bytes(cart_to_bytes(cart)) == cart


def test_every_part_of_the_rights_is_kept() -> None:
    for one in fields(SaleRights):
        assert getattr(FULL, one.name) != getattr(NO_RIGHTS, one.name), one.name
    written = json.loads(cart_to_bytes(Cart("tx", 1, rights=FULL)))
    assert set(written["rights"]) == {one.name for one in fields(SaleRights)}
    kept = cart_from_bytes(cart_to_bytes(Cart("tx", 1, rights=FULL)))
    assert kept is not None
    assert kept.rights == FULL
    assert not kept.is_empty


def test_the_carts_of_two_shoppers_are_never_mixed() -> None:
    first, second = Cart("a", 1, rights=FULL), Cart("b", 1, rights=replace(FULL, points_wanted=7))
    cart_to_bytes(first)
    assert cart_from_bytes(cart_to_bytes(second)) == second
    without = replace(first, rights=NO_RIGHTS)
    assert cart_from_bytes(cart_to_bytes(without)) == without


def test_a_draft_from_before_is_a_sale_of_nobody() -> None:
    old = json.loads(cart_to_bytes(Cart("tx", 1)))
    assert "rights" not in old
    assert cart_from_bytes(json.dumps(old).encode()) == Cart("tx", 1)


@pytest.mark.parametrize(
    "broken",
    [[], "x", 7, {"nothing": 1}, {"member": {}}, {"member": []}, {"coupons": [1]}, {"refused": [["a"]]},
     {"hold": {"x": 1}}, {"hold": 3}, {"declined": 4}],
)  # fmt: skip
def test_broken_rights_are_no_cart(broken: object) -> None:
    body = json.loads(cart_to_bytes(Cart("tx", 1))) | {"rights": broken}
    assert cart_from_bytes(json.dumps(body).encode()) is None
