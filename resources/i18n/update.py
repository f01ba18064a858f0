"""Bring the translations up to date with the sentences in the code, and compile them.

    python resources/i18n/update.py

Sentences are found by reading the syntax of posapp/flows: the texts given to .t(), tell() and N_(), and
the values of Refusal; also those of the domain that flows show: CodeRefusal, Gs1Problem and
RecallFault. Translations that exist are kept, entries that nobody says any more go, and new ones come in
empty, to be filled in by a person; then run it again. Exits 1 while one is empty.
"""

from __future__ import annotations

import ast
import io
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

HERE = Path(__file__).resolve().parent
FLOWS = HERE.parent.parent / "posapp" / "flows"
DOMAIN = FLOWS.parent / "domain"
REFUSALS = ("Refusal", "CodeRefusal", "Gs1Problem", "RecallFault")
LANGUAGES = ("zh_CN",)


def _said(node: ast.AST) -> ast.expr | None:
    """The expression that holds a msgid, where this node is one that speaks."""
    if not isinstance(node, ast.Call) or not node.args:
        return None
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in ("t", "N_"):
        return node.args[0]
    return node.args[1] if name == "tell" and len(node.args) > 1 else None


def msgids_in(tree: ast.Module) -> Iterator[str]:
    """Every msgid that stands in one module, in the order of the syntax tree; may repeat."""
    for node in ast.walk(tree):
        said = _said(node)
        if isinstance(said, ast.Constant) and isinstance(said.value, str):
            yield said.value
        if isinstance(node, ast.ClassDef) and node.name in REFUSALS:
            for entry in node.body:
                if isinstance(entry, ast.Assign):
                    yield ast.literal_eval(entry.value)


def msgids() -> dict[str, list[str]]:
    """Every msgid with the modules that say it."""
    found: dict[str, list[str]] = {}
    paths = (path for folder in (FLOWS, DOMAIN) for path in sorted(folder.rglob("*.py")))
    for path in paths:
        module = path.relative_to(FLOWS.parent.parent).as_posix()
        for msgid in msgids_in(ast.parse(path.read_text("utf-8"))):
            modules = found.setdefault(msgid, [])
            if module not in modules:
                modules.append(module)
    return found


def po_path(language: str) -> Path:
    """Where the translations of a language are written down."""
    return HERE / language / "LC_MESSAGES" / "posapp.po"


def read(language: str) -> dict[str, str]:
    """Translations by msgid; the header is left out."""
    path = po_path(language)
    if not path.exists():
        return {}
    catalogue = read_po(io.BytesIO(path.read_bytes()), locale=language)
    return {str(entry.id): str(entry.string) for entry in catalogue if entry.id}


def catalogue(language: str, translations: dict[str, str]) -> Catalog:
    """The messages of a language in the order of modules."""
    made = Catalog(locale=language, domain="posapp", charset="utf-8")
    for msgid, modules in msgids().items():
        entry = made.add(msgid, translations.get(msgid, ""), locations=[(module, 0) for module in modules])
        entry.flags.clear()
    return made


def header(language: str) -> str:
    """What a catalogue says about itself: no dates, so that only words make changes."""
    kind = "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
    return f"Language: {language}\n{kind}"


def po_bytes(made: Catalog, language: str) -> bytes:
    """The catalogue as a text to be edited, without line numbers."""
    out = io.BytesIO()
    write_po(out, made, width=110, omit_header=True, include_lineno=False)
    lines = "".join(f'"{line}\\n"\n' for line in header(language).splitlines())
    return f'# Words of the till.\nmsgid ""\nmsgstr ""\n{lines}\n'.encode() + out.getvalue()


def mo_bytes(translations: dict[str, str], language: str) -> bytes:
    """What a running till reads (GNU gettext's format: two tables of lengths and offsets, then texts)."""
    messages = {"": header(language), **{msgid: text for msgid, text in translations.items() if text}}
    pairs = sorted((msgid.encode(), text.encode()) for msgid, text in messages.items())
    count = len(pairs)
    at = 7 * 4 + 2 * 8 * count
    texts, tables = b"", []
    for column in zip(*pairs, strict=True):
        for text in column:
            tables += [len(text), at + len(texts)]
            texts += text + b"\0"
    head = (0x950412DE, 0, count, 7 * 4, 7 * 4 + 8 * count, 0, at)
    return struct.pack(f"<{7 + 4 * count}I", *head, *tables) + texts


def main() -> int:
    """Rewrite the catalogues of every language and say what is still to be translated."""
    empty = []
    for language in LANGUAGES:
        made = catalogue(language, read(language))
        po_path(language).write_bytes(po_bytes(made, language))
        po_path(language).with_suffix(".mo").write_bytes(mo_bytes(read(language), language))
        empty += [f"{language}: {entry.id}" for entry in made if entry.id and not entry.string]
        print(f"{language}: {len(msgids())} sentences")
    print("\n".join(["still to be translated:", *empty]) if empty else "every sentence is translated")
    return 1 if empty else 0


if __name__ == "__main__":
    sys.exit(main())
