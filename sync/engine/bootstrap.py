"""The whole catalogue in one file: fetched piece by piece, resumed at any byte, checked, and put in place.

A new terminal, or one whose cursor the hub has forgotten, takes the hub's snapshot where there is one, and
then only what is newer. One step at a time, so that sales go up in between. Without a snapshot, or with one
that is not what its manifest says, rows come page by page as ever. What is known of files is the host's.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from typing import Final, Literal, Protocol

from sync.engine.link import LinkError
from sync.engine.ports import Clock, StoreUnavailable
from sync.protocol.catalog_file import CATALOG_FILE_VERSION
from sync.protocol.codec import WireError, decode_message
from sync.protocol.cursors import rows_ahead
from sync.protocol.messages import Manifest, SignedManifest
from sync.protocol.trust import from_text
from sync.protocol.versions import STREAM_CATALOGUE, STREAM_PRICES

LOGGER = logging.getLogger(__name__)

#: A terminal that is this far behind takes a snapshot rather than the rows.
FAR_BEHIND_ROWS: Final = 100_000
#: What is asked for at once; the size follows the line, so that a step takes about a second.
STEP_BYTES: Final = 1024 * 1024
STEP_MIN_BYTES: Final = 64 * 1024
STEP_MAX_BYTES: Final = 8 * 1024 * 1024
_STEP_MS: Final = 1_000

#: Failures in a row, without one byte in between, after which rows are pulled instead.
FAILURES_BORNE: Final = 5

LENGTH_MAX_BYTES: Final = 2 * 1024**3
PLAIN_MAX_BYTES: Final = 8 * 1024**3

_SHA256: Final = re.compile(r"[0-9a-f]{64}")

Verdict = Literal[
    "installed",
    "bad",  # it is not what its manifest says, or no file of the catalogue
    "not_now",  # the file in its place could not be replaced now
]


class SnapshotLink(Protocol):
    """The way to the hub's snapshots; raises LinkError, LinkClosed."""

    def manifest(self) -> SignedManifest | None:
        """What the hub's newest snapshot of this store is, or None where it has none."""

    def snapshot(self, sha256: str, *, offset: int, limit: int) -> Iterator[bytes]:
        """At most `limit` bytes of a snapshot from an offset on, as they come."""

    def hub_keys(self) -> Mapping[str, str]:
        """The public keys (base64url) by which the hub's signatures are known, by their names."""


class SnapshotPort(Protocol):
    """Where a snapshot is gathered and takes the place of the catalogue's file; raises StoreUnavailable."""

    @property
    def store_id(self) -> str:
        """Whose catalogue this is."""

    def is_refused(self, sha256: str) -> bool:
        """Whether this one has been taken or found bad before: once more would not help."""

    def gathered(self, manifest: Manifest) -> int:
        """How many bytes of it are here; what is here of another one is thrown away."""

    def gather(self, manifest: Manifest, offset: int, piece: bytes) -> None:
        """Keep a piece that follows what is here."""

    def clear(self) -> None:
        """Throw away whatever is here of any snapshot."""

    def install(self, manifest: Manifest) -> Verdict:
        """Check the whole of it and put it in the place of the file; a bad one is thrown away."""


