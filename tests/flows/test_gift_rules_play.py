"""A retailer's own rules of gift cards: own numbers, the most on a card, and no card that pays for a card."""

from __future__ import annotations

from posapp.domain.facts import ScanRefused
from posapp.domain.members.gift_numbers import make_gift_number
from posapp.domain.members.programme import Programme
from posapp.domain.members.terms import GiftCard
from posapp.flows.intents import ChooseTender, EnterText, KeyIn, ScanCode, Settle, StartTender
from posapp.flows.member_answers import GiftCardAnswered, ProgrammeSent
from posapp.flows.member_effects import AskGiftCard, HoldGift
from posapp.flows.member_wishes import LoadGiftCard
from posapp.flows.refusals import Refusal
from tests.flows.test_gift_cards_play import CODE, NUMBER, OTHER, asked, due, gift_world, kept, sold
from tests.flows.world import World

#: One reads as nothing, the other as the GTIN of an item that nobody sells.
OWN, LIKE_AN_ITEM = "770000000001", "7700000000118"


def own_world(most_minor: int = 0) -> World:
    world = gift_world()
    world.do(ProgrammeSent(Programme(gift_patterns=("77[0-9]{10,11}",), gift_most_minor=most_minor)))
    return world


def load(world: World, code: str, amount: str, told: GiftCardAnswered | None = None) -> None:
    world.scan(code)
    question = asked(world, AskGiftCard)
    world.do(told or GiftCardAnswered(question.ask_id, GiftCard(question.card_id, 0, "CNY")))
    world.key(amount)
    world.do(LoadGiftCard())


def test_own_numbers_are_gift_cards_and_are_not_written_down() -> None:
    for number in (OWN, LIKE_AN_ITEM):
        world = own_world()
        world.scan(number)
        assert (world.at, asked(world, AskGiftCard).card_id) == ("ShowingGiftCard", number)
        world = own_world()
        world.do(EnterText(number))
        assert world.at == "ShowingGiftCard"
        world = own_world()
        world.do(StartTender(), ScanCode(number))
        question = asked(world, HoldGift)
        assert question.card_id == number
        world.do(kept(question, due(world)))
        assert sold(world).tenders[0].reference == number
        scans = [fact.scan.code for fact in world.store.facts if isinstance(fact, ScanRefused)]
        assert number not in scans
    world = gift_world()
    world.scan(OWN)
    assert world.at == "Selling"


def test_no_more_is_put_on_a_card_than_the_programme_says() -> None:
    world = own_world(most_minor=10_000)
    world.scan(CODE)
    question = asked(world, AskGiftCard)
    world.do(GiftCardAnswered(question.ask_id, GiftCard(NUMBER, 6_000, "CNY")))
    world.key("41")
    world.do(LoadGiftCard())
    assert (world.refused, world.at) == (Refusal.GiftMost.sentence, "ShowingGiftCard")
    world.do(KeyIn("back"), KeyIn("0"), LoadGiftCard())
    assert world.at == "Selling"
    # What this sale puts on it already counts too.
    world.scan(CODE)
    world.do(GiftCardAnswered(asked(world, AskGiftCard).ask_id, GiftCard(NUMBER, 6_000, "CNY")))
    world.key("1")
    world.do(LoadGiftCard())
    assert world.refused == Refusal.GiftMost.sentence


def test_a_gift_card_pays_for_the_goods_and_not_for_another_card() -> None:
    world = gift_world()
    load(world, OTHER, "50")
    world.do(StartTender(), ScanCode(CODE))
    question = asked(world, HoldGift)
    goods = due(world) - 5_000
    assert question.amount_minor == goods
    world.do(kept(question, goods))
    assert world.at == "Tendering"
    world.do(ScanCode(make_gift_number(b"a third number")))
    assert world.refused == Refusal.GiftForGift.sentence
    world.do(ChooseTender("cash"), Settle())
    assert [each.kind for each in sold(world).tenders] == ["gift", "cash"]


def test_more_than_the_goods_cannot_be_keyed_for_a_card() -> None:
    world = gift_world()
    load(world, OTHER, "50")
    world.do(StartTender())
    world.key("40")
    world.do(ScanCode(CODE))
    assert world.refused == Refusal.GiftForGift.sentence
    assert not [each for each in world.effects if isinstance(each, HoldGift)]
