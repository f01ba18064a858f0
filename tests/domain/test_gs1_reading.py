"""Properties of the GS1 engine: whole messages come back as they were made, nothing raises, biip agrees."""

from __future__ import annotations

import datetime
import string
from urllib.parse import quote

import biip
import pytest
from biip.gs1_messages import GS1Message
from hypothesis import given, settings
from hypothesis import strategies as st

from posapp.code_rules import ai_table
from posapp.commands.bench_codes_vectors import read_vectors
from posapp.domain.codes.ai_linters import CSET_82, LINTERS
from posapp.domain.codes.dates import full_year, iso_day
from posapp.domain.codes.digital_link import read_digital_link
from posapp.domain.codes.elements import FNC1, read_bracketed, read_elements
from posapp.domain.codes.gs1_fault import Elements, Gs1Fault, Gs1Problem
from posapp.domain.codes.gtin import check_digit
from posapp.domain.codes.scan_data import PlainText, read_scan_data

TABLE = ai_table()
TODAY = datetime.date(2026, 11, 22)

gtins = st.from_regex(r"\A[0-8][0-9]{11}[1-9]\Z").map(lambda body: body + check_digit(body))
words = st.text(CSET_82, min_size=1, max_size=20)
days = st.dates(datetime.date(1990, 1, 1), datetime.date(2060, 12, 31)).map(lambda day: f"{day:%y%m%d}")
numbers = st.from_regex(r"\A[0-9]{6}\Z")
values = {
    "10": words,
    "11": days,
    "15": days,
    "17": days,
    "21": words,
    "30": st.from_regex(r"\A[1-9][0-9]{0,7}\Z"),
    "3103": numbers,
    "3922": st.from_regex(r"\A[0-9]{1,15}\Z"),
    "240": words,
    "8005": numbers,
    "99": words,
}


@st.composite
def messages(draw: st.DrawFn) -> list[tuple[str, str]]:
    """A GTIN with some of what may stand beside it, in any order."""
    others = draw(st.lists(st.sampled_from(sorted(set(values) - {"3922"})), unique=True, max_size=6))
    pairs = [("01", draw(gtins)), *((ai, draw(values[ai])) for ai in others)]
    if "3103" in others and draw(st.booleans()):
        pairs.append(("3922", draw(values["3922"])))
    return draw(st.permutations(pairs))


def element_string(pairs: list[tuple[str, str]]) -> str:
    """The message as a symbol carries it, with no separator more than it needs."""
    text = ""
    for place, (ai, value) in enumerate(pairs, 1):
        rule = TABLE.rule(ai)
        assert rule is not None
        text += ai + value + ("" if rule.predefined or place == len(pairs) else FNC1)
    return text


@given(messages())
@settings(max_examples=300, deadline=None)
def test_what_was_written_is_read(pairs: list[tuple[str, str]]) -> None:
    text = element_string(pairs)
    for start in ("", FNC1, "]C1", "]d2", "]Q3", "]d2" + FNC1):
        assert read_elements(start + text, TABLE) == Elements(tuple(pairs))
    bracketed = "".join(f"({ai})" + value.replace("(", "\\(") for ai, value in pairs)
    assert read_bracketed(bracketed, TABLE) == Elements(tuple(pairs))


@given(messages())
@settings(max_examples=200, deadline=None)
def test_biip_reads_the_same_elements(pairs: list[tuple[str, str]]) -> None:
    text = element_string(pairs)
    theirs = biip.parse("]C1" + text).gs1_message
    assert theirs is not None
    assert [(found.ai.ai, found.value) for found in theirs.element_strings] == pairs


@given(messages(), st.booleans())
@settings(max_examples=200, deadline=None)
def test_a_link_is_read_as_it_was_written(pairs: list[tuple[str, str]], short: bool) -> None:
    given_values = dict(pairs)
    path = [ai for ai in ("01", "10", "21") if ai in given_values]
    rest = [ai for ai, _ in pairs if ai not in path]
    key = given_values["01"]
    if short and key.startswith("0"):
        key = key[1:]
    steps = "/".join(f"{ai}/{quote(key if ai == '01' else given_values[ai], safe='')}" for ai in path)
    query = "&".join(f"{ai}={quote(given_values[ai], safe='')}" for ai in rest)
    read = read_digital_link(f"https://example.com/a/b/{steps}?{query}&x=1#y", TABLE, lenient=short)
    assert read == Elements(tuple((ai, given_values[ai]) for ai in path + rest))


