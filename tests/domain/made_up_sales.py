"""Sales that are made up, as facts that add up: goods, discounts shared over units, taxes and tenders."""

from __future__ import annotations

from datetime import date

from posapp.domain.facts import SaleLine, TenderLine, TransactionCompleted
from posapp.domain.member_facts import CouponUsed, SaleMember
from posapp.domain.money import allocate, round_to_step
from posapp.domain.price_facts import PriceModifier, UnitsPaid
from posapp.domain.return_facts import ReturnCompleted
from posapp.domain.returns import ReturnContext, ReturnTerms, WishedPieces, completed, quote
from posapp.domain.shop import CashRules, TaxCategory, TaxRate, TaxRules
from posapp.domain.tax import tax_added, tax_lines

NAMES = {"en": "Thing"}


def tax_rules(*, included: bool = True, rounding: str = "total") -> TaxRules:
    rates = (TaxRate("vat13", NAMES, 130_000), TaxRate("vat9", NAMES, 90_000))
    categories = (
        TaxCategory("standard", NAMES, ("vat13",)),
        TaxCategory("food", NAMES, ("vat9",)),
        TaxCategory("free", NAMES, ()),
    )
    return TaxRules(included, rounding, rates, categories, "standard")  # type: ignore[arg-type]


def cash_rules(step: int = 1) -> CashRules:
    return CashRules(step, "nearest", (100, 1000, 10_000), 500, 20_000)


def terms(
    tax: TaxRules, cash: CashRules, *, days_gone: int = 0, staying: frozenset[str] = frozenset()
) -> ReturnTerms:
    sold = date(2026, 11, 9)
    return ReturnTerms(tax, cash, sold, date.fromordinal(sold.toordinal() + days_gone), 7, staying)


def a_sale(
    goods: list[tuple[int, int, str]],
    off: list[tuple[int, tuple[int, ...]]] = (),  # type: ignore[assignment]
    *,
    tax: TaxRules,
    cash: CashRules,
    gift_minor: int = 0,
    card_minor: int = 0,
    points: tuple[int, int] = (0, 0),
    coupons: tuple[str, ...] = (),
) -> TransactionCompleted:
    """A sale of (pieces, price, category); `off` are (amount, places of lines) shared as the engine does."""
    left = [[price] * pieces for pieces, price, _ in goods]
    shares: list[list[list[tuple[int, int]]]] = [[[] for _ in range(pieces)] for pieces, _, _ in goods]
    modifiers: list[PriceModifier] = []
    for amount, places in off:
        units = [(place, n) for place in places for n in range(goods[place][0])]
        room = sum(left[place][n] for place, n in units)
        took = min(amount, room)
        if not took:
            continue
        number = len(modifiers) + 1
        by_line: dict[int, int] = {}
        for (place, n), part in zip(units, allocate(took, [left[p][n] for p, n in units]), strict=True):
            left[place][n] -= part
            if part:
                shares[place][n].append((number, part))
                by_line[place + 1] = by_line.get(place + 1, 0) + part
        lines = tuple(sorted(by_line.items()))
        modifiers.append(PriceModifier(number, f"P{number}", 1, NAMES, "order", "amount_off", took, lines))
    sold = tuple(
        SaleLine(
            place + 1, f"SKU{place}", NAMES, "", pieces, "pcs", price, pieces * price, category,
            paid_minor=sum(left[place]),
            runs=tuple(UnitsPaid(1, left[place][n], tuple(shares[place][n])) for n in range(pieces))
            if any(shares[place])
            else (),
        )
        for place, (pieces, price, category) in enumerate(goods)
    )  # fmt: skip
    taxes = tax_lines([(sum(left[n]), goods[n][2]) for n in range(len(goods))], tax)
    exact = sum(map(sum, left)) + tax_added(taxes)
    gift = min(gift_minor, exact)
    card = min(card_minor, exact - gift)
    rest = exact - gift - card
    rounded = round_to_step(rest, cash.step_minor, cash.rounding)
    tenders = _tenders(rounded + 50, card, gift)
    total = gift + card + rounded
    return TransactionCompleted(
        transaction_id="sale-1", store_id="S1", terminal_id="T1", shift_id="shift",
        business_date="2026-11-09", operator_id="op", operator_name="Op", opened_at_ms=1, completed_at_ms=2,
        currency="CNY", language="en",
        lines=sold, taxes=taxes, tenders=tenders,
        goods_minor=sum(line.amount_minor for line in sold), tax_added_minor=tax_added(taxes),
        rounding_minor=rounded - rest, total_minor=total, tendered_minor=total + 50, change_minor=50,
        discount_minor=sum(each.amount_minor for each in modifiers), discounts=tuple(modifiers),
        member=SaleMember("M1", "code", "", *points) if any(points) else None,
        coupons=tuple(CouponUsed(each, "B1", 100) for each in coupons), receipt_number="S1-01-000001",
    )  # fmt: skip


def _tenders(cash: int, card: int, gift: int) -> tuple[TenderLine, ...]:
    all_ways = (
        TenderLine(1, "cash", "cash", NAMES, cash),
        TenderLine(2, "card", "recorded", NAMES, card),
        TenderLine(3, "gift", "gift", NAMES, gift, "G123"),
    )
    return tuple(each for each in all_ways if each.amount_minor)


def give_back(
    sale: TransactionCompleted,
    earlier: list[ReturnCompleted],
    wishes: dict[int, int],
    told: ReturnTerms,
) -> ReturnCompleted:
    found = quote(sale, earlier, {no: WishedPieces(n, "unwanted") for no, n in wishes.items()}, told)
    context = ReturnContext(
        f"r{len(earlier)}", "S1", "T1", "shift", "2026-11-10", "op", "Op", "en", 10 + len(earlier)
    )
    return completed(found, context)
