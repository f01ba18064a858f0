"""A shop's document: what a short one becomes, what is wrong with a bad one, and there and back."""

from __future__ import annotations

import copy
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from posapp.domain.shop import Permission, Role, Shop
from posapp.domain.shop_document import (
    ShopDocumentError,
    hash_pins,
    parse_shop,
    plain_pins,
    shop_to_document,
    show_percent,
)
from posapp.domain.shop_reading import default_denominations

DEMO = Path(__file__).parents[2] / "resources" / "demo" / "shop.toml"
SHORT = """
[store]
id = "S1"
names = "Corner"
currency = "EUR"

[[terminals]]
id = "T1"

[[operators]]
id = "a"
name = "Ann"
role = "manager"
pin = "1234"

[[tax.rates]]
id = "vat"
percent = 19
"""


def hashed(text: str) -> dict[str, Any]:
    document = tomllib.loads(text, parse_float=str)
    return hash_pins(document, lambda who, _pin: f"$argon2id$of-{who}")


def problems(document: dict[str, Any]) -> list[str]:
    with pytest.raises(ShopDocumentError) as trouble:
        parse_shop(document)
    return list(trouble.value.problems)


@pytest.fixture
def short() -> dict[str, Any]:
    return copy.deepcopy(hashed(SHORT))


@pytest.fixture
def demo() -> Shop:
    return parse_shop(hashed(DEMO.read_text("utf-8")))


def test_a_short_file_is_a_working_shop(short: dict[str, Any]) -> None:
    shop = parse_shop(short)
    assert shop.names == {"en": "Corner"}
    assert shop.terminals[0].number == 1
    assert [(tender.tender_id, tender.kind, tender.opens_drawer) for tender in shop.tenders] == [
        ("cash", "cash", True),
        ("card", "recorded", False),
    ]
    assert shop.tax.price_includes
    assert [rate.ppm for rate in shop.tax.rates_of(shop.tax.default_category)] == [190_000]
    assert shop.permissions[Role.CASHIER] == {Permission.SELL, Permission.OPEN_SHIFT, Permission.CLOSE_SHIFT}
    assert shop.permissions[Role.MANAGER] == set(Permission)
    assert (shop.cash.step_minor, shop.cash.denominations_minor[0]) == (1, 10_000)
    assert (shop.sign_on.tries, shop.time_zone, shop.day_starts_at_minute) == (3, "UTC", 0)
    assert shop.demo_pins == {}


def test_there_and_back_through_json(demo: Shop, short: dict[str, Any]) -> None:
    for shop in (demo, parse_shop(short)):
        again = parse_shop(json.loads(json.dumps(shop_to_document(shop))))
        assert again == shop
    pins = parse_shop(short | {"demo_pins": {"a": "1234"}})
    assert parse_shop(shop_to_document(pins)).demo_pins == {"a": "1234"}


def test_a_template_and_a_country_there_and_back(short: dict[str, Any]) -> None:
    short["store"]["country"] = "DE"
    short["code_patterns"] = [
        {"template": "22PPPPCVVVVVK", "carries": "count", "decimals": 0},
        {"prefix": "21", "item_digits": 5, "value_digits": 5, "carries": "price"},
    ]
    shop = parse_shop(short)
    assert shop.code_region == "DE"
    first, second = shop.code_patterns
    assert (first.prefix, first.item_digits, first.value_digits, first.decimals) == ("22", 4, 5, 0)
    assert (second.template, second.decimals) == ("", None)
    document = json.loads(json.dumps(shop_to_document(shop)))
    assert parse_shop(document) == shop
    # What a till of an earlier version reads is there, and nothing else for patterns it knows.
    assert document["code_patterns"][1] == short["code_patterns"][1]


def test_the_demo_is_what_its_screens_show(demo: Shop) -> None:
    assert (demo.store_id, demo.currency, demo.time_zone) == ("S0217", "CNY", "Asia/Shanghai")
    assert demo.terminal("T03") is not None
    assert demo.cash.step_minor == 10
    assert demo.cash.denominations_minor == (10_000, 5_000, 2_000, 1_000, 500, 100, 50, 10)
    assert [tab.names["zh_CN"] for tab in demo.quick_keys] == ["常用", "水果", "面包", "服务"]
    assert len(demo.quick_keys[0].skus) == 12
    assert sorted(rate.ppm for rate in demo.tax.rates) == [90_000, 130_000]
    catalogue = DEMO.with_name("catalogue.tsv").read_text("utf-8").splitlines()
    skus = {line.split("\t")[0] for line in catalogue}
    assert {sku for tab in demo.quick_keys for sku in tab.skus} <= skus
    assert demo.day_starts_at_minute == 240


