"""Rows in columns: nothing is lost, nothing leaves the paper, amounts stand flush right."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.devices.layout import PlacedLine, lay_out
from posapp.devices.widths import clusters, printable, width_of, wrap
from posapp.domain.paper import Align, PaperDocument, TextRow

PIECES = [
    "a",
    "Zq",
    "word ",
    "  ",
    " ",
    "牛奶",
    "，",
    "（",
    "）",
    "¥",
    "−",
    "·",
    "é",
    "e\u0301",
    "１",
    "\n",
    "-",
    "9.90",
]
texts = st.one_of(st.text(max_size=80), st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
aligns = st.sampled_from(["left", "center", "right"])


def shown(text: str) -> str:
    """What must come out of a text: its visible characters in order."""
    return "".join(character for character in printable(text) if character not in " \n")


def ends(line: PlacedLine) -> list[tuple[int, int]]:
    """First and one past the last narrow column of every piece on a line."""
    return [(span.column, span.column + width_of(span.text) * line.scale) for span in line.spans]


@given(texts, texts, aligns, st.booleans(), st.integers(16, 72))
def test_no_character_is_lost_and_none_leaves_the_paper(
    left: str, right: str, align: Align, double: bool, columns: int
) -> None:
    document = PaperDocument("", (TextRow(left, right, align, double=double),))
    lines = [placed for placed in lay_out(document, columns) if isinstance(placed, PlacedLine)]
    out = "".join(character for line in lines for span in line.spans for character in span.text)
    assert sorted(shown(out)) == sorted(shown(left) + shown(right))
    if not shown(right):
        assert shown(out) == shown(left)
    for line in lines:
        places = ends(line)
        assert all(0 <= first <= last <= columns for first, last in places)
        assert all(one[1] < two[0] for one, two in pairwise(places)), "pieces touch"


@given(texts.filter(shown), st.integers(1, 10), st.booleans())
def test_right_stands_flush_on_the_last_line(left: str, digits: int, double: bool) -> None:
    amount = "9" * digits
    lines = lay_out(PaperDocument("", (TextRow(left, amount, double=double),)), 42)
    last = lines[-1]
    assert isinstance(last, PlacedLine)
    assert last.spans[-1].text == amount
    assert ends(last)[-1][1] == 42
    assert all(amount != span.text or line is last for line in lines[:-1] for span in line.spans[1:])


@given(texts, st.integers(2, 60))
def test_wrapped_rows_fit_and_keep_order(text: str, width: int) -> None:
    rows = wrap(printable(text), width)
    assert shown("".join(rows)) == shown(text)
    assert all(width_of(row) <= width for row in rows)


@given(st.text(max_size=60))
def test_nothing_that_commands_a_printer_survives(text: str) -> None:
    for character in printable(text):
        assert character == "\n" or unicodedata.category(character) not in ("Cc", "Cf", "Cs")


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("whole milk carton", ("whole milk", "carton")),
        ("  whole milk carton", ("  whole milk", "  carton")),
        ("Donaudampfschiff", ("Donaudampfsc", "hiff")),
        ("有机纯牛奶低温", ("有机纯牛奶低", "温")),
        ("有机纯牛奶低，温", ("有机纯牛奶", "低，温")),
        ("有机纯牛奶（低温）", ("有机纯牛奶", "（低温）")),
        ("one\ntwo", ("one", "two")),
        ("", ("",)),
    ],
)
def test_breaks_read_well(text: str, rows: tuple[str, ...]) -> None:
    assert wrap(text, 12) == rows


def test_marks_stay_on_their_letter() -> None:
    assert [cluster.text for cluster in clusters("q\u0304a")] == ["q\u0304", "a"]
    assert width_of("q\u0304a") == 2
    assert width_of("牛奶") == 4


def test_a_long_name_wraps_beside_its_amount() -> None:
    row = TextRow("有机纯牛奶 1L 利乐装 早餐奶 低温巴氏杀菌", "25.60")
    lines = lay_out(PaperDocument("", (row,)), 32)
    assert [[(span.column, span.text) for span in line.spans] for line in lines] == [  # type: ignore[union-attr]
        [(0, "有机纯牛奶 1L 利乐装 早餐")],
        [(0, "奶 低温巴氏杀菌"), (27, "25.60")],
    ]


def test_an_amount_too_long_to_stand_beside_gets_its_own_line() -> None:
    row = TextRow("Organic whole milk from the hills", "x" * 30)
    lines = lay_out(PaperDocument("", (row,)), 42)
    assert [[(span.column, span.text) for span in line.spans] for line in lines] == [  # type: ignore[union-attr]
        [(0, "Organic whole milk from the hills")],
        [(12, "x" * 30)],
    ]
