"""Changes that a program asks for under a key of its own are done once, and answered alike when asked again.

The answer is stored in the transaction of the change. The same key with another wish is refused: one of the
two would have been lost without a word.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, select, update

from sync.hub.database import upsert
from sync.hub.loyalty.members import MemberError
from sync.hub.schema.members import ASKED_ONCE

_NOT_YET: Final = b""


def once(
    connection: Connection, who: str, key: str, asked: bytes, work: Callable[[], bytes], *, now_ms: int
) -> bytes:
    """The answer to a wish, done now or before; raises MemberError for a key that was another wish's."""
    digest = hashlib.sha256(asked).hexdigest()
    row = upsert(connection, ASKED_ONCE).values(
        who=who, idempotency_key=key, asked_sha256=digest, answer=_NOT_YET, at_ms=now_ms
    )
    mine = (ASKED_ONCE.c.who == who, ASKED_ONCE.c.idempotency_key == key)
    # Whoever asks at the same time waits here until the first is done or has given up.
    first = connection.execute(row.on_conflict_do_nothing().returning(ASKED_ONCE.c.at_ms)).first()
    if first is None:
        known = connection.execute(select(ASKED_ONCE).where(*mine)).one()
        if known.asked_sha256 != digest:
            raise MemberError("key_used", "this idempotency key was another request's; take a new one")
        return bytes(known.answer)
    answer = work()
    connection.execute(update(ASKED_ONCE).where(*mine).values(answer=answer))
    return answer
