"""A small shop for tests, and random ones: currencies, taxes, cash rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from hypothesis import strategies as st

from posapp.domain.cart import Cart, NewLine, add_line
from posapp.domain.catalog import Item
from posapp.domain.quantity import Quantity
from posapp.domain.shop import (
    CashRules,
    CodePattern,
    Operator,
    Permission,
    QuickKeyTab,
    ReceiptTexts,
    Role,
    Shop,
    SignOnRules,
    TaxCategory,
    TaxRate,
    TaxRules,
    TenderType,
    TerminalSetup,
)

CASH = TenderType("cash", "cash", {"en": "Cash", "zh_CN": "现金"}, True)
CARD = TenderType("card", "recorded", {"en": "Card", "zh_CN": "银行卡"}, False)

CNY = CashRules(10, "nearest", (10_000, 5000, 2000, 1000, 500, 100, 50, 10), 500, 30_000)
CHF = CashRules(5, "nearest", (20_000, 10_000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5), 100, 20_000)
JPY = CashRules(1, "nearest", (10_000, 5000, 1000, 500, 100, 50, 10, 5, 1), 100, 30_000)

LIN = Operator("1001", "林晓", Role.CASHIER, "hash of 1357", "HJ-1001")
SUN = Operator("1002", "孙可", Role.CASHIER, "hash of 2468", "HJ-1002")
HE = Operator("1003", "何雨", Role.CLERK, "hash of 3690", "HJ-1003")
ZHOU = Operator("1009", "周敏", Role.MANAGER, "hash of 8642", "HJ-1009")
WU = Operator("1010", "吴江", Role.MANAGER, "hash of 9753", "HJ-1010")

VAT13 = TaxRate("vat13", {"en": "VAT", "zh_CN": "增值税"}, 130_000)
VAT9 = TaxRate("vat9", {"en": "VAT", "zh_CN": "增值税"}, 90_000)


def tax_rules(
    *rates: TaxRate, includes: bool = True, rounding: Literal["total", "line"] = "total"
) -> TaxRules:
    """One category per rate, named like the rate, and "both" with all of them."""
    categories = [TaxCategory(rate.rate_id, rate.names, (rate.rate_id,)) for rate in rates]
    both = TaxCategory("both", {"en": "Both"}, tuple(rate.rate_id for rate in rates))
    return TaxRules(includes, rounding, rates, (*categories, both), rates[0].rate_id)


SHOP = Shop(
    store_id="S0217",
    names={"zh_CN": "禾间生活", "en": "Hejian Living"},
    currency="CNY",
    languages=("zh_CN", "en"),
    terminals=(TerminalSetup("T03", 3),),
    operators=(LIN, SUN, HE, ZHOU, WU),
    permissions={
        Role.CASHIER: frozenset({Permission.SELL, Permission.OPEN_SHIFT, Permission.CLOSE_SHIFT}),
        Role.CLERK: frozenset({Permission.SELL}),
        Role.MANAGER: frozenset(Permission),
    },
    tax=tax_rules(VAT13, VAT9),
    tenders=(CASH, CARD),
    cash=CNY,
    quick_keys=(
        QuickKeyTab({"en": "Common", "zh_CN": "常用"}, ("bag", "apple", "gone", "free-soon")),
        QuickKeyTab({"en": "Fruit", "zh_CN": "水果"}, ("apple",)),
    ),
    receipt=ReceiptTexts({"zh_CN": ("南塘路",), "en": ("Nantang Road",)}, {"en": ("Thank you",)}),
    code_patterns=(CodePattern("21", 5, 5, "price"), CodePattern("22", 5, 5, "weight")),
    sign_on=SignOnRules(3, 5),
    day_starts_at_minute=240,
    time_zone="Asia/Shanghai",
    demo_pins={"1001": "1357"},
)


def shop(**changes: Any) -> Shop:
    """The small shop with something else about it."""
    return replace(SHOP, **changes)


def item(sku: str, price_minor: int | None = 1290, **more: Any) -> Item:
    """An item by the piece unless told otherwise."""
    names = more.pop("names", {"zh_CN": f"商品{sku}", "en": f"Item {sku}"})
    return Item(sku, names, more.pop("unit", "pcs"), more.pop("tax_category", "vat13"), price_minor, **more)


# --- random ones ------------------------------------------------------------------------------


@st.composite
def tax_rule_sets(draw: st.DrawFn) -> TaxRules:
    """Up to four rates, categories with any mix of them, tax in or on the price, rounded either way."""
    ppms = draw(st.lists(st.integers(0, 400_000), min_size=1, max_size=4))
    rates = tuple(TaxRate(f"r{n}", {"en": f"Rate {n}"}, ppm) for n, ppm in enumerate(ppms))
    ids = [rate.rate_id for rate in rates]
    chosen = draw(st.lists(st.lists(st.sampled_from(ids), unique=True), min_size=1, max_size=5))
    categories = tuple(TaxCategory(f"c{n}", {"en": f"Kind {n}"}, tuple(mix)) for n, mix in enumerate(chosen))
    rounding: Literal["total", "line"] = draw(st.sampled_from(["total", "line"]))
    return TaxRules(draw(st.booleans()), rounding, rates, categories, "c0")


@st.composite
def cash_rule_sets(draw: st.DrawFn) -> CashRules:
    """Any step and way of rounding, with notes that the step divides."""
    step = draw(st.sampled_from([1, 5, 10, 25, 100]))
    mode: Literal["nearest", "down", "up"] = draw(st.sampled_from(["nearest", "down", "up"]))
    return CashRules(step, mode, tuple(step * times for times in (10_000, 2000, 500, 100, 20, 5, 1)), 0, 0)


def shops() -> st.SearchStrategy[Shop]:
    """The small shop under random taxes and cash rules."""
    return st.builds(lambda tax, cash: shop(tax=tax, cash=cash), tax_rule_sets(), cash_rule_sets())


@st.composite
def carts(draw: st.DrawFn) -> Cart:
    """Up to twelve lines of pieces, weights and prices from the label, some of them the same item again."""
    cart = Cart("0198b0a0-0000-7000-8000-000000000001", 1_780_000_000_000)
    for _ in range(draw(st.integers(1, 12))):
        sku = draw(st.sampled_from("abcdefgh"))
        kind = draw(st.sampled_from(["pcs", "pcs", "g", "label"]))
        category = draw(st.sampled_from(["c0", "c1", "c2", "c3", "unknown"]))
        price = draw(st.integers(0, 200_000))
        unit: Literal["pcs", "g"] = "g" if kind == "g" else "pcs"
        made = Item(sku, {"en": sku.upper(), "zh_CN": f"货{sku}"}, unit, category, price)
        value = draw(st.integers(1, 50_000 if unit == "g" else 60)) if kind != "label" else 1
        fixed = draw(st.integers(1, 99_999)) if kind == "label" else None
        added = add_line(cart, NewLine(made, f"code-{sku}", Quantity(value, unit), fixed))
        assert added is not None
        cart = added[0]
    return cart
