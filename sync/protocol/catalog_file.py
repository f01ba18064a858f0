"""The catalogue's file as it stands at the till and as the hub sends it whole: its tables, word for word.

Both ends make the same SQLite file, so that a new till can take a ready one instead of a million rows. The
version is SQLite's `user_version`; a file of another version is had anew from the hub.
"""

from __future__ import annotations

from typing import Final

CATALOG_FILE_VERSION: Final = 2

#: `life` counts how often a stream began anew: a row of an older life gives way whatever its revision.
CATALOG_TABLES: Final = ("item", "code", "search", "price", "document", "stream")
CATALOG_SCHEMA: Final = (
    """CREATE TABLE item (
        item_no INTEGER NOT NULL PRIMARY KEY,
        sku TEXT NOT NULL UNIQUE,
        names TEXT NOT NULL,
        unit TEXT NOT NULL,
        tax_category TEXT NOT NULL,
        codes TEXT NOT NULL,
        life INTEGER NOT NULL,
        rev INTEGER NOT NULL,
        deleted INTEGER NOT NULL)""",
    """CREATE TABLE code (
        code_key TEXT NOT NULL PRIMARY KEY,
        item_no INTEGER NOT NULL) WITHOUT ROWID""",
    # Narrow on purpose: a search reads this table from end to end.
    "CREATE TABLE search (item_no INTEGER NOT NULL PRIMARY KEY, folded TEXT NOT NULL)",
    # By SKU, not by item: a price may come before its item does.
    """CREATE TABLE price (
        sku TEXT NOT NULL PRIMARY KEY,
        prices TEXT NOT NULL,
        life INTEGER NOT NULL,
        rev INTEGER NOT NULL,
        deleted INTEGER NOT NULL) WITHOUT ROWID""",
    # Rows of the streams that have no table of their own, as they came. Under the streams of items and
    # prices stand, by SKU, what promotions pick items by and the rows of price lists; a till of the version
    # before passes over them.
    """CREATE TABLE document (
        stream TEXT NOT NULL,
        key TEXT NOT NULL,
        body BLOB NOT NULL,
        life INTEGER NOT NULL,
        rev INTEGER NOT NULL,
        deleted INTEGER NOT NULL,
        PRIMARY KEY (stream, key)) WITHOUT ROWID""",
    """CREATE TABLE stream (
        stream TEXT NOT NULL PRIMARY KEY,
        cursor TEXT,
        life INTEGER NOT NULL,
        rows INTEGER NOT NULL,
        unreadable INTEGER NOT NULL,
        updated_ms INTEGER) WITHOUT ROWID""",
)
