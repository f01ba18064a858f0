from __future__ import annotations

import ast
import gettext
import importlib.util
import re
import string
from pathlib import Path
from types import ModuleType

import pytest

from posapp.flows.formatting import Speech
from posapp.flows.refusals import Refusal
from posapp.messages import load_speech, messages_of

ROOT = Path(__file__).resolve().parents[2]
I18N = ROOT / "resources" / "i18n"
FLOWS = ROOT / "posapp" / "flows"
RENEW = "python resources/i18n/update.py"

HAN = "\u3400-\u4dbf\u4e00-\u9fff"
#: Chinese that is no sentence of ours: a language's own name, samples for printers and scanners, a shop's
#: default words.
CHINESE_IN_CODE = {
    ("posapp/flows/presenters/__init__.py", "中文"),
    ("posapp/flows/paper.py", "中文打印正常"),
    ("posapp/domain/scanner_probes.py", "中文扫码"),
    ("posapp/domain/shop_reading.py", "现金"),
    ("posapp/domain/shop_reading.py", "银行卡"),
}


#: Names that scanners' own manuals and keyboards have, in every language; commands and parts of the till.
OF_SCANNERS = {
    "AI", "AIM", "AZERTY", "Alt", "CDC", "CR", "Caps", "Data", "DataMatrix", "EAN", "FNC", "HID",
    "LF", "Lock", "Matrix", "POS", "QR", "QWERTZ", "Tab", "UPC", "USB", "Unicode", "hidapi", "http",
    "auto", "ca", "camera", "file", "hub", "https", "pem", "posapp", "scanners",
}  # fmt: skip


