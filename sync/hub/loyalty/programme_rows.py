"""The loyalty programme as it is stored: one document for the whole chain, as its owner wrote it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select

from posapp.domain.members.programme import Programme
from sync.hub.schema.members import PROGRAMME

#: The row's key: a chain has one programme.
ONE: Final = 1
_CALLING_CODE: Final = Programme().calling_code


@dataclass(frozen=True, slots=True)
class StoredProgramme:
    """The document and how often it was changed; nothing was decided yet where `rev` is 0."""

    rev: int
    document: bytes
    lookup_key: str = field(repr=False)
    changed_at_ms: int


def stored_programme(connection: Connection) -> StoredProgramme:
    """The programme's document as it was put."""
    row = connection.execute(select(PROGRAMME).where(PROGRAMME.c.one == ONE)).one()
    return StoredProgramme(row.rev, bytes(row.document), row.lookup_key, row.changed_at_ms)


def calling_code(connection: Connection) -> str:
    """The country's code of phone numbers that name none."""
    found = _decoded(stored_programme(connection).document).get("calling_code")
    return found if isinstance(found, str) and found else _CALLING_CODE


@lru_cache(maxsize=4)
def _decoded(document: bytes) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(document)
    return found
