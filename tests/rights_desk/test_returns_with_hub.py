"""Goods come back at another till than sold them, with the real hub: money, points, coupon, card, stock."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from posapp.clocks import SystemClock
from posapp.domain.facts import TransactionCompleted
from posapp.domain.member_facts import SaleMember
from posapp.domain.members.gift_numbers import make_gift_number
from posapp.domain.return_facts import ReturnCompleted
from posapp.domain.returns import ReturnContext, ReturnTerms, WishedPieces, completed, quote
from posapp.exchange.outgoing import Place, Position, envelope_bytes
from posapp.flows.effects import Commit
from posapp.flows.member_answers import SaleFound
from posapp.flows.member_effects import FindSale
from sync.hub.goods.stock import fold as fold_stock
from sync.hub.goods.stock import levels
from sync.hub.goods.stock_facts import Move
from sync.hub.intake.ingest import Batch, ingest
from sync.hub.loyalty import coupons, gift_cards
from sync.hub.loyalty.accounts import Account, account_of
from sync.hub.loyalty.compensation import losses
from sync.hub.loyalty.coupons import NewCoupon
from tests.domain.made_up_sales import a_sale, cash_rules, tax_rules
from tests.rights_desk.desk_kit import eventually
from tests.rights_desk.test_members_with_hub import Counter, Shop

CARD = make_gift_number(b"a card for tes")
TAX, CASH = tax_rules(), cash_rules()
DAY = "2026-11-22"
DATE = date.fromisoformat(DAY)


class Returns:
    """A shop where till T2 sold something to a member, and T1, which never saw it."""

    def __init__(self, folder: Path) -> None:
        self.shop = Shop(folder)
        self.database = self.shop.hub.database
        self.now_ms = SystemClock().now_ms()
        batch = coupons.Batch("ten-off", {"en": "10 off"}, 777, until_ms=self.now_ms + 30 * 86_400_000)
        with self.database.writing() as connection:
            coupons.put_batch(connection, batch, who="test", now_ms=self.now_ms)
            coupons.issue(connection, batch, [NewCoupon("C1")], who="test", now_ms=self.now_ms)
            source = gift_cards.Source("loaded", "line:1", at_ms=self.now_ms)
            assert gift_cards.put(connection, CARD, 5_000, source, currency="CNY")
            counted = Move("count", 0, "SKU0", 10, "pcs", "count", self.now_ms - 60_000)
            fold_stock(connection, "S1", [counted], self.now_ms)
        self.sale = self._sale()
        place, position = Place("S1", "T2", 2), Position("event-T2-1", 1, 1)
        line = envelope_bytes(
            self.sale, place, position, business_date=DAY, receipt_number=self.sale.receipt_number
        )
        with self.database.writing() as connection:
            ingest(connection, Batch("S1", "T2", 1, None, (line,)), now_ms=self.now_ms)
        self.counter = Counter(folder, self.shop.url)

    def _sale(self) -> TransactionCompleted:
        made = a_sale(
            [(3, 1_999, "standard"), (1, 355, "food")], [(777, (0, 1))], tax=TAX, cash=CASH,
            gift_minor=3_000, card_minor=900, coupons=("C1",),
        )  # fmt: skip
        paid = (replace(one, reference=CARD) if one.kind == "gift" else one for one in made.tenders)
        return replace(
            made,
            store_id="S1",
            terminal_id="T2",
            business_date=DAY,
            receipt_number="S1-02-000001",
            opened_at_ms=self.now_ms,
            completed_at_ms=self.now_ms,
            tenders=tuple(paid),
            member=SaleMember(self.shop.member_id, "code", "", points_earned=60, points_used=100),
        )

    def find(self, ask_id: str) -> SaleFound:
        """What the till is told of the receipt."""
        self.counter.members.ask(FindSale(ask_id, self.sale.receipt_number))
        return self.counter.until(
            lambda: next((one for one in self.counter.posted if getattr(one, "ask_id", "") == ask_id), None)
        )

    def give_back(self, found: SaleFound, wishes: dict[int, int]) -> ReturnCompleted:
        """Take pieces back as the till does, and store it."""
        assert found.sale is not None
        terms = ReturnTerms(TAX, CASH, DATE, DATE, 7)
        told = quote(found.sale, found.returns, {no: WishedPieces(n) for no, n in wishes.items()}, terms)
        number = f"return-{len(found.returns)}"
        at_ms = self.now_ms + 1_000 * (1 + len(found.returns))
        fact = completed(told, ReturnContext(number, "S1", "T1", "shift-1", DAY, "op-1", "Li", "en", at_ms))
        stored = threading.Event()
        self.counter.writer.commit(Commit(number, (fact,)), lambda _answer: stored.set())
        assert stored.wait(20)
        self.counter.linking.wake()
        return fact

    def card_minor(self) -> int:
        """What is on the gift card."""
        with self.database.reading() as connection:
            card = gift_cards.card_of(connection, CARD)
        assert card is not None
        return card.balance_minor

    def account(self) -> Account:
        """The member's points."""
        with self.database.reading() as connection:
            return account_of(connection, self.shop.member_id)

    def coupon(self) -> str:
        """How the coupon stands."""
        with self.database.reading() as connection:
            row = coupons.coupon_of(connection, "C1")
        assert row is not None
        return row.state

    def in_stock(self) -> int:
        """How many of the first goods can be sold."""
        with self.database.reading() as connection:
            return levels(connection, "S1")["SKU0"].sellable

    def close(self) -> None:
        self.counter.close()
        self.shop.hub.stop()


@pytest.fixture
def back(tmp_path: Path) -> Iterator[Returns]:
    made = Returns(tmp_path)
    yield made
    made.close()


def test_goods_of_another_till_come_back_piece_by_piece(back: Returns) -> None:
    eventually(back.account, Account(700, 60, 0, 0))
    eventually(lambda: (back.card_minor(), back.coupon(), back.in_stock()), (2_000, "redeemed", 7))
    back.counter.start()
    back.counter.until(lambda: back.counter.status.state == "online")
    found = back.find("A1")
    assert (found.sale, found.returns) == (back.sale, ())
    first = back.give_back(found, {1: 1})
    # All of it goes to the card, which had paid more than this piece.
    assert [(one.kind, one.amount_minor) for one in first.tenders] == [("gift", first.total_minor)]
    eventually(back.in_stock, 8)
    eventually(back.card_minor, 2_000 + first.total_minor)
    eventually(back.account, Account(700 + first.points_back, 60 - first.points_taken, 0, 0))
    assert back.coupon() == "redeemed", "a part of it leaves the coupon used"
    # Whether the hub has the first one yet or not, what is left is the rest.
    found = back.find("A2")
    assert [each.return_id for each in found.returns] == ["return-0"]
    last = back.give_back(found, {1: 2, 2: 1})
    assert {one.kind for one in last.tenders} == {"gift", "recorded", "cash"}
    assert first.total_minor + last.total_minor == back.sale.total_minor
    assert last.coupons_back == ("C1",)
    eventually(back.account, Account(800, 0, 0, 0))
    eventually(lambda: (back.card_minor(), back.coupon(), back.in_stock()), (5_000, "issued", 10))
    with back.database.reading() as connection:
        assert list(losses(connection)) == []
    found = back.find("A3")
    terms = ReturnTerms(TAX, CASH, DATE, DATE, 7)
    assert quote(back.sale, found.returns, {1: WishedPieces(1)}, terms).is_empty


def test_without_the_hub_a_sale_of_another_till_is_not_found(back: Returns) -> None:
    assert (found := back.find("A1")).sale is None
    assert found.why == "no_answer"
