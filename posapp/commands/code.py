"""`posapp code TEXT`: how a text is understood, as a page for people or one JSON line for programs.

Control characters may be written as they are known on paper (`\\x1d`, `<GS>`, `^]`); they are shown as
`\\x1d`. Nothing is looked up in a catalogue and no web address is opened. Without a text every line of the
standard input is read.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any, Final

from posapp.code_rules import ai_table, region_patterns
from posapp.commands.output import allow_any_text
from posapp.domain.codes.aim import split_aim
from posapp.domain.codes.reader import CodeReader, CodeRules
from posapp.domain.codes.reading import Candidate, Reading
from posapp.domain.money import minor_digits

_GS: Final = "\x1d"
_WRITTEN: Final = re.compile(
    r"\\x([0-9A-Fa-f]{2})|\\u(00[01][0-9A-Fa-f]|241[dD])|<(GS|FNC1|RS|EOT)>|(\^\])|\u241d"
)
_NAMED: Final = {"GS": _GS, "FNC1": _GS, "RS": "\x1e", "EOT": "\x04"}
#: A leading caret is how GS1's own tools write FNC1.
_CARETS: Final = re.compile(r"\^(?=[0-9]{2})")
_UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_RETAIL: Final = ("]E0", "]E3", "]E4")
_FIELDS: Final = ("lot", "serial", "expires_on", "best_before_on", "sell_by_on", "pieces", "weight_g")


def run(options: argparse.Namespace) -> int:
    """Print what each text is; returns the exit code."""
    allow_any_text(as_json=options.json)
    today = options.today or datetime.datetime.now().astimezone().date()
    rules = CodeRules(ai_table(), region_patterns(options.region), options.currency, options.region)
    reader = CodeReader(rules)
    shown = False
    for text in options.text or _lines(sys.stdin):
        reading = reader.read(unwritten(text), today=today)
        if options.json:
            print(json.dumps(document(reading), ensure_ascii=True))
            continue
        if shown:
            print()
        print("\n".join(page(reading, options.currency)))
        shown = True
    return 0


def _lines(stream: Iterable[str]) -> Iterator[str]:
    return (line.rstrip("\r\n") for line in stream)


def unwritten(text: str) -> str:
    """A text with its written control characters made real."""
    if _CARETS.match(text):
        text = _CARETS.sub(_GS, text)
    return _WRITTEN.sub(_control, text)


def _control(found: re.Match[str]) -> str:
    in_hex, in_unicode, name, _ = found.groups()
    if in_hex:
        code = int(in_hex, 16)
        return chr(code) if code < 32 or code == 127 else found.group()
    if in_unicode:
        return _GS if in_unicode.lower() == "241d" else chr(int(in_unicode, 16))
    return _NAMED[name] if name else _GS


def visible(text: str) -> str:
    r"""A text with its control characters written as `\x1d`."""
    return _UNSEEN.sub(lambda found: f"\\x{ord(found.group()):02x}", text)


def document(reading: Reading) -> dict[str, Any]:
    """The JSON object of a reading; every key is always there."""
    return {
        "kind": reading.kind,
        "gtin14": reading.gtin14,
        "ais": {ai: visible(value) for ai, value in _ais(reading)},
        "refusal": _refusal(reading),
        "reason": visible(_reason(reading)),
        "detail": visible(reading.detail),
        "text": visible(reading.text),
        "symbology": reading.symbology,
        "carrier": reading.carrier,
        "candidates": [_candidate(candidate) for candidate in reading.candidates],
        **{name: getattr(reading, name) for name in _FIELDS},
        "embedded": _embedded(reading),
        "add_on": reading.add_on,
        "subject": visible(reading.subject),
        "extras": {name: visible(value) for name, value in reading.extras.items()},
    }


def _ais(reading: Reading) -> tuple[tuple[str, str], ...]:
    """The elements; a number under bars whose identifier says so is AI 01."""
    if not reading.elements and reading.gtin14 and reading.symbology in _RETAIL:
        return (("01", reading.gtin14),)
    return reading.elements


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {"key": visible(candidate.key), "gtin14": candidate.gtin14, "form": candidate.form}


def _embedded(reading: Reading) -> dict[str, Any] | None:
    found = next((each.embedded for each in reading.candidates if each.embedded is not None), None)
    if found is None:
        return None
    return {"carries": found.carries, "value": found.value, "currency": found.currency}


def _refusal(reading: Reading) -> str | None:
    if reading.refusal is not None:
        return reading.refusal.name
    return "UnknownCode" if reading.kind == "unknown" else None


def _reason(reading: Reading) -> str:
    if reading.refusal is None:
        return (
            "Nothing is known of this code by itself. Look it up in the catalogue."
            if _refusal(reading)
            else ""
        )
    return reading.refusal.sentence.format(code=reading.text[:40], detail=reading.detail)


def page(reading: Reading, currency: str) -> list[str]:
    """The lines of the page for people."""
    rows = [("Kind", reading.kind), ("Text", reading.text)]
    if reading.symbology:
        rows.append(("Symbol", f"{reading.symbology} {split_aim(reading.symbology + '.')[0].name}"))
    if _refusal(reading):
        rows.append(("Refused", _reason(reading)))
    if reading.detail and (reading.refusal is None or "{detail}" not in reading.refusal.sentence):
        rows.append(("Detail", reading.detail))
    rows += [("Ask for", _asked(candidate, currency)) for candidate in reading.candidates]
    table = ai_table()
    for ai, value in reading.elements:
        rule = table.rule(ai)
        rows.append((f"AI {ai}", f"{value}  {rule.title if rule else ''}".rstrip()))
    names = {name: name.replace("_", " ").capitalize() for name in _FIELDS}
    rows += [(names[name], str(value)) for name in _FIELDS if (value := getattr(reading, name))]
    rows += [
        (name, value) for name, value in (("Add-on", reading.add_on), ("Subject", reading.subject)) if value
    ]
    rows += [(name.replace("_", " ").capitalize(), value) for name, value in reading.extras.items() if value]
    width = max(len(name) for name, _ in rows)
    return [f"{name:<{width}}  {visible(value)}".rstrip() for name, value in rows]


def _asked(candidate: Candidate, currency: str) -> str:
    found = candidate.embedded
    if found is None:
        return f"{candidate.key}  ({candidate.form})"
    unit = {"weight": "g", "count": "pieces"}.get(found.carries, "")
    if found.carries == "price":
        letters = found.currency or currency
        digits = minor_digits(letters)
        whole = str(found.value).zfill(digits + 1)
        value = f"{whole[:-digits]}.{whole[-digits:]} {letters}" if digits else f"{whole} {letters}"
    else:
        value = f"{found.value} {unit}"
    return f"{candidate.key}  ({candidate.form}, {found.carries} {value})"
