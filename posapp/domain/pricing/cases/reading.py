"""A CASE: one basket with its promotions and conventions in a JSON file, as docs/PRICING.md describes it.

Reads the text into plain values, and says of everything that cannot be read where it is and what may stand
there. Numbers with a point are read as decimals, never as binary fractions. A promotion that this program
cannot act on is no fault of the case: it is handed back beside the others, as on a till.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal, get_args, get_type_hints

from posapp.domain.money import minor_digits
from posapp.domain.pricing.cases.lines import read_lines, texts
from posapp.domain.pricing.cases.sums import Sums, read_sums
from posapp.domain.pricing.documents.policy_reading import read_policy
from posapp.domain.pricing.documents.reading import read_promotion
from posapp.domain.pricing.documents.reading_values import Money, Node, Unread
from posapp.domain.pricing.documents.strict_json import read_strictly
from posapp.domain.pricing.terms.basket import Basket, BasketLine, Code, Member, Uses
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import Promotion, UnreadablePromotion
from posapp.values import dataclass

DIGITS_MAX: Final = 9
#: A case that states no time is priced at this one, so that it gives the same answer tomorrow.
DEFAULT_AT: Final = datetime(2026, 1, 1, 12, tzinfo=UTC)
_TAX_WORDS: Final[Mapping[str, Literal["included", "added"]]] = {
    "included": "included", "inclusive": "included", "added": "added", "exclusive": "added",
}  # fmt: skip
_ROUNDING_WORDS: Final = {"document": "total", "per_line": "line", "per_unit": "unit", "per_total": "total"}


class BadCase(Exception):  # noqa: N818 - a sentence for people
    """The sentence that says where a case cannot be read and how to mend it."""


@dataclass(frozen=True, slots=True)
class Case:
    """A case as it was read; `quantities` are how goods by weight were written, by line number."""

    basket: Basket
    promotions: tuple[Promotion, ...]
    policy: Policy
    money: Money
    unread: tuple[UnreadablePromotion, ...] = ()
    quantities: Mapping[int, str] = field(default_factory=dict)
    gift_values: Mapping[str, int] = field(default_factory=dict)
    #: Of what is due, this much is paid otherwise than in cash, and no cash rounding falls on it.
    paid_otherwise_minor: int = 0
    #: Gift cards and wallets that are shown, each with what is on it: they pay before all else.
    gift_cards: tuple[tuple[str, int], ...] = ()
    #: Amounts that are shared out or rounded by themselves.
    sums: Sums = Sums()
    #: What the shop has besides the basket, and may be proposed as a next step.
    shelf: tuple[BasketLine, ...] = ()


def read_case(text: str) -> Case:
    """The case of a JSON text; raises `BadCase` with a sentence and the path."""
    try:
        document = read_strictly(text)
    except ValueError as error:
        raise BadCase(f"This is no JSON: {error}.") from None
    return case_of(document)


def case_of(document: Any) -> Case:
    """The case of a JSON document whose numbers with a point came as Decimal or text.

    A key whose value is null counts as left out, except in promotions: those are read as everywhere.
    """
    try:
        return _case(_stated(document))
    except Unread as unread:
        raise BadCase(f"{unread.path or 'the case'}: {unread.sentence}") from None


def _stated(value: Any, is_top: bool = True) -> Any:
    """The tables and lists without keys that state nothing."""
    if isinstance(value, Mapping):
        return {
            key: each if is_top and key == "promotions" and each is not None else _stated(each, False)
            for key, each in value.items()
            if each is not None
        }
    return [_stated(each, False) for each in value] if isinstance(value, list) else value


def _case(document: Any) -> Case:
    top = Node(document, "", Money("", 2))
    currency = top.text("currency", most=3)
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha() and currency.isupper()):
        raise top.problem("currency", 'must be three capital letters of ISO 4217, such as "EUR".')
    digits = top.whole("minor_digits", minor_digits(currency), most=DIGITS_MAX)
    top.money = Money(currency, digits)
    policy = _policy(top)
    lines, quantities = read_lines(top, policy)
    promotions, unread = _promotions(top)
    points, wanted = _points(top)
    member = _member(top)
    basket = Basket(
        lines=lines,
        currency=currency,
        at=_at(top),
        store_id=top.text("store", ""),
        region=top.text("region", ""),
        channel=top.text("channel", "store"),
        member=member,
        codes=top.items("codes", lambda value, path: _code(value, path, top.money), least=0),
        uses={key: _uses(node) for key, node in _tables(top, "uses")},
        deposits=_amounts(top, "deposits"),
        points=points,
        points_wanted=wanted,
        tender=top.text("tender", ""),
    )
    gift_values = _amounts(top, "gift_values")
    otherwise = top.minor_or_none("paid_otherwise") or 0
    cards = top.items("gift_cards", lambda value, path: _gift_card(value, path, top.money), least=0)
    sums = read_sums(top)
    shelf, _ = read_lines(top, policy, "goods") if top.has("goods") else ((), {})
    top.finish()
    return Case(
        basket, promotions, policy, top.money, unread, quantities, gift_values, otherwise, cards, sums, shelf
    )


def _policy(top: Node) -> Policy:
    policy = read_policy(top.table("policy"))
    if top.has("tax_mode"):
        policy = replace(policy, tax_mode=_TAX_WORDS[top.choice("tax_mode", tuple(_TAX_WORDS))])
    if top.has("tax_rounding"):
        own = get_args(get_type_hints(Policy)["tax_rounding"])
        word = top.choice("tax_rounding", (*own, *_ROUNDING_WORDS))
        policy = replace(policy, tax_rounding=_ROUNDING_WORDS.get(word, word))
    return policy


def _at(top: Node) -> datetime:
    at = top.instant("at") or DEFAULT_AT
    return at if at.tzinfo else at.replace(tzinfo=UTC)


# ------------------------------------------------------------------ who, what and how often
def _member(top: Node) -> Member | None:
    if not top.has("member") or top.take("member") is None:
        return None
    if isinstance(top.take("member"), str):
        return Member(top.text("member"))
    node = top.table("member")
    member = Member(
        node.text("id", "member"),
        node.text("level", ""),
        texts(node, "tags"),
        node.whole_or_none("orders_before"),
        node.flag("staff"),
    )
    node.finish()
    return member


def _code(value: Any, path: str, money: Money) -> Code:
    if isinstance(value, str) and value:
        return Code(value)
    node = Node(value, path, money)
    code = Code(node.text("code"), node.text("batch", ""), node.whole("uses_left", 1))
    node.finish()
    return code


def _gift_card(value: Any, path: str, money: Money) -> tuple[str, int]:
    """A card's code and what is on it: an amount alone, or "balance" with "code"."""
    if not isinstance(value, Mapping):
        return "", money.minor(value, path)
    node = Node(value, path, money)
    card = node.text("code", ""), node.minor("balance")
    node.finish()
    return card


