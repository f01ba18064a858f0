"""Documents that are written as they were read, word by word, at the edges of what is left out."""

from __future__ import annotations

from typing import Any

import pytest

from posapp.domain.pricing.documents.reading import read_promotion
from posapp.domain.pricing.terms.promotion import Promotion
from tests.domain.pricing.promotion_writing import promotion_document

PART = {"of": {"sku": ["A", "B"]}, "qty": 2}
ANY = {"qty": 2}
KINDS: tuple[dict[str, Any], ...] = (
    {"type": "pct", "pct": "12.5"},
    {"type": "amount", "amount": "0.05"},
    {"type": "fixed_unit", "price": "10.00"},
    {"type": "price_book", "prices": {"A": "1.00", "B": "2.00"}, "pct": "5", "locks": True},
    {"type": "price_book", "price": "0.00"},
    {"type": "nth", "n": 2, "pct": "50"},
    {"type": "nth", "n": 3, "amount": "1.00", "which": "dearest", "count": 2},
    {"type": "n_pct", "n": 3, "pct": "30"},
    {"type": "n_for", "n": 3, "price": "10.00"},
    {"type": "n_for", "n": 3, "amount": "1.00"},
    {"type": "bundle", "parts": [PART, {}, ANY], "amount": "3.00"},
    {"type": "gift", "buy": [PART], "get": {}, "cheaper": True, "over": 1, "adds": ["B", "A"]},
    {"type": "gift", "buy_amount": "0.00", "buy_of": {"tag": ["t"]}, "get": PART},
    {"type": "pwp", "price": "1.00", "buy": [{}], "get": {}},
    {"type": "reward", "pct": "99.9999", "buy": [{}], "get": {}},
    {"type": "reward", "amount": "2.00", "buy": [{}], "get": ANY},
    {"type": "qty_tier", "steps": [{"least": 1, "pct": "5"}, {"least": 2, "price": "1.00"}]},
    {"type": "qty_tier", "steps": [{"least": 0, "amount": "1.00"}], "counts": "sku"},
)
ORDER_KINDS: tuple[dict[str, Any], ...] = (
    {"type": "order_pct", "pct": "10"},
    {"type": "order_pct", "pct": "10", "cap": "0.00", "per": "line"},
    {"type": "order_amount", "amount": "5.00", "units": "cheapest", "count": 2},
    {"type": "spend_tier", "by": "amount", "steps": [{"least": "100.00", "amount": "10.00"}], "every": True},
    {
        "type": "spend_tier",
        "by": "qty",
        "steps": [{"least": 1, "amount": "3.00", "more": "0.01"}, {"least": 5, "pct": "7"}],
        "cap": "9.00",
        "per": "line",
    },
    {"type": "deposit", "paid": "10.00", "worth": "30.00"},
    {"type": "points_x", "times": "1.5"},
    {"type": "points_x", "times": "2"},
    {"type": "points_add", "points": 5, "per": "order"},
    {"type": "points_add", "points": 5, "per": "amount", "amount": "0.01"},
    {"type": "points_pay", "points": 100, "worth": "1.00"},
    {"type": "points_pay", "points": 100, "worth": "1.00", "step": 2, "cap_pct": "99.9999"},
)
FRAMES: tuple[dict[str, Any], ...] = (
    {"version": 7, "name": "Ten off", "enabled": False, "currency": "EUR", "gl_code": "4711"},
    {"name": {"en": "Ten off", "zh_CN": "九折"}, "same": "tag:colour:", "stores": ["S1", "S2"]},
    {"valid": {"from": "2026-11-01T00:00:00", "to": "2026-12-01T00:00:00"}, "regions": ["east"]},
    {"valid": {"from": "2026-11-01T08:00:00+08:00"}, "channels": ["web"]},
    {"weekly": [{"days": ["mon", "sun"], "from": "22:05", "to": "02:00"}, {"days": ["sat"]}]},
    {"weekly": [{"from": "00:00", "to": "12:00"}, {"from": "12:00", "to": "24:00"}]},
    {"who": {"members": True, "member_ids": ["a"], "levels": ["b"], "tags": ["c"], "except_tags": ["d"]}},
    {"who": {"nth_order": 1, "staff": True}},
    {
        "needs": {
            "coupon": {"codes": ["A", "B"], "batch": "b"},
            "match": "any",
            "tenders": ["cash"],
            "points": 1,
        }
    },
    {
        "needs": {
            "basket": [
                {"of": {"tag": ["t"]}, "min_qty": 0, "max_qty": 0, "tax": "without"},
                {"min_amount": "0.00", "max_amount": "1.00", "min_items": 2},
            ]
        }
    },
    {"limits": {"per_order": 1, "per_member": 2, "per_day": 3, "campaign": 4, "campaign_amount": "5.00"}},
    {"limits": {"max_units": 1, "max_units_per_line": 2, "max_discount": "0.00", "floor": "0.00"}},
    {"limits": {"floor_pct": "0", "when_unknown": "refuse"}},
    {"stack": {"group": "g", "tags": ["a"], "agrees": ["*"], "alone": True, "priority": -1}},
    {
        "funding": [
            {"party": "brand", "share": "33.3333", "name": "Acme"},
            {"party": "store", "share": "66.6667"},
        ]
    },
    {"on": {"any_of": [{"all": True}, {"brand": ["b"]}, {"price": {"from": "0.00", "to": "9.99"}}]}},
    {"on": {"all_of": [{"category": ["c"]}, {"price": {"to": "0.00"}}, {"not": {"tag": ["t"]}}]}},
    {"on": {"in": {"all": True}, "except": {"sku": ["A"]}}},
)


