"""What a shopper gets where the search is cut short: something, legally, and never called proven."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from posapp.domain.pricing.answers import worlds
from posapp.domain.pricing.answers.engine import price
from posapp.domain.pricing.cases.reading import Case, read_case
from posapp.domain.pricing.items.price_layer import price_lots
from posapp.domain.pricing.proof.certificate import certify
from posapp.domain.pricing.terms.priced import PricedBasket


def _case(promotions: list[dict[str, Any]], lines: int) -> Case:
    basket = [
        {"sku": f"s{n}", "unit_price": f"{5 + 37 * n * n % 41}.{n * 13 % 100:02}", "brand": f"B{n % 5}"}
        for n in range(lines)
    ]
    return read_case(json.dumps({"currency": "CNY", "basket": basket, "promotions": promotions}))


def _priced(case: Case, states_max: int) -> PricedBasket:
    return price(case.basket, case.promotions, replace(case.policy, states_max=states_max))


MANY = {
    "goods for an amount": [
        {
            "id": "p",
            "kind": {"type": "pwp", "buy_amount": "99", "buy_of": {"all": True}, "get": {}, "price": "1"},
        }
    ],
    "so much of a campaign left": [
        {"id": "p", "kind": {"type": "pct", "pct": "10"}, "limits": {"campaign_amount": "50"}},
        {"id": "q", "kind": {"type": "pct", "pct": "11"}, "limits": {"campaign_amount": "51"}},
    ],
    "different ones": [
        {"id": "p", "kind": {"type": "n_for", "n": 3, "price": "20"}, "on": {"all": True}, "differ": "brand"}
    ],
    "two that want the same": [
        {"id": "p", "kind": {"type": "nth", "n": 3, "pct": "100"}, "limits": {"max_discount": "30"}},
        {"id": "q", "kind": {"type": "gift", "buy_amount": "60", "buy_of": {"all": True}, "get": {}}},
    ],
}


@pytest.mark.parametrize("promotions", MANY.values(), ids=MANY)
def test_a_basket_too_large_for_its_limit_gets_what_one_after_the_other_gives(
    promotions: list[dict[str, Any]],
) -> None:
    answer = _priced(_case(promotions, 24), 1_000)
    assert not answer.is_proven
    assert answer.discount_minor > 0
    for line in answer.lines:
        assert all(paid >= 0 for paid in line.unit_shares)


@pytest.mark.parametrize("promotions", MANY.values(), ids=MANY)
def test_what_is_found_in_turn_is_never_more_than_the_best(promotions: list[dict[str, Any]]) -> None:
    case = _case(promotions, 7)
    best = _priced(case, 200_000)
    assert best.is_proven
    cut = _priced(case, 60)
    assert 0 < cut.discount_minor <= best.discount_minor


def test_a_coupon_given_back_does_not_prove_what_the_search_with_it_could_not() -> None:
    case = read_case(
        json.dumps(
            {
                "currency": "EUR",
                "codes": ["C2"],
                "basket": [
                    {"sku": "a", "unit_price": "1.00", "qty": 3},
                    {"sku": "b", "unit_price": "9.82", "qty": 2},
                    {"sku": "c", "unit_price": "0.10"},
                    {"sku": "d", "unit_price": "9.99"},
                ],
                "promotions": [
                    {
                        "id": "p0",
                        "kind": {"type": "n_pct", "n": 2, "pct": "33.3333"},
                        "limits": {"campaign_amount": "1.01"},
                        "needs": {"coupon": {"code": "C2"}},
                    },
                    {"id": "p3", "kind": {"type": "order_pct", "pct": "10"}},
                ],
            }
        )
    )
    best = _priced(case, 200_000)
    for states_max in (1, 5, 10, 20, 40, 80):
        cut = _priced(case, states_max)
        assert cut.discount_minor == best.discount_minor or not cut.is_proven


def _books_with_codes(lines: int, books: int, **policy: Any) -> Case:
    goods = [{"sku": f"s{n}", "unit_price": "9.99"} for n in range(lines)]
    named = range(books)
    promotions = [
        {
            "id": f"b{n:02}",
            "kind": {"type": "price_book", "prices": {one["sku"]: f"1.{n:02}" for one in goods}},
            **(
                {"stack": {"group": f"g{n}"}}
                if policy.get("choose") == "sequence"
                else {"needs": {"coupon": {"code": f"C{n}"}}}
            ),
        }
        for n in named
    ]
    document = {
        "currency": "CNY", "basket": goods, "promotions": promotions,
        "codes": [f"C{n}" for n in named], "policy": policy,
    }  # fmt: skip
    return read_case(json.dumps(document))


@pytest.mark.parametrize("policy", [{}, {"choose": "sequence", "sequence_order": "free"}])
def test_other_prices_cost_states_so_that_the_limit_holds_however_many_codes_are_shown(
    policy: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []

    def counted(*args: Any, **named: Any) -> Any:
        made.append(args)
        return price_lots(*args, **named)

    monkeypatch.setattr(worlds, "price_lots", counted)
    # All choices are 2^40: nobody could look at them.
    answer = _priced(_books_with_codes(30, 40, **policy), 30_000)
    assert not answer.is_proven
    assert answer.discount_minor == 30 * (999 - 100)
    assert len([one for one in answer.discounts if one.layer == "price"]) == 1
    # 30 goods by 41 prices cost 307 states each time.
    assert 80 <= len(made) <= 110
    few = _priced(_books_with_codes(3, 3, **policy), 30_000)
    assert few.is_proven
    assert few.discount_minor == 3 * (999 - 100)


def test_too_many_choices_of_prices_are_given_up_and_not_called_proven() -> None:
    case = _books_with_codes(3, 40)
    found = certify(case.basket, case.promotions, replace(case.policy, states_max=1_000))
    assert not found.is_closed
    assert found.gap_minor is None
