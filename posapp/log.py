"""Logs and last words: a rotating file, no secrets in it, and a record of every crash.

An exception that reaches the top of a thread or of a Qt slot is a broken invariant: it is written
down whole. What a person should do about trouble is said on the screen, never only here.
"""

from __future__ import annotations

import faulthandler
import logging
import re
import sys
import threading
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

LOGGER = logging.getLogger("posapp")
_BYTES_MAX = 5 << 20
_FILES_KEPT = 10
#: A name of something secret with its sign, as Python, JSON (also inside a string) and headers write it,
#: then what it stands for: up to the closing quote, or up to the next space or bracket.
_NAMED = re.compile(
    r"""(\b(?:pin|pin_hash|device_key|private_keys?|token|authorization)\\?['"]?\s*[:=]\s*)"""
    r"""(?:\\"[^"\\]*(?:\\")?|b?"(?:[^"\\]|\\.)*"?|b?'(?:[^'\\]|\\.)*'?"""
    r"""|(?:(?:bearer|basic)\s+)?[^\s'",;)}\]]+)""",
    re.IGNORECASE,
)
_BEARER = re.compile(r"""(\bbearer\s+)[^\s'",;)}\]]+""", re.IGNORECASE)
#: A hash of a PIN is guessed in minutes: it is as secret as the PIN.
_HASH = re.compile(r"""\$argon2[^\s'"\\)}\]]*""")


class RedactingFormatter(logging.Formatter):
    """Formats a record, then blanks what looks like a key or a PIN."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one text without secrets."""
        text = _HASH.sub("***", super().format(record))
        return _BEARER.sub(r"\1***", _NAMED.sub(r"\1***", text))


def start_logging(folder: Path, *, console: bool = False) -> None:
    """Log to `folder`/posapp.log (rotating) and catch what nobody else catches."""
    folder.mkdir(parents=True, exist_ok=True)
    form = RedactingFormatter("%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s")
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    file = RotatingFileHandler(
        folder / "posapp.log", maxBytes=_BYTES_MAX, backupCount=_FILES_KEPT, encoding="utf-8"
    )
    handlers: list[logging.Handler] = [file]
    if console:
        handlers.append(logging.StreamHandler(sys.stderr))
    for handler in handlers:
        handler.setFormatter(form)
        root.addHandler(handler)
    crashes = (folder / "crash.log").open("a", encoding="utf-8")
    faulthandler.enable(crashes)
    sys.excepthook = _log_exception
    threading.excepthook = _log_thread_exception


def _log_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    LOGGER.critical("uncaught", exc_info=(kind, error, trace))


def _log_thread_exception(args: threading.ExceptHookArgs) -> None:
    value = args.exc_value or args.exc_type()
    LOGGER.critical("uncaught in a thread", exc_info=(args.exc_type, value, args.exc_traceback))
