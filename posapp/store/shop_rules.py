"""What a till must heed at the scan, read anew where it changed: recalls of a file and of the hub, markdowns.

Knows how far each stream had come when it was read, so that looking costs nothing while all stays as it is.
Refuses to know what a rule means. It is used by one thread at a time, away from the scan.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from posapp.exchange.shop_rules import read_markdowns, read_recalls
from posapp.flows.intents import MarkdownsSent, RecallsRead, RecallsSent
from posapp.store.catalog_place import CatalogPlace
from posapp.store.engine import open_reader
from posapp.store.recall_file import RecallFile
from posapp.store.troubles import UNFIT, DatabaseError
from sync.protocol.versions import STREAM_MARKDOWNS, STREAM_RECALLS

Rules = RecallsRead | RecallsSent | MarkdownsSent

_HEARD: Final = "SELECT cursor, life, rows, unreadable, updated_ms FROM stream WHERE stream = ?"
_BODIES: Final = "SELECT body FROM document WHERE stream = ? AND deleted = 0 ORDER BY key"


def _recalls(bodies: list[bytes]) -> Rules:
    received = read_recalls(bodies)
    return RecallsSent(received.list, received.unreadable)


def _markdowns(bodies: list[bytes]) -> Rules:
    received = read_markdowns(bodies)
    return MarkdownsSent(received.rules, received.unreadable)


_READ: Final[dict[str, Callable[[list[bytes]], Rules]]] = {
    STREAM_RECALLS: _recalls,
    STREAM_MARKDOWNS: _markdowns,
}


class ShopRules:
    """The rules of one till; `changed` tells what is new about them."""

    def __init__(self, catalogue: CatalogPlace, recalls: Path | None) -> None:
        """Nothing is read yet; `recalls` is the file of the settings, where there is one."""
        self._hold = catalogue.hold(open_reader, patient=True)
        self._file = None if recalls is None else RecallFile(recalls)
        self._heard: dict[str, Any] = {}

    def changed(self) -> tuple[Rules, ...]:
        """What is otherwise than the last call told; nothing of a catalogue that cannot be read now."""
        of_file = None if self._file is None else self._file.changed()
        found = [self._changed(stream) for stream in _READ]
        return tuple(rules for rules in (of_file, *found) if rules is not None)

    def _changed(self, stream: str) -> Rules | None:
        try:
            with self._hold as connection:
                heard = connection.execute(_HEARD, (stream,)).fetchone()
                if heard == self._heard.get(stream):
                    return None
                bodies = [bytes(body) for (body,) in connection.execute(_BODIES, (stream,))]
        except (DatabaseError, *UNFIT):
            # The file is asked again at the next look, and a scan says by itself that it cannot be read.
            return None
        self._heard[stream] = heard
        return _READ[stream](bodies)

    def close(self) -> None:
        """Let the files go."""
        self._hold.close()
