"""The words of one language, read from the compiled catalogue beside the other resources.

English needs none, since its sentences are the message ids; a language without a catalogue speaks
English too, so that a shop's choice can never leave a till without words. Who calls keeps what was
read: nothing is cached here.
"""

from __future__ import annotations

import gettext
from pathlib import Path

from posapp.flows.formatting import Speech

#: Name of the catalogue inside LANGUAGE/LC_MESSAGES.
CATALOGUE = "posapp.mo"


def load_speech(language: str, folder: Path) -> Speech:
    """The speech of a language; `folder` holds one folder per language (resources/i18n)."""
    path = folder / language / "LC_MESSAGES" / CATALOGUE
    if not path.is_file():
        return Speech(language)
    with path.open("rb") as file:
        return Speech(language, messages_of(gettext.GNUTranslations(file)))


def messages_of(catalogue: gettext.GNUTranslations) -> dict[str, str]:
    """Messages by English msgid; the catalogue's own header, which has the empty msgid, is left out."""
    # The standard library offers no public way to list a catalogue.
    entries: dict[object, str] = vars(catalogue)["_catalog"]
    return {msgid: text for msgid, text in entries.items() if isinstance(msgid, str) and msgid}
