"""The code reader of a shop, made from the data files that come with the program.

Knows where GS1's syntax dictionary and the countries' restricted numbers lie and reads each at most
once, when the first code is read and not when the till starts. Knows nothing about what a code means.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from posapp.domain.codes.reader import CodeReader, CodeRules, Signatures
from posapp.resources import resource_path

if TYPE_CHECKING:
    from posapp.domain.codes.ai_table import AiTable
    from posapp.domain.shop import CodePattern, Shop


@functools.cache
def ai_table() -> AiTable:
    """GS1's application identifiers, read from the bundled syntax dictionary."""
    from posapp.domain.codes.ai_table import AiTable

    return AiTable.parse(resource_path("gs1", "application_identifiers.txt").read_text("utf-8"))


@functools.cache
def region_patterns(region: str) -> tuple[CodePattern, ...]:
    """The restricted numbers that are usual in a country (ISO 3166 alpha-2); none where none are known."""
    from posapp.domain.codes.restricted import read_patterns

    return read_patterns(resource_path("codes", "restricted.toml").read_text("utf-8"), region)


def code_reader(shop: Shop | None, *, signatures: Signatures | None = None) -> CodeReader:
    """The reader of a shop: its own patterns, or its country's where it states none."""
    region = shop.code_region if shop is not None else ""
    patterns = shop.code_patterns if shop is not None else ()
    currency = shop.currency if shop is not None else ""
    rules = CodeRules(ai_table(), patterns or region_patterns(region), currency, region, signatures)
    return CodeReader(rules)
