"""Gift cards in the ledger: a tender of its own that leaves no cash, and once a card and lease."""

from __future__ import annotations

from dataclasses import replace

from posapp.domain.cart import GIFT_SKU
from posapp.domain.facts import TenderLine
from posapp.flows.effects import Commit
from posapp.store.serials import SqliteSoldReader
from posapp.store.shift_reading import read_shift
from tests.store.conftest import LedgerKit, commit_of, committed, sale

CARD = "G0000000000007F3K"


def paid_by_card(transaction_id: str, amount_minor: int, lease_id: str = "") -> Commit:
    """The commit of a sale that a gift card pays."""
    made = sale(transaction_id=transaction_id, amounts=(amount_minor,))
    tender = TenderLine(
        1,
        "gift",
        "gift",
        {"en": "Gift card"},
        made.total_minor,
        CARD,
        lease_id,
        "" if lease_id else "hold-1",
        5,
    )
    tenders = (tender,)
    return commit_of(replace(made, tenders=tenders, tendered_minor=made.total_minor, change_minor=0))


def test_a_gift_card_has_its_own_row_and_leaves_no_cash_in_the_drawer(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    stored = committed(ledger.commit(paid_by_card("sale-1", 1_000)))
    assert stored.shift is not None
    (total,) = stored.shift.tenders
    assert (total.kind, total.count, total.sales_minor) == ("gift", 1, stored.shift.sales_minor)
    assert stored.shift.expected_cash_minor == stored.shift.float_minor
    assert kit.rows("SELECT kind, reference FROM tender_line") == [("gift", CARD)]


def test_value_for_cards_has_a_figure_of_its_own_also_when_it_is_added_up_again(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    made = sale(transaction_id="sale-1", amounts=(1_000, 500))
    value = replace(made.lines[1], sku=GIFT_SKU, price_reason="gift_card", gift_card=CARD)
    stored = committed(ledger.commit(commit_of(replace(made, lines=(made.lines[0], value)))))
    assert stored.shift is not None
    assert (stored.shift.gift_value_minor, stored.shift.goods_minor) == (500, 1_500)
    again = read_shift(ledger.connection(), stored.shift.shift_id, now_ms=1)
    assert again == stored.shift


def test_a_card_is_known_to_have_paid_under_a_lease_also_after_a_restart(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    committed(ledger.commit(paid_by_card("sale-1", 1_000, "L1")))
    committed(ledger.commit(paid_by_card("sale-2", 1_000)))
    reader = SqliteSoldReader(kit.path)
    assert reader.gift_used("L1", CARD)
    assert not reader.gift_used("L2", CARD)
    assert not reader.gift_used("L1", "G1")
    assert not reader.gift_used("", CARD), "what the hub kept is under no lease"
    reader.close()
