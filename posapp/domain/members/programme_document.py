"""The programme as a document: written at the hub, read there and on every till, and the same for both.

Every problem is found at once, in sentences that name the place and the mend; a till passes over what only a
later hub knows. Amounts are decimal texts of the shop's currency, as in all documents of people. Refuses to
know files, JSON and who may change the programme.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, get_args

from posapp.domain.document import Section, show_amount
from posapp.domain.members.programme import (
    CodeRules,
    Level,
    OfflineRules,
    PointsWorth,
    Programme,
)
from posapp.domain.members.terms import Proof
from posapp.domain.money import MODES, minor_digits
from posapp.domain.pricing.documents.reading_goods import goods_of
from posapp.domain.pricing.documents.reading_values import Money, Unread
from posapp.domain.pricing.documents.writing_goods import goods_document
from posapp.domain.pricing.terms.policy import PointsBase, PointsPer, PointsRules
from posapp.domain.pricing.terms.promotion import GoodsSet
from posapp.domain.shop import Words

_PROOFS: Final[tuple[Proof, ...]] = get_args(Proof)
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(_[A-Za-z0-9]{2,8})*")
_HEX: Final = re.compile(r"(?:[0-9a-f]{2})+")
_KEY_BYTES: Final = 32
_LOOKUP_BYTES_MIN: Final = 16
_TEXT_MAX: Final = 2_000
_PATTERN_MAX: Final = 100
_DAYS_MAX: Final = 3_660
_POINTS_MAX: Final = 1_000_000_000
_LEVELS_MAX: Final = 20
#: Groups that repeat what repeats itself may take for ever on a text that nearly matches.
_SLOW_PATTERN: Final = re.compile(r"[+*}]\)?[+*{]|\([^)]*[+*}][^)]*\)[+*{]|\\[1-9]")


class ProgrammeDocumentError(Exception):
    """A document that is no programme; `problems` are English sentences with the place and the mend."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def parse_programme(document: Any, currency: str, *, ignore_unknown: bool = False) -> Programme:
    """The programme that a document describes; raises ProgrammeDocumentError with every problem found."""
    problems: list[str] = []
    reading = _Reading(document, currency, problems, ignore_unknown)
    programme = reading.programme() if isinstance(document, Mapping) else Programme()
    if not isinstance(document, Mapping):
        problems[:] = ["The programme must be a table of keys and values; write { … }."]
    if problems:
        raise ProgrammeDocumentError(problems)
    return programme


def programme_document(programme: Programme, currency: str) -> dict[str, Any]:
    """The document of a programme, all defaults written out; `parse_programme` gives the same one back."""
    points, codes, offline = programme.points, programme.codes, programme.offline
    document: dict[str, Any] = {
        "is_on": programme.is_on,
        "levels": [
            {
                "id": each.level_id,
                "names": dict(each.names),
                "from_spend": show_amount(each.from_spend_minor, currency),
            }
            for each in programme.levels
        ],
        "level_window_days": programme.level_window_days,
        "level_term_days": programme.level_term_days,
        "points": {
            "points": points.points,
            "for": show_amount(points.per_minor, currency),
            "mode": points.mode,
            "base": points.base,
            "per": points.per,
            "most": points.most,
        },
        "worth": {"points": programme.worth.points, "amount": show_amount(programme.worth.minor, currency)},
        "return_days": programme.return_days,
        "points_days": programme.points_days,
        "points_back_days": programme.points_back_days,
        "spending": sorted(programme.spending),
        "codes": {
            "step_s": codes.step_s,
            "slack_s": codes.slack_s,
            "slack_unsure_s": codes.slack_unsure_s,
            "public_keys": dict(codes.public_keys),
        },
        "offline": {
            "points_a_member": offline.points_a_member,
            "coupon": show_amount(offline.coupon_minor, currency),
            "gift_a_card": show_amount(offline.gift_a_card_minor, currency),
        },
        "consents": [
            {"purpose": purpose, "version": version, "texts": dict(texts)}
            for purpose, version, texts in programme.consents
        ],
        "card_patterns": list(programme.card_patterns),
        "gift_patterns": list(programme.gift_patterns),
        "gift_most": show_amount(programme.gift_most_minor, currency),
        "calling_code": programme.calling_code,
        "lookup_key": programme.lookup_key,
        "keep_days": programme.keep_days,
        "hold_minutes": programme.hold_minutes,
    }
    if points.but is not None:
        document["points"]["except"] = goods_document(points.but, currency)
    return document


