"""Takes in batches of events; nothing is stored here, `ingest` does that."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sync.hub.database import UNSTORABLE, Database, is_unstorable
from sync.hub.intake.ingest import Batch, Ingested, ingest, ingest_with_unstorable
from sync.hub.intake.witness import Seal
from sync.hub.routes.guard import TERMINAL_PATH, Guard, RefusedError, bounded_body, json_reply, number_of
from sync.hub.trust.auth import Device
from sync.hub.upkeep.metrics import Metrics
from sync.protocol import codec
from sync.protocol.messages import PushReply
from sync.protocol.trust import from_text
from sync.protocol.versions import (
    HEADER_CHAIN,
    HEADER_EPOCH,
    HEADER_FIRST_SEQ,
    HEADER_OLDEST_SEQ,
    HEADER_SIGNATURE,
)

LOG = logging.getLogger("poshub.routes")


class EventRoutes:
    """The way up."""

    def __init__(self, database: Database, guard: Guard, now_ms: Callable[[], int], metrics: Metrics) -> None:
        self._database = database
        self._guard = guard
        self._now_ms = now_ms
        self._metrics = metrics

    def table(self) -> list[Route]:
        """The routes."""
        return [Route(f"{TERMINAL_PATH}/events", self._guard.authorised(self._events), methods=["POST"])]

    async def _events(self, request: Request, device: Device) -> Response:
        epoch = number_of(request.headers.get(HEADER_EPOCH), HEADER_EPOCH)
        first_seq = request.headers.get(HEADER_FIRST_SEQ)
        first = None if first_seq is None else number_of(first_seq, HEADER_FIRST_SEQ)
        if first == 0:
            raise RefusedError(400, "bad_header", f"{HEADER_FIRST_SEQ} counts from 1")
        oldest_seq = request.headers.get(HEADER_OLDEST_SEQ)
        oldest = None if oldest_seq is None else number_of(oldest_seq, HEADER_OLDEST_SEQ)
        body = await bounded_body(request)
        place = (device.store_id, device.terminal_id, epoch, first)
        batch = Batch(*place, lines=(), seal=_seal(request, device), oldest_seq=oldest)
        return json_reply(await run_in_threadpool(self._ingest, batch, body), 200)

    def _ingest(self, batch: Batch, body: bytes) -> PushReply:
        try:
            lines = codec.unpack(body)
        except codec.TooLargeError as trouble:
            raise RefusedError(413, "too_large", str(trouble)) from trouble
        except codec.WireError as trouble:
            raise RefusedError(400, "unreadable_batch", str(trouble)) from trouble
        result = self._stored(replace(batch, lines=lines))
        fates = {
            "stored": result.stored,
            "replayed": result.replayed,
            "quarantined": result.quarantined,
            "forked": result.forked,
            "tampered": result.tampered,
            "after_gap": result.after_gap,
        }
        self._metrics.took_in(len(body), fates)
        place = {"store": batch.store_id, "terminal": batch.terminal_id, "epoch": batch.epoch}
        LOG.info("events", extra={"fields": place | {"acked_through": result.acked_through} | fates})
        return PushReply(
            result.acked_through,
            result.backed_up_through,
            hub_id=self._database.feed_id,
            forked=result.tells_fork,
        )

    def _stored(self, batch: Batch) -> Ingested:
        """What became of a batch, after its commit; raises BusyError where another try may help."""
        now_ms = self._now_ms()
        try:
            return self._database.write(lambda connection: ingest(connection, batch, now_ms=now_ms))
        except UNSTORABLE as trouble:
            if not is_unstorable(trouble):
                raise
            # No content may make a till send the same batch for ever.
            return self._database.write(
                lambda connection: ingest_with_unstorable(connection, batch, now_ms=now_ms)
            )


def _seal(request: Request, device: Device) -> Seal:
    """What came with a batch to prove it; what cannot be read proves nothing and refuses nothing."""
    chain, signature = request.headers.get(HEADER_CHAIN), request.headers.get(HEADER_SIGNATURE)
    return Seal(
        None if chain is None else _bytes_of_hex(chain),
        None if signature is None else from_text(signature) or b"",
        device.public_key,
    )


def _bytes_of_hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
