"""Single-use coupons by their own codes: taken, refused with a sentence, inside a lease, and never twice."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from posapp.code_rules import code_reader
from posapp.domain.member_facts import CouponUsed
from posapp.domain.members.member_codes import make_coupon_code
from posapp.domain.members.terms import Coupon
from posapp.flows.answers import LinkChanged
from posapp.flows.intents import EnterText, LinkStatus, NextSale, Settle, StartTender
from posapp.flows.member_wishes import OpenCoupons, ToggleCoupon
from posapp.flows.refusals import Refusal
from tests.flows.fakes import TODAY
from tests.flows.picture import BAG, COUPON, JACKET, SOCKS, asked, kept, member_world, picture_sale
from tests.flows.world import World, labels

FREE = Coupon("FREE00000001", "two-hundred", value_minor=2_000, store_id="S0217")


def sign(message: bytes) -> bytes:
    """Stands in for the hub's signature."""
    return hashlib.sha512(message).digest()


class Seals:
    """Believes what was sealed like that."""

    def verify(self, issuer: str, message: bytes, signature: bytes) -> bool:
        return signature == sign(message)


def code(coupon: Coupon, until: str = "") -> str:
    """The text of a coupon's code."""
    return make_coupon_code(
        replace(coupon, batch=coupon.batch.upper()), key_id="aa11", sign=sign, until=until
    )


@pytest.fixture
def world() -> World:
    """A till that sells to members and knows the hub's seal."""
    world = member_world()
    reader = code_reader(world.shop, signatures=Seals())
    world.ports = replace(world.ports, codes=lambda shop: reader)
    world.terminal._ports = world.ports
    return world


def refusal(world: World) -> str:
    told = world.desk.refusal
    assert told is not None
    return told.msgid


def test_a_coupon_is_no_scan_of_goods_and_takes_off_what_its_offer_says(world: World) -> None:
    world.scan(JACKET)
    before = world.desk.scan_no
    world.scan(code(FREE))
    assert world.desk.scan_no == before
    assert world.terminal.view().anchor.figure == "379.00"
    told = labels(world.terminal.view())
    assert "Coupon ··0001 taken" in told
    assert "Coupon: 20 off 200" in told
    world.scan(code(FREE))
    assert refusal(world) == Refusal.CouponShown.sentence
    question = asked(world.do(StartTender()).effects)
    assert (question.coupons, question.points, question.member_id) == (("FREE00000001",), 0, "")
    world.do(kept(question, world), Settle())
    (sale,) = world.store.sales()
    assert sale.coupons == (CouponUsed("FREE00000001", "two-hundred", 2_000),)
    assert sale.member is None


def test_typed_it_counts_as_well_and_opens_a_sale(world: World) -> None:
    world.do(EnterText(code(FREE)))
    assert world.desk.cart is not None
    assert [each.coupon_id for each in world.desk.cart.rights.coupons] == ["FREE00000001"]
    world.do(ToggleCoupon("FREE00000001"))
    world.scan(SOCKS, code(FREE))
    assert world.desk.cart.rights.declined == frozenset()


@pytest.mark.parametrize(
    ("coupon", "until", "why"),
    [
        (replace(FREE, batch="no-such-offer"), "", Refusal.CouponNoOffer),
        (replace(FREE, store_id="S0999"), "", Refusal.CouponOtherStore),
        (FREE, "2026-05-28", Refusal.CouponExpired),
    ],
)
def test_a_coupon_that_cannot_count_says_so_on_record(
    world: World, coupon: Coupon, until: str, why: Refusal
) -> None:
    world.scan(BAG, code(coupon, until))
    assert refusal(world) == why.sentence
    assert world.desk.cart is not None
    assert world.desk.cart.rights.coupons == ()
    assert world.desk.cart.scans[-1].refusal == why.name


def test_its_last_day_counts_whole(world: World) -> None:
    world.scan(JACKET, code(FREE, TODAY))
    assert world.terminal.view().anchor.figure == "379.00"


def test_a_wrong_seal_is_refused(world: World) -> None:
    text = code(FREE)
    world.scan(text[:-6] + ("AAAAAA" if text[-6:] != "AAAAAA" else "BBBBBB"))
    assert world.desk.cart is None
    assert world.desk.refusal is not None


def test_offline_it_counts_inside_the_lease_and_then_no_more(world: World) -> None:
    world.do(LinkChanged(LinkStatus("offline")))
    world.scan(JACKET, code(FREE))
    assert world.terminal.view().anchor.figure == "379.00"
    world.do(StartTender(), Settle(), NextSale())
    (sale,) = world.store.sales()
    assert sale.coupons == (CouponUsed("FREE00000001", "two-hundred", 2_000, "lease-coupons"),)
    spent = {each.lease_id: each.spent for each in world.desk.leases}
    assert spent["lease-coupons"] == 2_000, "counted once: by the store, which tells before it answers"
    world.scan(JACKET, code(replace(FREE, coupon_id="FREE00000002")))
    assert world.terminal.view().anchor.figure == "399.00"
    assert "this till's offline limit is used up" in labels(world.terminal.view())
    world.do(OpenCoupons())
    assert "this till's offline limit is used up" in labels(world.terminal.view())


def test_offline_a_coupon_never_takes_off_more_than_it_says(world: World) -> None:
    world.do(LinkChanged(LinkStatus("offline")))
    world.scan(JACKET, code(replace(FREE, value_minor=500)))
    assert world.terminal.view().anchor.figure == "399.00"
    assert "above the offline limit" in labels(world.terminal.view())
    prices = world.desk.prices
    world.do(LinkChanged(LinkStatus("offline", to_send=1)))
    assert world.desk.prices is prices


def test_of_two_of_a_batch_one_is_used() -> None:
    world = picture_sale()
    second = replace(COUPON, coupon_id="CPN0000000008888")
    assert world.desk.cart is not None
    cart = world.desk.cart
    rights = replace(cart.rights, coupons=(second,))
    world.terminal.state = replace(
        world.terminal.state, desk=replace(world.desk, cart=replace(cart, rights=rights))
    )
    question = asked(world.do(StartTender()).effects)
    assert len(question.coupons) == 1
    world.do(kept(question, world, coupons=(), refused=((question.coupons[0], "used", None),)))
    # The other one does as well, and is asked for before payment opens.
    assert world.terminal.view().anchor.figure == "500.22"


def test_offline_a_coupon_that_a_sale_of_this_till_used_does_not_count_again(world: World) -> None:
    world.ports = replace(world.ports, coupon_used=lambda coupon_id: coupon_id == FREE.coupon_id)
    world.terminal._ports = world.ports
    world.do(LinkChanged(LinkStatus("offline")))
    world.scan(JACKET, code(FREE))
    assert world.terminal.view().anchor.figure == "399.00"
    assert "used already" in labels(world.terminal.view())
