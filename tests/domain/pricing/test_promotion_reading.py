"""Promotion documents: read, written, and judged by the published schema as by the reader."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, event, given, settings

from posapp.domain.pricing.documents.reading import read_promotion
from posapp.domain.pricing.terms.promotion import (
    EachUnit,
    NFor,
    Off,
    OrderOff,
    PriceBook,
    Promotion,
    Reward,
    UnreadablePromotion,
)
from tests.domain.pricing.promotion_drawings import Document, broken, documents
from tests.domain.pricing.promotion_writing import promotion_document

SCHEMA_PATH = Path(__file__).resolve().parents[3] / "resources" / "schemas" / "promotion.schema.json"
SCHEMA: dict[str, Any] = json.loads(SCHEMA_PATH.read_text("utf-8"))
VALIDATOR = jsonschema_rs.Draft202012Validator(SCHEMA)
#: What the reader checks besides the schema, since a schema cannot say it.
BESIDES = (
    "is too fine", 'is not after "from"', "must both have a zone", "must add up to exactly 100",
    "two steps begin at the same point", 'is the same as "from"', '"from" is above "to"',
    "is below its lower bound", "is more than n", "is less than was paid", "must be above 0",
    "a step from 0", "sets deep", "must be a day",
)  # fmt: skip
SLOW = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def read(**keys: Any) -> Promotion:
    promotion = read_promotion({"id": "P", "kind": {"type": "pct", "pct": "10"}} | keys, currency="EUR")
    assert isinstance(promotion, Promotion), promotion
    return promotion


def refused(**keys: Any) -> UnreadablePromotion:
    unread = read_promotion({"id": "P", "kind": {"type": "pct", "pct": "10"}} | keys, currency="EUR")
    assert isinstance(unread, UnreadablePromotion), unread
    assert unread.promotion_id == "P"
    assert unread.problem.startswith(f"{unread.path or 'the promotion'}: ")
    return unread


# ------------------------------------------------------------------ both judge alike
def test_the_schema_is_one() -> None:
    jsonschema_rs.meta.validate(SCHEMA)


@SLOW
@given(documents)
def test_what_is_well_formed_is_read_and_comes_back_the_same(document: Document) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []
    promotion = read_promotion(document)
    assert isinstance(promotion, Promotion), promotion
    written = promotion_document(promotion)
    assert VALIDATOR.is_valid(written), written
    assert read_promotion(json.loads(json.dumps(written))) == promotion
    assert promotion_document(promotion) == written


@SLOW
@given(broken())
def test_reader_and_schema_agree_on_broken_documents(document: Document) -> None:
    is_valid = VALIDATOR.is_valid(document)
    answer = read_promotion(document)
    if isinstance(answer, Promotion):
        assert is_valid, [error.message for error in VALIDATOR.iter_errors(document)]
        event("still good")
    elif is_valid:
        assert any(sentence in answer.problem for sentence in BESIDES), answer
        event("refused besides")
    else:
        event("refused by both")


def test_the_schema_knows_the_reader_s_kinds() -> None:
    listed = [kind["properties"]["type"]["const"] for kind in SCHEMA["$defs"]["kind"]["oneOf"]]
    unread = refused(kind={"type": "miracle"})
    assert unread.path == "kind.type"
    assert unread.problem.endswith(f"it must be one of: {', '.join(listed)}.")


# ------------------------------------------------------------------ amounts
@pytest.mark.parametrize(
    ("value", "minor"), [("1.5", 150), ("0.05", 5), (3, 300), (Decimal("2.50"), 250), ("10.000", 1000)]
)
def test_amounts_are_exact(value: object, minor: int) -> None:
    assert read(kind={"type": "amount", "amount": value}).kind == EachUnit(Off(minor=minor))


@pytest.mark.parametrize("value", [0.1, True, None, "1,5", "-1", "", "1e2", Decimal("NaN"), Decimal(-1), "٣"])
def test_no_amount_is_guessed(value: object) -> None:
    unread = refused(kind={"type": "amount", "amount": value})
    assert (unread.path, unread.problem) == (
        "kind.amount",
        'kind.amount: must be an amount as a text, such as "12.50".',
    )


@pytest.mark.parametrize("kind", [int, Decimal, str])
def test_amounts_end_at_twelve_digits(kind: type) -> None:
    largest = read(kind={"type": "amount", "amount": kind(10**12 - 1)}).kind
    assert largest == EachUnit(Off(minor=10**14 - 100))
    assert refused(kind={"type": "amount", "amount": kind(10**12)}).path == "kind.amount"


@pytest.mark.parametrize(
    ("currency", "text", "minor"), [("JPY", "120", 120), ("KWD", "1.234", 1234), ("CNY", "1.23", 123)]
)
def test_amounts_have_the_digits_of_their_currency(currency: str, text: str, minor: int) -> None:
    promotion = read(currency=currency, kind={"type": "amount", "amount": text})
    assert promotion.kind == EachUnit(Off(minor=minor))
    assert promotion_document(promotion)["kind"]["amount"] == text


def test_an_amount_finer_than_its_currency_is_refused() -> None:
    assert refused(currency="JPY", kind={"type": "amount", "amount": "1.5"}).problem == (
        "kind.amount: is too fine: JPY has 0 decimals; round it."
    )


def test_digits_may_be_told() -> None:
    document = {"id": "P", "kind": {"type": "amount", "amount": "1.234"}}
    promotion = read_promotion(document, currency="EUR", digits=4)
    assert isinstance(promotion, Promotion)
    assert promotion.kind == EachUnit(Off(minor=12340))
    assert promotion_document(promotion, currency="EUR", digits=4)["kind"]["amount"] == "1.2340"


@pytest.mark.parametrize(
    ("value", "ppm"), [("12.5", 125_000), (100, 1_000_000), ("33.3333", 333_333), (0, 0)]
)
def test_percentages_are_exact(value: object, ppm: int) -> None:
    assert read(kind={"type": "pct", "pct": value}).kind == EachUnit(Off(ppm=ppm))


@pytest.mark.parametrize("value", ["100.0001", 101, "0.00001", 12.5, "ten"])
def test_no_percentage_is_guessed(value: object) -> None:
    assert refused(kind={"type": "pct", "pct": value}).path == "kind.pct"


# ------------------------------------------------------------------ kinds and layers
def test_a_percentage_may_stand_in_three_layers() -> None:
    off = Off(ppm=100_000)
    assert (read().layer, read().kind) == ("item", EachUnit(off))
    assert read(layer="price").kind == PriceBook(off=off)
    assert read(layer="order").kind == OrderOff(off)
    assert refused(layer="points").problem == (
        "layer: must be item or order or price for pct; or leave it out."
    )


def test_a_set_of_several_for_a_price_or_a_share() -> None:
    assert read(kind={"type": "n_for", "n": 3, "price": "10"}).kind == NFor(3, Off(price_minor=1000))
    assert read(kind={"type": "n_pct", "n": 3, "pct": 30}).kind == NFor(3, Off(ppm=300_000))


def test_a_gift_is_all_off() -> None:
    kind = read(kind={"type": "gift", "buy": [{"of": {"sku": ["A"]}}], "get": {"of": {"sku": ["B"]}}}).kind
    assert isinstance(kind, Reward)
    assert kind.off == Off(ppm=1_000_000)


# ------------------------------------------------------------------ what is refused, and how it is mended
SETS = "must have one of the keys all, sku, category, brand, tag, price, any_of, all_of, not, in"
HOUR = 'must be a time of day such as "16:00" (at most "24:00").'
SAME_HOUR = 'is the same as "from"; leave both out for the whole day.'
BOUNDS = "must have a bound: min_qty, max_qty, min_amount, max_amount or min_items."
LOWER = "is below its lower bound; raise it."
SKUS = 'must have SKUs as its keys: {"4711": "9.90"}.'
FREE = 'is for what is free; leave it out, or make it a "gift".'
SKU = "must be a SKU, in quotes."
EVERY = 'a step from 0 cannot count "every"; begin above 0.'
WRONG: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"kinds": 1}, "kinds", 'is not known here; did you mean "kind"?'),
    ({"kind": {"type": "pct", "percent": 3}}, "kind", 'must have "pct".'),
    ({"kind": {"type": "nth", "n": 2}}, "kind", 'must have "pct" or "amount" or "price", only one of them.'),
    ({"kind": {"type": "nth", "n": 2, "count": 3, "pct": 5}}, "kind.count", "is more than n; lower it."),
    ({"kind": {"type": "n_for", "price": 5}}, "kind.n", "is missing; add it."),
    ({"kind": 5}, "kind", "must be a table of keys and values; write { … }."),
    ({"on": {"sku": ["A"], "brand": ["B"]}}, "on", f"{SETS}, not sku and brand; join sets by all_of."),
    ({"on": {"sku": []}}, "on.sku", "must be a list with at least one entry; leave the key out for none."),
    (
        {"on": {"any_of": [{"sku": [1]}]}},
        "on.any_of[0].sku[0]",
        "must be a text of 1 to 200 characters, in quotes.",
    ),
    (
        {"valid": {"from": "2026-02-30"}},
        "valid.from",
        'must be a day "2026-11-01" or a time "2026-11-01T08:00+08:00".',
    ),
    (
        {"valid": {"from": "2026-02-03", "to": "2026-02-02"}},
        "valid.to",
        'is not after "from"; set a later end.',
    ),
    (
        {"valid": {"from": "2026-02-03", "to": "2026-03-02T10:00Z"}},
        "valid",
        '"from" and "to" must both have a zone, or both none.',
    ),
    (
        {"weekly": [{"from": "10:00", "to": "10:00"}]},
        "weekly[0].to",
        'is the same as "from"; leave both out for the whole day.',
    ),
    (
        {"weekly": [{"days": ["Monday"]}]},
        "weekly[0].days[0]",
        "must be one of: mon, tue, wed, thu, fri, sat, sun.",
    ),
    ({"funding": [{"party": "store", "share": 99}]}, "funding", "the shares must add up to exactly 100."),
    ({"needs": {"coupon": {}}}, "needs.coupon", 'must have "code", "codes" or "batch".'),
    (
        {"needs": {"judged_on": "after_items"}},
        "needs.judged_on",
        '"after_items" is for order promotions only; leave it out.',
    ),
    (
        {"who": {"first_order": True, "nth_order": 2}},
        "who.nth_order",
        "says otherwise than first_order; keep one of them.",
    ),
    ({"differ": "sku"}, "differ", "is for nth, n_pct and n_for only; leave it out."),
    ({"limits": {"per_order": 0}}, "limits.per_order", "must be a whole number from 1 to 1000000000."),
    (
        {"kind": {"type": "gift", "get": {}}},
        "kind",
        'must say what to buy ("buy" or "buy_amount"), or limits.per_order be set.',
    ),
    (
        {"kind": {"type": "qty_tier", "steps": [{"least": 2, "pct": 5}, {"least": 2, "pct": 6}]}},
        "kind.steps",
        "two steps begin at the same point; give each its own.",
    ),
    ({"currency": "eur"}, "currency", 'must be three capital letters of ISO 4217, such as "EUR".'),
    ({"currency": "€€€"}, "currency", 'must be three capital letters of ISO 4217, such as "EUR".'),
    ({"enabled": "yes"}, "enabled", "must be true or false, without quotes."),
    ({"version": 0}, "version", "must be a whole number from 1 to 1000000000."),
    ({"version": Decimal("1.5")}, "version", "must be a whole number from 1 to 1000000000."),
    ({"version": True}, "version", "must be a whole number from 1 to 1000000000."),
    ({"name": {"": "x"}}, "name", 'must have languages such as "en" or "zh_CN" as its keys.'),
    ({"name": {"en": ""}}, "name.en", "must be a text of 1 to 200 characters, in quotes."),
    ({"same": "colour"}, "same", 'must be one of: sku, category, brand, price, "tag:" and a prefix.'),
    ({"on": {"all": False}}, "on.all", "must be true; state another set for fewer goods."),
    ({"on": {"price": {}}}, "on.price", 'must have "from" or "to", or both.'),
    ({"on": {"price": {"from": 2, "to": 1}}}, "on.price", '"from" is above "to"; exchange them.'),
    ({"on": {"in": {"all": True}}}, "on.except", "is missing; add it."),
    ({"needs": {"basket": [{"of": {"all": True}}]}}, "needs.basket[0]", BOUNDS),
    ({"needs": {"basket": [{"min_qty": 2, "max_qty": 1}]}}, "needs.basket[0].max_qty", LOWER),
    ({"needs": {"basket": [{"min_amount": 2, "max_amount": 1}]}}, "needs.basket[0].max_amount", LOWER),
    ({"weekly": [{"from": "25:00"}]}, "weekly[0].from", HOUR),
    ({"weekly": [{"from": "00:00", "to": "00:00"}]}, "weekly[0].to", SAME_HOUR),
    ({"weekly": [{"from": "24:00", "to": "00:00"}]}, "weekly[0].to", SAME_HOUR),
    (
        {"kind": {"type": "gift", "get": {}, "buy_amount": 5, "over": 1}},
        "kind.over",
        'needs "buy"; leave it out.',
    ),
    (
        {"kind": {"type": "bundle", "price": 5}},
        "kind.parts",
        "is missing; list the goods that belong together.",
    ),
    ({"kind": {"type": "price_book"}}, "kind", 'must have "prices", or one of "pct", "amount", "price".'),
    ({"kind": {"type": "price_book", "prices": {}}}, "kind.prices", SKUS),
    ({"kind": {"type": "gift", "buy_amount": 5, "get": {}, "adds": [""]}}, "kind.adds[0]", SKU),
    ({"kind": {"type": "pwp", "buy_amount": 5, "get": {}, "price": 1, "adds": ["A"]}}, "kind.adds", FREE),
    ({"kind": {"type": "reward", "buy": [{}], "get": {}, "pct": 100, "adds": ["A"]}}, "kind.adds", FREE),
    ({"kind": {"type": "qty_tier"}}, "kind.steps", "is missing; list at least one step."),
    ({"kind": {"type": "spend_tier", "every": True, "steps": [{"least": 0, "pct": 1}]}}, "kind.steps", EVERY),
    ({"kind": {"type": "deposit", "paid": 2, "worth": 1}}, "kind.worth", "is less than was paid; raise it."),
    (
        {"kind": {"type": "points_add", "points": 1, "per": "amount", "amount": 0}},
        "kind.amount",
        "must be above 0: for each such amount the points are given.",
    ),
    (
        {"kind": {"type": "points_x", "times": 1001}},
        "kind.times",
        'must be a factor from 0 to 1000 such as "2" or "1.5".',
    ),
    (
        {"layer": "order", "kind": {"type": "nth", "n": 2, "pct": 5}},
        "layer",
        "must be item for nth; or leave it out.",
    ),
)


@pytest.mark.parametrize(("keys", "path", "sentence"), WRONG)
def test_what_is_wrong_is_said_with_its_path(keys: dict[str, Any], path: str, sentence: str) -> None:
    unread = refused(**keys)
    assert (unread.path, unread.problem) == (path, f"{path}: {sentence}")


def test_an_id_that_cannot_be_read_is_not_repeated_but_for_a_text() -> None:
    long = "x" * 65
    problem = "id: must be a text of 1 to 64 characters, in quotes."
    assert read_promotion({"id": long}) == UnreadablePromotion(long, problem, "id")
    assert read_promotion({"id": 7}) == UnreadablePromotion("", problem, "id")


@pytest.mark.parametrize("document", [None, [], "text", 5, {}, {"id": 7}])
def test_what_is_no_promotion_at_all_is_a_value_too(document: object) -> None:
    assert isinstance(read_promotion(document), UnreadablePromotion)


def test_sets_do_not_lie_in_each_other_without_end() -> None:
    deep: dict[str, Any] = {"all": True}
    for _ in range(2000):
        deep = {"not": deep}
    assert refused(on=deep).problem.endswith("lies more than 12 sets deep; make it simpler.")


TURNED = ("a\u202eb", "a\nb", "a\x00b", "a\u2066b", "\x1b[2Jb", "a\u2028b")


@pytest.mark.parametrize("text", TURNED)
def test_a_text_that_would_reorder_a_receipt_is_refused(text: str) -> None:
    for keys in ({"name": text}, {"name": {"en": text}}, {"name": {text: "en"}}, {"stack": {"group": text}}):
        assert refused(**keys).path
        assert not VALIDATOR.is_valid({"id": "P", "kind": {"type": "pct", "pct": "10"}} | keys)
    unread = read_promotion({"id": text, "kind": {"type": "pct", "pct": "10"}}, currency="EUR")
    assert isinstance(unread, UnreadablePromotion)
    # Whoever reads of it reads no more than where it is.
    assert (unread.promotion_id, unread.path) == ("", "id")
    assert text not in unread.problem


def test_letters_that_are_joined_stay() -> None:
    for text in ("می\u200cخواهم", "👩\u200d🍳", "第二件半价", "שלום \u200f5"):
        assert read(name=text).names == {"": text}
        assert VALIDATOR.is_valid({"id": "P", "name": text, "kind": {"type": "pct", "pct": "10"}})
