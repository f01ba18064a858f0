"""What commands print where the system's own encoding has no room for it.

Codes and names of files are of any language; a pipe on Windows speaks one code page. JSON is UTF-8 by its
standard (RFC 8259, section 8.1), and words for people lose signs rather than the whole answer.
"""

from __future__ import annotations

import io
import os
import sys


def allow_any_text(*, as_json: bool) -> None:
    """Let standard output take any text: UTF-8 for JSON; else what cannot be written is escaped."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A file name that is no text is an escape as well, which JSON reads back as the same name.
        sys.stdout.reconfigure(encoding="utf-8" if as_json else None, errors="backslashreplace")


def write_out(text: str) -> None:
    """Print a text; a reader that has seen enough and closed its end (such as `head`) is no fault."""
    try:
        print(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # What is left in the buffer would be tried again, and complained of, at the end of the process.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
