"""The recall list as a file that somebody keeps up to date: read at the start and again when it changed.

Knows the file's time and size, so that looking costs nothing while it stays as it is. Refuses to know what a
recall means. It is used by one thread at a time, away from the scan.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from posapp.domain.recalls import RecallFault, RecallList, RecallProblem, parse_recalls
from posapp.flows.intents import RecallsRead, RecallsTrouble

#: A list of 100,000 lines is smaller; a larger file is something else.
BYTES_MAX: Final = 32 * 1024 * 1024


class RecallFile:
    """One list; `changed` tells what is new about it."""

    def __init__(self, path: Path) -> None:
        """Nothing is read yet."""
        self._path = path
        self._seen: tuple[int, int] | str | None = None

    def changed(self) -> RecallsRead | None:
        """The list or what is wrong with it, where that is not what the last call told; else None."""
        try:
            status = self._path.stat()
            seen: tuple[int, int] | str = (status.st_mtime_ns, status.st_size)
            if seen == self._seen:
                return None
            data = None if status.st_size > BYTES_MAX else self._path.read_bytes()
        except OSError as error:
            if self._seen == str(error):
                return None
            self._seen = str(error)
            return RecallsRead(RecallsTrouble(self._path.name))
        self._seen = seen
        found = RecallProblem(RecallFault.TooMany, 1) if data is None else parse_recalls(data)
        return RecallsRead(found if isinstance(found, RecallList) else RecallsTrouble(self._path.name, found))
