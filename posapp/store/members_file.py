"""The till's own file of members as the link writes it: apart from everything else, so that it can be wiped.

It holds masked names, the tails of phones and keyed digests, never a phone or a name; facts hold ids and
stay. What is taken out is written over. The hub can send all of it again at any time, so a damaged file is
deleted, and so is that of a device that was revoked.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from posapp.domain.members.programme import DAY_MS
from posapp.exchange.incoming import Unreadable
from posapp.exchange.members import read_member
from posapp.store.catalog_place import DAMAGED, CatalogPlace
from posapp.store.engine import Blob, Connection, open_catalog
from sync.protocol.loyalty import REVOKED_PREFIX, MemberBody, RevokedBody
from sync.protocol.messages import Change

#: Rows in one transaction, and the rest between two of them: a sale on the same disk goes first.
CHUNK_ROWS: Final = 500
REST_S: Final = 0.05

#: What the file is called beside the ledger.
MEMBERS_NAME: Final = "members.db"
#: How often it is looked through for members that nothing was heard of.
_LOOK_EVERY_MS: Final = 3_600_000

VERSION: Final = 1
_SCHEMA: Final = (
    (
        "CREATE TABLE feed (one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1), cursor TEXT, "
        "life INTEGER NOT NULL, unreadable INTEGER NOT NULL)"
    ),
    "INSERT INTO feed VALUES (1, NULL, 1, 0)",
    (
        "CREATE TABLE member (member_no INTEGER PRIMARY KEY, member_id TEXT NOT NULL UNIQUE, "
        "tail TEXT NOT NULL, body BLOB NOT NULL, life INTEGER NOT NULL, rev INTEGER NOT NULL, "
        "deleted INTEGER NOT NULL, as_of_ms INTEGER NOT NULL, seen_ms INTEGER NOT NULL)"
    ),
    "CREATE INDEX member_by_tail ON member (tail) WHERE tail <> ''",
    (
        "CREATE TABLE ref (kind TEXT NOT NULL, ref TEXT NOT NULL, member_no INTEGER NOT NULL, "
        "PRIMARY KEY (kind, ref, member_no)) WITHOUT ROWID"
    ),
    "CREATE INDEX ref_by_member ON ref (member_no)",
    (
        "CREATE TABLE revoked (member_id TEXT NOT NULL PRIMARY KEY, codes_from_ms INTEGER NOT NULL, "
        "life INTEGER NOT NULL, rev INTEGER NOT NULL) WITHOUT ROWID"
    ),
    f"PRAGMA user_version={VERSION}",
)
_PUT: Final = """
    INSERT INTO member VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (member_id) DO UPDATE
    SET tail = ?2, body = ?3, life = ?4, rev = ?5, deleted = ?6, as_of_ms = ?7, seen_ms = ?8
    WHERE (life, rev) < (?4, ?5) RETURNING member_no
"""
_PUT_REVOKED: Final = """
    INSERT INTO revoked VALUES (?1, ?2, ?3, ?4) ON CONFLICT (member_id) DO UPDATE
    SET codes_from_ms = ?2, life = ?3, rev = ?4 WHERE (life, rev) < (?3, ?4)
