"""The page's section on other systems: every policy and every promotion on it is read, and the cases run with
the very policies that it prints."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from posapp.domain.pricing.documents.policy_reading import read_policy
from posapp.domain.pricing.documents.reading import read_promotion
from posapp.domain.pricing.documents.reading_values import Money, Node
from posapp.domain.pricing.terms.promotion import Promotion
from tests.domain.pricing.test_peers_medusa import MEDUSA
from tests.domain.pricing.test_peers_odoo_2 import ODOO
from tests.domain.pricing.test_peers_oscar import OSCAR
from tests.domain.pricing.test_peers_saleor import SALEOR
from tests.domain.pricing.test_peers_spree import SPREE
from tests.domain.pricing.test_peers_sylius_2 import SYLIUS
from tests.domain.pricing.test_peers_vendure import BY_LINE as VENDURE

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "PRICING.md").read_text("utf-8")
SECTION = PAGE.partition("## How to say another system's rules")[2]
POLICIES: dict[str, dict[str, Any]] = {
    name: json.loads(text)
    for name, text in re.findall(r"```json policy (\w+)\n(.*?)\n```", SECTION, re.DOTALL)
}
PROMOTIONS = [found for found in re.findall(r"`(\{.*?\})`(?= \||[.,;)])", SECTION) if '"kind"' in found]


@pytest.mark.parametrize("name", POLICIES)
def test_every_policy_is_read(name: str) -> None:
    read_policy(Node(POLICIES[name], "policy", Money("USD", 2)))


@pytest.mark.parametrize(
    ("name", "policy"),
    [
        ("odoo", ODOO), ("sylius", SYLIUS), ("vendure", VENDURE), ("medusa", MEDUSA), ("oscar", OSCAR),
        ("saleor", SALEOR), ("spree", SPREE),
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
