"""How right and how quick codes are read: every published and own vector, and the time of a parse.

Counts each section of the vector files and names the first texts that differ. Times the GS1 engine and the
whole reader over the published messages beside biip, each text in turn, so that a slow moment of the
machine meets all three; where biip is not installed its figures are null and nothing is judged by them.
"""

from __future__ import annotations

import datetime
import functools
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from posapp.code_rules import ai_table, region_patterns
from posapp.commands.bench_codes_vectors import VECTORS, Section, parses, run_vectors
from posapp.commands.code import document
from posapp.commands.measuring import Aim, Result, median
from posapp.domain.codes import is_known_payload
from posapp.domain.codes.gs1_fault import Elements
from posapp.domain.codes.reader import CodeReader, CodeRules
from posapp.domain.codes.restricted import price_check_digit

TODAY: Final = datetime.date(2026, 11, 22)
READER_FILE: Final = "reader_own"
_SHOWN: Final = 5
_CALLS: Final = 5
_RATIO_MOST: Final = 0.5
_PAYLOADS: Final = ("6901234567892", "18612345678", "https://example.com/a", "Lin Xiao", "134567890123456789")


def bench_codes(*, rounds: int, seed: int, folder: Path | None) -> Result:
    """Run every vector of a folder (default: the work tree's) and time all well-formed messages."""
    vectors = folder or VECTORS
    result = Result("codes", seed)
    sections = [*run_vectors(ai_table(), vectors), *run_reader_vectors(vectors)]
    wrong = [section for section in sections if section.wrong]
    result.figures = {
        "cases_count": sum(section.cases for section in sections),
        "cases_wrong_count": sum(len(section.wrong) for section in wrong),
        "sections_count": len(sections),
        "sections_below_100_percent_count": len(wrong),
        "sections": {f"{section.file}: {section.name}": _counted(section) for section in sections},
        "differences": [list(case) for section in wrong for case in section.wrong[:_SHOWN]],
    }
    result.aims = [Aim("sections_below_100_percent_count", "==", 0)]
    _time_parses(result, vectors, max(1, rounds))
    return result


def _counted(section: Section) -> dict[str, int]:
    return {"cases": section.cases, "right": section.cases - len(section.wrong)}


# --- our own vectors --------------------------------------------------------------------------------------


def run_reader_vectors(folder: Path = VECTORS) -> Iterator[Section]:
    """Run the sections of the reader's own vectors."""
    document_ = json.loads((folder / f"{READER_FILE}.json").read_text("utf-8"))
    for name, section in document_["sections"].items():
        asked = _ASKED[name]
        wrong = []
        for case in section["cases"]:
            expected, got = asked(case)
            if expected != got:
                wrong.append((repr(case["in"]), repr(expected), repr(got)))
        yield Section(READER_FILE, name, len(section["cases"]), tuple(wrong))


@functools.cache
def reader_of(region: str) -> CodeReader:
    """The reader of a shop in a country, with prices of two decimals."""
    return CodeReader(CodeRules(ai_table(), region_patterns(region), "CNY", region))


def _upc_e(case: dict[str, Any]) -> tuple[object, object]:
    found = reader_of("CN").read(case["in"], today=TODAY).candidates
    return case["upc_e"], next((each.gtin14 for each in found if each.form == "upc-e"), None)


def _price_check(case: dict[str, Any]) -> tuple[object, object]:
    return case["digit"], price_check_digit(case["in"])


def _restricted(case: dict[str, Any]) -> tuple[object, object]:
    expected = (case["in"].zfill(14), case["key"], case["carries"], case["value"])
    exact, *patterns = reader_of(case["region"]).read(case["in"], today=TODAY).candidates
    for each in patterns:
        if each.form == "pattern" and each.embedded is not None:
            return expected, (exact.key, each.key, each.embedded.carries, each.embedded.value)
    return expected, None


def _reading(case: dict[str, Any]) -> tuple[object, object]:
    reading = reader_of(case["region"]).read(case["in"], today=TODAY)
    got = document(reading)
    got["refusal"] = reading.refusal.name if reading.refusal else None
    got["keys"] = [candidate.key for candidate in reading.candidates]
    expected = dict(case["expect"])
    picked = {name: got[name] for name in expected}
    if "extras" in expected:
        picked["extras"] = {name: got["extras"].get(name) for name in expected["extras"]}
    return expected, picked


_ASKED: Final[dict[str, Callable[[dict[str, Any]], tuple[object, object]]]] = {
    "UPC-E": _upc_e,
    "price check digits": _price_check,
    "restricted numbers": _restricted,
    "readings": _reading,
}


# --- times ------------------------------------------------------------------------------------------------


def _time_parses(result: Result, vectors: Path, rounds: int) -> None:
    table, reader = ai_table(), reader_of("CN")
    messages = [message for message in parses(table, vectors) if isinstance(message[2](), Elements)]
    biip = _biip_parse()
    takers: dict[str, list[Callable[[], object]]] = {"engine": [], "reader": [], "biip": []}
    for name, text, engine in messages:
        takers["engine"].append(engine)
        # The reader is given what a scanner would send of an element string: its identifier.
        sent = "]C1" + text.lstrip("^").replace("^", "\x1d") if name == "element strings" else text
        takers["reader"].append(functools.partial(reader.read, sent, today=TODAY))
        takers["biip"].append(functools.partial(biip, sent) if biip is not None else _nothing)
    times: dict[str, list[float]] = {name: [] for name in takers}
    for _ in range(rounds):
        for calls in zip(*takers.values(), strict=True):
            for name, call in zip(takers, calls, strict=True):
                times[name].append(_microseconds(call))
    engine_us, reader_us = median(times["engine"]), median(times["reader"])
    biip_us = median(times["biip"]) if biip is not None else None
    payloads = [functools.partial(is_known_payload, text) for text in _PAYLOADS]
    result.figures |= {
        "engine_parse_us_p50": round(engine_us, 2),
        "reader_parse_us_p50": round(reader_us, 2),
        "engine_to_biip": round(engine_us / biip_us, 3) if biip_us else None,
        "reader_to_biip": round(reader_us / biip_us, 3) if biip_us else None,
        "is_known_payload_us_p50": round(median([_microseconds(call) for call in payloads * rounds]), 2),
        "messages_timed_count": len(messages),
    }
    result.baselines = {"biip_parse_us_p50": round(biip_us, 2) if biip_us else None, "biip": _biip_version()}
    result.aims += [
        Aim("engine_to_biip", "<=", _RATIO_MOST, gated=biip is not None),
        Aim("reader_to_biip", "<=", _RATIO_MOST, gated=biip is not None),
    ]


def _microseconds(call: Callable[[], object]) -> float:
    started = time.perf_counter_ns()
    for _ in range(_CALLS):
        call()
    return (time.perf_counter_ns() - started) / _CALLS / 1_000


def _nothing() -> None:
    """Stands for a library that is not installed."""


def _biip_parse() -> Callable[[str], object] | None:
    """biip's parse with its refusals as values, or None where it is not installed."""
    try:
        import biip
    except ImportError:
        return None

    def parse(text: str) -> object:
        # It takes no identifier before a web address.
        text = text[3:] if text[3:7].lower() == "http" else text
        try:
            return biip.parse(text)
        except (biip.ParseError, IndexError, ValueError):
            # A lone "]" makes it fail in other ways than it says.
            return None

    return parse


def _biip_version() -> str:
    import importlib.metadata

    try:
        return importlib.metadata.version("biip")
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
