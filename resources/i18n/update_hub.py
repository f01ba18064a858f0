"""Bring the fleet page's translations up to date with its templates and words, and compile them.

    python resources/i18n/update_hub.py

Translations that exist are kept, sentences that nobody says any more go, new ones come in empty, to be filled
in by a person; then run it again. Exits 1 while one is empty.
"""

from __future__ import annotations

import ast
import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment
from jinja2.ext import extract_from_ast

sys.path.insert(0, str(Path(__file__).resolve().parent))
from update import mo_bytes

PAGES = Path(__file__).resolve().parent.parent.parent / "sync" / "hub" / "fleet" / "pages"
LANGUAGES = ("zh_CN",)


def msgids() -> dict[str, list[str]]:
    """Every sentence with the files that say it."""
    found: dict[str, list[str]] = {}
    for path in sorted(PAGES.glob("*.py")) + sorted((PAGES / "templates").glob("*.html")):
        said = _in_python(path) if path.suffix == ".py" else _in_template(path)
        for msgid in said:
            files = found.setdefault(msgid, [])
            if path.name not in files:
                files.append(path.name)
    return found


def _in_python(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in ("N_", "t") and isinstance(node.args[0].value, str):
            yield node.args[0].value


def _in_template(path: Path) -> Iterator[str]:
    parsed = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(path.read_text("utf-8"))
    for _line, _function, said in extract_from_ast(parsed):
        # Calls with values come as tuples, their msgid first.
        first = said[0] if isinstance(said, tuple) else said
        if isinstance(first, str):
            yield first


def po_path(language: str) -> Path:
    """Where the translations of a language are written down."""
    return PAGES / "i18n" / language / "LC_MESSAGES" / "poshub.po"


def read(language: str) -> dict[str, str]:
    """Translations by msgid; the header is left out."""
    path = po_path(language)
    if not path.exists():
        return {}
    held = read_po(io.BytesIO(path.read_bytes()), locale=language)
    return {str(entry.id): str(entry.string) for entry in held if entry.id}


def catalogue(language: str, translations: dict[str, str]) -> Catalog:
    """The messages of a language in the order of the files that say them."""
    made = Catalog(locale=language, domain="poshub", charset="utf-8", fuzzy=False)
    for msgid, files in msgids().items():
        entry = made.add(msgid, translations.get(msgid, ""), locations=[(name, 0) for name in files])
        entry.flags.discard("python-brace-format")
    return made


def main() -> int:
    """Rewrite the catalogues of every language and say what is still to be translated."""
    empty = []
    for language in LANGUAGES:
        path = po_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        made = catalogue(language, read(language))
        text = io.BytesIO()
        write_po(text, made, width=110, omit_header=True, include_lineno=False)
        # No dates in the header, so that only words make changes.
        head = f"Language: {language}\\nContent-Type: text/plain; charset=utf-8\\n"
        path.write_bytes(
            f'# Words of the fleet page.\nmsgid ""\nmsgstr "{head}"\n\n'.encode() + text.getvalue()
        )
        path.with_suffix(".mo").write_bytes(mo_bytes(read(language), language))
        empty += [f"{language}: {entry.id}" for entry in made if entry.id and not entry.string]
        print(f"{language}: {len(msgids())} sentences")
    print("\n".join(["still to be translated:", *empty]) if empty else "every sentence is translated")
    return 1 if empty else 0


if __name__ == "__main__":
    sys.exit(main())
