"""The page's section on other systems: every policy and every promotion on it is read, and the cases run with
the very policies that it prints."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from posapp.domain.pricing.documents.policy_reading import WORDS, read_policy
from posapp.domain.pricing.documents.reading import read_promotion
from posapp.domain.pricing.documents.reading_values import Money, Node
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import Promotion
from tests.domain.pricing.peers import Peer, answer_of
from tests.domain.pricing.test_peers_erpnext import ERPNEXT
from tests.domain.pricing.test_peers_medusa import MEDUSA
from tests.domain.pricing.test_peers_odoo_2 import ODOO
from tests.domain.pricing.test_peers_oscar import OSCAR
from tests.domain.pricing.test_peers_prestashop import PRESTASHOP
from tests.domain.pricing.test_peers_pretix import PRETIX
from tests.domain.pricing.test_peers_saleor import SALEOR
from tests.domain.pricing.test_peers_solidus import SOLIDUS
from tests.domain.pricing.test_peers_spree import SPREE
from tests.domain.pricing.test_peers_sylius_2 import SYLIUS
from tests.domain.pricing.test_peers_vendure import BY_LINE as VENDURE
from tests.domain.pricing.test_peers_woocommerce import WOO

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "PRICING.md").read_text("utf-8")
SECTION = PAGE.partition("## How to say another system's rules")[2]
POLICIES: dict[str, dict[str, Any]] = {
    name: json.loads(text)
    for name, text in re.findall(r"```json policy (\w+)\n(.*?)\n```", SECTION, re.DOTALL)
}
#: Rows of a line of goods, a policy, the total and its taxes; and of a case and its answer.
TAXES = re.findall(r"^\| (.*?) \| `(\{.*\})` \| `(\{.*\})` \| ([\d.]+): (.*) \|$", SECTION, re.MULTILINE)
SUMS = re.findall(r'^\| (.*?) \| `(\{"currency".*\})` \| `(\{.*\})` \|$', SECTION, re.MULTILINE)
PROMOTIONS = [found for found in re.findall(r"`(\{.*?\})`(?= \||[.,;)])", SECTION) if '"kind"' in found]


@pytest.mark.parametrize("word", WORDS)
def test_every_word_of_the_policy_is_on_the_page(word: str) -> None:
    table = PAGE.partition("\n## Policy\n")[2].partition("\n## ")[0]
    rows = [row for row in table.splitlines() if row.startswith("|") and f"`{word}`" in row.split("|")[1]]
    assert rows
    missing = [value for value in get_args(get_type_hints(Policy)[word]) if f"`{value}`" not in rows[0]]
    assert missing == []


@pytest.mark.parametrize("name", POLICIES)
def test_every_policy_is_read(name: str) -> None:
    assert isinstance(read_policy(Node(POLICIES[name], "policy", Money("USD", 2))), Policy)


@pytest.mark.parametrize(
    ("name", "policy"),
    [
        ("odoo", ODOO), ("sylius", SYLIUS), ("vendure", VENDURE), ("medusa", MEDUSA), ("oscar", OSCAR),
        ("saleor", SALEOR), ("spree", SPREE), ("solidus", SOLIDUS), ("erpnext", ERPNEXT), ("pretix", PRETIX),
        ("woocommerce", WOO), ("prestashop", PRESTASHOP),
    ],
)  # fmt: skip
def test_the_cases_run_with_the_policies_of_the_page(name: str, policy: dict[str, Any]) -> None:
    assert POLICIES[name] == policy


def test_the_page_has_promotions_of_other_systems() -> None:
    assert len(PROMOTIONS) == SECTION.count('`{"kind"') > 50


@pytest.mark.parametrize("text", PROMOTIONS)
def test_every_promotion_is_read(text: str) -> None:
    document = {"id": "p"} | json.loads(text, parse_float=Decimal)
    promotion = read_promotion(document, currency="USD", digits=2)
    assert isinstance(promotion, Promotion), promotion


@pytest.mark.parametrize(
    ("goods", "policy", "total", "taxes"), [row[1:] for row in TAXES], ids=[row[0] for row in TAXES]
)
def test_taxes_are_as_the_page_has_them(goods: str, policy: str, total: str, taxes: str) -> None:
    basket = [{"sku": "a"} | json.loads(goods)]
    told = answer_of(Peer("page", goods, basket, policy=json.loads(policy)))
    assert (told["total"], [tax["amount"] for tax in told["tax"]]) == (total, taxes.split(", "))


@pytest.mark.parametrize(("asked", "wanted"), [row[1:] for row in SUMS], ids=[row[0] for row in SUMS])
def test_sums_are_as_the_page_has_them(asked: str, wanted: str) -> None:
    told = answer_of(Peer("page", asked, [], more=json.loads(asked)))
    assert {key: told[key] for key in ("allocated", "rounded") if key in told} == json.loads(wanted)


def test_the_page_has_taxes_and_sums() -> None:
    assert (len(TAXES), len(SUMS)) == (19, 9)


def test_the_table_of_conventions_is_that_of_the_policies() -> None:
    rows = [
        [cell.strip(" `") for cell in row.strip("|").split("|")]
        for row in SECTION.partition("### At a glance")[2].partition("###")[0].splitlines()
        if row.startswith("|")
    ]
    words = rows[0][1:]
    found = {row[0]: dict(zip(words, row[1:], strict=True)) for row in rows[2:]}
    assert found == {
        name: {word: policy.get(word, "") for word in words} for name, policy in POLICIES.items()
    }
