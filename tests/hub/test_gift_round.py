"""A gift card's whole round: printed by the hub, sold and spent by a till's own flows, answers lost."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from posapp.code_rules import CodeReaders
from posapp.domain.facts import TransactionCompleted
from posapp.domain.members.leases import Lease
from posapp.exchange.outgoing import Place, Position, envelope_bytes
from posapp.flows.answers import LinkChanged
from posapp.flows.intents import (
    Back,
    ChooseTender,
    LinkStatus,
    NextSale,
    ScanCode,
    Settle,
    StartTender,
    UndoTender,
)
from posapp.flows.member_answers import GiftCardAnswered, LeasesChanged
from posapp.flows.member_effects import AskGiftCard, HoldGift
from posapp.flows.member_wishes import LoadGiftCard
from posapp.rights_desk.questions import question_of
from sync.hub.database import Database
from sync.hub.loyalty import gift_cards
from sync.hub.loyalty.compensation import losses
from sync.hub.loyalty.folding import fold
from sync.hub.loyalty.gift_issue import issue_cards
from sync.hub.trust.hub_keys import public_keys
from sync.protocol.loyalty import GiftHoldRequest, GiftReply, GiftTellRequest
from sync.protocol.trust import from_text
from tests.flows.fakes import COLA
from tests.flows.test_gift_cards_play import GIFT_SHOP
from tests.flows.world import World
from tests.hub.conftest import NOW_MS

PLACE = ("S1", "T1")


class Round:
    """A till whose questions about cards go straight into the hub's database, its facts when it is told."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.writing() as connection:
            (card,) = issue_cards(connection, 1, face_minor=10_000, currency="CNY", now_ms=NOW_MS)
            keys = {key_id: (from_text(key) or b"").hex() for key_id, key in public_keys(connection).items()}
        self.card_id, self.code = card.card_id, card.code
        readers = CodeReaders()
        self.world = World(GIFT_SHOP)
        self.world.ports = replace(self.world.ports, codes=lambda shop: readers.of(shop, keys))
        self.world.terminal._ports = self.world.ports
        self.world.open_shift()
        self.online(True)
        self.sent = 0

    def online(self, is_so: bool) -> None:
        """The network comes or goes."""
        self.world.do(LinkChanged(LinkStatus("online" if is_so else "offline")))

    def tell_gift(self, request: GiftTellRequest) -> GiftReply:
        """A question over the link."""
        with self.database.reading() as connection:
            return gift_cards.tell(connection, request.card_id, now_ms=NOW_MS)

    def hold_gift(self, request: GiftHoldRequest) -> GiftReply:
        """A question over the link."""
        return self.database.write(
            lambda connection: gift_cards.hold(connection, request, PLACE, now_ms=NOW_MS)
        )

    def answer(self, *, lost: str = "") -> None:
        """Answer the newest question; `lost`: it never came ("asked"), or its answer ("answer")."""
        effect = [each for each in self.world.effects if isinstance(each, AskGiftCard | HoldGift)][-1]
        link: Any = self
        question = question_of(effect, currency="CNY")
        answer = question.ask(link) if lost != "asked" else question.unanswered
        self.world.do(question.unanswered if lost else answer)

    def push(self) -> None:
        """All facts that the hub has not, and once more some that it has."""
        facts = self.world.store.facts
        first = max(0, self.sent - 2)
        lines = [
            envelope_bytes(
                fact, Place(*PLACE, 1), Position(f"event-{number}", 1, number + 1), business_date="2026-05-29"
            )
            for number, fact in enumerate(facts)
            if number >= first
        ]
        self.sent = len(facts)
        self.database.write(lambda connection: fold(connection, lines, NOW_MS))

    def card(self) -> gift_cards.Card:
        """The card, its entries summed."""
        with self.database.reading() as connection:
            card = gift_cards.card_of(connection, self.card_id)
            assert card is not None
            assert gift_cards.sum_of_entries(connection, self.card_id) == card.balance_minor
        return card

    def sales(self) -> list[TransactionCompleted]:
        """All stored sales."""
        return self.world.store.sales()


