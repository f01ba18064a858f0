"""The programme as a document: there and back, and every mistake told where it is."""

from __future__ import annotations

from typing import Any

import pytest

from posapp.domain.members.programme import CodeRules, Level, OfflineRules, PointsWorth, Programme
from posapp.domain.members.programme_document import (
    ProgrammeDocumentError,
    parse_programme,
    programme_document,
)
from posapp.domain.pricing.documents.strict_json import read_strictly
from posapp.domain.pricing.terms.policy import PointsRules
from posapp.domain.pricing.terms.promotion import AllOf, AnyOf, Every, Except, GoodsSet, Having, Priced
from posapp.resources import resource_path

DEMO = resource_path("demo", "programme.json").read_text("utf-8")
WHOLE = Programme(
    is_on=True,
    levels=(Level("base", {"en": "Base"}), Level("gold", {"en": "Gold", "zh_CN": "金卡"}, 500_000)),
    level_window_days=180,
    level_term_days=90,
    points=PointsRules(2, 350, "half_up", "before_points", "line", Having("tag", frozenset({"smoke"})), 900),
    return_days=14,
    points_days=0,
    points_back_days=10,
    spending=frozenset({"code"}),
    codes=CodeRules(30, 60, 300, {"00aa11bb22cc33dd": "ab" * 32}),
    offline=OfflineRules(1, 2, 3),
    consents=(("terms", "v1", {"en": "Agreed.", "zh_CN": "同意。"}),),
    card_patterns=("62[0-9]{14}", "MC[0-9]+"),
    lookup_key="0f" * 16,
    keep_days=1,
    hold_minutes=5,
    calling_code="852",
    worth=PointsWorth(100, 99),
    gift_patterns=("77[0-9]{10}",),
    gift_most_minor=100_000,
)


def problems(**changes: Any) -> str:
    """What is wrong with the whole document where these parts of it are others."""
    with pytest.raises(ProgrammeDocumentError) as caught:
        parse_programme(programme_document(WHOLE, "CNY") | changes, "CNY")
    return "\n".join(caught.value.problems)


@pytest.mark.parametrize("programme", [WHOLE, Programme(is_on=True), Programme()])
def test_a_programme_there_and_back_is_the_same(programme: Programme) -> None:
    assert parse_programme(programme_document(programme, "CNY"), "CNY") == programme


@pytest.mark.parametrize(
    "goods",
    [
        Every(), Having("sku", frozenset({"A", "B"})), Priced(100, None), Priced(None, 5), Priced(1, 2),
        Except(Having("brand", frozenset({"X"}))),
        AnyOf((Having("tag", frozenset({"t"})), AllOf((Every(), Having("category", frozenset({"c"})))))),
    ],
)  # fmt: skip
def test_sets_of_goods_are_written_as_they_are_read(goods: GoodsSet) -> None:
    programme = Programme(is_on=True, points=PointsRules(1, but=goods))
    assert parse_programme(programme_document(programme, "CNY"), "CNY").points.but == goods


def test_the_programme_of_the_demo_earns_what_the_pictures_show() -> None:
    demo = parse_programme(read_strictly(DEMO), "CNY")
    assert [level.names["zh_CN"] for level in demo.levels] == ["会员", "银卡", "金卡"]
    assert demo.offline.points_a_member == 500
    assert demo.worth.of(1_300) == 1_300
    assert 50_022 * demo.points.points // demo.points.per_minor == 750
    assert {purpose for purpose, _, _ in demo.consents} == {"terms", "marketing"}


def test_levels_are_kept_in_the_order_of_their_spend() -> None:
    levels = programme_document(WHOLE, "CNY")["levels"][::-1]
    assert parse_programme(programme_document(WHOLE, "CNY") | {"levels": levels}, "CNY") == WHOLE


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"keep_day": 3}, "'keep_day' is not known here; did you mean 'keep_days'?"),
        ({"points": {"for": "0"}}, "points: for: must be more than nothing."),
        ({"points": {"for": 0.5}}, "points: for: must be an amount in CNY"),
        ({"points": {"except": {"tags": ["a"]}}}, "points.except: must have one of the keys"),
        ({"points": {"except": {"price": {"from": "1.234"}}}}, "points.except.price.from: is too fine"),
        ({"points": {"per": "piece"}}, "points: per: must be one of: order, line."),
        ({"worth": {"amount": "0"}}, "worth: amount: must be more than nothing"),
        ({"spending": ["face"]}, "spending: may hold only: code, card, typed."),
        ({"codes": {"step_s": 5}}, "codes: step_s: must be a whole number from 15 to 600."),
        ({"codes": {"public_keys": {"a": "zz"}}}, "codes.public_keys: a: must be 32 bytes"),
        ({"codes": {"public_keys": {"a": "ab" * 31}}}, "codes.public_keys: a: must be 32 bytes"),
        ({"codes": {"public_keys": {"a.b": "ab" * 32}}}, "a key's id has at most 24 letters"),
        ({"codes": {"public_keys": {"a": ""}}}, "codes.public_keys: a: must be 32 bytes"),
        ({"lookup_key": "abc"}, "lookup_key: must be 16 bytes or more"),
        ({"lookup_key": "ab" * 15}, "lookup_key: must be 16 bytes or more"),
        ({"card_patterns": ["(a+)+"]}, "card_patterns: must hold regular expressions"),
        ({"card_patterns": ["(a|b*)*"]}, "card_patterns: must hold regular expressions"),
        ({"card_patterns": ["62["]}, "card_patterns: must hold regular expressions"),
        ({"gift_patterns": ["77["]}, "gift_patterns: must hold regular expressions"),
        ({"card_patterns": [""]}, "card_patterns: must hold regular expressions"),
        ({"calling_code": "086"}, "calling_code: must be one to three digits"),
        ({"consents": [{"purpose": "a", "version": "1", "texts": {}}]}, "needs a text in at least one"),
        ({"consents": [{"purpose": "a", "version": "1", "texts": {"!": "x"}}]}, "by language tags"),
        ({"levels": [{"id": "a", "names": {"en": "A"}}] * 2}, "levels: 'a' stands there twice"),
        ({"levels": [{"names": {"en": "A"}}]}, "levels no. 1: 'id' is missing; add it."),
        ({"return_days": -1}, "return_days: must be a whole number from 0"),
        ({"hold_minutes": 0}, "hold_minutes: must be a whole number from 1"),
        ({"is_on": 1}, "is_on: must be true or false"),
    ],
)
def test_mistakes_are_told_where_they_are(changes: dict[str, Any], sentence: str) -> None:
    assert sentence in problems(**changes)


def test_all_mistakes_are_told_at_once_and_no_secret_with_them() -> None:
    found = problems(lookup_key="secret", hold_minutes=0, keep_days="x")
    assert len(found.splitlines()) == 3
    assert "secret" not in found


def test_a_till_passes_over_what_only_a_later_hub_knows() -> None:
    document = programme_document(WHOLE, "CNY") | {"moons": 3}
    document["offline"] |= {"sun": True}
    assert parse_programme(document, "CNY", ignore_unknown=True) == WHOLE


@pytest.mark.parametrize("document", [[], "x", None, 3])
def test_what_is_no_table_is_no_programme(document: object) -> None:
    with pytest.raises(ProgrammeDocumentError, match="must be a table"):
        parse_programme(document, "CNY")
