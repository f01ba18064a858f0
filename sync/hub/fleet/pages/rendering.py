"""Pages out of templates: every value is escaped, and a browser runs nothing but our own two files.

Templates are read once and never from requests. What a page may load is said in the headers that every answer
carries: nothing of others, no scripts or styles in the page itself, never in a frame, never kept in a cache.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sync.hub.fleet.pages.details import line_sentence, sentences
from sync.hub.fleet.pages.words import LANGUAGES, Speech, readable, translations, visible

TEMPLATES: Final = Path(__file__).with_name("templates")
ASSETS: Final = Path(__file__).with_name("assets")
ASSET_TYPES: Final = {"fleet.css": "text/css", "fleet.js": "text/javascript", "logo.svg": "image/svg+xml"}

CONTENT_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # The origin is needed to tell our own forms from others'; paths are nobody's affair.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@lru_cache(maxsize=4)
def environment(language: str) -> Environment:
    """The templates with the words of a language."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    said = translations(language)
    made.install_gettext_callables(said.gettext, said.ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.filters |= {"visible": visible, "readable": readable}
    made.globals |= {"languages": LANGUAGES, "sentences": sentences, "line_sentence": line_sentence}
    return made


def render(template: str, speech: Speech, values: Mapping[str, Any]) -> str:
    """A page as HTML; raises where a template asks for a value that is not given."""
    return environment(speech.language).get_template(template).render({**values, "speech": speech})


@lru_cache(maxsize=8)
def asset(name: str) -> tuple[bytes, str] | None:
    """A file that pages load and its media type, or None where there is no such file."""
    kind = ASSET_TYPES.get(name)
    return None if kind is None else ((ASSETS / name).read_bytes(), kind)
