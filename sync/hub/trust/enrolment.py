"""How devices come in, change their keys and are put out: every change of the tables of trust.

A one-time code opens one place once. A key that is brought in by rotation counts beside the old one until it
is used first, so that a lost answer never locks a till out. Nothing here knows HTTP.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from sync.hub.schema.events import TERMINAL
from sync.hub.schema.trust import ACTIVE, DEVICE_KEY, ENROL_CODE, NEXT, RETIRED, REVOKED
from sync.hub.trust.auth import Claim
from sync.protocol import signing
from sync.protocol.messages import EnrolRequest, RotateRequest, SessionRequest
from sync.protocol.trust import (
    KEY_UNKNOWN,
    enrol_statement,
    from_text,
    plain_code,
    rotate_statement,
    session_statement,
    spelled_code,
)
from sync.protocol.trust import REVOKED as REVOKED_WORD

CODE_VALID_MS: Final = 24 * 3_600_000
_KEY_BYTES: Final = 32


class NotTrustedError(Exception):
    """A device that is not let in; `word` says why, `sentence` for a person."""

    def __init__(self, word: str, sentence: str) -> None:
        super().__init__(word)
        self.word = word
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A device's key as `poshub devices` lists it; times in epoch milliseconds."""

    store_id: str
    terminal_id: str
    key_id: str
    state: str
    made_at_ms: int
    last_used_at_ms: int | None


# ---------------------------------------------------------------------- codes
def new_code(
    connection: Connection,
    store_id: str,
    terminal_id: str,
    *,
    secret: bytes,
    now_ms: int,
    valid_ms: int = CODE_VALID_MS,
) -> str | None:
    """A one-time code for a terminal, replacing an unused one; None where it is not in the shop file.

    `secret` is 10 random bytes.
    """
    if not _is_set_up(connection, store_id, terminal_id):
        return None
    connection.execute(
        delete(ENROL_CODE).where(
            ENROL_CODE.c.store_id == store_id,
            ENROL_CODE.c.terminal_id == terminal_id,
            ENROL_CODE.c.used_at_ms.is_(None),
        )
    )
    code = spelled_code(secret)
    connection.execute(
        insert(ENROL_CODE).values(
            store_id=store_id,
            code_sha256=_code_hash(plain_code(code) or ""),
            terminal_id=terminal_id,
            made_at_ms=now_ms,
            expires_at_ms=now_ms + valid_ms,
        )
    )
    return code


def use_code(connection: Connection, request: EnrolRequest, *, now_ms: int) -> Claim:
    """Enrol the device that brings a code; raises NotTrustedError.

    Every other key of the place ends. The same device may ask again with the same code: its answer was lost.
    """
    code, public_key = plain_code(request.code), _public_key(request.public_key)
    proof = from_text(request.proof)
    if code is None:
        raise NotTrustedError("code_unknown", "This is no code that a hub gives out.")
    if public_key is None or proof is None:
        raise NotTrustedError("bad_proof", "The key or its proof is not readable.")
    if not signing.is_signed(public_key, enrol_statement(code, request.public_key), proof):
        raise NotTrustedError("bad_proof", "The proof was not made with this key.")
    known = select(ENROL_CODE).where(ENROL_CODE.c.code_sha256 == _code_hash(code))
    row = connection.execute(known).one_or_none()
    if row is not None:
        _hold_place(connection, row.store_id, row.terminal_id)
        row = connection.execute(known).one_or_none()
    if row is None:
        raise NotTrustedError("code_unknown", "This hub knows no such code.")
    key_id = signing.key_id_of(public_key)
    claim = Claim(row.store_id, row.terminal_id, key_id)
    if now_ms >= row.expires_at_ms:
        raise NotTrustedError("code_expired", "This code is too old.")
    if row.used_at_ms is not None and row.key_id != key_id:
        raise NotTrustedError("code_used", "This code was used already.")
    if not _is_set_up(connection, row.store_id, row.terminal_id):
        raise NotTrustedError("terminal_removed", "The shop file names this terminal no longer.")
    if row.used_at_ms is None:
        add_key(connection, claim, public_key, now_ms=now_ms)
        connection.execute(
            update(ENROL_CODE)
            .where(ENROL_CODE.c.store_id == row.store_id, ENROL_CODE.c.code_sha256 == row.code_sha256)
            .values(used_at_ms=now_ms, key_id=key_id)
        )
    return claim


