"""Gift cards at the till: money put on one, and one that pays with the network, without it, and in doubt."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from posapp.code_rules import code_reader
from posapp.domain.codes.own import OwnCode, make_own
from posapp.domain.codes.reader import CodeReader
from posapp.domain.member_facts import RightsReleased
from posapp.domain.members.gift_numbers import gift_tail, make_gift_number
from posapp.domain.members.leases import Lease
from posapp.domain.members.terms import GiftCard
from posapp.domain.shop import Shop, TenderType
from posapp.flows.answers import LinkChanged
from posapp.flows.intents import (
    Back,
    ChooseTender,
    EnterText,
    LinkStatus,
    Lock,
    ScanCode,
    Settle,
    StartTender,
    Tick,
    UndoTender,
    WhyPrice,
)
from posapp.flows.member_answers import GiftCardAnswered, LeasesChanged
from posapp.flows.member_effects import AskGiftCard, HoldGift
from posapp.flows.member_wishes import LoadGiftCard
from posapp.flows.presenters import present
from posapp.flows.refusals import Refusal
from tests.domain.shops import SHOP
from tests.flows.fakes import COLA
from tests.flows.world import World, labels, texts_in

NUMBER = make_gift_number(b"0123456789abcd")
OTHER = make_gift_number(b"another number")
GIFT = TenderType("gift", "gift", {"en": "Gift card", "zh_CN": "礼品卡"}, opens_drawer=False)
GIFT_SHOP = replace(SHOP, tenders=(*SHOP.tenders, GIFT))
CODE = make_own(OwnCode("voucher", "HUB", NUMBER, "2026-12-31", {"A": "10000"}), lambda _text: b"\1" * 64)
OLD_CODE = make_own(OwnCode("voucher", "HUB", NUMBER, "2026-05-28", {"A": "10000"}), lambda _text: b"\1" * 64)


class _Genuine:
    def verify(self, _issuer: str, _message: bytes, _signature: bytes) -> bool:
        return True


_READER: list[CodeReader] = []


def _codes(shop: Shop) -> CodeReader:
    if not _READER:
        _READER.append(code_reader(shop, signatures=_Genuine()))
    return _READER[0]


def gift_world(*, online: bool = True) -> World:
    """A till of a shop that takes gift cards, its shift open, a bottle of cola in the sale."""
    world = World(GIFT_SHOP)
    world.ports = replace(world.ports, codes=_codes)
    world.terminal._ports = world.ports
    world.open_shift()
    world.do(LinkChanged(LinkStatus("online" if online else "offline")))
    world.scan(COLA, COLA)
    return world


def asked(world: World, kind: type[Any]) -> Any:
    """The newest question of a kind."""
    return [effect for effect in world.effects if isinstance(effect, kind)][-1]


def kept(question: HoldGift, amount: int, left: int = 0, why: str = "") -> GiftCardAnswered:
    """What the hub says: so much is kept and so much is left besides."""
    return GiftCardAnswered(question.hold_id, GiftCard(question.card_id, left, "CNY"), why, amount)


def due(world: World) -> int:
    """What the open sale comes to."""
    return int(world.desk.prices.paid_minor)


def releases(world: World) -> list[tuple[str, str]]:
    """(hold, reason) of what was let go of."""
    return [(one.hold_id, one.reason) for one in world.store.facts if isinstance(one, RightsReleased)]


def english(world: World) -> str:
    """All that the screen says."""
    desk = replace(world.desk, language="en")
    return labels(present(replace(world.terminal.state, desk=desk), world.ports, "1"))


def sold(world: World) -> Any:
    """The sale just stored."""
    assert world.at == "Done"
    return world.phase.sale  # type: ignore[union-attr]


# ------------------------------------------------------------------ money on a card
def test_a_scanned_card_shows_its_balance_and_money_goes_on_it() -> None:
    world = gift_world()
    world.scan(CODE)
    assert world.at == "ShowingGiftCard"
    question = asked(world, AskGiftCard)
    assert question.card_id == NUMBER
    assert "Asking the hub" in english(world)
    world.do(GiftCardAnswered(question.ask_id, GiftCard(NUMBER, 2_500, "CNY")))
    assert "25.00" in english(world)
    world.do(LoadGiftCard())
    assert world.refused == Refusal.NothingKeyed.sentence
    world.key("50")
    world.do(LoadGiftCard())
    assert world.at == "Selling"
    line = world.desk.cart.lines[-1]
    assert (line.gift_card, line.amount_minor, line.names["en"]) == (
        NUMBER, 5_000, f"Gift card {gift_tail(NUMBER)}",
    )  # fmt: skip
    assert "put on the card" in english(world)
    world.do(WhyPrice())
    assert "no tax, no offers" in english(world)
    world.do(Back())
    world.pay()
    fact = sold(world).lines[-1]
    assert (fact.gift_card, fact.amount_minor, fact.paid_minor, fact.runs) == (NUMBER, 5_000, 5_000, ())


def test_a_new_card_is_sold_for_its_printed_value_also_without_the_network() -> None:
    world = gift_world(online=False)
    world.scan(CODE)
    assert "needs the network" in english(world)
    world.do(LoadGiftCard())
    assert world.desk.cart.lines[-1].amount_minor == 10_000
    assert world.desk.prices.priced.lines[-1].list_minor == 10_000


def test_no_code_of_a_card_is_written_down() -> None:
    world = gift_world()
    world.scan(CODE)
    world.do(Back(), EnterText(NUMBER.lower()), Back())
    world.do(StartTender(), ScanCode(CODE), Back())
    world.do(ScanCode(f"{CODE}XX"))
    assert all(NUMBER not in scan.code for scan in world.scans().values())
    assert "gift card" in {scan.code for scan in world.scans().values()}, "a broken one is refused on record"


@pytest.mark.parametrize("why", ["unknown", "blocked", "expired"])
def test_no_money_goes_on_a_card_that_the_hub_would_not_take(why: str) -> None:
    world = gift_world()
    world.scan(NUMBER)
    world.do(GiftCardAnswered(asked(world, AskGiftCard).ask_id, GiftCard(NUMBER), why))
    world.key("10")
    world.do(LoadGiftCard())
    assert world.at == "ShowingGiftCard"
    assert world.refused


def test_goods_are_taken_while_the_sheet_is_open() -> None:
    world = gift_world()
    world.scan(NUMBER, COLA)
    assert world.at == "Selling"
    assert world.lines()[-1][1] == 3


def test_an_old_card_and_a_shop_without_gift_cards() -> None:
    world = gift_world()
    world.scan(OLD_CODE)
    assert world.refused == Refusal.GiftExpired.sentence
    plain = World().open_shift()
    plain.scan(NUMBER)
    assert plain.refused == Refusal.NoGiftCards.sentence


# ------------------------------------------------------------------ paying
def test_a_card_pays_all_of_it_once_the_hub_keeps_the_amount() -> None:
    world = gift_world()
    total = due(world)
    world.do(StartTender())
    world.scan(NUMBER)
    question = asked(world, HoldGift)
    assert (world.at, question.amount_minor, question.card_id) == ("HoldingGift", total, NUMBER)
    assert question.transaction_id == world.desk.cart.transaction_id
    world.scan(COLA)
    assert world.refused == Refusal.GiftAsked.sentence
    world.do(kept(question, total, left=1_234))
    sale = sold(world)
    (tender,) = sale.tenders
    assert (tender.kind, tender.reference, tender.hold_id, tender.left_minor, tender.lease_id) == (
        "gift", NUMBER, question.hold_id, 1_234, "",
    )  # fmt: skip
    assert (sale.tendered_minor, sale.change_minor) == (total, 0)
    assert world.desk.shift.expected_cash_minor == world.desk.shift.float_minor
    assert not releases(world)
    assert "12.34" in english(world)
    slips = [text for commit in world.commits.values() for slip in commit.prints for text in texts_in(slip)]
    assert any(gift_tail(NUMBER) in text for text in slips)
    assert not any(NUMBER in text for text in slips)


def test_a_payment_that_stays_open_goes_on_keeping_what_it_took() -> None:
    world = gift_world()
    due(world)
    world.do(StartTender())
    world.scan(NUMBER)
    question = asked(world, HoldGift)
    world.do(kept(question, 100), Lock())
    again: list[HoldGift] = []
    for _second in range(120):
        world.hands.pass_by(1_000)
        again += [each for each in world.do(Tick()).effects if isinstance(each, HoldGift)]
    assert [(each.hold_id, each.card_id, each.amount_minor) for each in again] == [
        (question.hold_id, NUMBER, 100)
    ] * 2
    world.do(kept(question, 100))
    assert not releases(world), "the answer is about what is taken already"
    world.do(LinkChanged(LinkStatus("offline")))
    back = world.do(LinkChanged(LinkStatus("online"))).effects
    assert [each.hold_id for each in back if isinstance(each, HoldGift)] == [question.hold_id]


def test_what_is_on_the_card_pays_and_cash_the_rest() -> None:
    world = gift_world()
    total = due(world)
    world.do(StartTender(), ScanCode(CODE))
    world.do(kept(asked(world, HoldGift), 100))
    assert world.at == "Tendering"
    assert world.desk.cart.paid[0].amount_minor == 100
    assert ": only 1.00 on it" in english(world)
    assert f"Gift card {gift_tail(NUMBER)} charged ¥1.00" in english(world)
    world.do(ChooseTender("cash"), Settle())
    sale = sold(world)
    assert [tender.kind for tender in sale.tenders] == ["gift", "cash"]
    assert world.desk.shift.expected_cash_minor == world.desk.shift.float_minor + sale.total_minor - 100
    assert total == sale.total_minor - sale.rounding_minor


def test_a_keyed_amount_is_asked_for_and_never_more_than_is_due() -> None:
    world = gift_world()
    world.do(StartTender(), ChooseTender("gift"), Settle())
    assert world.refused == Refusal.GiftCardFirst.sentence
    world.key("1")
    world.do(EnterText(NUMBER))
    question = asked(world, HoldGift)
    assert question.amount_minor == 100
    world.do(kept(question, 100))
    world.key("9999")
    world.scan(OTHER)
    assert world.refused == Refusal.MoreThanDue.sentence
    world.scan(NUMBER)
    assert world.refused == Refusal.GiftTaken.sentence


@pytest.mark.parametrize(
    ("why", "sentence"),
    [
        ("unknown", Refusal.GiftUnknown),
        ("inactive", Refusal.GiftInactive),
        ("blocked", Refusal.GiftBlocked),
        ("expired", Refusal.GiftExpired),
        ("balance", Refusal.GiftEmpty),
    ],
)
def test_a_card_that_gives_nothing_says_why(why: str, sentence: Refusal) -> None:
    world = gift_world()
    world.do(StartTender(), ScanCode(NUMBER))
    world.do(kept(asked(world, HoldGift), 0, why=why))
    assert (world.at, world.refused) == ("Tendering", sentence.sentence)
    assert not world.desk.cart.paid
    assert not releases(world)


def test_without_an_answer_nothing_was_taken_and_a_fact_lets_go() -> None:
    world = gift_world()
    world.do(StartTender(), ScanCode(NUMBER))
    question = asked(world, HoldGift)
    world.do(kept(question, 0, why="no_answer"))
    assert (world.at, world.refused) == ("Tendering", Refusal.GiftNoAnswer.sentence)
    assert not world.desk.cart.paid
    assert releases(world) == [(question.hold_id, "no_answer")]
    world.do(kept(question, 300))
    assert not world.desk.cart.paid, "an answer that comes too late takes nothing"
    assert releases(world)[-1] == (question.hold_id, "no_answer")


def test_a_question_that_is_never_answered_ends_by_itself() -> None:
    world = gift_world()
    world.do(StartTender(), ScanCode(NUMBER))
    world.hands.pass_by(9_000)
    world.do(Tick())
    assert (world.at, world.refused) == ("Tendering", Refusal.GiftNoAnswer.sentence)
    assert [reason for _hold, reason in releases(world)] == ["no_answer"]


def test_the_question_and_the_tender_can_be_taken_back() -> None:
    world = gift_world()
    world.do(StartTender(), ScanCode(NUMBER), Back())
    first = asked(world, HoldGift).hold_id
    assert (world.at, releases(world)) == ("Tendering", [(first, "undone")])
    world.do(ScanCode(NUMBER))
    second = asked(world, HoldGift)
    assert second.hold_id != first
    world.do(kept(second, 100))
    world.do(UndoTender(1))
    assert releases(world)[-1] == (second.hold_id, "undone")
    assert not world.desk.cart.paid
    world.do(Back())
    assert world.at == "Selling"


def test_what_a_card_paid_outlives_a_power_cut() -> None:
    world = gift_world()
    world.do(StartTender(), ScanCode(NUMBER))
    question = asked(world, HoldGift)
    world.do(kept(question, 100, left=50))
    before = world.desk.cart.paid
    world.restart()
    world.ports = replace(world.ports, codes=_codes)
    world.sign_on()
    assert world.at == "Tendering"
    assert world.desk.cart.paid == before
    world.do(ChooseTender("cash"), Settle())
    assert [tender.hold_id for tender in sold(world).tenders] == [question.hold_id, ""]


def test_a_card_that_this_sale_loads_does_not_pay_for_it() -> None:
    world = gift_world(online=False)
    world.scan(CODE)
    world.do(LoadGiftCard(), StartTender(), ScanCode(CODE))
    assert world.refused == Refusal.GiftInSale.sentence


# ------------------------------------------------------------------ without the network
def offline(lease_minor: int = 20_000) -> World:
    """A till without the network, with so much granted for gift cards."""
    world = gift_world(online=False)
    until_ms = world.hands.now_ms() + 60_000
    leases = (Lease("L1", "gift", lease_minor, until_ms),) if lease_minor else ()
    world.do(LeasesChanged(leases))
    return world


def test_a_signed_code_pays_within_the_lease() -> None:
    world = offline()
    total = due(world)
    world.do(StartTender(), ScanCode(CODE))
    sale = sold(world)
    (tender,) = sale.tenders
    assert (tender.lease_id, tender.hold_id, tender.amount_minor) == ("L1", "", total)
    assert tender.left_minor is None
    assert world.desk.leases[0].left == 20_000 - total


def test_no_more_than_the_lease_has_left() -> None:
    world = offline(lease_minor=120)
    world.do(StartTender(), ScanCode(CODE))
    assert (world.at, world.desk.cart.paid[0].amount_minor) == ("Tendering", 120)
    assert "offline limit" in english(world)


@pytest.mark.parametrize(
    ("lease_minor", "code", "sentence"),
    [
        (0, CODE, Refusal.GiftNeedsNetwork),
        (20_000, NUMBER, Refusal.GiftCodeOnly),
        (20_000, OLD_CODE, Refusal.GiftExpired),
    ],
)
def test_what_is_not_taken_without_the_network(lease_minor: int, code: str, sentence: Refusal) -> None:
    world = offline(lease_minor)
    world.do(StartTender(), ScanCode(code))
    assert (world.at, world.refused) == ("Tendering", sentence.sentence)
    assert not world.desk.cart.paid


def test_a_card_pays_once_under_a_lease() -> None:
    world = offline()
    used: set[tuple[str, str]] = {("L1", NUMBER)}
    world.ports = replace(world.ports, gift_used=lambda lease, card: (lease, card) in used)
    world.terminal._ports = world.ports
    world.do(StartTender(), ScanCode(CODE))
    assert world.refused == Refusal.GiftUsedOffline.sentence


def test_a_lease_that_ended_gives_nothing() -> None:
    world = offline()
    world.hands.pass_by(61_000)
    world.do(StartTender(), ScanCode(CODE))
    assert world.refused == Refusal.GiftNeedsNetwork.sentence