def comes_back(document: dict[str, Any]) -> None:
    promotion = read_promotion(document, currency="EUR")
    assert isinstance(promotion, Promotion), promotion
    assert promotion_document(promotion, currency="EUR") == {"version": 1} | document


@pytest.mark.parametrize("kind", [*KINDS, *ORDER_KINDS], ids=lambda kind: str(kind["type"]))
def test_every_kind_comes_back_word_by_word(kind: dict[str, Any]) -> None:
    comes_back({"id": "P", "kind": kind})


@pytest.mark.parametrize("frame", FRAMES, ids="-".join)
def test_everything_around_comes_back_word_by_word(frame: dict[str, Any]) -> None:
    comes_back({"id": "P", "kind": {"type": "pct", "pct": "10"}} | frame)


def test_what_is_left_out_is_what_it_would_be_anyway() -> None:
    written = promotion_document(Promotion("P", "item", read("pct").kind))
    assert written == {"id": "P", "version": 1, "kind": {"type": "pct", "pct": "0"}}


def test_what_may_be_said_in_two_ways_is_written_in_one() -> None:
    said = {
        "id": "P",
        "kind": {"type": "nth", "n": 2, "pct": "50.00", "count": 1, "which": "cheapest"},
        "differ": "sku",
        "who": {"first_order": True},
        "needs": {"coupon": {"code": "B", "codes": ["A"]}, "judged_on": "list"},
        "valid": {"from": "2026-11-01", "to": "2026-11-30"},
        "on": {"all": True},
        "funding": [{"party": "store", "share": 100}],
    }
    promotion = read_promotion(said, currency="EUR")
    assert isinstance(promotion, Promotion), promotion
    assert promotion_document(promotion) == {
        "id": "P",
        "version": 1,
        "kind": {"type": "nth", "n": 2, "pct": "50"},
        "differ": "sku",
        "who": {"nth_order": 1},
        "needs": {"coupon": {"codes": ["A", "B"]}},
        "valid": {"from": "2026-11-01T00:00:00", "to": "2026-12-01T00:00:00"},
    }


def read(kind: str) -> Promotion:
    promotion = read_promotion({"id": "P", "kind": {"type": kind, "pct": 0}})
    assert isinstance(promotion, Promotion)
    return promotion