def update_tool() -> ModuleType:
    """The tool that keeps the catalogue."""
    spec = importlib.util.spec_from_file_location("i18n_update", I18N / "update.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TOOL = update_tool()
MSGIDS = TOOL.msgids()
CHINESE = TOOL.read("zh_CN")


def places(text: str) -> set[str]:
    """Names of the places that are filled in."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_the_collector_sees_every_way_to_say_something() -> None:
    code = (
        "scene.t('a {n}', n=1)\ntell(desk, 'b')\nN_('c')\nother('d')\nscene.t(told.msgid)\nN_()\n"
        "class Refusal(Enum):\n    X = 'e'\nclass Other:\n    Y = 'f'"
    )
    assert sorted(TOOL.msgids_in(ast.parse(code))) == ["a {n}", "b", "c", "e"]
    assert {refusal.sentence for refusal in Refusal} <= set(MSGIDS)
    assert {"Scan the first item", "{name} added", "Not known", "November"} <= set(MSGIDS)


def test_every_sentence_is_translated_and_nothing_else() -> None:
    missing = [msgid for msgid in MSGIDS if not CHINESE.get(msgid)]
    unused = [msgid for msgid in CHINESE if msgid not in MSGIDS]
    assert (missing, unused) == ([], []), f"run: {RENEW}"


def test_a_translation_fills_in_the_same_places() -> None:
    assert [msgid for msgid, text in CHINESE.items() if places(text) != places(msgid)] == []


def slips(msgid: str, text: str) -> list[str]:
    """What is not set as Chinese is set."""
    full, half = "，。；：！？、", ",;:!?"
    rules = {
        "ASCII punctuation beside Chinese": rf"[{HAN}][{half}]|[{HAN}]\.(?!\d)|[{half}][{HAN}]",
        "ASCII brackets or quotes beside Chinese": rf"[{HAN}]\s?[()\"']|[()\"']\s?[{HAN}]",
        "no space between Chinese and Latin": rf"[{HAN}][A-Za-z0-9]|[A-Za-z0-9][{HAN}]",
        "no space beside what is filled in": rf"[{HAN}]\{{|\}}(?<!{{age}})[{HAN}]",
        "a space beside full-width punctuation": rf"\s[{full}）」]|[{full}（「]\s",
    }
    found = [f"{why}: {text}" for why, pattern in rules.items() if re.search(pattern, text)]
    if text != text.strip():
        found.append(f"space at an end: {text!r}")
    if text.endswith(("。", "？")) != (msgid.endswith((".", "?")) and msgid != "Receipt no."):
        found.append(f"ends differently: {msgid!r}, {text!r}")
    return found


def test_chinese_is_set_as_chinese() -> None:
    complaints = [slip for msgid, text in CHINESE.items() for slip in slips(msgid, text)]
    assert complaints == []


@pytest.mark.parametrize(
    ("msgid", "text"),
    [
        ("a", "扫码,再输"),
        ("a", "扫码(再输)"),
        ("a", "按Esc返回"),
        ("{n} a", "{n}件"),
        ("a", "扫码 ，再输"),
        ("a", " 扫码"),
        ("A b.", "扫码"),
        ("a", "扫码."),
    ],
)
def test_a_slip_is_seen(msgid: str, text: str) -> None:
    assert slips(msgid, text)


def test_no_english_is_left_in_chinese() -> None:
    latin = {
        word
        for text in CHINESE.values()
        for word in re.findall(r"[A-Za-z]{2,}", re.sub(r"\{\w+\}", "", text))
    }
    # The last are columns of a file that people write.
    assert latin <= {"CSV", "Esc", "GB", "GS", "IT", "UTF", "gtin", "lot", "reason"} | OF_SCANNERS


def test_one_word_for_one_thing() -> None:
    """No two buttons that may stand on one screen read the same."""
    assert CHINESE["Suspend"] != CHINESE["Resume"]
    assert CHINESE["Void sale"] != CHINESE["Refuse"]
    assert CHINESE["Back to goods"] != CHINESE["Back to selling"]


def test_english_is_set_as_english() -> None:
    chinese_signs = re.compile(rf"[{HAN}\u3000-\u303f\uff00-\uffef]")
    assert [msgid for msgid in MSGIDS if chinese_signs.search(msgid)] == []


def test_what_a_till_reads_is_what_was_written() -> None:
    with (I18N / "zh_CN" / "LC_MESSAGES" / "posapp.mo").open("rb") as file:
        compiled = messages_of(gettext.GNUTranslations(file))
    assert compiled == CHINESE, f"run: {RENEW}"
    path = TOOL.po_path("zh_CN")
    assert path.with_suffix(".mo").read_bytes() == TOOL.mo_bytes(CHINESE, "zh_CN"), f"run: {RENEW}"
    assert path.read_bytes() == TOOL.po_bytes(TOOL.catalogue("zh_CN", CHINESE), "zh_CN"), f"run: {RENEW}"


def test_loading() -> None:
    chinese = load_speech("zh_CN", I18N)
    assert chinese.language == "zh_CN"
    assert chinese.t("{n} to send", n="3") == "待传 3"
    assert chinese.t("Nobody translated this") == "Nobody translated this"
    assert load_speech("en", I18N) == Speech("en")
    assert load_speech("fr", I18N).t("Change") == "Change"
    assert "" not in chinese.messages


def chinese_literals(path: Path) -> list[str]:
    """Texts with Chinese words in them that are no docstring; single signs are data of some table."""
    tree = ast.parse(path.read_text("utf-8"))
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in docs
        and re.search(f"[{HAN}]{{2}}", node.value)
    ]


def test_no_chinese_stands_in_the_code() -> None:
    found = {
        (path.relative_to(ROOT).as_posix(), text)
        for path in sorted((ROOT / "posapp").rglob("*.py"))
        if not path.name.startswith("bench_")  # they make up goods, not sentences
        for text in chinese_literals(path)
    }
    assert found <= CHINESE_IN_CODE, f"make it an English msgid: {found - CHINESE_IN_CODE}"
    assert ("posapp/flows/paper.py", "中文打印正常") in found