class Bootstrapper:
    """Fetches the hub's newest snapshot and has it put in place, one step at a time."""

    def __init__(self, link: SnapshotLink, port: SnapshotPort, clock: Clock) -> None:
        self._link = link
        self._port = port
        self._clock = clock
        self._manifest: Manifest | None = None
        self._failures = 0
        self._is_settled = False
        self._step_bytes = STEP_BYTES

    def run_once(self, cursors: Mapping[str, str | None]) -> bool:
        """Take one step towards a new file; False where there is none to have, and rows are pulled instead.

        `cursors` are where the streams of the catalogue stand. Raises LinkError, StoreUnavailable.
        """
        try:
            return self._step(cursors)
        except (LinkError, StoreUnavailable) as trouble:
            self._failures += 1
            if self._failures < FAILURES_BORNE or (isinstance(trouble, LinkError) and trouble.sort == "stop"):
                raise
        # Rows may come where the file does not: another route, far less room on the disk.
        LOGGER.warning("the snapshot cannot be had: rows follow one by one")
        self._failures, self._manifest = 0, None
        return False

    def _step(self, cursors: Mapping[str, str | None]) -> bool:
        manifest = self._manifest
        if manifest is None:
            manifest = self._ask(cursors)
            if manifest is None:
                return False
            self._manifest = manifest
        here = self._port.gathered(manifest)
        if here < manifest.length:
            return self._fetch(manifest, here)
        verdict = self._port.install(manifest)
        self._manifest = None
        if verdict == "installed":
            return True
        LOGGER.warning(
            "the snapshot %.16s was not taken (%s): rows follow one by one", manifest.sha256, verdict
        )
        return False

    def settle(self) -> None:
        """Everything has come by rows: what was begun of a snapshot is of no use any more."""
        if not self._is_settled:
            self._is_settled = True
            self._port.clear()

    @property
    def is_under_way(self) -> bool:
        """Whether a snapshot was chosen and is not in its place yet."""
        return self._manifest is not None

    def _ask(self, cursors: Mapping[str, str | None]) -> Manifest | None:
        try:
            signed = self._link.manifest()
        except LinkError as trouble:
            if trouble.sort in ("later", "stop"):
                raise
            # A hub without this word has rows all the same.
            return None
        if signed is None:
            return None
        manifest = read_manifest(signed, self._link.hub_keys(), self._port.store_id)
        if isinstance(manifest, str):
            LOGGER.warning("the hub's snapshot is not taken: %s", manifest)
            return None
        if manifest.version != CATALOG_FILE_VERSION or self._port.is_refused(manifest.sha256):
            return None
        return manifest if is_far_ahead(manifest, cursors) else None

    def _fetch(self, manifest: Manifest, here: int) -> bool:
        started_ms = self._clock.monotonic_ms()
        wanted = min(self._step_bytes, manifest.length - here)
        try:
            for piece in self._link.snapshot(manifest.sha256, offset=here, limit=wanted):
                self._port.gather(manifest, here, piece)
                here += len(piece)
                self._failures = 0
        except LinkError as trouble:
            if trouble.sort in ("later", "stop"):
                raise
            # The hub has a newer one by now, or says that there is no such byte: asked anew, once.
            LOGGER.warning("the snapshot %.16s is not to be had any more", manifest.sha256)
            self._manifest = None
            if trouble.sort == "look":
                self._port.clear()
            return False
        took_ms = self._clock.monotonic_ms() - started_ms
        if took_ms < _STEP_MS // 2:
            self._step_bytes = min(STEP_MAX_BYTES, self._step_bytes * 2)
        elif took_ms > _STEP_MS * 2:
            self._step_bytes = max(STEP_MIN_BYTES, self._step_bytes // 2)
        return True


def is_far_ahead(manifest: Manifest, cursors: Mapping[str, str | None]) -> bool:
    """Whether a snapshot spares its taker anything: a stream it begins, or very many rows of one."""
    return any(
        cursors.get(stream) is None
        or rows_ahead(manifest.cursors.get(stream), cursors.get(stream)) >= FAR_BEHIND_ROWS
        for stream in (STREAM_CATALOGUE, STREAM_PRICES)
    )


def read_manifest(signed: SignedManifest, hub_keys: Mapping[str, str], store_id: str) -> Manifest | str:
    """The manifest that a hub has signed, or why it does not count."""
    # The library behind it is large, and most days no snapshot is looked at.
    from sync.protocol import signing

    key, signature = from_text(hub_keys.get(signed.key_id, "")), from_text(signed.signature)
    if not key or not signature:
        return "it is signed with a key that this terminal does not know"
    if not signing.is_signed(key, signing.manifest_statement(signed.manifest), signature):
        return "its signature is wrong"
    try:
        manifest = decode_message(signed.manifest.encode("utf-8", "replace"), Manifest)
    except WireError as error:
        return f"its manifest cannot be read ({error})"
    if manifest.store_id != store_id:
        return "it is of another store"
    if not (_SHA256.fullmatch(manifest.sha256) and _SHA256.fullmatch(manifest.plain_sha256)):
        return "its manifest names no content"
    if not (0 < manifest.length <= LENGTH_MAX_BYTES and 0 < manifest.plain_length <= PLAIN_MAX_BYTES):
        return "it is too large"
    return manifest
