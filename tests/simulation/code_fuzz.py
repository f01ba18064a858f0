"""The code reader against a million random and damaged texts, with two other readers as judges.

    python -m tests.simulation.code_fuzz --seeds 0:1000

Each seed makes 1,000 texts, so a campaign can be cut anywhere and go on with the next seed. No text may
raise, every answer must be well formed, and no item that is read may be contradicted: by biip for GTINs,
UPC-E, restricted numbers, element strings and links, by zxing-cpp for symbols that it drew and read
itself. What biip refuses and the reader takes is counted by reason, since it knows less of GS1 than the
vectors do. Prints one JSON object; the exit code tells whether it is clean.
"""

from __future__ import annotations

import argparse
import datetime
import functools
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import biip
import zxingcpp
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from biip.gs1_element_strings import GS1ElementStrings
from biip.gs1_messages import GS1Message
from biip.gtin import Gtin
from biip.rcn import Rcn
from biip.upc import Upc

from posapp.code_rules import ai_table, region_patterns
from posapp.domain.codes import is_known_payload
from posapp.domain.codes.aim import split_aim
from posapp.domain.codes.reader import SHOWN_MAX_CHARS, CodeReader, CodeRules
from posapp.domain.codes.reading import Candidate, Reading
from tests.simulation.code_texts import GS, REGIONS, checked, digits, pairs, text_of

TEXTS_A_SEED = 1_000
SYMBOLS_A_SEED = 4
TODAY = datetime.date(2026, 11, 22)
_BIIP_REGIONS = frozenset({"DK", "EE", "FI", "DE", "GB", "LV", "LT", "NO", "SE"})
_SHOWN = 10
_FULL_WIDTH = {ordinal + 0xFEE0: ordinal for ordinal in range(0x21, 0x7F)}
_REASON = re.compile(r"'[^']*'|\"[^\"]*\"|[0-9]+")


@dataclass(slots=True)
class Outcome:
    """What a campaign found; `wrong` holds seed, what was wrong and the text."""

    texts: int = 0
    items: int = 0
    judged: Counter[str] = field(default_factory=Counter)
    unjudged: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    symbols: int = 0
    wrong: list[tuple[int, str, str]] = field(default_factory=list)


class Genuine:
    """Signatures of the campaign: the message's own beginning."""

    def verify(self, issuer: str, message: bytes, signature: bytes) -> bool:
        return signature == message[:16].ljust(16)


@functools.cache
def reader_of(region: str) -> CodeReader:
    return CodeReader(CodeRules(ai_table(), region_patterns(region), "CNY", region, Genuine()))


def run_seed(
    seed: int, outcome: Outcome, *, texts: int = TEXTS_A_SEED, symbols: int = SYMBOLS_A_SEED
) -> None:
    """One seed's texts and symbols."""
    dice = random.Random(f"code fuzz {seed}")
    for _ in range(texts):
        text, region = text_of(dice), dice.choice(REGIONS)
        outcome.texts += 1
        try:
            reading = reader_of(region).read(text, today=TODAY)
            is_known_payload(text)
        except Exception as error:  # noqa: BLE001 - that nothing at all is raised is the claim
            outcome.wrong.append((seed, f"raised {error!r}", ascii(text)))
            continue
        outcome.kinds[reading.kind] += 1
        for trouble in [*_shape(reading), *_judge(text, region, reading, outcome)]:
            outcome.wrong.append((seed, trouble, f"{region} {text!a}"))
    for _ in range(symbols):
        compared = _symbol(dice)
        outcome.symbols += compared is not None
        for trouble in compared or ():
            outcome.wrong.append((seed, trouble, "drawn by zxing-cpp"))


def _shape(reading: Reading) -> list[str]:
    """What is not well formed in an answer."""
    found = []
    if (
        len(reading.text) > SHOWN_MAX_CHARS
        or reading.text != reading.text.encode("utf-8", "replace").decode()
    ):
        found.append("a text that cannot be kept")
    if reading.kind == "item" and reading.gtin14 is None:
        found.append("an item without a number")
    for each in reading.candidates:
        if each.gtin14 is not None and (each.key != each.gtin14 or checked(each.gtin14[:13]) != each.gtin14):
            found.append(f"candidate {each.key} is no GTIN")
        if each.embedded is not None and each.embedded.value < 0:
            found.append("less than nothing")
    for day in (reading.expires_on, reading.best_before_on, reading.sell_by_on):
        if day:
            datetime.date.fromisoformat(day)
    return found


