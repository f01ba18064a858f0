"""How one route is described for integrators: the words that the descriptions of all routes share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from sync.protocol.versions import JSON_MEDIA_TYPE, PATH_PREFIX

STORE: Final = f"{PATH_PREFIX}/stores/{{store_id}}"
TERMINAL: Final = f"{STORE}/terminals/{{terminal_id}}"
FLEET: Final = f"{PATH_PREFIX}/fleet"


@dataclass(frozen=True, slots=True)
class Described:
    """One route: what it takes and gives, in words and types; `gives` and `takes` are types or schemas."""

    method: str
    path: str
    summary: str
    gives: Any = None
    takes: Any = None
    media: str = JSON_MEDIA_TYPE
    gives_media: str = JSON_MEDIA_TYPE
    open_to_all: bool = False
    further: tuple[dict[str, Any], ...] = ()
    statuses: dict[str, str] = field(default_factory=dict)
    by_person: bool = False


def header(name: str, text: str, schema: dict[str, Any], *, required: bool = False) -> dict[str, Any]:
    """A header of a request."""
    return {"name": name, "in": "header", "required": required, "description": text, "schema": schema}


def query(name: str, text: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A field of a request's query."""
    return {"name": name, "in": "query", "required": False, "description": text, "schema": schema}
