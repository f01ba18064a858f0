"""The fuzz campaign of the code reader in its short form, and proof that its judges can object."""

from __future__ import annotations

import dataclasses
import json

import pytest

from posapp.domain.codes.reader import CodeReader
from posapp.domain.codes.reading import Candidate, Embedded, Reading
from tests.simulation import code_fuzz
from tests.simulation.code_fuzz import Outcome, main, run_seed

pytestmark = pytest.mark.campaign
OTHER = "04006381333931"


def test_ten_thousand_texts_are_read_and_nothing_is_contradicted(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seeds", "5000:5010"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["texts"] == 10_000
    assert told["wrong"] == 0
    assert set(told["judged"]) == {"gtin", "upc-e", "pattern", "element", "link"}
    assert min(told["judged"].values()) > 100
    assert sum(told["judged"].values()) > 10 * sum(told["refused_by_the_judge"].values())
    assert told["kinds"].keys() >= {"item", "coupon", "payment", "member", "receipt", "unknown"}


def test_a_seed_is_the_same_every_time() -> None:
    once, again = Outcome(), Outcome()
    run_seed(7, once, texts=200)
    run_seed(7, again, texts=200)
    assert once == again


@pytest.mark.parametrize("form", ["gtin", "upc-e", "pattern", "element", "link"])
def test_a_wrong_item_is_objected_to(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read = CodeReader.read

    def wrong(self: CodeReader, raw: str, **rest: object) -> Reading:
        reading = read(self, raw, **rest)  # type: ignore[arg-type]
        changed = tuple(
            Candidate(OTHER, OTHER, each.form, each.embedded) if each.form == form else each
            for each in reading.candidates
        )
        return dataclasses.replace(reading, candidates=changed)

    monkeypatch.setattr(CodeReader, "read", wrong)
    outcome = Outcome()
    run_seed(1, outcome)
    assert any(trouble.startswith(f"{form}:") for _, trouble, _ in outcome.wrong)


@pytest.mark.parametrize("field", ["lot", "serial", "expires_on", "weight"])
def test_a_wrong_element_is_objected_to(field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read = CodeReader.read

    def wrong(self: CodeReader, raw: str, **rest: object) -> Reading:
        reading = read(self, raw, **rest)  # type: ignore[arg-type]
        if field == "weight":
            changed = tuple(
                dataclasses.replace(each, embedded=Embedded(each.embedded.carries, each.embedded.value + 1))
                if each.embedded
                else each
                for each in reading.candidates
            )
            return dataclasses.replace(reading, candidates=changed)
        changed_text = "2026-11-21" if field == "expires_on" else "X"
        return dataclasses.replace(reading, **{field: changed_text}) if getattr(reading, field) else reading

    monkeypatch.setattr(CodeReader, "read", wrong)
    outcome = Outcome()
    run_seed(1, outcome)
    assert outcome.wrong


def test_a_reader_that_raises_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> Reading:
        raise ValueError("no")

    monkeypatch.setattr(CodeReader, "read", fail)
    outcome = Outcome()
    run_seed(1, outcome, texts=3, symbols=0)
    assert [trouble for _, trouble, _ in outcome.wrong] == ["raised ValueError('no')"] * 3


def test_other_elements_than_zxing_reads_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    read = CodeReader.read

    def wrong(self: CodeReader, raw: str, **rest: object) -> Reading:
        reading = read(self, raw, **rest)  # type: ignore[arg-type]
        return (
            dataclasses.replace(reading, elements=reading.elements[:1] * 2) if reading.elements else reading
        )

    monkeypatch.setattr(CodeReader, "read", wrong)
    outcome = Outcome()
    run_seed(1, outcome, texts=0, symbols=20)
    assert any("zxing-cpp reads" in trouble for _, trouble, _ in outcome.wrong)
    assert code_fuzz.SYMBOLS_A_SEED > 0
