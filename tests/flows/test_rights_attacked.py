"""Ways to get something for nothing out of coupons, points and what is kept, each of which once worked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from posapp.domain.members.leases import Lease
from posapp.domain.members.programme import OfflineRules
from posapp.domain.sale_facts import lease_spends
from posapp.flows.answers import LinkChanged
from posapp.flows.intents import Back, LinkStatus, NextSale, Settle, StartTender
from posapp.flows.member_answers import LeasesChanged, ProgrammeSent, RightsAnswered
from tests.flows.offers import promotions
from tests.flows.picture import (
    CARD,
    CHEN,
    CODES,
    COUPON,
    COUPON_LEASE,
    NO_BAG,
    PROGRAMME,
    TWO_HUNDRED,
    Members,
    asked,
    kept,
    member_world,
)
from tests.flows.world import World

BOUND = replace(COUPON, store_id="S0217", value_minor=2_000)
BATCH: dict[str, Any] = {"on": NO_BAG, "needs": {"coupon": {"batch": "two-hundred"}}}
FIVE_TIMES = {"id": "five", "name": {"en": "Five times the points"},
              "kind": {"type": "points_x", "times": "5"}, **BATCH}  # fmt: skip
SO_MANY_MORE = {"id": "more", "name": {"en": "100 points more"},
                "kind": {"type": "points_add", "points": 100}, **BATCH}  # fmt: skip
A_CUP = {"id": "cup", "name": {"en": "A cup"},
         "kind": {"type": "gift", "get": {"of": {"sku": ["cup"]}}, "adds": ["cup"]},
         "needs": {"coupon": {"batch": "two-hundred"}}, "limits": {"per_order": 1}}  # fmt: skip


def till(*offers: dict[str, Any], online: bool = True, lease: Lease = COUPON_LEASE) -> World:
    """A till with the picture's member, one coupon bound to this store, and these offers."""
    world = member_world(online=online)
    members = world.ports.members
    assert isinstance(members, Members)
    members.cards[CARD] = replace(CHEN, coupons=(BOUND,))
    programme = replace(PROGRAMME, offline=OfflineRules(coupon_minor=5_000, points_a_member=500))
    world.do(promotions(*offers), ProgrammeSent(programme), LeasesChanged((lease,)))
    world.scan(CARD, *CODES)
    return world


def used(world: World) -> list[tuple[str, int, str]]:
    """(coupon, amount, lease) of the sale that was stored."""
    (sale,) = world.store.sales()
    return [(each.coupon_id, each.amount_minor, each.lease_id) for each in sale.coupons]


def test_a_coupon_that_only_gives_points_is_used_up() -> None:
    for offer in (FIVE_TIMES, SO_MANY_MORE):
        world = till(offer)
        question = asked(world.do(StartTender()).effects)
        assert question.coupons == (COUPON.coupon_id,)
        world.do(kept(question, world), Settle())
        assert used(world) == [(COUPON.coupon_id, 0, "")]


def test_of_two_coupons_for_the_same_points_one_is_used_up() -> None:
    world = till({**FIVE_TIMES, "needs": {"coupon": {"batch": "other"}}}, FIVE_TIMES)
    other = replace(BOUND, coupon_id="CPN00000000000X9", batch="other")
    members = world.ports.members
    assert isinstance(members, Members)
    members.cards[CARD] = replace(CHEN, coupons=(BOUND, other), as_of_ms=CHEN.as_of_ms)
    world.scan(CARD)
    assert len(asked(world.do(StartTender()).effects).coupons) == 1


def test_a_coupon_whose_worth_no_lease_counts_waits_for_the_hub() -> None:
    for offer in (FIVE_TIMES, SO_MANY_MORE, A_CUP):
        world = till(offer, online=False)
        assert world.desk.prices is not None
        assert world.desk.prices.coupons_used == ()
        assert world.desk.prices.usable.whys[COUPON.coupon_id] == "network"
        assert world.desk.prices.priced.gifts == ()
        world.do(StartTender(), Settle())
        assert used(world) == []
        world = till(offer)
        question = asked(world.do(StartTender()).effects)
        world.do(kept(question, world), Back(), LinkChanged(LinkStatus("offline")), StartTender(), Settle())
        assert used(world) == [(COUPON.coupon_id, 0, "")], "what the hub keeps counts without it"


def test_what_was_kept_and_is_over_costs_a_lease() -> None:
    lease = replace(COUPON_LEASE, until_ms=COUPON_LEASE.until_ms + 10**9)
    world = till(TWO_HUNDRED, lease=lease)
    question = asked(world.do(StartTender()).effects)
    world.do(kept(question, world), Back(), LinkChanged(LinkStatus("offline")))
    world.hands.pass_by(20 * 60_000)
    world.do(StartTender(), Settle())
    assert used(world) == [(COUPON.coupon_id, 2_000, lease.lease_id)]
    (sale,) = world.store.sales()
    assert lease_spends(sale) == ((lease.lease_id, 2_000),)


def test_what_was_kept_and_is_over_takes_off_no_more_than_a_lease_covers() -> None:
    world = till({**TWO_HUNDRED, "kind": {"type": "order_amount", "amount": "45"}})
    question = asked(world.do(StartTender()).effects)
    world.do(kept(question, world), Back(), LinkChanged(LinkStatus("offline")))
    assert world.desk.prices is not None
    assert world.desk.prices.coupons_used == ((COUPON.coupon_id, 4_500),)
    world.hands.pass_by(20 * 60_000)
    world.do(StartTender(), Settle())
    assert used(world) == []


def test_without_the_hub_a_till_knows_what_it_used_up_itself() -> None:
    world = till(TWO_HUNDRED, online=False, lease=replace(COUPON_LEASE, amount=10_000))
    world.do(StartTender(), Settle(), NextSale())
    assert used(world) == [(COUPON.coupon_id, 2_000, COUPON_LEASE.lease_id)]
    world.scan(CARD, *CODES)
    assert world.desk.prices is not None
    assert world.desk.prices.coupons_used == ()
    assert world.desk.prices.usable.whys[COUPON.coupon_id] == "used"
    world.do(LinkChanged(LinkStatus("online")))
    assert asked(world.do(StartTender()).effects).coupons == (COUPON.coupon_id,), "the hub has the last word"


def test_the_next_question_names_those_that_were_taken_back() -> None:
    world = till(TWO_HUNDRED)
    first = asked(world.do(StartTender()).effects)
    world.do(Back())
    second = asked(world.do(StartTender()).effects)
    assert (first.undone, second.undone) == ((), (first.hold_id,))
    world.do(RightsAnswered(second.hold_id, False))
    assert world.desk.undone == (first.hold_id, second.hold_id)
