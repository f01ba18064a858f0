"""The sale that the pictures of the screens show: seven lines, a gold member, one coupon, points.

Amounts in minor units: 66749 − 8427 on lines − 5000 off clothing − 2000 by coupon − 1300 by points = 50022.
Nobody and nothing of it exists.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from posapp.domain.catalog import Item
from posapp.domain.codes import normalise
from posapp.domain.members.leases import Lease
from posapp.domain.members.programme import Level, Programme
from posapp.domain.members.terms import Coupon, MemberCard
from posapp.domain.pricing.items.prices import PriceRow
from posapp.domain.pricing.terms.basket import Traits
from posapp.domain.pricing.terms.policy import PointsRules
from posapp.domain.shop import Operator
from posapp.exchange.shop_rules import read_markdowns
from posapp.flows.answers import LinkChanged, MarkdownsSent
from posapp.flows.effects import Effect
from posapp.flows.intents import LinkStatus, SwitchLanguage
from posapp.flows.member_answers import LeasesChanged, ProgrammeSent, RightsAnswered
from posapp.flows.member_effects import HoldRights
from posapp.flows.views import View
from tests.domain.shops import LIN, item
from tests.flows.fakes import START_MS, TODAY, ean, pack
from tests.flows.offers import promotions
from tests.flows.world import World

HOUR_MS = 3_600_000
GOLD = {"zh_CN": "金卡", "en": "Gold"}
CARD = "8800006027"
PROGRAMME = Programme(
    is_on=True,
    levels=(Level("gold", GOLD, 500_000),),
    points=PointsRules(points=3, per_minor=200),
    card_patterns=("88[0-9]{8}",),
)
COUPON = Coupon(
    "CPN0000000007F3K", "two-hundred", {"zh_CN": "会员券 满 200 减 20", "en": "Coupon: 20 off 200"}
)
SECOND = Coupon(
    "CPN00000000000X2", "five-hundred", {"zh_CN": "会员券 满 900 减 90", "en": "Coupon: 90 off 900"}
)
CHEN = MemberCard(
    "M0000000006027", "陈**", "6027", "gold", GOLD, points=2_860, coupons=(COUPON, SECOND), is_linked=True,
    as_of_ms=START_MS - 4 * HOUR_MS,
)  # fmt: skip
POINTS_LEASE = Lease("lease-points", "points", 800, START_MS + 48 * HOUR_MS)
COUPON_LEASE = Lease("lease-coupons", "coupons", 3_000, START_MS + 48 * HOUR_MS)

NO_BAG = {"not": {"sku": ["bag-m"]}}
SECOND_HALF = {"id": "second-half", "name": {"zh_CN": "第 2 件半价", "en": "2nd at half price"},
               "kind": {"type": "nth", "n": 2, "pct": 50}, "on": {"tag": ["tee"]}}  # fmt: skip
CLOTHING = {"id": "clothing", "name": {"zh_CN": "服饰满 500 减 50", "en": "Clothing: 50 off 500"},
            "kind": {"type": "order_amount", "amount": "50"}, "on": {"category": ["clothing"]},
            "needs": {"judged_on": "after_items",
                      "basket": [{"of": {"category": ["clothing"]}, "min_amount": "500"}]},
            "stack": {"priority": 10}}  # fmt: skip
GOLD_PRICE = {"id": "gold-jacket", "name": {"zh_CN": "金卡会员价", "en": "Gold member price"},
              "kind": {"type": "price_book", "prices": {"jacket": "359"}},
              "who": {"levels": ["gold"]}}  # fmt: skip
TWO_HUNDRED = {"id": "two-hundred-off",
               "name": {"zh_CN": "会员券 满 200 减 20", "en": "Coupon: 20 off 200"},
               "kind": {"type": "order_amount", "amount": "20"}, "on": NO_BAG,
               "needs": {"coupon": {"batch": "two-hundred"}, "judged_on": "after_items",
                         "basket": [{"of": NO_BAG, "min_amount": "200"}]}}  # fmt: skip
FIVE_HUNDRED = {"id": "nine-hundred-off",
                "name": {"zh_CN": "会员券 满 900 减 90", "en": "Coupon: 90 off 900"},
                "kind": {"type": "order_amount", "amount": "90"}, "on": NO_BAG,
                "needs": {"coupon": {"batch": "five-hundred"}, "judged_on": "after_items",
                          "basket": [{"of": NO_BAG, "min_amount": "900"}]}}  # fmt: skip
POINTS = {"id": "points-pay", "name": {"zh_CN": "积分抵扣", "en": "Points used"},
          "kind": {"type": "points_pay", "points": 100, "worth": "1", "step": 100}, "on": NO_BAG,
          "limits": {"max_discount": "13"}, "who": {"members": True}}  # fmt: skip
OFFERS = [SECOND_HALF, CLOTHING, GOLD_PRICE, TWO_HUNDRED, FIVE_HUNDRED, POINTS]
SHORT = b'{"rule_id":"short","skus":["toast"],"steps":[{"days_left":2,"percent":30}]}'

TEE, SOCKS, JUICE = ean("690017000001"), ean("690017000004"), ean("690017000013")
TOAST, JACKET, BAG = ean("690017000015"), ean("690017000006"), "9002"
APPLES = ean("220000101286")


def _goods(sku: str, minor: int, zh: str, en: str, **more: Any) -> Item:
    return item(sku, minor, names={"zh_CN": zh, "en": en}, **more)


CLOTHES = Traits(category=("clothing",))
GOODS = {
    TEE: _goods("tee", 7_900, "纯棉圆领 T 恤", "Cotton crew-neck tee",
                traits=Traits(category=("clothing",), tags=frozenset({"tee"}))),
    SOCKS: _goods("socks", 3_900, "精梳棉短袜 3 双装", "Combed cotton socks, 3 pairs", traits=CLOTHES),
    JUICE: _goods("juice", 1_880, "冷榨橙汁 1 L", "Cold-pressed orange juice 1 L"),
    ean("220000100000"): _goods("apples", 1_360, "红富士苹果", "Fuji apples", unit="g", tax_category="vat9"),
    TOAST: _goods("toast", 1_590, "全麦吐司 400 g", "Wholemeal toast 400 g"),
    BAG: _goods("bag-m", 50, "购物袋 中号", "Shopping bag, medium"),
    JACKET: _goods("jacket", 39_900, "轻量防风夹克", "Light windproof jacket", traits=CLOTHES),
}  # fmt: skip
CODES = [TEE, TEE, SOCKS, JUICE, JUICE, APPLES, pack(TOAST, ai17=TODAY[2:].replace("-", "")), BAG, JACKET]


@dataclass
class Members:
    """The members that a till knows, by id and by card, and the hub's time: that of the world's clock."""

    world: World
    cards: dict[str, MemberCard] = field(default_factory=lambda: {CARD: CHEN})

    def by_id(self, member_id: str) -> MemberCard | None:
        return next((each for each in self.cards.values() if each.member_id == member_id), None)

    def by_ref(self, kind: Literal["phone", "card"], text: str) -> MemberCard | None:
        return self.cards.get(text) if kind == "card" else None

    def last_step(self, member_id: str) -> int | None:
        return None

    def revoked_before_ms(self, member_id: str) -> int:
        return 0

    def hub_now_ms(self) -> tuple[int, int]:
        return self.world.hands.now_ms(), 90_000


def member_world(*, online: bool = True, language: str = "en", who: Operator = LIN) -> World:
    """A till that sells to members, with the offers of the picture."""
    world = World()
    world.catalogue.by_code |= GOODS
    world.catalogue.keys |= {normalise(code).key: found for code, found in GOODS.items()}
    world.ports = replace(world.ports, members=Members(world))
    world.restart()
    world.open_shift(who)
    received = read_markdowns([SHORT])
    world.do(
        SwitchLanguage(language), promotions(*OFFERS), MarkdownsSent(received.rules, received.unreadable),
        ProgrammeSent(PROGRAMME), LeasesChanged((POINTS_LEASE, COUPON_LEASE), 4_000, 2_000),
        LinkChanged(LinkStatus("online" if online else "offline", last_received_ms=START_MS - 4 * HOUR_MS)),
    )  # fmt: skip
    return world


def picture_sale(*, online: bool = True, language: str = "en") -> World:
    """The picture's lines and its member."""
    world = member_world(online=online, language=language)
    world.scan(CARD, *CODES)
    return world


def asked(effects: tuple[Effect, ...]) -> HoldRights:
    """The question to the hub among the effects of one step."""
    return next(each for each in effects if isinstance(each, HoldRights))


def kept(question: HoldRights, world: World, **more: Any) -> RightsAnswered:
    """The hub keeps all of it."""
    told: dict[str, Any] = {"coupons": question.coupons, "points": question.points} | more
    return RightsAnswered(question.hold_id, True, world.hands.now_ms() + 15 * 60_000, **told)


def member_row(sku: str, minor: int, *levels: str) -> PriceRow:
    """A row of a price list for members."""
    return PriceRow(f"own-{sku}", sku, minor, for_members=True, levels=frozenset(levels))


def sums(view: View) -> list[tuple[str, str, str]]:
    """The rows of sums on the end side: what, what is said beside it, amount."""
    from posapp.flows.views import SumRows

    rows = [row for block in view.side if isinstance(block, SumRows) for row in block.rows]
    return [(row.label, row.detail, row.amount) for row in rows]
