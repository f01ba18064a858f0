"""The fleet page's words: every sentence translated, figures said right, colours those of the till."""

from __future__ import annotations

import ast
import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest

from sync.hub.doubts.exception_list import KINDS
from sync.hub.doubts.lists import WORST_FIRST
from sync.hub.fleet.pages import labels
from sync.hub.fleet.pages.details import DETAILS, line_sentence, sentences
from sync.hub.fleet.pages.rendering import ASSETS, TEMPLATES
from sync.hub.fleet.pages.words import LANGUAGES, Speech, language_of, readable, translations, visible
from sync.hub.fleet.statement_content import Reason

ROOT = Path(__file__).resolve().parent.parent.parent
#: Said alike in both languages.
ALIKE = {"%(n)s"}


@pytest.fixture(scope="module")
def update() -> ModuleType:
    spec = importlib.util.spec_from_file_location("update_hub", ROOT / "resources" / "i18n" / "update_hub.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_every_sentence_is_translated_and_compiled(update: ModuleType, language: str) -> None:
    said = update.msgids()
    assert len(said) > 150
    translated = update.read(language)
    assert set(translated) == set(said)
    compiled = translations(language)
    for msgid, text in translated.items():
        assert text, msgid
        assert compiled.gettext(msgid) == text
        assert sorted(re.findall(r"%\(\w+\)s", msgid)) == sorted(re.findall(r"%\(\w+\)s", text)), msgid


def test_a_sentence_without_a_translation_is_found(
    update: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(update, "msgids", lambda: {"A sentence of tomorrow": ["labels.py"]})
    made = update.catalogue("zh_CN", update.read("zh_CN"))
    assert [entry.id for entry in made if entry.id and not entry.string] == ["A sentence of tomorrow"]


def test_no_template_says_words_that_are_not_translated() -> None:
    for path in TEMPLATES.glob("*.html"):
        text = re.sub(r"{%.*?%}|{{.*?}}|<[^>]*>", " ", path.read_text("utf-8"), flags=re.DOTALL)
        assert not re.search(r"[A-Za-z]{3,}", text), (path.name, re.findall(r"[A-Za-z]{3,}", text))


def test_every_kind_and_reason_has_words() -> None:
    assert set(labels.EXCEPTION_KINDS) == set(labels.EXCEPTION_ADVICE) == set(KINDS)
    assert set(labels.REASONS) == set(get_args(Reason))
    assert set(labels.DONE_TONES) <= set(labels.DONE)


@pytest.mark.parametrize(
    ("asked", "remembered", "accepted", "spoken"),
    [
        ("zh_CN", "en", "en", "zh_CN"),
        ("", "zh_CN", "en", "zh_CN"),
        ("x", "y", "zh-CN,zh;q=0.9,en;q=0.8", "zh_CN"),
        ("", "", "de-DE,de;q=0.9", "en"),
        ("", "", "de, en;q=0.5, zh", "en"),
        ("", "", ";;,,\0", "en"),
    ],
)
def test_the_language_is_the_one_asked_for(asked: str, remembered: str, accepted: str, spoken: str) -> None:
    assert language_of(asked, remembered, accepted) == spoken


@pytest.mark.parametrize(
    ("length_ms", "said"),
    [
        (0, "0 s"),
        (119_999, "119 s"),
        (120_000, "2 min"),
        (7_199_999, "119 min"),
        (7_200_000, "2 h"),
        (10**12, "11,574 d"),
    ],
)
def test_ages_are_rough(length_ms: int, said: str) -> None:
    assert Speech("en").age(0, length_ms) == said


def test_figures_are_said_right() -> None:
    english, chinese = Speech("en", "Asia/Shanghai"), Speech("zh_CN")
    assert english.age(None, 5) == chinese.age(None, 5) == "–"
    assert (english.offset(2_400), english.offset(-180_000)) == ("+2.4 s", "−3 min")
    assert chinese.offset(-2_400) == "−2.4 秒"
    assert (english.offset(-99), english.offset(0), english.offset(-100)) == ("0.0 s", "0.0 s", "−0.1 s")
    assert english.time(1_780_000_000_000) == "2026-05-29 04:26:40 CST"
    assert Speech("en", "Nowhere/Atall").time(1_780_000_000_000) == "2026-05-28 20:26:40 UTC"
    assert english.time(10**18) == str(10**18)
    assert english.time(None) == "–"
    assert english.money(-123_456, "CNY") == "−1,234.56 CNY"
    assert english.money(5, "JPY") == "5 JPY"
    assert english.money(1_005, "KWD") == "1.005 KWD"


def test_signs_that_mislead_stand_as_their_numbers() -> None:
    assert visible("a\u202eb\u2066\0\x1b") == "a‹202E›b‹2066›‹0000›‹001B›"
    assert visible("收银机\n\t") == "收银机\n\t"
    assert readable(b'{"b":1,"a":"\\u202e"}') == '{\n  "b": 1,\n  "a": "‹202E›"\n}'
    assert readable(b"\xff\x00no json") == "\\xff‹0000›no json"
    assert readable(b"[" * 100_000).startswith("[[[")


def test_the_page_has_the_colours_of_the_till() -> None:
    tokens = tomllib.loads((ROOT / "resources" / "theme" / "tokens.toml").read_text("utf-8"))
    light, _, dark = (ASSETS / "fleet.css").read_text("utf-8").partition("prefers-color-scheme: dark")
    for part, theme in ((light.partition("*{")[0], "light"), (dark.partition("* {")[0], "dark")):
        colours = dict(re.findall(r"--(\w+): (#[0-9A-F]{6});", part))
        assert len(colours) > 20
        for name, colour in colours.items():
            assert tokens["colors"][name][theme] == colour, name


def noted_names() -> set[str]:
    """Every name of a detail that the hub's sources note with an exception."""
    found: set[str] = set()
    for path in (ROOT / "sync" / "hub").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                given = {one.arg: one.value for one in node.keywords if one.arg}
                if path.parent.name == "intake" and name in ("_note", "tell"):
                    found |= set(given)
                elif name == "note_exception":
                    found |= keys_of(given.get("detail"))
            elif path.parent.name == "intake" and keys_of(node) & {"transaction_id", "doubts"}:
                found |= keys_of(node)
    return found


def keys_of(node: ast.AST | None) -> set[str]:
    """The keys that a dictionary is written with."""
    keys = node.keys if isinstance(node, ast.Dict) else ()
    return {str(one.value) for one in keys if isinstance(one, ast.Constant)}


def test_every_detail_that_is_noted_has_words() -> None:
    names = noted_names()
    assert {"doubts", "seq", "clock_offset_ms", "first_seq", "is_missing", "sku", "event_id"} <= names
    assert names <= set(DETAILS)
    assert set(WORST_FIRST) == set(KINDS)


@pytest.mark.parametrize(
    ("detail", "english", "chinese"),
    [
        (
            {"doubts": ["total", "new"], "seq": 2, "total_minor": 1250, "transaction_id": "t1"},
            [
                "Goods, tax and rounding do not make the total.",
                "new",
                "Sale t1",
                "Total 12.50 CNY",
                "Record no. 2",
            ],
            ["商品、税和抹分加起来不等于总额。", "new", "销售单 t1", "合计 12.50 CNY", "记录第 2 号"],
        ),
        (
            {"epoch": 1, "reason": "a place that is held by another event", "seq": 9},
            ["Another event holds this number already.", "Epoch 1", "Record no. 9"],
            ["这个编号已经被另一个事件占用。", "纪元 1", "记录第 9 号"],
        ),
        ({"clock_offset_ms": -264_000}, ["Off by −4 min when it was noticed"], ["发现时偏差 −4 分钟"]),
        ({"sellable": -3, "sku": "7", "unit": "pcs"}, ["Item 7", "Stock by the books: -3 pcs"], None),
        ({"is_missing": True}, ["The batch came without a signature."], ["这一批没有签名。"]),
        ({"is_missing": "x", "doubts": 5, "total_minor": "?", "of\u202emorrow": [1]}, None, None),
    ],
)
def test_details_are_sentences(
    detail: dict[str, object], english: list[str] | None, chinese: list[str] | None
) -> None:
    said = sentences(detail, Speech("en"), "CNY")
    assert said == (english or ["Total ?", "of‹202E›morrow: [1]"])
    if chinese:
        assert sentences(detail, Speech("zh_CN"), "CNY") == chinese


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("body: Expected `int`, got `str` - at `$.total_minor`", "Update the hub"),
        ("the envelope names another store or terminal", "another till"),
        ("the envelope names another epoch", "another epoch"),
        ("the database cannot hold what it says", "cannot hold"),
        ("event_id or kind holds the character NUL", "cannot hold"),
        ("JSON is malformed: object keys must be strings (byte 1)", "no whole record"),
    ],
)
def test_a_line_that_cannot_be_read_says_what_to_do(reason: str, said: str) -> None:
    assert said in line_sentence(reason, Speech("en"))
    assert line_sentence(reason, Speech("zh_CN")) != line_sentence(reason, Speech("en"))
