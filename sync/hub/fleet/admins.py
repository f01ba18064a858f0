"""Who may look at the fleet page: accounts, passwords, sessions, and how often one may try.

Passwords are kept as Argon2id hashes, session tokens as SHA-256 of 256 random bits. A session ends when it
was idle for long, when it is old, when its account goes, and when its password changes. A device's token
opens nothing here, and a session opens nothing of a device's.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, delete, select, update

from sync.hub.database import Database, upsert
from sync.hub.doubts.record import put_on_record
from sync.hub.schema.status import FLEET_ADMIN, FLEET_SESSION, FLEET_SIGN_IN_TRIES

NAME_PATTERN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,39}")
PASSWORD_LEAST_CHARS: Final = 10
PASSWORD_MOST_CHARS: Final = 200

IDLE_MOST_MS: Final = 30 * 60_000
SESSION_MOST_MS: Final = 12 * 3_600_000
#: A session's last use is written down this seldom, so that looking at pages is no writing.
SEEN_EVERY_MS: Final = 60_000

#: Tries within the window, failed ones only: of one name, and from one address.
TRIES_WINDOW_MS: Final = 15 * 60_000
NAME_TRIES_MOST: Final = 10
PEER_TRIES_MOST: Final = 40

SignInTrouble = Literal["wrong", "too_often"]


@dataclass(frozen=True, slots=True)
class Session:
    """A person who is signed in; `csrf` is what every form of theirs must bring along."""

    name: str
    token: str

    @property
    def csrf(self) -> str:
        """A text that only pages of this session know."""
        return hmac.new(self.token.encode(), b"csrf", hashlib.sha256).hexdigest()


class AccountError(ValueError):
    """A name or a password that cannot be taken; the text says why."""


#: Hashing takes 64 MiB each: a crowd at the door must not fill the memory.
_HASHING: Final = threading.BoundedSemaphore(2)
_HASHER: Final = PasswordHasher()


def put_admin(connection: Connection, name: str, password: str, *, now_ms: int, who: str) -> bool:
    """Make an account, or give it another password, which ends its sessions; whether it is new.

    Raises AccountError.
    """
    if not NAME_PATTERN.fullmatch(name):
        raise AccountError("a name has 1 to 40 of A-Z a-z 0-9 . _ @ - and begins with a letter or a digit")
    if not PASSWORD_LEAST_CHARS <= len(password) <= PASSWORD_MOST_CHARS:
        raise AccountError(f"a password has {PASSWORD_LEAST_CHARS} to {PASSWORD_MOST_CHARS} characters")
    is_new = connection.execute(select(FLEET_ADMIN.c.name).where(FLEET_ADMIN.c.name == name)).first() is None
    row = upsert(connection, FLEET_ADMIN).values(
        name=name, password_hash=_HASHER.hash(password), changed_at_ms=now_ms
    )
    connection.execute(
        row.on_conflict_do_update(
            index_elements=["name"],
            set_={"password_hash": row.excluded.password_hash, "changed_at_ms": row.excluded.changed_at_ms},
        )
    )
    connection.execute(delete(FLEET_SESSION).where(FLEET_SESSION.c.name == name))
    connection.execute(delete(FLEET_SIGN_IN_TRIES).where(FLEET_SIGN_IN_TRIES.c.subject == f"name {name}"))
    put_on_record(
        connection,
        "",
        who=who,
        act="account_made" if is_new else "password_changed",
        subject=name,
        now_ms=now_ms,
    )
    return is_new


def remove_admin(connection: Connection, name: str, *, now_ms: int, who: str) -> bool:
    """Remove an account and end its sessions; whether there was one."""
    connection.execute(delete(FLEET_SESSION).where(FLEET_SESSION.c.name == name))
    gone = connection.execute(delete(FLEET_ADMIN).where(FLEET_ADMIN.c.name == name)).rowcount == 1
    if gone:
        put_on_record(connection, "", who=who, act="account_removed", subject=name, now_ms=now_ms)
    return gone


def admin_names(connection: Connection) -> tuple[str, ...]:
    """Every account."""
    return tuple(connection.execute(select(FLEET_ADMIN.c.name).order_by(FLEET_ADMIN.c.name)).scalars())


def sign_in(
    database: Database, name: str, password: str, *, peer: str, now_ms: int
) -> Session | SignInTrouble:
    """A session where name and password fit; each failed try counts against the name and the address."""
    of_name, of_peer = f"name {name[:40]}", f"peer {peer[:60]}"
    with database.reading() as connection:
        # Whoever goes on and on costs no writing: sales are written meanwhile.
        if _tries(connection, of_name, now_ms) > NAME_TRIES_MOST:
            return "too_often"
        if _tries(connection, of_peer, now_ms) > PEER_TRIES_MOST:
            return "too_often"
    with database.writing() as connection:
        # Counted before the password is looked at: a hundred tries at once are a hundred tries.
        by_name = _count_try(connection, of_name, now_ms)
        by_peer = _count_try(connection, of_peer, now_ms)
        known = connection.execute(
            select(FLEET_ADMIN.c.password_hash).where(FLEET_ADMIN.c.name == name)
        ).scalar()
    if by_name > NAME_TRIES_MOST or by_peer > PEER_TRIES_MOST:
        return "too_often"
    # Compared with a stranger's hash where there is no such account, so that both answers take as long.
    if not _fits(known or _hash_of_nobody(), password) or known is None:
        return "wrong"
    session = Session(name, secrets.token_urlsafe(32))
    with database.writing() as connection:
        _forget_old(connection, now_ms)
        for subject in (of_name, of_peer):
            connection.execute(delete(FLEET_SIGN_IN_TRIES).where(FLEET_SIGN_IN_TRIES.c.subject == subject))
        still = select(FLEET_ADMIN.c.name).where(
            FLEET_ADMIN.c.name == name, FLEET_ADMIN.c.password_hash == known
        )
        if connection.execute(still).first() is None:
            return "wrong"
        connection.execute(
            FLEET_SESSION.insert().values(
                token_sha256=_digest(session.token), name=name, begun_at_ms=now_ms, seen_at_ms=now_ms
            )
        )
        put_on_record(connection, "", who=name, act="signed_in", subject=peer, now_ms=now_ms)
    return session


def session_of(database: Database, token: str, *, now_ms: int, is_idle: bool = False) -> Session | None:
    """The session of a token, kept alive by this unless nobody is there (`is_idle`); None where it ended."""
    if not token or len(token) > 100:
        return None
    at_token = FLEET_SESSION.c.token_sha256 == _digest(token)
    with database.reading() as connection:
        row = connection.execute(
            select(FLEET_SESSION.c.name, FLEET_SESSION.c.begun_at_ms, FLEET_SESSION.c.seen_at_ms)
            .join(FLEET_ADMIN, FLEET_ADMIN.c.name == FLEET_SESSION.c.name)
            .where(at_token)
        ).one_or_none()
    if row is None or now_ms - row.seen_at_ms > IDLE_MOST_MS or now_ms - row.begun_at_ms > SESSION_MOST_MS:
        return None
    if not is_idle and now_ms - row.seen_at_ms > SEEN_EVERY_MS:
        with database.writing() as connection:
            connection.execute(update(FLEET_SESSION).where(at_token).values(seen_at_ms=now_ms))
    return Session(row.name, token)


def sign_out(connection: Connection, token: str) -> None:
    """End a session."""
    connection.execute(delete(FLEET_SESSION).where(FLEET_SESSION.c.token_sha256 == _digest(token)))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


@lru_cache(maxsize=1)
def _hash_of_nobody() -> str:
    return _HASHER.hash(secrets.token_urlsafe(32))


def _fits(password_hash: str, password: str) -> bool:
    if len(password) > PASSWORD_MOST_CHARS:
        return False
    with _HASHING:
        try:
            return _HASHER.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


def _count_try(connection: Connection, subject: str, now_ms: int) -> int:
    """Count one more try and tell how many there were within the window."""
    tries = FLEET_SIGN_IN_TRIES
    connection.execute(
        delete(tries).where(tries.c.subject == subject, tries.c.last_ms < now_ms - TRIES_WINDOW_MS)
    )
    row = upsert(connection, tries).values(subject=subject, tries=1, last_ms=now_ms)
    connection.execute(
        row.on_conflict_do_update(
            index_elements=["subject"], set_={"tries": tries.c.tries + 1, "last_ms": row.excluded.last_ms}
        )
    )
    return _tries(connection, subject, now_ms)


def _tries(connection: Connection, subject: str, now_ms: int) -> int:
    """How many tries there were within the window."""
    tries = FLEET_SIGN_IN_TRIES.c
    at_subject = (tries.subject == subject, tries.last_ms >= now_ms - TRIES_WINDOW_MS)
    return int(connection.execute(select(tries.tries).where(*at_subject)).scalar() or 0)


def _forget_old(connection: Connection, now_ms: int) -> None:
    session, tries = FLEET_SESSION.c, FLEET_SIGN_IN_TRIES.c
    connection.execute(
        delete(FLEET_SESSION).where(
            (session.seen_at_ms < now_ms - IDLE_MOST_MS) | (session.begun_at_ms < now_ms - SESSION_MOST_MS)
        )
    )
    connection.execute(delete(FLEET_SIGN_IN_TRIES).where(tries.last_ms < now_ms - TRIES_WINDOW_MS))
