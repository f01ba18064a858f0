"""Screens of members, coupons and points as flows bring them about, from nobody to too much of everything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from posapp.domain.members.sale_rights import Hold
from posapp.domain.members.terms import Coupon, MemberCard
from posapp.flows.answers import LinkChanged
from posapp.flows.intents import (
    EnterText,
    GoTo,
    KeyIn,
    LinkStatus,
    NextSale,
    Settle,
    StartTender,
    WhyPrice,
)
from posapp.flows.member_answers import MembersFound, RightsAnswered
from posapp.flows.member_wishes import (
    LookUpMember,
    OpenCoupons,
    OpenMember,
    ToggleCoupon,
)
from tests.domain.shops import ZHOU
from tests.flows.fakes import COLA
from tests.flows.picture import (
    CARD,
    CHEN,
    CODES,
    COUPON,
    JACKET,
    Members,
    asked,
    kept,
    member_world,
    picture_sale,
)
from tests.flows.shoppers import CHEN_CARD, NEW_PHONE, MemberWorld
from tests.flows.shoppers import PROGRAMME as SHOPPERS
from tests.flows.world import World

LONG_NAME = {
    "zh_CN": "会员专享 全场服饰与日化满 900 减 90 周末加倍",
    "en": "Members only: 90 off clothing and care from 900 at weekends",
}
LONG_MASK = "Maximiliane-Alexandra v**"


def _known(world: World, card: MemberCard) -> World:
    members = world.ports.members
    assert isinstance(members, Members)
    members.cards[CARD] = card
    return world


def _with(card: MemberCard, *, online: bool = True, codes: tuple[str, ...] = tuple(CODES)) -> World:
    world = _known(member_world(online=online), card)
    world.scan(CARD, *codes)
    return world


def nobody() -> World:
    return member_world()


def member_only() -> World:
    return _with(CHEN, codes=())


def busy() -> World:
    return picture_sale()


def offline() -> World:
    return picture_sale(online=False)


def unnamed_offline() -> World:
    return _with(MemberCard("M0000000006027"), online=False)


def poor() -> World:
    return _with(replace(CHEN, points=0, coupons=(), level="", level_names={}))


def in_debt() -> World:
    return _with(replace(CHEN, points=-240, coupons=()))


def day_old() -> World:
    return _with(replace(CHEN, as_of_ms=CHEN.as_of_ms - 30 * 3_600_000), online=False)  # type: ignore[operator]


def rich() -> World:
    coupons = tuple(Coupon(f"CPN{n:013}", "five-hundred", LONG_NAME) for n in range(19))
    return _with(
        replace(CHEN, name="Maximiliane-Alexandra v**", points=1_234_567, coupons=(COUPON, *coupons))
    )


def why_price() -> World:
    world = busy()
    world.do(WhyPrice())
    return world


def coupons() -> World:
    world = busy()
    world.do(OpenCoupons())
    return world


def coupons_many() -> World:
    world = rich()
    world.do(OpenCoupons())
    return world


def coupons_none() -> World:
    world = poor()
    world.do(OpenCoupons())
    return world


def coupons_nobody() -> World:
    world = member_world()
    world.scan(JACKET)
    world.do(OpenCoupons())
    return world


def coupons_off() -> World:
    world = busy()
    world.do(OpenCoupons(), ToggleCoupon(COUPON.coupon_id), KeyIn("9"), KeyIn("0"), KeyIn("0"))
    return world


def coupons_offline() -> World:
    world = offline()
    world.do(OpenCoupons())
    return world


def holding() -> World:
    world = busy()
    world.do(StartTender())
    return world


def points_refused() -> World:
    world = busy()
    world.do(kept(asked(world.do(StartTender()).effects), world, points=0, points_why="balance"))
    return world


def coupon_refused() -> World:
    world = busy()
    question = asked(world.do(StartTender()).effects)
    refused = ((COUPON.coupon_id, "used", world.hands.now_ms() - 26 * 3_600_000),)
    world.do(kept(question, world, coupons=(), refused=refused))
    return world


def no_answer() -> World:
    world = busy()
    world.do(RightsAnswered(asked(world.do(StartTender()).effects).hold_id, False))
    return world


def tender() -> World:
    world = busy()
    world.do(kept(asked(world.do(StartTender()).effects), world))
    return world


def done() -> World:
    world = tender()
    world.do(Settle())
    return world


def done_offline() -> World:
    world = offline()
    world.do(StartTender(), Settle())
    return world


def status() -> World:
    world = member_world(who=ZHOU)
    world.do(GoTo("status"))
    return world


def status_after() -> World:
    world = member_world(who=ZHOU)
    world.scan(CARD, *CODES)
    world.do(LinkChanged(LinkStatus("offline")))
    world.do(StartTender(), Settle(), NextSale(), GoTo("status"))
    return world


def find() -> World:
    world = MemberWorld(online=False)
    world.do(OpenMember())
    return world


def found() -> World:
    world = MemberWorld(online=False)
    world.do(OpenMember(), *(KeyIn(sign) for sign in "6027"), LookUpMember())
    return world


def found_many() -> World:
    world = MemberWorld()
    cards = tuple(
        MemberCard(f"M{n:012}", name, "6027", level, points=n * 1000, as_of_ms=world.hands.now_ms())
        for n, (name, level) in enumerate(
            (
                ("陈**", "gold"),
                ("欧阳**", ""),
                ("Maximiliane-Alexandra v**", "gold"),
                ("王**", "gold"),
                ("李**", ""),
            )
            * 2
        )
    )
    world.holds_answers = True
    world.do(OpenMember(), *(KeyIn(sign) for sign in "6027"), LookUpMember())
    world.do(MembersFound(world.finds[-1].ask_id, cards, "yes", more=True))
    return world


def looking() -> World:
    world = MemberWorld()
    world.holds_answers = True
    world.do(OpenMember(), *(KeyIn(sign) for sign in "6027"), LookUpMember())
    return world


def found_nobody() -> World:
    world = MemberWorld(online=False)
    world.do(OpenMember(), *(KeyIn(sign) for sign in "4711"), LookUpMember())
    return world


def showing() -> World:
    world = MemberWorld()
    world.scan(world.app_code(), COLA)
    world.do(OpenMember())
    return world


def showing_held() -> World:
    world = MemberWorld()
    world.scan(CHEN_CARD, COLA)
    world.with_hold(Hold("h1", world.hands.now_ms() + 600_000, ("K1",), 100))
    world.do(OpenMember())
    return world


TEXTS = (
    (
        "terms",
        "2026-11",
        {
            "en": "I want to be a member and agree to the membership terms: purchases and points are kept "
            "under my number.",
            "zh_CN": "我要成为会员，同意会员协议：消费和积分记在我的会员号下。",
        },
    ),
    (
        "marketing",
        "2026-11",
        {
            "en": "Offers may be sent to my phone. I can stop them at any time.",
            "zh_CN": "可以给我的手机发优惠信息，我随时可以退订。",
        },
    ),
)


def join() -> World:
    world = MemberWorld(programme=replace(SHOPPERS, consents=TEXTS))
    world.do(OpenMember(), *(KeyIn(sign) for sign in NEW_PHONE), LookUpMember())
    return world


def join_named() -> World:
    world = MemberWorld(online=False, programme=replace(SHOPPERS, consents=TEXTS))
    world.do(OpenMember(), *(KeyIn(sign) for sign in NEW_PHONE), LookUpMember())
    world.do(EnterText("Maximiliane-Alexandra von Hohenzollern"))
    return world


def code_used() -> World:
    world = MemberWorld()
    code = world.app_code(steps_ago=1440)
    world.scan(COLA, code)
    return world


MADE: dict[str, Callable[[], World]] = {
    name: made
    for name, made in list(globals().items())
    if callable(made) and getattr(made, "__module__", "") == __name__ and not name.startswith("_")
}
