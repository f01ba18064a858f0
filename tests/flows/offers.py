"""Promotions to play with, as documents of the hub and as they reach the terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from posapp.exchange.promotions import PromotionReader
from posapp.flows.intents import PromotionsSent

HALF = {"id": "half", "version": 3, "name": {"en": "Second at half", "zh_CN": "第二件半价"},
        "kind": {"type": "nth", "n": 2, "pct": 50}, "on": {"sku": ["cola"]}}  # fmt: skip
TEN_OFF = {"id": "ten-off", "name": {"en": "1 off 10"}, "kind": {"type": "order_amount", "amount": "1"},
           "needs": {"basket": [{"min_amount": "10"}]}}  # fmt: skip
SAVE2 = {"id": "save2", "name": {"en": "Coupon 2 off"}, "kind": {"type": "order_amount", "amount": "2"},
         "needs": {"coupon": {"code": "SAVE2"}}}  # fmt: skip
FIVE_PCT = {"id": "five", "name": {"en": "Five percent"}, "kind": {"type": "pct", "pct": 5},
            "on": {"sku": ["cola"]}}  # fmt: skip
BROKEN = {"id": "broken", "version": 4, "kind": {"type": "lottery"}}


def promotions(*documents: Mapping[str, object]) -> PromotionsSent:
    """These documents as they reach the terminal."""
    documents_ = [(str(each["id"]), json.dumps(each).encode()) for each in documents]
    return PromotionsSent(*PromotionReader().read(documents_, "CNY"))


OFFERS: list[dict[str, Any]] = [
    HALF, TEN_OFF, SAVE2, FIVE_PCT, BROKEN,
    {"id": "hour", "kind": {"type": "order_pct", "pct": 3}, "weekly": [{"from": "00:00", "to": "12:00"}]},
    {"id": "pair", "kind": {"type": "bundle", "parts": [{"of": {"sku": ["cola"]}}, {"of": {"sku": ["milk"]}}],
                            "price": "15"}},
    {"id": "weighed", "kind": {"type": "amount", "amount": "0.50"}, "on": {"sku": ["apple"]}},
]  # fmt: skip
