"""The table of application identifiers: its format, its consistency, and an independent list beside it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import biip
import pytest

from posapp.code_rules import ai_table
from posapp.domain.codes.ai_linters import LINTERS
from posapp.domain.codes.ai_table import AiTable

TABLE = ai_table()
LIST = Path(biip.__file__).parent / "gs1_application_identifiers" / "_application_identifiers.json"
OTHERS = {entry["ai"]: entry for entry in json.loads(LIST.read_text("utf-8"))}


def test_the_table_has_every_ai_of_an_independent_list() -> None:
    assert set(TABLE) == set(OTHERS)


def test_every_ai_asks_what_the_independent_list_asks() -> None:
    differ = set()
    for ai, entry in OTHERS.items():
        rule = TABLE.rule(ai)
        assert rule is not None
        assert rule.predefined is not entry["separator_required"]
        theirs = re.compile(entry["pattern"])
        for length in range(1, 93):
            # Months, days and hours that every list accepts; a hyphen and a slash where one is asked for.
            texts = [(pair * 50)[:length] for pair in ("01", "12")] + ["0" * (length - 1) + "-", "1/1"]
            texts = [text for text in texts if len(text) == length]
            fits = any(theirs.match(ai + text) for text in texts)
            taken = any((found := rule.match(text)) and found.end() == length for text in texts)
            if fits != taken:
                differ.add(ai)
    # A key that is too short for a company prefix is refused here by the check, there by the pattern.
    assert differ == {"8010"}


def test_predefined_lengths_are_those_of_the_values() -> None:
    for ai in TABLE:
        rule = TABLE.rule(ai)
        assert rule is not None
        assert rule.predefined == (ai[:2] in TABLE.predefined)
        if rule.predefined:
            assert rule.shortest == rule.longest == TABLE.predefined[ai[:2]]


def test_ais_that_begin_alike_are_equally_long() -> None:
    lengths: dict[str, set[int]] = {}
    for ai in TABLE:
        lengths.setdefault(ai[:2], set()).add(len(ai))
    assert all(len(found) == 1 for found in lengths.values())


def test_only_a_last_component_varies_and_nothing_needed_follows_an_optional_one() -> None:
    for ai in TABLE:
        rule = TABLE.rule(ai)
        assert rule is not None
        for component, following in zip(rule.components, rule.components[1:], strict=False):
            assert component.shortest == component.longest, ai
            assert following.optional or not component.optional, ai


def test_every_ai_named_in_a_rule_is_in_the_table() -> None:
    for ai in TABLE:
        rule = TABLE.rule(ai)
        assert rule is not None
        assert rule.excludes <= set(TABLE)
        assert ai not in rule.excludes
        for requirement in rule.requires:
            assert requirement.single <= set(TABLE)
            assert {part for group in requirement.groups for part in group} <= set(TABLE)
            assert requirement.single or requirement.groups


def test_patterns_of_ais_are_told_apart() -> None:
    price = TABLE.rule("3922")
    assert price is not None
    assert {"3103", "3169", "30"} & price.requires[1].single == {"3103", "30"}
    assert price.excludes == {f"39{kind}{place}" for kind in "23" for place in range(10)} - {"3922"}


@pytest.mark.parametrize(
    "text",
    ["01 | * | N14", "1 | * | N14 | | GTIN", "01 | * | | | GTIN", "0A | * | N14 | | GTIN", "nonsense"],
)
def test_a_line_that_is_none_is_refused_by_its_number(text: str) -> None:
    with pytest.raises(ValueError, match="line 2"):
        AiTable.parse("# head\n" + text)


def test_an_unknown_component_or_check_is_refused_when_it_is_met() -> None:
    with pytest.raises(ValueError, match="Q9"):
        AiTable.parse("01 | | Q9 | | X").rule("01")
    with pytest.raises(KeyError):
        AiTable.parse("01 | | N9,nothing | | X").rule("01")


def test_every_check_of_the_table_is_one_that_exists() -> None:
    text = (Path(__file__).parents[2] / "resources/gs1/application_identifiers.txt").read_text("utf-8")
    named = {
        name
        for line in text.splitlines()
        if line[:1].isdigit()
        for word in line.split("|")[2].split()
        for name in word.split(",")[1:]
    }
    assert named <= set(LINTERS)
    assert set(LINTERS) - named == {"cset39", "cset64", "cset82", "csetnumeric", "yyyymmd0"}
