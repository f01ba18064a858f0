"""What a slip must state, as rows: receipts, X and Z reports, the printer's test page.

The amounts are the fact's own, never computed again; the receipt number is a placeholder until the
ledger has given it.
"""

from __future__ import annotations

from collections.abc import Mapping

from posapp.domain.facts import SaleLine, ShiftSettled, ShiftTotals, TenderLine, TransactionCompleted
from posapp.domain.paper import CodeRow, FeedRow, PaperDocument, Row, RuleRow, TextRow
from posapp.domain.price_facts import GiftGiven, PriceModifier
from posapp.domain.shifts import local_time
from posapp.domain.shop import Shop, word
from posapp.domain.transactions import saved_minor
from posapp.flows.formatting import (
    MINUS,
    Speech,
    amount,
    counts,
    markdown_words,
    pack_words,
    percent,
    short_denomination,
    signed_money,
    tail,
    tender_name,
    weight,
)
from posapp.flows.shopper import Shopper, member_rows

NUMBER = "{receipt_number}"
#: Discounts of these layers stand under the lines that they fell on.
LINE_LAYERS = ("price", "item")


def terminal_words(shop: Shop, terminal_id: str, speech: Speech) -> str:
    """What people call a terminal: by its number where it has one."""
    place = shop.terminal(terminal_id)
    return speech.t("Terminal {n}", n=str(place.number) if place else terminal_id)


def receipt(
    sale: TransactionCompleted, shop: Shop, speech: Speech, shopper: Shopper | None = None
) -> PaperDocument:
    """The customer's receipt of a sale; `shopper` is told where it is a member's."""
    currency = sale.currency
    moment = local_time(sale.completed_at_ms, shop)
    pieces = sum(line.quantity if line.unit == "pcs" else 1 for line in sale.lines)
    rows: list[Row] = [
        TextRow(word(shop.names, speech.language), align="center", bold=True, double=True),
        *shop_texts(shop.receipt.header, speech),
        FeedRow(),
        TextRow(speech.t("Receipt"), NUMBER),
        TextRow(f"{moment:%Y-%m-%d %H:%M}", terminal_words(shop, sale.terminal_id, speech)),
        TextRow(speech.t("Served by"), sale.operator_name),
        RuleRow(),
    ]
    on_lines = [each for each in sale.discounts if each.layer in LINE_LAYERS]
    for line in sale.lines:
        rows += _line(line, currency, speech)
        rows += _line_offers(line, on_lines, currency, speech, _single(sale))
    rows += [
        RuleRow(),
        TextRow(
            counts(len(sale.lines), pieces, speech),
            amount(sale.goods_minor - sum(each.amount_minor for each in on_lines), currency),
        ),
    ]
    rows += [
        TextRow(_offer(each, speech, _single(sale)), amount(-each.amount_minor, currency))
        for each in sale.discounts
        if each.layer not in LINE_LAYERS
    ]
    rows += [
        TextRow(f"{word(tax.names, speech.language)} {percent(tax.ppm)}", amount(tax.tax_minor, currency))
        for tax in sale.taxes
        if not tax.included
    ]
    rows += [row for each in sale.gifts for row in _gift(each, speech, _single(sale))]
    if sale.rounding_minor:
        rows.append(TextRow(speech.t("Cash rounding"), amount(sale.rounding_minor, currency)))
    rows += [
        RuleRow(heavy=True),
        TextRow(speech.t("Total"), signed_money(sale.total_minor, currency), bold=True, double=True),
        RuleRow(heavy=True),
    ]
    rows += [row for tender in sale.tenders for row in _tender(tender, currency, speech)]
    rows.append(TextRow(speech.t("Change"), amount(sale.change_minor, currency), bold=True))
    saved = saved_minor(sale)
    if saved:
        rows.append(TextRow(speech.t("You save"), signed_money(saved, currency), bold=True))
    rows += member_rows(sale, speech, shopper)
    rows += _included_tax(sale, speech)
    rows += [FeedRow(), *shop_texts(shop.receipt.footer, speech), CodeRow("code128", NUMBER), FeedRow(2)]
    return PaperDocument(f"{speech.t('Receipt')} {NUMBER}", tuple(rows), shop.receipt.columns)


def shop_texts(texts: Mapping[str, tuple[str, ...]], speech: Speech) -> list[Row]:
    """The shop's own lines in this language, or in the first that has some."""
    lines = texts.get(speech.language) or next(iter(texts.values()), ())
    return [TextRow(line, align="center") for line in lines]