class _Reading:
    """One pass over a document."""

    def __init__(self, document: Any, currency: str, problems: list[str], ignore_unknown: bool) -> None:
        self._problems = problems
        self._currency = currency
        self._ignore_unknown = ignore_unknown
        self._top = Section(document, "", problems)

    def programme(self) -> Programme:
        top, default = self._top, Programme()
        programme = Programme(
            is_on=top.boolean("is_on", True),
            levels=self._levels(),
            level_window_days=self._days("level_window_days", default.level_window_days),
            level_term_days=self._days("level_term_days", default.level_term_days),
            points=self._points(),
            return_days=self._days("return_days", default.return_days, least=0),
            points_days=self._days("points_days", default.points_days, least=0),
            points_back_days=self._days("points_back_days", default.points_back_days, least=0),
            spending=self._spending(default.spending),
            codes=self._codes(),
            offline=self._offline(),
            consents=self._consents(),
            card_patterns=self._patterns("card_patterns"),
            lookup_key=self._hex(top, "lookup_key", least=_LOOKUP_BYTES_MIN),
            keep_days=self._days("keep_days", default.keep_days),
            hold_minutes=top.integer("hold_minutes", default.hold_minutes, least=1, most=24 * 60),
            calling_code=self._calling_code(default.calling_code),
            worth=self._worth(),
            gift_patterns=self._patterns("gift_patterns"),
            gift_most_minor=top.amount("gift_most", self._currency, default.gift_most_minor),
        )
        self._done(top)
        return programme

    def _done(self, section: Section) -> None:
        section.finish(ignore_unknown=self._ignore_unknown)

    def _days(self, key: str, default: int, *, least: int = 1) -> int:
        return self._top.integer(key, default, least=least, most=_DAYS_MAX)

    def _texts(self, section: Section, key: str, most: int) -> Words:
        """Texts by language; all of them are kept, whatever languages a shop has."""
        inner = section.table(key)
        found = {language: inner.text(language, max_chars=most) for language in inner.keys}
        if not all(_LANGUAGE.fullmatch(language) for language in found):
            section.problem('must be texts by language tags such as "en" or "zh_CN".', key)
        if not found:
            section.problem('needs a text in at least one language: {"en": "…"}.', key)
        return found

    def _unique(self, key: str, values: Sequence[object]) -> None:
        for value in dict.fromkeys(value for value in values if values.count(value) > 1):
            self._top.problem(f"{value!r} stands there twice; give each its own.", key)

    def _levels(self) -> tuple[Level, ...]:
        levels: list[Level] = []
        for entry in self._top.tables("levels"):
            spend = entry.amount("from_spend", self._currency, 0)
            levels.append(Level(entry.ident("id"), self._texts(entry, "names", 60), spend))
            self._done(entry)
        if len(levels) > _LEVELS_MAX:
            self._top.problem(f"at most {_LEVELS_MAX} levels; leave some out.", "levels")
        self._unique("levels", [each.level_id for each in levels])
        self._unique("levels", [each.from_spend_minor for each in levels])
        return tuple(sorted(levels, key=lambda each: each.from_spend_minor))

    def _points(self) -> PointsRules:
        table, default = self._top.table("points"), PointsRules()
        rules = PointsRules(
            points=table.integer("points", default.points, least=0, most=_POINTS_MAX),
            per_minor=table.amount("for", self._currency, default.per_minor),
            mode=table.choice("mode", MODES, default.mode),
            base=table.choice("base", get_args(PointsBase), default.base),
            per=table.choice("per", get_args(PointsPer), default.per),
            most=table.integer("most", default.most, least=0, most=_POINTS_MAX),
            but=self._but(table),
        )
        if rules.per_minor < 1:
            table.problem("must be more than nothing.", "for")
        self._done(table)
        return rules

    def _but(self, table: Section) -> GoodsSet | None:
        if not table.has("except"):
            return None
        money = Money(self._currency, minor_digits(self._currency))
        try:
            return goods_of(table.raw("except"), "points.except", money)
        except Unread as unread:
            self._problems.append(f"{unread.path}: {unread.sentence}")
            return None

    def _worth(self) -> PointsWorth:
        table, default = self._top.table("worth"), PointsWorth()
        worth = PointsWorth(
            table.integer("points", default.points, least=1, most=_POINTS_MAX),
            table.amount("amount", self._currency, default.minor),
        )
        if worth.minor < 1:
            table.problem("must be more than nothing: what so many points cost.", "amount")
        self._done(table)
        return worth

    def _spending(self, default: frozenset[Proof]) -> frozenset[Proof]:
        words = self._top.texts("spending", sorted(default))
        for word in words:
            if word not in _PROOFS:
                self._top.problem(f"may hold only: {', '.join(_PROOFS)}.", "spending")
        return frozenset(proof for proof in _PROOFS if proof in words)

    def _codes(self) -> CodeRules:
        table, default = self._top.table("codes"), CodeRules()
        step_s = table.integer("step_s", default.step_s, least=15, most=600)
        slack_s = table.integer("slack_s", default.slack_s, least=0, most=3_600)
        unsure_s = table.integer("slack_unsure_s", default.slack_unsure_s, least=0, most=14_400)
        keys = table.table("public_keys")
        found = {each: self._hex(keys, each, least=_KEY_BYTES, most=_KEY_BYTES) for each in keys.keys}
        if not all(re.fullmatch(r"[0-9A-Za-z-]{1,24}", key_id) for key_id in found):
            keys.problem("a key's id has at most 24 letters, digits and hyphens.")
        self._done(table)
        return CodeRules(step_s, slack_s, unsure_s, found)

    def _offline(self) -> OfflineRules:
        table, default = self._top.table("offline"), OfflineRules()
        rules = OfflineRules(
            table.integer("points_a_member", default.points_a_member, least=0, most=_POINTS_MAX),
            table.amount("coupon", self._currency, default.coupon_minor),
            table.amount("gift_a_card", self._currency, default.gift_a_card_minor),
        )
        self._done(table)
        return rules

    def _consents(self) -> tuple[tuple[str, str, Words], ...]:
        found: list[tuple[str, str, Words]] = []
        for entry in self._top.tables("consents"):
            texts = self._texts(entry, "texts", _TEXT_MAX)
            found.append((entry.ident("purpose"), entry.text("version", max_chars=32), texts))
            self._done(entry)
        self._unique("consents", [purpose for purpose, _, _ in found])
        return tuple(found)

    def _patterns(self, key: str) -> tuple[str, ...]:
        patterns = self._top.texts(key, ())
        for pattern in patterns:
            if not _is_pattern(pattern):
                self._top.problem(
                    f"must hold regular expressions of at most {_PATTERN_MAX} signs in which nothing that "
                    'repeats is repeated, such as "62[0-9]{14}".',
                    key,
                )
        return tuple(patterns)

    def _hex(self, section: Section, key: str, *, least: int, most: int = 64) -> str:
        text = section.text(key, "")
        is_missing = not text and section is self._top
        if not is_missing and not (_HEX.fullmatch(text) and least <= len(text) // 2 <= most):
            section.problem(f"must be {least} bytes or more in pairs of small hex digits.", key)
        return text

    def _calling_code(self, default: str) -> str:
        code = self._top.text("calling_code", default)
        if not re.fullmatch(r"[1-9][0-9]{0,2}", code):
            self._top.problem('must be one to three digits, such as "86" (ITU-T E.164).', "calling_code")
        return code


def _is_pattern(pattern: str) -> bool:
    if not pattern or len(pattern) > _PATTERN_MAX or _SLOW_PATTERN.search(pattern):
        return False
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    return True