# --- biip -------------------------------------------------------------------------------------------------


def _judge(text: str, region: str, reading: Reading, outcome: Outcome) -> list[str]:
    """What biip says against the items read, and the plain numbers that were missed."""
    found = []
    # biip lets full-width digits through as they are; the reader makes plain ones of them first.
    body = split_aim(text.strip().translate(_FULL_WIDTH))[1]
    if body.isascii() and body.isdigit() and body == text and len(body) in (8, 12, 13, 14):
        told = _asked(lambda: Gtin.parse(body).as_gtin_14())
        if told is not None and all(each.gtin14 != told for each in reading.candidates):
            found.append(f"biip finds {told}")
    outcome.items += reading.kind in ("item", "coupon") and reading.gtin14 is not None
    for each in reading.candidates:
        if each.gtin14 is None:
            continue
        verdict = _JUDGES[each.form](reading, each, region, body)
        if verdict is None:
            outcome.judged[each.form] += 1
        elif verdict.startswith("?"):
            outcome.unjudged[f"{each.form}: {verdict[1:]}"] += 1
        else:
            found.append(f"{each.form}: {verdict}")
    return found


def _asked(question: Callable[[], str]) -> str | None:
    try:
        return question()
    except (biip.ParseError, AssertionError):
        return None


def _same(told: str | None, ours: str | None) -> str | None:
    return None if told == ours else f"biip {told}, reader {ours}"


def _gtin(reading: Reading, each: Candidate, region: str, body: str) -> str | None:
    number = reading.text
    if "isbn" in reading.extras or "issn" in reading.extras or reading.add_on:
        if each.gtin14 == number.zfill(14):
            return None
        found = re.sub(r"[^0-9X]", "", number.upper())
        if reading.add_on:
            number = found[: -len(reading.add_on)]
        elif len(found) in (8, 10):
            number = checked("978" + found[:9] if len(found) == 10 else "977" + found[:7] + "00")
        else:
            number = found
    return _same(_asked(lambda: Gtin.parse(number).as_gtin_14()), each.gtin14)


def _upc_e(reading: Reading, each: Candidate, region: str, body: str) -> str | None:
    return _same(_asked(lambda: Upc.parse(reading.text).as_gtin_14()), each.gtin14)


def _pattern(reading: Reading, each: Candidate, region: str, body: str) -> str | None:
    assert each.embedded is not None
    number = reading.text
    if region not in _BIIP_REGIONS or len(number) not in (12, 13, 14):
        head = number.zfill(13)[:7] if len(number) < 14 else number[-13:][:7]
        head = number[:7] if len(number) == 18 else head
        return _same(checked(head + "00000").zfill(14), each.gtin14)
    told = Gtin.parse(number, config=biip.ParseConfig(rcn_region=region.lower()))
    if not isinstance(told, Rcn):
        return f"biip knows no restricted number in {number}"
    value = told.price if told.price is not None else told.weight
    value = told.count if value is None else value
    factor = {"price": 100, "weight": 1000, "count": 1}[each.embedded.carries]
    if value is None or int(value * factor) != each.embedded.value:
        return f"biip reads {value}, reader {each.embedded}"
    return _same(told.without_variable_measure().as_gtin_14(), each.gtin14)


def _element(reading: Reading, each: Candidate, region: str, body: str) -> str | None:
    if "|]e0" in body:
        return "?a composite symbol"
    data = body.strip().strip(GS)
    try:
        told = (GS1Message.parse_hri if data.startswith("(") else GS1Message.parse)(data).element_strings
    except biip.ParseError as error:
        number = _asked(lambda: Gtin.parse(data[2:16]).as_gtin_14())
        if number is not None and data.startswith("01"):
            return _same(number, each.gtin14) or "?only its number, the rest is newer than biip"
        return "?" + _REASON.sub("…", str(error).splitlines()[0])[:90]
    return _elements_say(told, reading, each)


def _link(reading: Reading, each: Candidate, region: str, body: str) -> str | None:
    scheme, _, rest = body.partition("://")
    try:
        told = GS1DigitalLinkURI.parse(f"{scheme.lower()}://{rest}").element_strings
    except (biip.ParseError, ValueError, IndexError) as error:  # its own and those it lets through
        return "?" + _REASON.sub("…", str(error).splitlines()[0])[:90]
    return _elements_say(told, reading, each)


