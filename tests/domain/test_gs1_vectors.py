"""GS1's published tests and our own: every section as one test, none may differ in a single case."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from posapp.code_rules import ai_table
from posapp.commands.bench_codes_vectors import VECTORS, Section, parses, read_vectors, run_vectors

SECTIONS = {(section.file, section.name): section for section in run_vectors(ai_table())}

#: Cases of the sections that GS1 publishes as whole messages; a lost vector file shows here.
PUBLISHED = {"scan data": 39, "Digital Link": 97, "element strings": 74, "bracketed": 22, "contents": 99}


@pytest.mark.parametrize("section", SECTIONS.values(), ids=lambda section: f"{section.file}:{section.name}")
def test_every_case_of_a_section(section: Section) -> None:
    assert section.cases > 0
    assert section.wrong == ()


@pytest.mark.parametrize(("name", "cases"), PUBLISHED.items())
def test_no_published_case_is_missing(name: str, cases: int) -> None:
    assert SECTIONS["gs1_engine", name].cases == cases


def test_every_whole_message_can_be_timed() -> None:
    timed = parses(ai_table())
    whole = {"scan data", "Digital Link", "element strings"}
    assert len(timed) == sum(len(cases) for _, name, cases in read_vectors() if name in whole)
    for _, _, call in timed:
        call()


def test_a_wrong_expectation_is_found(tmp_path: Path) -> None:
    cases = [{"in": "96385074", "good": False}, {"in": "96385075", "good": False}]
    body = {"source": "test", "sections": {"GTIN": {"cases": cases}}}
    (tmp_path / "gs1_own.json").write_text(json.dumps(body), "utf-8")
    (section,) = run_vectors(ai_table(), tmp_path)
    assert section.wrong == (("96385074", "False", "True"),)


def test_a_section_that_nobody_asks_is_no_success(tmp_path: Path) -> None:
    body = {"source": "test", "sections": {"news": {"cases": []}}}
    (tmp_path / "gs1_own.json").write_text(json.dumps(body), "utf-8")
    with pytest.raises(ValueError, match="news"):
        run_vectors(ai_table(), tmp_path)


def test_the_vectors_lie_in_the_work_tree() -> None:
    assert {path.name for path in VECTORS.glob("gs1_*.json")} == {
        "gs1_engine.json",
        "gs1_linters.json",
        "gs1_own.json",
    }