# ---------------------------------------------------------------------- keys
def add_key(connection: Connection, claim: Claim, public_key: bytes, *, now_ms: int) -> None:
    """Make a key the only good one of its place; raises NotTrustedError where it is known already."""
    _refuse_known(connection, claim.key_id)
    _end(connection, claim, (NEXT, ACTIVE), RETIRED, now_ms)
    _insert(connection, claim, public_key, ACTIVE, now_ms)


def rotate(connection: Connection, device: Claim, request: RotateRequest, *, now_ms: int) -> str:
    """Take in the next key of a device; its id. Raises NotTrustedError.

    The old key stays good until the next one is used; asking again with the same key changes nothing. That
    the old one still counts is looked up here: a request may take a minute to come in.
    """
    _hold_place(connection, device.store_id, device.terminal_id)
    if _state(connection, device) not in (ACTIVE, NEXT):
        raise NotTrustedError(REVOKED_WORD, "This key was revoked, or another one has taken its place.")
    public_key, proof = _public_key(request.public_key), from_text(request.proof)
    statement = rotate_statement(device.store_id, device.terminal_id, request.public_key)
    if public_key is None or proof is None or not signing.is_signed(public_key, statement, proof):
        raise NotTrustedError("bad_proof", "The proof was not made with this key.")
    claim = Claim(device.store_id, device.terminal_id, signing.key_id_of(public_key))
    if _state(connection, claim) in (NEXT, ACTIVE):
        return claim.key_id
    _refuse_known(connection, claim.key_id)
    _end(connection, claim, (NEXT,), RETIRED, now_ms)
    _insert(connection, claim, public_key, NEXT, now_ms)
    return claim.key_id


def open_session(connection: Connection, request: SessionRequest, *, now_ms: int) -> Claim:
    """Whose session a signed challenge opens; raises NotTrustedError. The first use of a key ends older ones.

    That the challenge is one of this hub's is the caller's to check.
    """
    signature = from_text(request.signature)
    known = select(DEVICE_KEY).where(DEVICE_KEY.c.key_id == request.key_id)
    rows = connection.execute(known).all()
    if len(rows) != 1 or signature is None:
        raise NotTrustedError(KEY_UNKNOWN, "This hub does not know the key.")
    statement = session_statement(request.key_id, request.challenge)
    if not signing.is_signed(bytes(rows[0].public_key), statement, signature):
        raise NotTrustedError(KEY_UNKNOWN, "The challenge was not signed with this key.")
    _hold_place(connection, rows[0].store_id, rows[0].terminal_id)
    row = connection.execute(known).one()
    claim = Claim(row.store_id, row.terminal_id, row.key_id)
    if row.state not in (ACTIVE, NEXT):
        raise NotTrustedError(
            REVOKED_WORD,
            "This key was revoked." if row.state == REVOKED else "Another key has taken this key's place.",
        )
    if not _is_set_up(connection, claim.store_id, claim.terminal_id):
        raise NotTrustedError("terminal_removed", "The shop file names this terminal no longer.")
    if row.state == NEXT:
        _end(connection, claim, (ACTIVE,), RETIRED, now_ms)
    connection.execute(
        update(DEVICE_KEY)
        .where(DEVICE_KEY.c.store_id == claim.store_id, DEVICE_KEY.c.key_id == claim.key_id)
        .values(state=ACTIVE, last_used_at_ms=now_ms)
    )
    return claim


