"""Where a hub's database is: a file of its own, or a PostgreSQL server's address.

Knows how both are written down and how they are shown to people without a password; refuses to open
anything. Whoever names a file means SQLite.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

Dialect = Literal["sqlite", "postgresql"]

_POSTGRESQL: Final = ("postgresql", "postgres", "postgresql+psycopg")


class DatabaseError(Exception):
    """Why a database cannot be used, in a sentence for the person who named it."""


@dataclass(frozen=True, slots=True)
class Location:
    """A database as it was `named`; `path` is set for SQLite, `url` is what SQLAlchemy opens."""

    named: Path | str
    dialect: Dialect
    url: URL
    path: Path | None = None

    @property
    def shown(self) -> str:
        """The location as people write it, without its password."""
        if self.path is not None:
            return str(self.path)
        told = {name: "***" if "password" in name else value for name, value in self.url.query.items()}
        url = self.url.set(drivername="postgresql", query=told)
        return url.render_as_string(hide_password=True).replace("%2F", "/").replace("%2A", "*")


def read_location(named: Path | str) -> Location:
    """The location of a path, `sqlite:///PATH` or `postgresql://...`; raises DatabaseError."""
    if isinstance(named, Path) or "://" not in named:
        return _file(named, Path(named))
    try:
        url = make_url(named)
    except (ArgumentError, ValueError) as trouble:
        # The text itself may hold a password: it is not repeated.
        raise DatabaseError("the database's address cannot be read") from trouble
    if url.drivername == "sqlite" and url.database:
        return _file(named, Path(url.database))
    if url.drivername in _POSTGRESQL:
        if not url.database:
            raise DatabaseError("the address names no database: postgresql://USER@HOST/DATABASE")
        return Location(named, "postgresql", url.set(drivername="postgresql+psycopg"))
    raise DatabaseError(f"{url.drivername}: databases are a file's path, or postgresql://USER@HOST/DATABASE")


def _file(named: Path | str, path: Path) -> Location:
    return Location(named, "sqlite", URL.create("sqlite+pysqlite", database=str(path)), path)