def _elements_say(told: GS1ElementStrings, reading: Reading, each: Candidate) -> str | None:
    """What the elements contradict: number, lot, serial and days."""
    goods = told.get(ai="01")
    if goods is None or goods.value != each.gtin14:
        return f"biip reads {goods}, reader {each.gtin14}"
    if goods.gtin is None:
        return "biip sees no GTIN in AI 01"
    for ai, ours in (("10", reading.lot), ("21", reading.serial)):
        element = told.get(ai=ai)
        if (element.value if element else "") != ours:
            return f"biip reads {element} in AI {ai}, reader {ours!r}"
    for ai, ours in (("17", reading.expires_on), ("15", reading.best_before_on), ("16", reading.sell_by_on)):
        element = told.get(ai=ai)
        if element is not None and element.date is not None and element.date.isoformat() != ours:
            return f"biip reads {element.date} in AI {ai}, reader {ours!r}"
    return None


_JUDGES: dict[str, Callable[[Reading, Candidate, str, str], str | None]] = {
    "gtin": _gtin,
    "upc-e": _upc_e,
    "pattern": _pattern,
    "element": _element,
    "link": _link,
}


# --- zxing-cpp --------------------------------------------------------------------------------------------


def _symbol(dice: random.Random) -> list[str] | None:
    """Draw a symbol, have zxing-cpp read it, and compare what it says; None where nothing came of it."""
    if dice.random() < 0.25:
        return _drawn_number(dice)
    found = [pair for pair in pairs(dice) if not set("()") & set(pair[1])]
    written = "".join(f"({ai}){value}" for ai, value in found)
    kind = dice.choice((zxingcpp.BarcodeFormat.Code128, zxingcpp.BarcodeFormat.DataMatrix))
    if not found or (kind == zxingcpp.BarcodeFormat.Code128 and len(written) > 70):
        return None
    try:
        drawn = zxingcpp.create_barcode(written, kind, gs1=True)
    except ValueError:
        return None
    read = zxingcpp.read_barcode(drawn.to_image(scale=3), formats=kind, text_mode=zxingcpp.TextMode.HRI)
    if read is None:
        return None
    reading = reader_of("CN").read(read.symbology_identifier + read.bytes.decode("ascii"), today=TODAY)
    ours = "".join(f"({ai}){value}" for ai, value in reading.elements)
    if not ours:  # refused for its content, which zxing-cpp does not look at
        return None
    return [f"zxing-cpp reads {read.text}, reader {ours}"] if ours != read.text else []


def _drawn_number(dice: random.Random) -> list[str] | None:
    body = dice.choice("01") + digits(dice, 6)
    told = checked(Upc.parse(body).as_upc_a()[:11])
    try:
        drawn = zxingcpp.create_barcode(body + told[-1], zxingcpp.BarcodeFormat.UPCE)
    except ValueError:  # a short form that nobody would print, since a shorter one exists
        return None
    read = zxingcpp.read_barcode(drawn.to_image(scale=3), formats=zxingcpp.BarcodeFormat.UPCE)
    if read is None:
        return None
    short = reader_of("US").read(body + told[-1], today=TODAY)
    long = reader_of("US").read(read.symbology_identifier + read.text, today=TODAY)
    same = short.candidates[0].gtin14 == long.gtin14 or any(c.gtin14 == long.gtin14 for c in short.candidates)
    return [] if same else [f"zxing-cpp expands {body}{told[-1]} to {read.text}, reader {short.gtin14}"]


# --- the campaign -----------------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a range of seeds and print what came of it."""
    parser = argparse.ArgumentParser(prog="code_fuzz", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", default="0:1000", help="first:end (default: %(default)s)")
    options = parser.parse_args(arguments)
    first, end = map(int, options.seeds.split(":"))
    outcome, started = Outcome(), time.monotonic()
    for seed in range(first, end):
        run_seed(seed, outcome)
        if seed % 50 == 49:
            print(
                f"seed {seed}: {outcome.texts} texts, {len(outcome.wrong)} wrong", file=sys.stderr, flush=True
            )
    document = {
        "seeds": options.seeds,
        "texts": outcome.texts,
        "items": outcome.items,
        "judged": dict(outcome.judged),
        "refused_by_the_judge": dict(outcome.unjudged.most_common()),
        "kinds": dict(outcome.kinds),
        "symbols": outcome.symbols,
        "wrong": len(outcome.wrong),
        "first_wrong": outcome.wrong[:_SHOWN],
        "seconds": round(time.monotonic() - started),
    }
    print(json.dumps(document, indent=1))
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