def _line(line: SaleLine, currency: str, speech: Speech) -> list[Row]:
    rows = _what(line, currency, speech)
    if line.markdown is not None:
        rows.append(TextRow(f"  {markdown_words(line.markdown, currency, speech)}"))
    words = pack_words(line.pack, speech) if line.pack is not None else []
    return [*rows, TextRow(f"  {' · '.join(words)}")] if words else rows


def _line_offers(
    line: SaleLine,
    discounts: list[PriceModifier],
    currency: str,
    speech: Speech,
    single: frozenset[str],
) -> list[Row]:
    """Each offer on a line by its name and what it took off there."""
    return [
        TextRow(f"  {_offer(each, speech, single)}", amount(-share, currency))
        for each in discounts
        for line_no, share in each.lines
        if line_no == line.line_no and share
    ]


def _gift(each: GiftGiven, speech: Speech, single: frozenset[str]) -> list[Row]:
    """Goods given free besides the lines, and the coupon that this used up."""
    name = word(each.names, speech.language) if each.names else each.promotion_id
    rows: list[Row] = [TextRow(name), TextRow("  " + speech.t("Free gift"), f"{each.quantity} × {each.sku}")]
    code = tail(each.code) if each.code in single else each.code
    return [*rows, TextRow("  " + speech.t("Coupon used"), code)] if code else rows


def _offer(each: PriceModifier, speech: Speech, single: frozenset[str] = frozenset()) -> str:
    """An offer by its name; of a coupon that is used up only its end is told, as nobody needs more of it."""
    name = word(each.names, speech.language) if each.names else each.promotion_id
    if each.points:
        return f"{name} · {speech.t('{n} pts', n=f'{each.points:,}')}"
    code = tail(each.code) if each.code in single else each.code
    return f"{name} ({code})" if code else name


def _single(sale: TransactionCompleted) -> frozenset[str]:
    return frozenset(each.coupon_id for each in sale.coupons)


def _what(line: SaleLine, currency: str, speech: Speech) -> list[Row]:
    name = word(line.names, speech.language)
    total = amount(line.amount_minor, currency)
    if line.unit == "g":
        how = f"  {weight(line.quantity)} × {amount(line.unit_price_minor, currency)}/kg"
    elif line.price_reason == "code":
        how = "  " + speech.t("Price from the label")
    elif line.quantity == 1:
        return [TextRow(name, total)]
    else:
        how = f"  {line.quantity} × {amount(line.unit_price_minor, currency)}"
    return [TextRow(name), TextRow(how, total)]


def _tender(tender: TenderLine, currency: str, speech: Speech) -> list[Row]:
    rows: list[Row] = [TextRow(tender_name(speech, tender), amount(tender.amount_minor, currency))]
    if tender.left_minor is not None:
        rows.append(TextRow("  " + speech.t("Left on it"), amount(tender.left_minor, currency)))
    return rows


def _included_tax(sale: TransactionCompleted, speech: Speech) -> list[Row]:
    included = [tax for tax in sale.taxes if tax.included]
    if not included:
        return []
    rows: list[Row] = [RuleRow(), TextRow(speech.t("Tax included"), speech.t("Net / Tax"))]
    for tax in included:
        both = f"{amount(tax.taxable_minor, sale.currency)} / {amount(tax.tax_minor, sale.currency)}"
        rows.append(TextRow(f"{word(tax.names, speech.language)} {percent(tax.ppm)}", both))
    return rows


def shift_report(
    kind: str, settled: ShiftSettled, shop: Shop, speech: Speech, *, copy: bool = False
) -> PaperDocument:
    """The X report of a running shift, or the Z report of a settled one."""
    totals = settled.totals
    title = speech.t("Z report") if kind == "Z" else speech.t("X report")
    opened, now = local_time(totals.opened_at_ms, shop), local_time(settled.at_ms, shop)
    rows: list[Row] = [TextRow(speech.t("COPY"), align="center", bold=True)] if copy else []
    rows += [
        TextRow(title, align="center", bold=True, double=True),
        TextRow(word(shop.names, speech.language), align="center"),
        FeedRow(),
        TextRow(speech.t("Shift {n}", n=str(totals.number)), totals.operator_name),
        TextRow(speech.t("Business day"), totals.business_date),
        TextRow(speech.t("Opened"), f"{opened:%Y-%m-%d %H:%M}"),
        TextRow(speech.t("Closed") if kind == "Z" else speech.t("As of"), f"{now:%Y-%m-%d %H:%M}"),
        RuleRow(),
        *_sales_rows(totals, speech),
        RuleRow(),
        *_cash_rows(totals, speech),
    ]
    if kind == "Z":
        rows += _count_rows(settled, speech)
    rows += [
        RuleRow(),
        TextRow(speech.t("Voided lines"), str(totals.voided_lines)),
        TextRow(speech.t("Voided sales"), str(totals.voided_sales)),
        TextRow(speech.t("Approvals"), str(totals.overrides)),
    ]
    if totals.quarantined:
        rows.append(TextRow(speech.t("Records set aside"), str(totals.quarantined), bold=True))
    return PaperDocument(title, (*rows, FeedRow(2)), shop.receipt.columns)


