"""Who did what at the hub and when: only ever added to, and shown on the fleet page."""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, insert

from sync.hub.schema.status import FLEET_RECORD


def put_on_record(
    connection: Connection,
    store_id: str,
    *,
    who: str,
    act: str,
    subject: str,
    now_ms: int,
    note: str = "",
) -> None:
    """Write down an act, in the act's own transaction; `store_id` is "" where it concerns no one store."""
    connection.execute(
        insert(FLEET_RECORD).values(
            store_id=store_id,
            record_id=f"{now_ms:015d}-{secrets.token_hex(6)}",
            at_ms=now_ms,
            who=who,
            act=act,
            subject=subject,
            note=note,
        )
    )