def test_pins_are_hashed_and_never_shown(short: dict[str, Any]) -> None:
    plain = tomllib.loads(SHORT)
    assert plain_pins(plain) == {"a": "1234"}
    assert plain["operators"][0]["pin"] == "1234", "the given document is left alone"
    assert "1234" not in json.dumps(short)
    assert parse_shop(short).operators[0].pin_hash == "$argon2id$of-a"
    for wrong in ("12", "12ab", 1234, "123456789", "１２３４"):
        plain["operators"][0]["pin"] = wrong
        found = problems(hash_pins(plain, lambda _who, _pin: "$argon2id$x"))
        assert [text.split(":")[0:2] for text in found] == [["operators no. 1", " pin"]]
        assert str(wrong) not in found[0].removeprefix("operators no. 1")


def test_a_pin_and_a_hash_together_are_a_problem(short: dict[str, Any]) -> None:
    short["operators"][0]["pin"] = "1234"
    assert "pin" in problems(hash_pins(short, lambda _who, _pin: "$argon2id$x"))[0]


def test_unknown_keys_name_the_nearest(short: dict[str, Any]) -> None:
    short["store"]["curency"] = "EUR"
    short["operators"][0]["badgde"] = "x"
    short["recipt"] = {}
    assert problems(short) == [
        "store: 'curency' is not known here; did you mean 'currency'?",
        "operators no. 1: 'badgde' is not known here; did you mean 'badge'?",
        "'recipt' is not known here; did you mean 'receipt'?",
    ]
    assert parse_shop(short, ignore_unknown=True).store_id == "S1"


