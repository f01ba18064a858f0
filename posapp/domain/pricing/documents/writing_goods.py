"""Sets of goods written down again, so that rules which hold one can be shown and changed as documents."""

from __future__ import annotations

from typing import Any

from posapp.domain.document import show_amount
from posapp.domain.pricing.terms.promotion import AllOf, AnyOf, Every, Except, GoodsSet, Having


def goods_document(goods: GoodsSet, currency: str) -> dict[str, Any]:
    """The table of a set, of which the reading gives the same set back."""
    if isinstance(goods, Every):
        return {"all": True}
    if isinstance(goods, Having):
        return {goods.what: sorted(goods.values)}
    if isinstance(goods, AnyOf):
        return {"any_of": [goods_document(each, currency) for each in goods.sets]}
    if isinstance(goods, AllOf):
        return {"all_of": [goods_document(each, currency) for each in goods.sets]}
    if isinstance(goods, Except):
        return {"not": goods_document(goods.of, currency)}
    bounds = {"from": goods.from_minor, "to": goods.to_minor}
    return {"price": {key: show_amount(at, currency) for key, at in bounds.items() if at is not None}}