def revoke(
    connection: Connection, store_id: str, terminal_id: str, *, now_ms: int, key_id: str | None = None
) -> int:
    """Put out a terminal's keys, or one of them, and its unused codes; how many keys ended."""
    _hold_place(connection, store_id, terminal_id)
    keys = DEVICE_KEY.c.store_id == store_id, DEVICE_KEY.c.terminal_id == terminal_id
    one = () if key_id is None else (DEVICE_KEY.c.key_id == key_id,)
    ended = connection.execute(
        update(DEVICE_KEY)
        .where(*keys, *one, DEVICE_KEY.c.state != REVOKED)
        .values(state=REVOKED, ended_at_ms=now_ms)
    )
    if key_id is None:
        connection.execute(
            delete(ENROL_CODE).where(
                ENROL_CODE.c.store_id == store_id,
                ENROL_CODE.c.terminal_id == terminal_id,
                ENROL_CODE.c.used_at_ms.is_(None),
            )
        )
    return ended.rowcount


def known_keys(connection: Connection, store_id: str, *, all_states: bool = False) -> Sequence[KnownKey]:
    """The keys of a store by terminal, those in use first."""
    query = select(DEVICE_KEY).where(DEVICE_KEY.c.store_id == store_id)
    if not all_states:
        query = query.where(DEVICE_KEY.c.state.in_((ACTIVE, NEXT)))
    rows = connection.execute(query.order_by(DEVICE_KEY.c.terminal_id, DEVICE_KEY.c.made_at_ms.desc()))
    return [
        KnownKey(row.store_id, row.terminal_id, row.key_id, row.state, row.made_at_ms, row.last_used_at_ms)
        for row in rows
    ]


# ---------------------------------------------------------------------- parts
def _code_hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()


def _public_key(text: str) -> bytes | None:
    key = from_text(text)
    return key if key is not None and len(key) == _KEY_BYTES else None


def _is_set_up(connection: Connection, store_id: str, terminal_id: str) -> bool:
    known = connection.execute(
        select(TERMINAL.c.is_set_up).where(
            TERMINAL.c.store_id == store_id, TERMINAL.c.terminal_id == terminal_id
        )
    ).scalar()
    return bool(known)


def _hold_place(connection: Connection, store_id: str, terminal_id: str) -> None:
    """Let nobody else change the keys of a place until the transaction ends; what is read next stays so.

    A key that is brought in while another process revokes the place would outlive the revocation.
    """
    at_place = (TERMINAL.c.store_id == store_id, TERMINAL.c.terminal_id == terminal_id)
    connection.execute(select(TERMINAL.c.terminal_id).where(*at_place).with_for_update())


def _state(connection: Connection, claim: Claim) -> str | None:
    state: str | None = connection.execute(
        select(DEVICE_KEY.c.state).where(
            DEVICE_KEY.c.store_id == claim.store_id,
            DEVICE_KEY.c.key_id == claim.key_id,
            DEVICE_KEY.c.terminal_id == claim.terminal_id,
        )
    ).scalar()
    return state


def _refuse_known(connection: Connection, key_id: str) -> None:
    """A key belongs to one place for ever: two places of one key would be told apart by nothing."""
    if connection.execute(select(DEVICE_KEY.c.key_id).where(DEVICE_KEY.c.key_id == key_id)).first():
        raise NotTrustedError("key_known", "This key was used before. Make a new one.")


def _end(connection: Connection, claim: Claim, states: Sequence[str], state: str, now_ms: int) -> None:
    connection.execute(
        update(DEVICE_KEY)
        .where(
            DEVICE_KEY.c.store_id == claim.store_id,
            DEVICE_KEY.c.terminal_id == claim.terminal_id,
            DEVICE_KEY.c.key_id != claim.key_id,
            DEVICE_KEY.c.state.in_(states),
        )
        .values(state=state, ended_at_ms=now_ms)
    )


def _insert(connection: Connection, claim: Claim, public_key: bytes, state: str, now_ms: int) -> None:
    connection.execute(
        insert(DEVICE_KEY).values(
            store_id=claim.store_id,
            key_id=claim.key_id,
            terminal_id=claim.terminal_id,
            public_key=public_key,
            state=state,
            made_at_ms=now_ms,
        )
    )