CHANGES: list[tuple[list[Any], Any, str]] = [
    (["store", "id"], "Ä", "store: id: may hold only"),
    (["store", "id"], "", "store: id: must not be empty"),
    (["store", "currency"], "euro", "store: currency: must be three capital letters"),
    (["store", "languages"], ["English"], "store: languages: must list language tags"),
    (["store", "languages"], ["en", "en"], "store: languages: language 'en' is used twice"),
    (["store", "names"], {"de": "Ecke"}, "store: names: language 'de' is not one of the store's (en)."),
    (["store", "names"], 5, "store: names: must be a text"),
    (["store", "time_zone"], "Mars/Base", "store: time_zone: must be an IANA time zone"),
    (["store", "day_starts_at"], "25:00", "store: day_starts_at: must be a time of day"),
    (["store"], [], "store: must be a table"),
    (["terminals"], [], "terminals: there is none"),
    (["terminals"], [{"id": "T1"}, {"id": "T1"}], "terminals: id 'T1' is used twice"),
    (["terminals", 0, "number"], 0, "terminals no. 1: number: must be a whole number from 1 to 9999."),
    (["terminals"], "T1", "terminals: must be a list of tables; write [[terminals]]"),
    (["operators", 0, "role"], "boss", "operators no. 1: role: must be one of: cashier, clerk, manager."),
    (["operators", 0, "role"], "cashier", "operators: nobody is a manager"),
    (["operators", 0, "name"], "", "operators no. 1: name: must not be empty"),
    (["operators", 0, "pin_hash"], "md5", "operators no. 1: pin_hash: must be an Argon2id hash"),
    (["operators", 0, "pin_hash"], "", "operators no. 1: 'pin' is missing"),
    (["permissions"], {"cashier": ["fly"]}, "permissions: cashier: 'fly' is no permission"),
    (["permissions"], {"manager": ["sell", "close_with_variance"]}, "permissions: nobody has 'approve';"),
    (["permissions"], {"manager": ["approve"], "clerk": ["close_with_variance"]},
     "permissions: nobody who has 'approve' has 'close_with_variance'; add it to a role that somebody has"),
    (["permissions"], {"manager": [], "clerk": ["approve", "close_with_variance"]},
     "permissions: nobody has 'approve'; add it to a role that somebody has, such as manager."),
    (["tax", "price_includes"], "yes", "tax: price_includes: must be true or false"),
    (["tax", "rounding"], "up", "tax: rounding: must be one of: total, line."),
    (["tax", "rates", 0, "percent"], "101", "tax.rates no. 1: percent: must be a percentage"),
    (["tax", "rates", 0, "percent"], 19.5, "tax.rates no. 1: percent: must be a percentage"),
    (["tax", "categories"], [{"id": "x", "rates": ["y"]}], "tax.categories no. 1: rates: 'y' is not the id"),
    (["tax", "default_category"], "none", "tax: default_category: must be the id"),
    (["tenders"], [{"id": "c", "kind": "recorded", "names": "C"}], "tenders: exactly one must have"),
    (["tenders"], [{"id": "c", "names": "C"}], "tenders no. 1: 'kind' is missing; add it."),
    (["cash"], {"step": 0.05}, "cash: step: must be an amount in EUR"),
    (["cash"], {"step": "0"}, "cash: step: must be more than nothing."),
    (["cash"], {"step": "0.001"}, "cash: step: must be an amount in EUR"),
    (["cash"], {"denominations": []}, "cash: denominations: must list notes and coins"),
    (["cash"], {"denominations": "10"}, "cash: denominations: must be a list of amounts"),
    (["cash"], {"rounding": "away"}, "cash: rounding: must be one of: nearest, down, up."),
    (["quick_keys"], [{"names": "K", "skus": "bag"}], "quick_keys no. 1: skus: must be a list"),
    (["receipt"], {"columns": 10}, "receipt: columns: must be a whole number from 24 to 64."),
    (["receipt"], {"header": {"fr": []}}, "receipt: header: language 'fr'"),
    (["code_patterns"], [{"prefix": "21", "item_digits": 5, "value_digits": 4, "carries": "price"}],
     "code_patterns no. 1: prefix, item_digits and value_digits must make up 12"),
    (["code_patterns"], [{"prefix": "x", "item_digits": 5, "value_digits": 5, "carries": "price"}],
     "code_patterns no. 1: prefix: must be digits"),
    (["code_patterns"], [{"template": "21PPPPPVVVVV", "carries": "price"}],
     "code_patterns no. 1: template: must be digits, then P, C, V or W"),
    (["code_patterns"], [{"template": "21PPPPPVVVVVK", "carries": "price", "decimals": 9}],
     "code_patterns no. 1: decimals: must be a whole number from 0 to 6."),
    (["store", "country"], "China", "store: country: must be two capital letters"),
    (["sign_on"], {"tries": 0}, "sign_on: tries: must be a whole number from 1 to 20."),
    (["demo_pins"], {"nobody": "1"}, "demo_pins: 'nobody' is not known here"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "start"), CHANGES)
def test_every_problem_names_its_place(
    short: dict[str, Any], path: list[Any], value: Any, start: str
) -> None:
    place: Any = short
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    found = problems(short)
    assert any(text.startswith(start) for text in found), found


def test_anybody_may_be_the_one_who_agrees_to_a_variance(short: dict[str, Any]) -> None:
    short["operators"].append(short["operators"][0] | {"id": "b", "role": "clerk"})
    short["permissions"] = {"manager": ["sell"], "clerk": ["approve", "close_with_variance"]}
    assert parse_shop(short).permissions[Role.MANAGER] == {Permission.SELL}


def test_all_problems_come_at_once() -> None:
    found = problems({})
    assert len(found) >= 4
    assert any("'id' is missing" in text for text in found)


def test_duplicate_badges_are_not_repeated_in_the_message(short: dict[str, Any]) -> None:
    second = short["operators"][0] | {"id": "b", "badge": "SECRET"}
    short["operators"] = [short["operators"][0] | {"badge": "SECRET"}, second]
    assert problems(short) == ["operators: two of them have the same badge; give each their own."]


@pytest.mark.parametrize(("ppm", "text"), [(130_000, "13"), (88_750, "8.875"), (0, "0"), (100, "0.01")])
def test_percent(ppm: int, text: str) -> None:
    assert show_percent(ppm) == text


@pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD", "CNY"])
def test_default_notes_and_coins_start_at_the_step(currency: str) -> None:
    for step_minor in (1, 5, 10):
        coins = default_denominations(currency, step_minor)
        assert min(coins) == step_minor
        assert list(coins) == sorted(coins, reverse=True)
