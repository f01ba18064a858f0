"""The shop as set up by its owner: who sells what way, under which taxes, for which money.

Plain values that both ends share: the hub checks the owner's file into them, the till lives by
them. How they are written down (file, wire, table) is known elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Literal

from posapp.values import dataclass

#: Words by language tag ("zh_CN", "en"); a missing language falls back to any other.
Words = Mapping[str, str]


def word(words: Words, language: str) -> str:
    """The words in a language, or in the first language that has some."""
    return words.get(language) or next((text for text in words.values() if text), "")


class Role(StrEnum):
    """What an operator is hired to do."""

    CASHIER = "cashier"
    CLERK = "clerk"
    MANAGER = "manager"


class Permission(StrEnum):
    """An act that not everybody may do alone; who lacks it needs a manager's approval."""

    SELL = "sell"
    OPEN_SHIFT = "open_shift"
    CLOSE_SHIFT = "close_shift"
    VOID_SALE = "void_sale"
    CLOSE_WITH_VARIANCE = "close_with_variance"
    APPROVE = "approve"
    REFUND = "refund"


@dataclass(frozen=True, slots=True)
class Operator:
    """A person who signs on; `pin_hash` is an Argon2id hash, `badge` what their badge reads."""

    operator_id: str
    name: str
    role: Role
    pin_hash: str = field(repr=False)
    badge: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class TerminalSetup:
    """One selling place; `number` is what people call it and what receipts carry."""

    terminal_id: str
    number: int


@dataclass(frozen=True, slots=True)
class TaxRate:
    """A rate in parts per million of the net price: 13 % is 130000."""

    rate_id: str
    names: Words
    ppm: int


@dataclass(frozen=True, slots=True)
class TaxCategory:
    """What kind of goods, and the rates that fall on them (several stand beside each other)."""

    category_id: str
    names: Words
    rate_ids: tuple[str, ...]


#: The category of value that is put on a gift card: it is taxed when it is spent. No shop has one of its own.
GIFT_CATEGORY = "gift_card"


@dataclass(frozen=True, slots=True)
class TaxRules:
    """Whether prices include tax, and whether tax is rounded per receipt or per line."""

    price_includes: bool
    rounding: Literal["total", "line"]
    rates: tuple[TaxRate, ...]
    categories: tuple[TaxCategory, ...]
    default_category: str

    def rates_of(self, category_id: str) -> tuple[TaxRate, ...]:
        """Rates of a category; an unknown category is taxed as the default one, a gift card's value not."""
        if category_id == GIFT_CATEGORY:
            return ()
        by_id = {category.category_id: category for category in self.categories}
        category = by_id.get(category_id) or by_id[self.default_category]
        rates = {rate.rate_id: rate for rate in self.rates}
        return tuple(rates[rate_id] for rate_id in category.rate_ids)


@dataclass(frozen=True, slots=True)
class TenderType:
    """A way to pay: cash in the drawer, money recorded as taken on a separate terminal, or a gift card."""

    tender_id: str
    kind: Literal["cash", "recorded", "gift"]
    names: Words
    opens_drawer: bool


@dataclass(frozen=True, slots=True)
class CashRules:
    """Rounding of cash payments, the notes and coins that exist, tolerances of the drawer."""

    step_minor: int
    rounding: Literal["nearest", "down", "up"]
    denominations_minor: tuple[int, ...]
    variance_allowed_minor: int
    float_minor: int


@dataclass(frozen=True, slots=True)
class QuickKeyTab:
    """A page of keys for goods without a code, by SKU."""

    names: Words
    skus: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReceiptTexts:
    """Lines above and below what a receipt must state, by language."""

    header: Mapping[str, tuple[str, ...]]
    footer: Mapping[str, tuple[str, ...]]
    columns: int = 42


@dataclass(frozen=True, slots=True)
class CodePattern:
    """A restricted-circulation number that carries a price, weight or count (GS1 GenSpecs 2.1.11).

    `prefix` is what the 13 digits start with; `item_digits` follow, then `value_digits`, then the
    check digit. The look-up key is the number with its value set to zero and a new check digit.
    A `template` says the same digit by digit, and more (see domain.codes.restricted). `decimals` are
    those of a price in the currency's main unit or of a weight in kilograms; None is the smallest unit.
    """

    prefix: str
    item_digits: int
    value_digits: int
    carries: Literal["price", "weight", "count"]
    template: str = ""
    decimals: int | None = None


@dataclass(frozen=True, slots=True)
class SignOnRules:
    """How many wrong PINs lock an operator out, and for how long."""

    tries: int = 3
    locked_minutes: int = 5


@dataclass(frozen=True, slots=True)
class ReturnRules:
    """For how many days goods may come back (None: as long as the members' programme says), and up to which
    amount somebody may give back who has no permission for more."""

    days: int | None = None
    limit_minor: int = 30_000


@dataclass(frozen=True, slots=True)
class Shop:
    """Everything a till must know about its shop; replaced whole when the owner changes it."""

    store_id: str
    names: Words
    currency: str
    languages: tuple[str, ...]
    terminals: tuple[TerminalSetup, ...]
    operators: tuple[Operator, ...]
    permissions: Mapping[Role, frozenset[Permission]]
    tax: TaxRules
    tenders: tuple[TenderType, ...]
    cash: CashRules
    quick_keys: tuple[QuickKeyTab, ...]
    receipt: ReceiptTexts
    code_patterns: tuple[CodePattern, ...] = ()
    #: Country (ISO 3166 alpha-2): its restricted numbers where the shop states none, EAN-8 before UPC-E.
    code_region: str = ""
    sign_on: SignOnRules = SignOnRules()
    day_starts_at_minute: int = 0
    time_zone: str = "UTC"
    #: What the chain groups the store under, for prices and promotions; "" where it does not.
    region: str = ""
    returns: ReturnRules = ReturnRules()
    #: Operators and PINs to show on the sign-on screen; only ever filled by the demo.
    demo_pins: Mapping[str, str] = field(default_factory=dict, repr=False)

    def operator(self, operator_id: str) -> Operator | None:
        """The operator with this id, or None."""
        return next((who for who in self.operators if who.operator_id == operator_id), None)

    def allows(self, operator: Operator, permission: Permission) -> bool:
        """Whether an operator's role carries a permission."""
        return permission in self.permissions.get(operator.role, frozenset())

    def tender(self, tender_id: str) -> TenderType | None:
        """The way to pay with this id, or None."""
        return next((tender for tender in self.tenders if tender.tender_id == tender_id), None)

    def terminal(self, terminal_id: str) -> TerminalSetup | None:
        """The terminal with this id, or None."""
        return next((place for place in self.terminals if place.terminal_id == terminal_id), None)
