"""What can go wrong with a database file, in the five words that the till knows.

Maps SQLite's result codes to a named trouble and nothing more. It refuses to know what was being
written: whoever asked decides what a trouble means for a sale.
"""

from __future__ import annotations

from typing import Final, Literal

from pysqlite3 import dbapi2

Trouble = Literal["disk_full", "locked", "read_only", "io_error", "integrity"]

#: Primary result codes (sqlite.org/rescode.html); everything else is the disk's fault.
_BY_CODE: Final[dict[int, Trouble]] = {
    5: "locked",
    6: "locked",
    8: "read_only",
    11: "integrity",
    13: "disk_full",
    19: "integrity",
    20: "integrity",
    25: "integrity",
    26: "integrity",
}

DatabaseError = dbapi2.Error


class LogInUseError(dbapi2.OperationalError):
    """The log cannot be begun anew now; trouble "locked"."""

    sqlite_errorcode = 5


#: What a statement may raise for data that no table can hold: text with half a character, a giant number.
UNFIT = (ValueError, TypeError, OverflowError)


class NotBalancedError(ValueError):
    """The sums of a fact do not agree; nothing of it may be stored."""


class NoSuchShiftError(ValueError):
    """A fact names a shift that is not open on this till."""


def trouble_of(error: BaseException) -> Trouble:
    """The named trouble behind an error of the database or of the data given to it."""
    if isinstance(error, UNFIT):
        return "integrity"
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return "integrity" if isinstance(error, dbapi2.IntegrityError) else "io_error"
    return _BY_CODE.get(code & 0xFF, "io_error")
