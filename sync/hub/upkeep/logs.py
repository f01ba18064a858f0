"""The hub's log: one JSON object a line on standard error, with fields instead of prose.

Only named fields are written; keys, PINs and bodies of events are never among them.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, TextIO


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON; `extra={"fields": {...}}` adds fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry |= getattr(record, "fields", {})
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


class _ToStderr(logging.StreamHandler[TextIO]):
    """Writes to whatever standard error is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def log_to_stderr(level: int) -> None:
    """Send every log record from a level up to standard error, once however often this is asked for."""
    root = logging.getLogger()
    root.setLevel(level)
    # Its records tell at every start how it looked; that steps were taken is told by our own.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    if any(isinstance(handler, _ToStderr) for handler in root.handlers):
        return
    handler = _ToStderr(sys.stderr)
    handler.setFormatter(JsonLines())
    root.addHandler(handler)
