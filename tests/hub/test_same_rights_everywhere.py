"""A basket of one member comes to the same at the hub and at a till: discounts, points, coupons."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest

from posapp.domain.codes import normalise
from posapp.domain.members.programme import Programme
from posapp.domain.members.terms import MemberCard
from posapp.exchange.members import member_of
from posapp.flows.answers import LinkChanged
from posapp.flows.intents import LinkStatus
from posapp.flows.member_answers import ProgrammeSent
from posapp.flows.member_wishes import UsePoints
from sync.hub.fleet.basket_trial import Asked, Trial, try_basket
from sync.hub.fleet.live_prices import LiveStores
from sync.hub.loyalty.coupons import NewCoupon
from sync.hub.loyalty.member_changes import Told, make_member
from sync.hub.loyalty.member_stream import member_body
from sync.hub.loyalty.programme_admin import programme_of_store, put_programme, read_programme
from tests.domain.shops import SHOP, item
from tests.flows.offers import promotions
from tests.flows.world import World
from tests.hub.conftest import NOW_MS, Enrolled
from tests.hub.rights_world import ANN, BATCH, give_coupons, give_points
from tests.hub.test_fleet_prices import HALF, TEN, furnish_prices, publish

PROGRAMME = {
    "levels": [{"id": "gold", "names": {"en": "Gold", "zh_CN": "金卡"}, "from_spend": "5000"}],
    "points": {"points": 3, "for": "2"},
    "card_patterns": ["88[0-9]{8}"],
}
CARD, TEA = "8800006027", "6901028180559"
OFFERS: list[dict[str, Any]] = [
    {"id": "gold-off", "kind": {"type": "pct", "pct": 5}, "on": {"sku": ["tea"]},
     "who": {"levels": ["gold"]}},
    {"id": "coupon-off", "kind": {"type": "order_amount", "amount": "10"},
     "needs": {"coupon": {"batch": BATCH.batch}, "basket": [{"of": {"sku": ["tea"]}, "min_amount": "30"}]}},
    {"id": "points-pay", "kind": {"type": "points_pay", "points": 100, "worth": "1", "step": 100},
     "who": {"members": True}},
    {"id": "twice", "kind": {"type": "points_x", "times": 2}, "who": {"levels": ["gold"]},
     "on": {"sku": ["tea"]}},
]  # fmt: skip


class KnownAnn:
    """The one member that the till knows, as its hub tells her."""

    def __init__(self, world: World, card: MemberCard) -> None:
        self.world, self.card = world, card

    def by_id(self, member_id: str) -> MemberCard | None:
        return self.card if member_id == self.card.member_id else None

    def by_ref(self, kind: Literal["phone", "card"], text: str) -> MemberCard | None:
        return self.card if text == CARD else None

    def last_step(self, member_id: str) -> int | None:
        return None

    def revoked_before_ms(self, member_id: str) -> int:
        return 0

    def hub_now_ms(self) -> tuple[int, int]:
        return NOW_MS, 90_000


def figures(priced: Any) -> dict[str, Any]:
    """What has to be the same."""
    return {
        "discounts": sorted(
            (one.promotion_id, one.amount_minor, one.lines, one.points, one.code) for one in priced.discounts
        ),
        "lines": [(line.list_minor, line.paid_minor, line.runs) for line in priced.lines],
        "points": (priced.points_used, priced.points_earned, priced.earned_by),
        "to_pay": priced.goods_minor - priced.discount_minor,
    }


@pytest.mark.parametrize("with_coupon", [True, False])
def test_same_online_and_in_store(enrolled: Enrolled, tmp_path: Path, with_coupon: bool) -> None:
    database = enrolled.database
    furnish_prices(database, tmp_path)
    publish(database, *OFFERS)
    with database.writing() as connection:
        put_programme(connection, read_programme(msgspec.json.encode(PROGRAMME), ("CNY",)), NOW_MS)
        make_member(connection, Told(member_id=ANN, level="gold"), now_ms=NOW_MS)
    give_points(database, ANN, 900)
    if with_coupon:
        give_coupons(database, NewCoupon("C-ann", member_id=ANN))
    with database.reading() as connection:
        live = LiveStores().of(connection, "S1")
        assert live is not None
        programme = programme_of_store(connection, live.facts)
        body = member_body(connection, ANN, NOW_MS)
    assert body is not None
    for teas, points in itertools.product((1, 2, 5), (0, 350, 900)):
        # At the hub, for whoever shops elsewhere.
        codes = ("C-ann",) if with_coupon else ()
        asked = Asked(
            f"tea {teas}", level="gold", codes=codes, orders="0", points=str(points) if points else ""
        )
        with database.reading() as connection:
            trial = try_basket(connection, live, asked, NOW_MS)
        assert isinstance(trial, Trial)
        # At a till that was told the same.
        world = till(programme, member_of(body, programme))
        world.scan(CARD, *[TEA] * teas)
        world.do(UsePoints(points))
        prices = world.desk.prices
        assert prices is not None
        assert figures(prices.priced) == figures(trial.priced), (teas, points)
        assert trial.priced.points_earned > 0
        assert prices.priced.points_used == points // 100 * 100
        if teas > 1 and with_coupon:
            assert dict(prices.coupons_used) == {"C-ann": 1_000}


def till(programme: Programme, card: MemberCard) -> World:
    """A till with the hub's goods, offers and programme."""
    world = World(replace(SHOP, store_id="S1"))
    tea = item("tea", 2_000, names={"en": "Tea", "zh_CN": "绿茶"})
    world.catalogue.by_code |= {TEA: tea}
    world.catalogue.keys |= {normalise(TEA).key: tea}
    world.ports = replace(world.ports, members=KnownAnn(world, card))
    world.restart()
    world.open_shift()
    world.do(promotions(*OFFERS, HALF, TEN), ProgrammeSent(programme), LinkChanged(LinkStatus("online")))
    return world
