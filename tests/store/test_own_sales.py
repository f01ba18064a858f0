"""What a till's own sales did that the hub has not heard of counts at the next scan of the member."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from posapp.domain.member_facts import CouponUsed, SaleMember
from posapp.domain.members.terms import Coupon, MemberCard
from posapp.store.own_sales import OwnSales
from tests.store.conftest import LedgerKit, commit_of, sale

CARD = MemberCard("M1", points=900, pending=5, coupons=(Coupon("C1", "B1"), Coupon("C2", "B1")), as_of_ms=7)


@pytest.fixture
def own(kit: LedgerKit) -> Iterator[OwnSales]:
    made = OwnSales(kit.path)
    yield made
    made.close()


def sell(kit: LedgerKit, transaction_id: str, member_id: str, coupon_id: str) -> None:
    told = SaleMember(member_id, "card", points_earned=30, points_used=500, points_lease_id="L1")
    coupons = (CouponUsed(coupon_id, "B1", 100, "L2"),)
    fact = replace(sale(transaction_id=transaction_id), member=told, coupons=coupons)
    kit.ledger().commit(commit_of(fact))


def test_what_waits_to_be_sent_is_taken_off(kit: LedgerKit, own: OwnSales) -> None:
    assert own.card_after(CARD) == CARD
    sell(kit, "t-1", "M1", "C1")
    sell(kit, "t-2", "M2", "C9")
    assert own.card_after(CARD) == replace(CARD, points=400, pending=35, coupons=CARD.coupons[1:])
    assert [own.used_coupon(each) for each in ("C1", "C2", "C9")] == [True, False, True]


def test_what_the_hub_has_is_in_its_own_word(kit: LedgerKit, own: OwnSales) -> None:
    sell(kit, "t-1", "M1", "C1")
    ledger = kit.ledger()
    ledger.write(lambda connection: connection.execute("UPDATE till SET acked_no = journal_no"))
    assert own.card_after(CARD) == CARD
    assert not own.used_coupon("C1")


def test_a_ledger_that_cannot_be_read_changes_nothing(kit: LedgerKit) -> None:
    own = OwnSales(kit.path.with_name("none.db"))
    assert own.card_after(CARD) == CARD
    own.close()
