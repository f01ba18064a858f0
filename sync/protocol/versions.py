"""Names on the wire that both ends must spell alike: version, headers, streams, media types.

Nothing here changes within a version; readers ignore what they do not know and writers only add.
"""

from __future__ import annotations

from typing import Final

PROTOCOL_VERSION: Final = 1
PATH_PREFIX: Final = f"/v{PROTOCOL_VERSION}"

HEADER_PROTOCOL: Final = "Posapp-Protocol"
HEADER_EPOCH: Final = "Posapp-Epoch"
HEADER_FIRST_SEQ: Final = "Posapp-First-Seq"
#: The first number that a terminal still has of an epoch; said where a hub waits for older ones, in vain.
HEADER_OLDEST_SEQ: Final = "Posapp-Oldest-Seq"
#: Hex of the hash chain after the last line of a batch, and the device's signature over it.
HEADER_CHAIN: Final = "Posapp-Chain"
HEADER_SIGNATURE: Final = "Posapp-Signature"
HEADER_TIME_MS: Final = "Posapp-Time-Ms"

BATCH_MEDIA_TYPE: Final = "application/x-ndjson+zstd"
JSON_MEDIA_TYPE: Final = "application/json"
SNAPSHOT_MEDIA_TYPE: Final = "application/zstd"

STREAM_SETTINGS: Final = "settings"
STREAM_CATALOGUE: Final = "catalogue"
STREAM_PRICES: Final = "prices"
STREAM_PROMOTIONS: Final = "promotions"
STREAM_RECALLS: Final = "recalls"
STREAM_MARKDOWNS: Final = "markdowns"
STREAM_STOCK: Final = "stock"
STREAM_MEMBERS: Final = "members"
STREAM_ORDERS: Final = "orders"
#: All that a hub has; one that has no rows yet is an empty one.
KNOWN_STREAMS: Final = (
    STREAM_SETTINGS,
    STREAM_CATALOGUE,
    STREAM_PRICES,
    STREAM_PROMOTIONS,
    STREAM_RECALLS,
    STREAM_MARKDOWNS,
    STREAM_STOCK,
    STREAM_MEMBERS,
    STREAM_ORDERS,
)
#: Those that a till pulls, in the order in which a new one needs them.
STREAMS: Final = KNOWN_STREAMS
#: Those that a snapshot of the catalogue's file holds; the others are pulled row by row.
SNAPSHOT_STREAMS: Final = (
    STREAM_CATALOGUE,
    STREAM_PRICES,
    STREAM_PROMOTIONS,
    STREAM_RECALLS,
    STREAM_MARKDOWNS,
    STREAM_STOCK,
)

#: The one key of the settings stream.
SETTINGS_KEY: Final = "shop"

FEED_PAGE_MAX: Final = 5_000
#: A status names at most so many epochs of a terminal, those heard last.
EPOCH_MARKS_MAX: Final = 64