def _points(top: Node) -> tuple[int, int | None]:
    """The points that the member has, and how many of them are to be spent at most (None: all that may)."""
    if not top.has("points"):
        return 0, 0
    if not isinstance(top.take("points"), Mapping):
        return top.whole("points"), None
    node = top.table("points")
    balance, wanted = node.whole("balance"), node.whole_or_none("use")
    node.finish()
    return balance, wanted


def _uses(node: Node) -> Uses:
    uses = Uses(
        node.whole("by_member", 0),
        node.whole("today", 0),
        node.whole("campaign", 0),
        node.minor_or_none("campaign_amount") or 0,
        node.whole("earlier_qty", 0),
        node.minor_or_none("earlier_amount") or 0,
    )
    node.finish()
    return uses


def _tables(top: Node, key: str) -> list[tuple[str, Node]]:
    table = top.table(key)
    names = list(top.take(key)) if top.has(key) else []
    return [(name, table.table(name)) for name in names]


def _amounts(top: Node, key: str) -> dict[str, int]:
    table = top.table(key)
    return {name: table.minor(name) for name in (top.take(key) if top.has(key) else ())}


def _promotions(top: Node) -> tuple[tuple[Promotion, ...], tuple[UnreadablePromotion, ...]]:
    documents = top.take("promotions") if top.has("promotions") else []
    if not isinstance(documents, list):
        raise top.problem("promotions", "must be a list; leave it out for none.")
    read: list[Promotion] = []
    unread: list[UnreadablePromotion] = []
    seen: set[str] = set()
    for number, document in enumerate(documents):
        found = read_promotion(document, currency=top.money.currency, digits=top.money.digits)
        if isinstance(found, UnreadablePromotion):
            unread.append(replace(found, path=f"promotions[{number}].{found.path}".rstrip(".")))
            continue
        if found.promotion_id in seen:
            raise Unread(f"promotions[{number}].id", "stands twice; give each promotion its own.")
        seen.add(found.promotion_id)
        read.append(found)
    return tuple(read), tuple(unread)
