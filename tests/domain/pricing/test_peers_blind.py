"""Published cases of other systems, written from docs/PRICING.md alone, with the policies that stand there.

`peers_blind.jsonl` has one case a line: what it is `from` (repository, file, test), `as` which system's
policy of the page it runs, what of the `policy` is its own, the CASE and what the peer publishes. The facts
and figures are the peers', the words ours.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from posapp.domain.pricing.cases.answer import answer
from posapp.domain.pricing.cases.reading import read_case
from posapp.domain.pricing.cases.running import price_case

Document = dict[str, Any]

PAGE = Path("docs/PRICING.md").read_text("utf-8")
POLICIES = {
    name: json.loads(text) for name, text in re.findall(r"```json policy (\w+)\n(.*?)\n```", PAGE, re.DOTALL)
}
START = re.findall(r"```json start\n(.*?)\n```", PAGE, re.DOTALL)
CASES = [json.loads(row) for row in Path(__file__).with_name("peers_blind.jsonl").read_text().splitlines()]
DERIVED = ("tax", "net", "lines", "gifts", "d", "dlines")


def told(case: Document) -> Document:
    read = read_case(json.dumps(case))
    return answer(read, price_case(read))


def found(answered: Document, key: str) -> Any:
    """What the peer publishes under this name: a key of the answer, or a sum or list out of it."""
    taxes = sum((Decimal(tax["amount"]) for tax in answered["tax"]), Decimal(answered["rounding"]) * 0)
    match key:
        case "tax":
            return str(taxes)
        case "net":
            return str(Decimal(answered["total"]) - Decimal(answered["rounding"]) - taxes)
        case "lines":
            return [line["amount"] for line in answered["lines"]]
        case "gifts":
            return sum(gift["qty"] for gift in answered["gifts"])
        case "d":
            return {each["promotion"]: each["amount"] for each in answered["discounts"]}
        case "dlines":
            return {
                each["promotion"]: [line["amount"] for line in each["lines"]]
                for each in answered["discounts"]
            }
        case _:
            return answered[key]


@pytest.mark.parametrize("row", CASES, ids=[row["name"] for row in CASES])
def test_a_case_said_from_the_page_alone(row: Document) -> None:
    policy = POLICIES.get(row.get("as", ""), {}) | row.get("policy", {})
    answered = told(row["case"] | {"policy": policy})
    assert answered["unread"] == []
    for key, wanted in row["wanted"].items():
        # Where the peer compares about, every figure that it lets pass is listed.
        are_several = isinstance(wanted, list) and key not in ("lines", "allocated", "rounded")
        assert found(answered, key) in (wanted if are_several else [wanted]), f"{row['from']}: {key}"


def test_every_case_names_where_it_is_from() -> None:
    assert all(len(row["from"].split()) >= 2 for row in CASES)
    assert len({row["name"] for row in CASES}) == len(CASES) >= 300
    assert {row["as"] for row in CASES if "as" in row} <= POLICIES.keys()
    assert all(row["wanted"].keys() <= {*DERIVED, *told(CASES[0]["case"]), "allocated"} for row in CASES)


def test_the_first_file_of_the_page_is_what_it_says() -> None:
    case, wanted = (json.loads(text) for text in START)
    answered = told(case)
    assert {key: answered[key] for key in wanted} == wanted
