"""The slip of a return: what came back, what goes back by which way, tax and points; the fact says it all."""

from __future__ import annotations

from posapp.domain.paper import CodeRow, FeedRow, PaperDocument, Row, RuleRow, TextRow
from posapp.domain.return_facts import RefundTender, ReturnCompleted, ReturnLine
from posapp.domain.shifts import local_time
from posapp.domain.shop import Shop, word
from posapp.flows.formatting import Speech, amount, counts, percent, signed_money, weight
from posapp.flows.paper import NUMBER, shop_texts, terminal_words


def return_slip(fact: ReturnCompleted, shop: Shop, speech: Speech) -> PaperDocument:
    """The customer's slip of a return, with a line to sign."""
    currency = fact.currency
    moment = local_time(fact.completed_at_ms, shop)
    pieces = sum(len(line.units) for line in fact.lines)
    rows: list[Row] = [
        TextRow(word(shop.names, speech.language), align="center", bold=True, double=True),
        *shop_texts(shop.receipt.header, speech),
        FeedRow(),
        TextRow(speech.t("Return slip"), align="center", bold=True),
        TextRow(speech.t("Return number"), NUMBER),
        TextRow(speech.t("Of receipt"), fact.sale_receipt),
        TextRow(f"{moment:%Y-%m-%d %H:%M}", terminal_words(shop, fact.terminal_id, speech)),
        TextRow(speech.t("Served by"), fact.operator_name),
        RuleRow(),
        *(row for line in fact.lines for row in _line(line, currency, speech)),
        RuleRow(),
        TextRow(counts(len(fact.lines), pieces, speech), amount(fact.goods_minor, currency)),
    ]
    if fact.kept_minor:
        rows.append(TextRow(speech.t("Kept for gifts"), amount(-fact.kept_minor, currency)))
    rows += [
        TextRow(f"{word(tax.names, speech.language)} {percent(tax.ppm)}", amount(tax.tax_minor, currency))
        for tax in fact.taxes
        if not tax.included
    ]
    if fact.rounding_minor:
        rows.append(TextRow(speech.t("Cash rounding"), amount(fact.rounding_minor, currency)))
    rows += [
        RuleRow(heavy=True),
        TextRow(speech.t("Refund"), signed_money(fact.total_minor, currency), bold=True, double=True),
        RuleRow(heavy=True),
    ]
    rows += [TextRow(way_words(each, speech), amount(each.amount_minor, currency)) for each in fact.tenders]
    rows += _points(fact, speech)
    included = [tax for tax in fact.taxes if tax.included]
    if included:
        rows += [RuleRow(), TextRow(speech.t("Tax included"), speech.t("Net / Tax"))]
    for tax in included:
        both = f"{amount(tax.taxable_minor, currency)} / {amount(tax.tax_minor, currency)}"
        rows.append(TextRow(f"{word(tax.names, speech.language)} {percent(tax.ppm)}", both))
    rows += [
        FeedRow(),
        TextRow(speech.t("Signature"), "_" * 20),
        FeedRow(),
        CodeRow("code128", NUMBER),
        FeedRow(2),
    ]
    return PaperDocument(f"{speech.t('Return slip')} {NUMBER}", tuple(rows), shop.receipt.columns)


def way_words(tender: RefundTender, speech: Speech) -> str:
    """A way by which money goes back; a gift card by its last signs."""
    name = word(tender.names, speech.language)
    return f"{name} ··{tender.reference[-4:]}" if tender.kind == "gift" and tender.reference else name


def _line(line: ReturnLine, currency: str, speech: Speech) -> list[Row]:
    name = word(line.names, speech.language)
    total = amount(line.amount_minor, currency)
    if line.unit == "g":
        return [TextRow(name), TextRow(f"  {weight(line.quantity)}", total)]
    if line.quantity == 1:
        return [TextRow(name, total)]
    return [TextRow(name), TextRow(f"  × {line.quantity}", total)]


def _points(fact: ReturnCompleted, speech: Speech) -> list[Row]:
    rows: list[Row] = []
    if fact.points_back:
        rows.append(TextRow(speech.t("Points back"), f"{fact.points_back:,}"))
    if fact.points_taken:
        rows.append(TextRow(speech.t("Points taken back"), f"{fact.points_taken:,}"))
    return rows