"""
_OLD: Final = {
    "life": "SELECT member_no FROM member WHERE life < ? LIMIT ?",
    "seen": "SELECT member_no FROM member WHERE seen_ms < ? LIMIT ?",
}


class MembersFile:
    """The members as the link writes them; opened when it is first used, by one thread."""

    def __init__(
        self,
        place: CatalogPlace,
        now_ms: Callable[[], int],
        *,
        keep_days: Callable[[], int | None] = lambda: None,
    ) -> None:
        """`now_ms` tells when a member is heard of (epoch milliseconds); nothing is opened yet.

        `keep_days` is how long one is kept who is not heard of again, None for ever.
        """
        self.place = place
        self._hold = place.hold(open_members)
        self._now_ms = now_ms
        self._hurried = threading.Event()
        self._keep_days = keep_days
        self._looked_through = 0
        self._looked_ms = 0

    def hurry(self) -> None:
        """Make no more rests: the till is closing."""
        self._hurried.set()

    def close(self) -> None:
        """Let the file go."""
        self._hold.close()

    def cursor(self) -> str | None:
        """How far the stream was applied."""
        with self._hold as connection:
            cursor = connection.execute("SELECT cursor FROM feed").fetchone()[0]
        return None if cursor is None else str(cursor)

    def unreadable(self) -> int:
        """How many rows of the stream could not be read so far."""
        with self._hold as connection:
            return int(connection.execute("SELECT unreadable FROM feed").fetchone()[0])

    def apply(self, changes: Sequence[Change], cursor: str | None) -> None:
        """Apply changes in small transactions, the cursor with the last of them; again changes nothing.

        Without a cursor the stream began anew: revisions seen so far count no more.
        """
        chunks = [changes[start : start + CHUNK_ROWS] for start in range(0, len(changes), CHUNK_ROWS)]
        for number, chunk in enumerate(chunks or [()], 1):
            if number > 1:
                self._hurried.wait(REST_S)
            is_last = number >= len(chunks)

            def act(connection: Connection, chunk: Sequence[Change] = chunk, is_last: bool = is_last) -> None:
                self._put(connection, chunk)
                if is_last:
                    connection.execute(
                        "UPDATE feed SET cursor = ?1, life = life + (?1 IS NULL) WHERE one = 1", (cursor,)
                    )

            self._transact(act)

    def forget_older(self) -> bool:
        """Delete members that did not come again since the stream began anew; whether there were any."""
        with self._hold as connection:
            life = int(connection.execute("SELECT life FROM feed").fetchone()[0])
        if life in (1, self._looked_through):
            return False
        found = self._delete("life", life)
        self._transact(lambda connection: connection.execute("DELETE FROM revoked WHERE life < ?", (life,)))
        self._looked_through = life
        return found > 0

    def tidy(self) -> bool:
        """Delete what the hub has no more, and whom nothing was heard of for long; whether there was any."""
        found = self.forget_older()
        days, now_ms = self._keep_days(), self._now_ms()
        if days is not None and abs(now_ms - self._looked_ms) >= _LOOK_EVERY_MS:
            found = self.purge(now_ms - days * DAY_MS) > 0 or found
            self._looked_ms = now_ms
        return found

    def purge(self, before_ms: int) -> int:
        """Delete members that were not heard of since then (epoch milliseconds); how many."""
        return self._delete("seen", before_ms)

    def wipe(self) -> None:
        """Delete the file; the stream begins anew with the next question."""
        self.place.discard()
        self._looked_through = 0

    def drop_if_damaged(self, error: BaseException) -> None:
        """Delete the file where an error says that it is wrong in itself."""
        code = getattr(error, "sqlite_errorcode", None)
        if code is not None and code & 0xFF in DAMAGED:
            self.wipe()

    def _transact(self, act: Any) -> Any:
        # Taken and given back for each piece: whoever wipes the file waits for one at most.
        with self._hold as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                answer = act(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        return answer

    def _put(self, connection: Connection, changes: Sequence[Change]) -> None:
        life = int(connection.execute("SELECT life FROM feed").fetchone()[0])
        unreadable, now_ms = 0, self._now_ms()
        for change in changes:
            read = None if change.kind == "delete" else read_member(change)
            match read:
                case Unreadable():
                    unreadable += 1
                case RevokedBody():
                    connection.execute(_PUT_REVOKED, (read.member_id, read.codes_from_ms, life, change.rev))
                case None if change.key.startswith(REVOKED_PREFIX):
                    revoked = change.key.removeprefix(REVOKED_PREFIX)
                    connection.execute(_PUT_REVOKED, (revoked, 0, life, change.rev))
                case _:
                    _put_member(connection, change, read, (life, now_ms))
        if unreadable:
            connection.execute("UPDATE feed SET unreadable = unreadable + ?", (unreadable,))

    def _delete(self, why: str, bound: int) -> int:
        def act(connection: Connection) -> int:
            rows = [tuple(row) for row in connection.execute(_OLD[why], (bound, CHUNK_ROWS)).fetchall()]
            connection.executemany("DELETE FROM ref WHERE member_no = ?", rows)
            connection.executemany("DELETE FROM member WHERE member_no = ?", rows)
            return len(rows)

        count = 0
        while more := int(self._transact(act)):
            count += more
            self._hurried.wait(REST_S)
        return count


def _put_member(connection: Connection, change: Change, body: MemberBody | None, at: tuple[int, int]) -> None:
    """A member where the row is newer than the one that is there; a deleted one is an id and no more."""
    life, now_ms = at
    if body is None:
        row: tuple[Any, ...] = ("", Blob(), life, change.rev, 1, 0, now_ms)
    else:
        row = (body.phone_tail, Blob(change.body), life, change.rev, 0, body.as_of_ms, now_ms)
    # Read to the end: a statement that is still open would hold the commit up.
    placed = connection.execute(_PUT, (change.key, *row)).fetchall()
    if not placed:
        return
    member_no = placed[0][0]
    connection.execute("DELETE FROM ref WHERE member_no = ?", (member_no,))
    if body is not None and body.refs:
        connection.executemany(
            "INSERT OR IGNORE INTO ref VALUES (?, ?, ?)", [(kind, ref, member_no) for kind, ref in body.refs]
        )


def open_members(path: Path) -> Connection:
    """Open the file for writing; made for this user alone where it is missing or of another version."""
    # Before SQLite makes it: its side files take over the rights of the file.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = open_catalog(path)
    try:
        connection.execute("PRAGMA secure_delete=ON")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version != VERSION:
            _begin(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _begin(connection: Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for table in ("feed", "member", "ref", "revoked"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    for statement in _SCHEMA:
        connection.execute(statement)
    connection.execute("COMMIT")
