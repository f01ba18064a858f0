"""Value that was put on a gift card comes back: asked of the hub, taken off the card by the return's fact."""

from __future__ import annotations

import pytest

from posapp.domain.return_facts import ReturnCompleted
from posapp.flows.intents import ChooseTender, NextSale, ScanCode, Settle, StartTender
from posapp.flows.member_effects import AskGiftCard
from posapp.flows.member_wishes import ChangeReturn, ConfirmReturn, LoadGiftCard, StartReturn
from posapp.flows.refusals import Refusal
from posapp.flows.return_phases import Returning
from sync.hub.database import Database
from sync.hub.loyalty import gift_cards
from sync.hub.loyalty.compensation import losses
from tests.flows.fakes import COLA
from tests.hub.conftest import NOW_MS
from tests.hub.test_gift_round import Round

RECEIPT = "T03-000001"


@pytest.fixture
def play(hub_database: Database) -> Round:
    """A card of 100.00 and a cola were sold on one receipt, and the hub knows."""
    made = Round(hub_database)
    made.world.scan(COLA)
    made.world.scan(made.code)
    made.answer()
    made.world.do(LoadGiftCard(), StartTender(), ChooseTender("cash"), Settle(), NextSale())
    made.push()
    assert made.card().balance_minor == 10_000
    return made


def opened(play: Round) -> list[str]:
    """Why each line stays, once the hub was asked for the card."""
    play.world.do(StartReturn(RECEIPT))
    assert [each for each in play.world.effects if isinstance(each, AskGiftCard)][-1].card_id == play.card_id
    play.answer()
    return stays(play)


def stays(play: Round) -> list[str]:
    phase = play.world.phase
    assert isinstance(phase, Returning)
    assert phase.found is not None
    return [line.stay for line in phase.found.lines]


def back(play: Round) -> ReturnCompleted:
    return [fact for fact in play.world.store.facts if isinstance(fact, ReturnCompleted)][-1]


def lost(play: Round) -> list[tuple[str, int]]:
    with play.database.reading() as connection:
        return [(row.loss.kind, row.loss.amount_minor) for row in losses(connection)]


def test_a_card_that_nobody_used_comes_back_whole(play: Round) -> None:
    assert opened(play) == ["", ""]
    play.world.do(ChangeReturn(2, 1), ConfirmReturn())
    fact = back(play)
    assert (fact.total_minor, fact.lines[0].gift_card, fact.taxes) == (10_000, play.card_id, ())
    assert play.card().balance_minor == 10_000, "the fact does it, not the till's word"
    play.push()
    assert play.card().balance_minor == 0
    # Once more, on the same receipt: it came back already.
    assert opened(play) == ["", "returned"]
    assert lost(play) == []


def test_a_card_that_was_used_stays_sold(play: Round) -> None:
    world = play.world
    world.scan(COLA)
    world.do(StartTender(), ScanCode(play.code))
    play.answer()
    world.do(NextSale())
    play.push()
    assert opened(play) == ["", "gift_card"]
    world.do(ChangeReturn(2, 1))
    assert world.refused == Refusal.StaysSold.sentence


def test_without_the_hub_it_stays_sold_and_goods_come_back_all_the_same(play: Round) -> None:
    play.online(False)
    play.world.do(StartReturn(RECEIPT))
    play.answer(lost="asked")
    assert stays(play) == ["", "gift_card"]
    play.world.do(ChangeReturn(1, 1), ConfirmReturn())
    assert [line.line_no for line in back(play).lines] == [1]


def test_what_was_spent_between_the_question_and_the_fact_is_worked_off(play: Round) -> None:
    assert opened(play) == ["", ""]
    source = gift_cards.Source("elsewhere", "tender:1", at_ms=NOW_MS)
    with play.database.writing() as connection:
        assert gift_cards.take(connection, play.card_id, 4_000, source, currency="CNY") == 4_000
    play.world.do(ChangeReturn(2, 1), ConfirmReturn())
    play.push()
    assert play.card().balance_minor == 0
    assert lost(play) == [("gift_returned", 4_000)]
