"""One pass over a shop document, section by section, with the defaults of each.

Knows what may stand where and which entries must agree with each other. Refuses to know how a
document came here and what is done about its problems: it only notes them.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from posapp.domain.codes.restricted import template_problem
from posapp.domain.document import Section, show_amount
from posapp.domain.money import minor_digits
from posapp.domain.shop import (
    GIFT_CATEGORY,
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
from posapp.domain.shop_returns import read_returns

LANGUAGE_PATTERN = re.compile(r"[a-z]{2,3}(_[A-Za-z0-9]{2,8})*")

#: What each role may do alone unless the document says otherwise.
DEFAULT_PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.CASHIER: frozenset({Permission.SELL, Permission.OPEN_SHIFT, Permission.CLOSE_SHIFT}),
    Role.CLERK: frozenset({Permission.SELL}),
    Role.MANAGER: frozenset(Permission),
}
_DEFAULT_TENDERS: Sequence[Mapping[str, str]] = (
    {"id": "cash", "kind": "cash", "en": "Cash", "zh_CN": "现金"},
    {"id": "card", "kind": "recorded", "en": "Card", "zh_CN": "银行卡"},
)
_TENDER_KINDS: tuple[Literal["recorded", "cash", "gift"], ...] = ("recorded", "cash", "gift")
_TAX_ROUNDINGS: tuple[Literal["total", "line"], ...] = ("total", "line")
_CASH_ROUNDINGS: tuple[Literal["nearest", "down", "up"], ...] = ("nearest", "down", "up")
_CARRIES: tuple[Literal["price", "weight", "count"], ...] = ("price", "weight", "count")
_LARGEST_UNITS = 100
REGION_MAX_CHARS = 64


class ShopReading:
    """One pass over a document."""

    def __init__(self, document: Mapping[str, Any], problems: list[str], ignore_unknown: bool) -> None:
        self._problems = problems
        self._ignore_unknown = ignore_unknown
        self._top = Section(document, "", problems)
        self._store = self._top.table("store")
        self._languages = self._read_languages()
        self._currency = self._read_currency()

    def shop(self) -> Shop | None:
        store, languages = self._store, self._languages
        store_id = store.ident("id")
        names = store.words("names", languages)
        time_zone = self._time_zone()
        day_starts_at_minute = self._day_start()
        code_region = self._country()
        region = self._region()
        self._done(store)
        terminals = self._terminals()
        operators = self._operators()
        permissions = self._permissions()
        self._check_closing(operators, permissions)
        tax = self._tax()
        tenders = self._tenders()
        cash = self._cash()
        quick_keys = self._quick_keys()
        receipt = self._receipt()
        patterns = self._patterns()
        sign_on = self._sign_on()
        back = self._top.table("returns")
        returns = read_returns(back, self._currency)
        self._done(back)
        demo_pins = self._demo_pins(operators)
        self._done(self._top)
        if self._problems:
            return None
        return Shop(
            store_id=store_id,
            names=names,
            currency=self._currency,
            languages=languages,
            terminals=terminals,
            operators=operators,
            permissions=permissions,
            tax=tax,
            tenders=tenders,
            cash=cash,
            quick_keys=quick_keys,
            receipt=receipt,
            code_patterns=patterns,
            code_region=code_region,
            sign_on=sign_on,
            day_starts_at_minute=day_starts_at_minute,
            time_zone=time_zone,
            region=region,
            returns=returns,
            demo_pins=demo_pins,
        )

    def _done(self, section: Section) -> None:
        section.finish(ignore_unknown=self._ignore_unknown)

    def _unique(self, place: str, what: str, values: Sequence[object]) -> None:
        for value in dict.fromkeys(value for value in values if values.count(value) > 1):
            self._problems.append(f"{place}: {what} {value!r} is used twice; give each its own.")

    # ------------------------------------------------------------------ store
    def _country(self) -> str:
        country = self._store.text("country", "")
        if country and not re.fullmatch(r"[A-Z]{2}", country):
            self._store.problem('must be two capital letters, such as "CN" (ISO 3166).', "country")
        return country

    def _region(self) -> str:
        region = self._store.text("region", "")
        if len(region) > REGION_MAX_CHARS or not region.isprintable():
            self._store.problem(f"must have at most {REGION_MAX_CHARS} printable characters.", "region")
            return ""
        return region

    def _read_languages(self) -> tuple[str, ...]:
        languages = self._store.texts("languages", ("en",))
        if not languages or not all(LANGUAGE_PATTERN.fullmatch(language) for language in languages):
            self._store.problem('must list language tags such as "en" or "zh_CN".', "languages")
            return ("en",)
        self._unique("store: languages", "language", languages)
        return languages

    def _read_currency(self) -> str:
        currency = self._store.text("currency")
        if currency and not re.fullmatch(r"[A-Z]{3}", currency):
            self._store.problem('must be three capital letters of ISO 4217, such as "EUR".', "currency")
        return currency

    def _time_zone(self) -> str:
        name = self._store.text("time_zone", "UTC")
        try:
            zoneinfo.ZoneInfo(name)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            # A system without a zone database cannot judge; the name is then taken as it is.
            if zoneinfo.available_timezones():
                self._store.problem('must be an IANA time zone such as "Asia/Shanghai".', "time_zone")
        return name

    def _day_start(self) -> int:
        text = self._store.text("day_starts_at", "00:00")
        if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text):
            self._store.problem('must be a time of day such as "04:00".', "day_starts_at")
            return 0
        return int(text[:2]) * 60 + int(text[3:])

    # ------------------------------------------------------------------ places and people
    def _terminals(self) -> tuple[TerminalSetup, ...]:
        terminals: list[TerminalSetup] = []
        for place, entry in enumerate(self._top.tables("terminals"), 1):
            terminals.append(
                TerminalSetup(entry.ident("id"), entry.integer("number", place, least=1, most=9999))
            )
            self._done(entry)
        if not terminals:
            self._problems.append("terminals: there is none; add [[terminals]] with an id.")
        self._unique("terminals", "id", [one.terminal_id for one in terminals])
        self._unique("terminals", "number", [one.number for one in terminals])
        return tuple(terminals)

    def _operators(self) -> tuple[Operator, ...]:
        operators: list[Operator] = []
        for entry in self._top.tables("operators"):
            if entry.has("pin"):
                entry.problem("must be 4 to 8 digits in quotes, and without a pin_hash beside it.", "pin")
                pin_hash = "-" if not entry.has("pin_hash") else entry.text("pin_hash")
            else:
                pin_hash = entry.text("pin_hash", "")
                if not pin_hash:
                    entry.problem("'pin' is missing; add 4 to 8 digits in quotes.")
                elif not pin_hash.startswith("$argon2id$"):
                    entry.problem("must be an Argon2id hash; write a plain pin instead.", "pin_hash")
            operators.append(
                Operator(
                    operator_id=entry.ident("id"),
                    name=entry.text("name", max_chars=40),
                    role=entry.choice("role", tuple(Role)),
                    pin_hash=pin_hash,
                    badge=entry.text("badge", "", max_chars=64),
                )
            )
            self._done(entry)
        if not any(who.role is Role.MANAGER for who in operators):
            self._problems.append('operators: nobody is a manager; give one of them role = "manager".')
        self._unique("operators", "id", [who.operator_id for who in operators])
        badges = [who.badge for who in operators if who.badge]
        if len(badges) != len(set(badges)):
            self._problems.append("operators: two of them have the same badge; give each their own.")
        return tuple(operators)

    def _permissions(self) -> dict[Role, frozenset[Permission]]:
        section = self._top.table("permissions")
        permissions = dict(DEFAULT_PERMISSIONS)
        for role in Role:
            if not section.has(role):
                continue
            named = section.texts(role)
            unknown = [name for name in named if name not in set(Permission)]
            if unknown:
                section.problem(
                    f"{unknown[0]!r} is no permission; what may stand here: {', '.join(Permission)}.", role
                )
                continue
            permissions[role] = frozenset(Permission(name) for name in named)
        self._done(section)
        return permissions

    def _check_closing(
        self, operators: Sequence[Operator], permissions: Mapping[Role, frozenset[Permission]]
    ) -> None:
        """A count that is off must have somebody who can agree to it, or the shop could not close."""
        held = [permissions[who.role] for who in operators]
        agreeing = [one for one in held if Permission.APPROVE in one]
        if any(Permission.CLOSE_WITH_VARIANCE in one for one in agreeing):
            return
        missing = Permission.CLOSE_WITH_VARIANCE if agreeing else Permission.APPROVE
        who = "nobody who has 'approve'" if agreeing else "nobody"
        self._problems.append(
            f"permissions: {who} has {missing.value!r}; add it to a role that somebody has, such as manager."
        )

    def _demo_pins(self, operators: Sequence[Operator]) -> dict[str, str]:
        if not self._top.has("demo_pins"):
            return {}
        section = self._top.table("demo_pins")
        pins = {who.operator_id: section.text(who.operator_id, "") for who in operators}
        self._done(section)
        return {operator_id: pin for operator_id, pin in pins.items() if pin}

    def _sign_on(self) -> SignOnRules:
        section = self._top.table("sign_on")
        rules = SignOnRules(
            tries=section.integer("tries", 3, least=1, most=20),
            locked_minutes=section.integer("locked_minutes", 5, least=1, most=1440),
        )
        self._done(section)
        return rules

    # ------------------------------------------------------------------ tax and money
    def _tax(self) -> TaxRules:
        section = self._top.table("tax")
        price_includes = section.boolean("price_includes", True)
        rounding = section.choice("rounding", _TAX_ROUNDINGS, "total")
        rates = tuple(self._tax_rate(entry) for entry in section.tables("rates"))
        self._unique("tax.rates", "id", [rate.rate_id for rate in rates])
        categories = tuple(self._tax_category(entry, rates) for entry in section.tables("categories"))
        if not categories:
            plain = TaxCategory("standard", {self._languages[0]: "Standard"}, ())
            categories = tuple(TaxCategory(rate.rate_id, rate.names, (rate.rate_id,)) for rate in rates)
            categories = categories or (plain,)
        self._unique("tax.categories", "id", [category.category_id for category in categories])
        default = section.ident("default_category", categories[0].category_id)
        if default not in [category.category_id for category in categories]:
            section.problem("must be the id of one of the tax.categories.", "default_category")
        self._done(section)
        return TaxRules(price_includes, rounding, rates, categories, default)

    def _tax_rate(self, entry: Section) -> TaxRate:
        rate_id = entry.ident("id")
        names = entry.words("names", self._languages, {self._languages[0]: rate_id})
        rate = TaxRate(rate_id, names, entry.percent_ppm("percent"))
        self._done(entry)
        return rate

    def _tax_category(self, entry: Section, rates: Sequence[TaxRate]) -> TaxCategory:
        category_id = entry.ident("id")
        if category_id == GIFT_CATEGORY:
            entry.problem("is the name of what is put on gift cards; give it another.", "id")
        names = entry.words("names", self._languages, {self._languages[0]: category_id})
        rate_ids = entry.texts("rates")
        for rate_id in rate_ids:
            if rate_id not in [rate.rate_id for rate in rates]:
                entry.problem(f"{rate_id!r} is not the id of one of the tax.rates.", "rates")
        self._done(entry)
        return TaxCategory(category_id, names, rate_ids)

    def _tenders(self) -> tuple[TenderType, ...]:
        entries = self._top.tables("tenders")
        if not entries:
            entries = tuple(self._default_tender(words) for words in _DEFAULT_TENDERS)
        tenders = tuple(self._tender(entry) for entry in entries)
        self._unique("tenders", "id", [tender.tender_id for tender in tenders])
        if [tender.kind for tender in tenders].count("cash") != 1:
            self._problems.append('tenders: exactly one must have kind = "cash".')
        if [tender.kind for tender in tenders].count("gift") > 1:
            self._problems.append('tenders: at most one may have kind = "gift".')
        return tenders

    def _default_tender(self, words: Mapping[str, str]) -> Section:
        names = {language: words[language] for language in self._languages if language in words}
        names = names or {self._languages[0]: words["en"]}
        entry = {"id": words["id"], "kind": words["kind"], "names": names}
        return Section(entry, "tenders", self._problems)

    def _tender(self, entry: Section) -> TenderType:
        tender_id = entry.ident("id")
        kind = entry.choice("kind", _TENDER_KINDS)
        names = entry.words("names", self._languages)
        tender = TenderType(tender_id, kind, names, entry.boolean("opens_drawer", kind == "cash"))
        self._done(entry)
        return tender

    def _cash(self) -> CashRules:
        section, currency = self._top.table("cash"), self._currency
        step_minor = section.amount("step", currency, 1)
        rounding = section.choice("rounding", _CASH_ROUNDINGS, "nearest")
        coins = section.amounts("denominations", currency, default_denominations(currency, step_minor))
        if step_minor < 1:
            section.problem("must be more than nothing.", "step")
        if not coins or any(coin < 1 for coin in coins):
            section.problem("must list notes and coins, each worth more than nothing.", "denominations")
        self._unique("cash: denominations", "value", [show_amount(coin, currency) for coin in coins])
        rules = CashRules(
            step_minor=step_minor,
            rounding=rounding,
            denominations_minor=tuple(sorted(coins, reverse=True)),
            variance_allowed_minor=section.amount("variance_allowed", currency, 0),
            float_minor=section.amount("float", currency, 0),
        )
        self._done(section)
        return rules

    # ------------------------------------------------------------------ keys, paper, codes
    def _quick_keys(self) -> tuple[QuickKeyTab, ...]:
        tabs: list[QuickKeyTab] = []
        for entry in self._top.tables("quick_keys"):
            tabs.append(QuickKeyTab(entry.words("names", self._languages), entry.texts("skus")))
            self._done(entry)
        return tuple(tabs)

    def _receipt(self) -> ReceiptTexts:
        section = self._top.table("receipt")
        texts = ReceiptTexts(
            header=section.lines("header", self._languages),
            footer=section.lines("footer", self._languages),
            columns=section.integer("columns", 42, least=24, most=64),
        )
        self._done(section)
        return texts

    def _patterns(self) -> tuple[CodePattern, ...]:
        return tuple(self._pattern(entry) for entry in self._top.tables("code_patterns"))

    def _pattern(self, entry: Section) -> CodePattern:
        template = entry.text("template", "")
        derived = re.match(r"[0-9]*", template)
        pattern = CodePattern(
            prefix=entry.text("prefix", derived.group() if derived and template else None),
            item_digits=entry.integer("item_digits", template.count("P") or None, least=1, most=10),
            value_digits=entry.integer("value_digits", template.count("V") or None, least=1, most=10),
            carries=entry.choice("carries", _CARRIES),
            template=template,
            decimals=entry.integer("decimals", least=0, most=6) if entry.has("decimals") else None,
        )
        if template and (problem := template_problem(template, pattern.carries)):
            entry.problem(problem, "template")
        elif not re.fullmatch(r"[0-9]{1,8}", pattern.prefix):
            entry.problem('must be digits in quotes, such as "21".', "prefix")
        elif not template and len(pattern.prefix) + pattern.item_digits + pattern.value_digits != 12:
            entry.problem("prefix, item_digits and value_digits must make up 12 digits together.")
        self._done(entry)
        return pattern


def default_denominations(currency: str, step_minor: int) -> tuple[int, ...]:
    """Notes and coins where a shop names none: 1, 2 and 5 times the powers of ten, from the cash step up."""
    most = _LARGEST_UNITS * 10 ** minor_digits(currency)
    if minor_digits(currency) == 0:
        most *= _LARGEST_UNITS
    powers = [10**n for n in range(len(str(most)))]
    values = {times * power for power in powers for times in (1, 2, 5)}
    return tuple(sorted((value for value in values if step_minor <= value <= most), reverse=True)) or (most,)
