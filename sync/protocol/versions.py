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
HEADER_TIME_MS: Final = "Posapp-Time-Ms"

BATCH_MEDIA_TYPE: Final = "application/x-ndjson+zstd"
JSON_MEDIA_TYPE: Final = "application/json"

STREAM_SETTINGS: Final = "settings"
STREAM_CATALOGUE: Final = "catalogue"
#: In the order in which a new till needs them.
STREAMS: Final = (STREAM_SETTINGS, STREAM_CATALOGUE)

#: The one key of the settings stream.
SETTINGS_KEY: Final = "shop"

FEED_PAGE_MAX: Final = 5_000