@given(gtins, st.integers(0, 12))
def test_a_wrong_digit_in_a_gtin_never_passes(gtin: str, place: int) -> None:
    wrong = gtin[:place] + str((int(gtin[place]) + 1) % 10) + gtin[place + 1 :]
    for ai in ("01", "02"):
        read = read_elements(ai + wrong, TABLE)
        assert isinstance(read, Gs1Fault)
        assert (read.problem, read.ai) == (Gs1Problem.CheckDigit, ai)
    link = read_digital_link(f"https://example.com/01/{wrong}", TABLE)
    assert isinstance(link, Gs1Fault)


noise = st.text(
    st.sampled_from(string.digits * 3 + string.ascii_letters + "()/?&=%#+|^]:.-" + FNC1 + "é批\0")
)


@given(noise)
@settings(max_examples=500, deadline=None)
def test_no_text_raises(text: str) -> None:
    for start in ("", "]d2", "]E0", "]E4", "]Q1https://", "01095201234567881", "8110012345"):
        read = read_scan_data(start + text, TABLE)
        assert isinstance(read, Elements | Gs1Fault | PlainText)
        for other in (
            read_elements(start + text, TABLE),
            read_bracketed(start + text, TABLE),
            read_digital_link("https://a/01/" + text, TABLE, words=True, lenient=True),
        ):
            if isinstance(other, Gs1Fault):
                assert other.detail
                assert "{" not in other.problem.clause.format(ai="", part="")


@given(noise)
@settings(max_examples=300, deadline=None)
def test_no_check_raises(text: str) -> None:
    for name, linter in LINTERS.items():
        wrong = linter(text)
        assert wrong is None or isinstance(wrong[0], Gs1Problem), name


def published(name: str) -> list[str]:
    """Inputs of GS1's own tests."""
    texts = [
        case["in"]
        for file, section, cases in read_vectors()
        if (file, section) == ("gs1_engine", name)
        for case in cases
    ]
    return [text.replace("^", FNC1) for text in texts] if name == "element strings" else texts


@pytest.mark.parametrize(
    ("name", "start", "least"), [("element strings", "", 25), ("scan data", "", 6), ("Digital Link", "", 35)]
)
def test_biip_agrees_wherever_both_read_a_published_message(name: str, start: str, least: int) -> None:
    both = 0
    for text in published(name):
        if name == "Digital Link":
            ours = read_digital_link(text, TABLE, associated=False)
        elif name == "scan data":
            ours = read_scan_data(text, TABLE)
        else:
            ours = read_elements(text, TABLE, associated=False)
        message = _biip_pairs(start + text.removeprefix(FNC1))
        if isinstance(ours, Elements) and message is not None:
            both += 1
            assert message == list(ours.pairs), text
    assert both >= least, both


def _biip_pairs(text: str) -> list[tuple[str, str]] | None:
    """Elements as biip reads them, None where it reads none."""
    try:
        read = biip.parse(text)
    except (biip.BiipException, ValueError, IndexError):  # it stumbles over half an identifier
        return None
    if read.gs1_digital_link_uri is not None:
        return [(found.ai.ai, found.value) for found in read.gs1_digital_link_uri.element_strings]
    message: GS1Message | None = read.gs1_message
    return None if message is None else [(found.ai.ai, found.value) for found in message.element_strings]


@given(st.dates(datetime.date(1950, 1, 1), datetime.date(2140, 12, 31)), st.integers(0, 99))
def test_a_year_is_at_most_forty_nine_back_and_fifty_ahead(today: datetime.date, digits: int) -> None:
    year = full_year(digits, today)
    assert year % 100 == digits
    assert -49 <= year - today.year <= 50


@given(st.dates(datetime.date(1977, 1, 1), datetime.date(2076, 12, 31)))
def test_a_day_comes_back_within_the_century_around_today(day: datetime.date) -> None:
    assert iso_day(f"{day:%y%m%d}", TODAY) == day.isoformat()
    last = (day.replace(day=28) + datetime.timedelta(days=4)).replace(day=1) - datetime.timedelta(days=1)
    assert iso_day(f"{day:%y%m}00", TODAY) == last.isoformat()
