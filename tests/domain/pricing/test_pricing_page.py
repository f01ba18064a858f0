"""The page about prices: every document on it is read, fits the schema and comes back; no key is missing."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from posapp.domain.pricing.documents.reading import read_promotion
from posapp.domain.pricing.terms.promotion import Promotion
from tests.domain.pricing.promotion_writing import promotion_document

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "PRICING.md").read_text("utf-8")
SCHEMA: dict[str, Any] = json.loads((ROOT / "resources/schemas/promotion.schema.json").read_text("utf-8"))
BLOCKS = re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def documents() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Promotions on the page, each with the document that it stands in: itself, or a larger one."""
    found: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for block in BLOCKS:
        document = json.loads(block, parse_float=Decimal)
        inside = [document] if "kind" in document else document.get("promotions", ())
        found += [(each, document) for each in inside]
    return found


@pytest.mark.parametrize(("document", "around"), documents(), ids=lambda each: str(each.get("id", "")))
def test_every_promotion_on_the_page_is_read(document: dict[str, Any], around: dict[str, Any]) -> None:
    money = {"currency": around.get("currency", "CNY"), "digits": around.get("minor_digits")}
    promotion = read_promotion(document, **money)
    assert isinstance(promotion, Promotion), promotion
    assert read_promotion(promotion_document(promotion, **money), **money) == promotion
    as_floats = json.loads(json.dumps(document, default=float))
    jsonschema_rs.Draft202012Validator(SCHEMA).validate(as_floats)


def test_the_page_has_an_example_of_every_kind_and_every_type() -> None:
    kinds = {kind["properties"]["type"]["const"] for kind in SCHEMA["$defs"]["kind"]["oneOf"]}
    assert kinds - {document["kind"]["type"] for document, _ in documents()} == set()
    numbered = [int(number) for number in re.findall(r"^\*\*(\d+) · ", PAGE, re.MULTILINE)]
    assert numbered == list(range(1, 19))


def keys_of(schema: Any) -> set[str]:
    """Every key that the schema names at any depth."""
    if isinstance(schema, list):
        return {key for each in schema for key in keys_of(each)}
    if not isinstance(schema, dict):
        return set()
    own = set(schema.get("properties", {})) if isinstance(schema.get("properties"), dict) else set()
    return own | {key for each in schema.values() for key in keys_of(each)}


def test_every_key_of_the_schema_is_explained() -> None:
    tables = [row for row in PAGE.splitlines() if row.startswith("| ")]
    named = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`]+)`", "\n".join(tables)))))
    assert keys_of(SCHEMA) - named == set()
