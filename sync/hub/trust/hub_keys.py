"""The hub's own signing keys: by them tills know that a file or a statement is their hub's.

The first key is made with the table. The one made last signs; older ones still count, so that tills that
heard of no newer one can check what was signed before. Private keys lie in the database and go with its
backups: a restored hub is still believed.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from sync.hub.schema.feeds import HUB_KEY
from sync.protocol.signing import public_key_of
from sync.protocol.trust import to_text


def signing_key(connection: Connection) -> tuple[str, bytes]:
    """The name and the 32 private bytes of the key that signs now."""
    newest = select(HUB_KEY.c.key_id, HUB_KEY.c.private_key).order_by(
        HUB_KEY.c.made_at_ms.desc(), HUB_KEY.c.key_id
    )
    row = connection.execute(newest.limit(1)).one()
    return row.key_id, bytes(row.private_key)


def public_keys(connection: Connection) -> dict[str, str]:
    """The public keys, in base64url without padding, of all keys of this hub, by their names."""
    rows = connection.execute(select(HUB_KEY.c.key_id, HUB_KEY.c.private_key))
    return {key_id: to_text(public_key_of(bytes(private_key))) for key_id, private_key in rows}