def _sales_rows(totals: ShiftTotals, speech: Speech) -> list[Row]:
    currency = totals.currency
    rows: list[Row] = [
        TextRow(f"{speech.t('Sales')} × {totals.sales_count}", amount(totals.sales_minor, currency)),
    ]
    if totals.returns_count:
        given = f"{speech.t('Refunds')} × {totals.returns_count}"
        rows.append(TextRow(given, amount(-totals.returns_minor, currency)))
    rows.append(TextRow(speech.t("Net sales"), amount(totals.net_minor, currency), bold=True))
    if totals.rounding_minor:
        rows.append(TextRow(speech.t("of which cash rounding"), amount(totals.rounding_minor, currency)))
    if totals.gift_value_minor:
        value = amount(totals.gift_value_minor, currency)
        rows.append(TextRow(speech.t("of which put on gift cards"), value))
    for tax in totals.taxes:
        label = f"{word(tax.names, speech.language)} {percent(tax.ppm)}"
        both = f"{amount(tax.taxable_minor, currency)} / {amount(tax.tax_minor, currency)}"
        rows.append(TextRow(label, both))
    rows += _offer_rows(totals, speech)
    rows.append(RuleRow())
    for tender in totals.tenders:
        label = f"{word(tender.names, speech.language)} × {tender.count}"
        rows.append(TextRow(label, amount(tender.sales_minor, currency)))
        if tender.refunds_minor:
            rows.append(TextRow("  " + speech.t("Refunds"), amount(-tender.refunds_minor, currency)))
            rows.append(TextRow("  " + speech.t("Net"), amount(tender.net_minor, currency)))
    return rows


def _offer_rows(totals: ShiftTotals, speech: Speech) -> list[Row]:
    """What each promotion took off in the shift, and the sum."""
    if not totals.discounts:
        return []
    currency = totals.currency
    rows: list[Row] = [
        RuleRow(),
        TextRow(speech.t("Offers given"), amount(-totals.discount_minor, currency), bold=True),
    ]
    for each in sorted(totals.discounts, key=lambda each: (not each.promotion_id, each.promotion_id)):
        name = (
            word(each.names, speech.language) if each.names else each.promotion_id or speech.t("Other offers")
        )
        rows.append(TextRow(f"  {name} × {each.count}", amount(-each.amount_minor, currency)))
    return rows


def _cash_rows(totals: ShiftTotals, speech: Speech) -> list[Row]:
    currency = totals.currency
    refunds = totals.cash_refunds_minor
    cash = totals.expected_cash_minor - totals.float_minor + refunds
    back = [TextRow(speech.t("Cash refunds"), amount(-refunds, currency))] if refunds else []
    return [
        TextRow(speech.t("Opening float"), amount(totals.float_minor, currency)),
        TextRow(speech.t("Cash sales"), amount(cash, currency)),
        *back,
        TextRow(speech.t("Expected cash"), amount(totals.expected_cash_minor, currency), bold=True),
    ]


def _count_rows(settled: ShiftSettled, speech: Speech) -> list[Row]:
    currency = settled.totals.currency
    rows: list[Row] = [
        TextRow(f"  {short_denomination(note, currency)} × {pieces}", amount(note * pieces, currency))
        for note, pieces in settled.counts
    ]
    rows += [
        TextRow(speech.t("Counted"), amount(settled.counted_minor, currency)),
        TextRow(speech.t("Variance"), amount(settled.variance_minor, currency), bold=True),
    ]
    if settled.variance_reason:
        rows.append(TextRow(speech.t("Reason"), speech.t(settled.variance_reason)))
    return rows


def test_page(shop: Shop, speech: Speech, at_ms: int) -> PaperDocument:
    """A page that shows letters, figures, a rule and a code."""
    moment = local_time(at_ms, shop)
    return PaperDocument(
        speech.t("Test page"),
        (
            TextRow(speech.t("Test page"), align="center", bold=True, double=True),
            TextRow(word(shop.names, speech.language), align="center"),
            TextRow(f"{moment:%Y-%m-%d %H:%M:%S}", align="center"),
            RuleRow(),
            TextRow("ABCDEFGHIJKLM 0123456789", "¥1,234.50"),
            TextRow("中文打印正常", f"{MINUS}0.50"),
            CodeRow("code128", "TEST-0123456789"),
            FeedRow(2),
        ),
        shop.receipt.columns,
    )