def test_printed_sold_and_spent(hub_database: Database) -> None:
    play = Round(hub_database)
    world = play.world
    world.scan(play.code)
    play.answer()
    assert world.phase.answer.why == "inactive"  # type: ignore[union-attr]
    world.do(LoadGiftCard(), StartTender(), ChooseTender("cash"), Settle(), NextSale())
    assert play.card().balance_minor == 0, "the fact does it, not the till's word"
    play.push()
    assert play.card().balance_minor == 10_000
    world.scan(COLA, COLA)
    world.do(StartTender(), ScanCode(play.card_id))
    play.answer()
    assert world.at == "Done"
    due = play.sales()[-1].total_minor
    assert play.card().held_minor == due
    assert play.sales()[-1].tenders[0].left_minor == 10_000 - due
    play.push()
    assert (play.card().balance_minor, play.card().held_minor) == (10_000 - due, 0)


@pytest.mark.parametrize("seed", range(2))
def test_whatever_is_lost_on_the_way_no_value_is_made_or_gone(hub_database: Database, seed: int) -> None:
    """Σ put on − Σ paid with = what is on the card, but for losses that are somebody's to work off."""
    chance, play = random.Random(seed), Round(hub_database)
    world = play.world
    for turn in range(14):
        play.online(is_so := chance.random() < 0.8)
        now_ms = world.hands.now_ms()
        world.do(LeasesChanged((Lease(f"L{turn}", "gift", 500, now_ms + 60_000),)))
        world.scan(*[COLA] * chance.randint(1, 4))
        if chance.random() < 0.4:
            world.scan(play.code)
            world.key(str(chance.randint(1, 9)))
            world.do(LoadGiftCard())
            assert world.at == "Selling"
        world.do(StartTender(), ScanCode(play.code if chance.random() < 0.7 else play.card_id))
        if world.at == "HoldingGift":
            assert is_so
            match chance.randint(0, 9):
                case 0:
                    play.answer(lost="asked")
                case 1:
                    play.answer(lost="answer")
                case 2:
                    world.do(Back())
                    play.answer()
                case _:
                    play.answer()
        if world.at == "Tendering" and world.desk.cart.paid and chance.random() < 0.3:
            world.do(UndoTender(1))
        if world.at == "Tendering":
            world.do(ChooseTender("cash"), Settle())
        assert world.at == "Done"
        world.do(NextSale())
        if chance.random() < 0.3:
            play.push()
    play.push()
    put_on = sum(line.amount_minor for sale in play.sales() for line in sale.lines if line.gift_card)
    paid = sum(each.amount_minor for sale in play.sales() for each in sale.tenders if each.kind == "gift")
    with hub_database.reading() as connection:
        lost = sum(row.loss.amount_minor for row in losses(connection))
    card = play.card()
    assert card.held_minor == 0
    assert card.balance_minor == put_on - paid + lost
    assert paid > 0


def test_an_answer_that_comes_after_the_end_is_let_go_of(hub_database: Database) -> None:
    play = Round(hub_database)
    world = play.world
    world.scan(play.code)
    play.answer()
    world.do(LoadGiftCard(), StartTender(), ChooseTender("cash"), Settle(), NextSale())
    play.push()
    world.scan(COLA)
    world.do(StartTender(), ScanCode(play.code))
    question = [each for each in world.effects if isinstance(each, HoldGift)][-1]
    late = question_of(question, currency="CNY").ask(play)  # type: ignore[arg-type]
    world.do(Back(), late)
    assert isinstance(late, GiftCardAnswered)
    assert late.held_minor > 0
    assert not world.desk.cart.paid
    play.push()
    assert play.card().held_minor == 0
