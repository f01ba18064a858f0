"""The code reader of a shop, made from the data files that come with the program.

Knows where GS1's syntax dictionary and the countries' restricted numbers lie and reads each at most
once, when the first code is read and not when the till starts. Knows nothing about what a code means.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from posapp.domain.codes.reader import CodeReader, CodeRules, Signatures
from posapp.resources import resource_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from posapp.domain.codes.ai_table import AiTable
    from posapp.domain.shop import CodePattern, Shop

_REMEMBERED_MAX = 256


@functools.cache
def ai_table() -> AiTable:
    """GS1's application identifiers, read from the bundled syntax dictionary."""
    from posapp.domain.codes.ai_table import AiTable

    return AiTable.parse(resource_path("gs1", "application_identifiers.txt").read_text("utf-8"))


@functools.cache
def region_patterns(region: str) -> tuple[CodePattern, ...]:
    """The restricted numbers that are usual in a country (ISO 3166 alpha-2); none where none are known."""
    from posapp.domain.codes.restricted import read_patterns

    return read_patterns(resource_path("codes", "restricted.toml").read_text("utf-8"), region)


class ProgrammeSignatures:
    """Who signed a code, by the hub's public keys (hex of 32 bytes, Ed25519) under their ids.

    A code may be read several times on its way through the till, so the last answers are remembered. Keys
    that are none sign nothing.
    """

    __slots__ = ("_answers", "_keys")

    def __init__(self, public_keys: Mapping[str, str]) -> None:
        # Codes hold capitals only, ids of keys are small hex digits.
        self._keys = {key_id.upper(): _raw(key) for key_id, key in public_keys.items()}
        self._answers: dict[tuple[str, bytes, bytes], bool] = {}

    def verify(self, issuer: str, message: bytes, signature: bytes) -> bool:
        """Whether this issuer signed exactly these bytes."""
        key = self._keys.get(issuer.upper())
        if not key:
            return False
        asked = issuer, message, signature
        known = self._answers.get(asked)
        if known is None:
            # A till that reads no signed code need not load cryptography for it.
            from sync.protocol.signing import is_signed

            if len(self._answers) >= _REMEMBERED_MAX:
                self._answers.clear()
            known = self._answers[asked] = is_signed(key, message, signature)
        return known


def _raw(key: str) -> bytes:
    try:
        return bytes.fromhex(key)
    except ValueError:
        return b""


def code_reader(shop: Shop | None, *, signatures: Signatures | None = None) -> CodeReader:
    """The reader of a shop: its own patterns, or its country's where it states none."""
    region = shop.code_region if shop is not None else ""
    patterns = shop.code_patterns if shop is not None else ()
    currency = shop.currency if shop is not None else ""
    rules = CodeRules(ai_table(), patterns or region_patterns(region), currency, region, signatures)
    return CodeReader(rules)


class CodeReaders:
    """The reader of the shop as it is now: made anew where its rules or the programme's keys have changed."""

    __slots__ = ("_keys", "_reader", "_shop")

    def __init__(self) -> None:
        self._shop: Shop | None = None
        self._keys: Mapping[str, str] = {}
        self._reader: CodeReader | None = None

    def of(self, shop: Shop, public_keys: Mapping[str, str]) -> CodeReader:
        """The reader for a shop and its programme's public keys."""
        if self._reader is None or self._shop is not shop or self._keys != public_keys:
            self._shop, self._keys = shop, public_keys
            self._reader = code_reader(shop, signatures=ProgrammeSignatures(public_keys))
        return self._reader
