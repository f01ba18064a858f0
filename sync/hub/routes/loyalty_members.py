"""What tills ask about members: who somebody is, and that somebody wants to be one.

A till hears masked names and the ends of phone numbers only. Looking by a name or the end of a phone is for a
shopper who stands there: a till may do it as often as a busy cashier does, not as often as somebody who
collects. A member who was found by what is theirs alone is known to the store's tills from then on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sync.hub.database import Database
from sync.hub.loyalty.joining import join
from sync.hub.loyalty.member_stream import body_of, member_body, refresh_member
from sync.hub.loyalty.members import Member, add_store, found_members, stores_of
from sync.hub.routes.guard import TERMINAL_PATH, Guard, RefusedError, bounded_body, json_reply
from sync.hub.trust.auth import Device
from sync.hub.trust.limits import TokenBuckets
from sync.protocol import codec
from sync.protocol.loyalty import (
    FIND_MEMBER,
    JOIN,
    FindReply,
    FindRequest,
    JoinReply,
    JoinRequest,
    MemberBody,
)

_BYTES_MOST: Final = 16 * 1024
_TEXT_MOST_CHARS: Final = 200
_ID_MOST_CHARS: Final = 100
_CONSENTS_MOST: Final = 50
#: Ways to look that find more than one, and how often a till may use them: 30 at once, then one in 5 s.
_VAGUE: Final = ("name", "tail")
_VAGUE_PER_S: Final = 0.2
_VAGUE_BURST: Final = 30
#: A number may be tried as well: 120 at once, then one a second.
_EXACT_PER_S: Final = 1.0
_EXACT_BURST: Final = 120

_Asked = TypeVar("_Asked")


class MemberRoutes:
    """Questions about members; the buckets belong to the event loop's thread."""

    def __init__(
        self,
        database: Database,
        guard: Guard,
        now_ms: Callable[[], int],
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._guard = guard
        self._now_ms = now_ms
        self._vague = TokenBuckets(per_s=_VAGUE_PER_S, burst=_VAGUE_BURST, monotonic_s=monotonic_s)
        self._exact = TokenBuckets(per_s=_EXACT_PER_S, burst=_EXACT_BURST, monotonic_s=monotonic_s)

    def table(self) -> list[Route]:
        """The routes."""
        return [
            Route(f"{TERMINAL_PATH}/{FIND_MEMBER}", self._guard.authorised(self._find), methods=["POST"]),
            Route(f"{TERMINAL_PATH}/{JOIN}", self._guard.authorised(self._join), methods=["POST"]),
        ]

    async def _find(self, request: Request, device: Device) -> Response:
        asked = await _read(request, FindRequest)
        if len(asked.text) > _TEXT_MOST_CHARS or "\0" in asked.text:
            raise RefusedError(400, "bad_request", f"at most {_TEXT_MOST_CHARS} signs")
        buckets = self._vague if asked.by in _VAGUE else self._exact
        wait_s = buckets.take(f"{device.store_id}\0{device.terminal_id}")
        if wait_s:
            raise RefusedError(429, "too_many_searches", "search less often", retry_after_s=wait_s)
        reply, unknown = await run_in_threadpool(self._look, asked, device)
        if unknown:
            await run_in_threadpool(
                self._database.write, lambda connection: self._add(connection, device, unknown)
            )
        return json_reply(reply, 200)

    def _look(self, asked: FindRequest, device: Device) -> tuple[FindReply, str]:
        """The answer, and who of it has to be made known to the store's tills."""
        now_ms = self._now_ms()
        with self._database.reading() as connection:
            found, more = found_members(connection, asked.by, asked.text)
            bodies = tuple(body_of(connection, one, now_ms) for one in found)
            unknown = ""
            if asked.by not in _VAGUE and found and not _knows(connection, device.store_id, found[0]):
                unknown = found[0].member_id
        return FindReply(bodies, more), unknown

    def _add(self, connection: Connection, device: Device, member_id: str) -> None:
        add_store(connection, device.store_id, member_id, self._now_ms())
        refresh_member(connection, member_id, self._now_ms())

    async def _join(self, request: Request, device: Device) -> Response:
        asked = await _read(request, JoinRequest)
        is_fine = 0 < len(asked.join_id) <= _ID_MOST_CHARS and len(asked.consents) <= _CONSENTS_MOST
        texts: tuple[str, ...] = (
            asked.join_id, asked.member_id, asked.phone, asked.name, asked.card_no, asked.proof,
        )  # fmt: skip
        texts += tuple(asked.consents)
        if not is_fine or any("\0" in one or len(one) > _TEXT_MOST_CHARS for one in texts):
            raise RefusedError(400, "bad_request", "a text of it is too long")
        now_ms = self._now_ms()

        def take_in(connection: Connection) -> JoinReply:
            done = join(
                connection, asked, store_id=device.store_id, terminal_id=device.terminal_id, now_ms=now_ms
            )
            told = member_body(connection, done.member_id, now_ms)
            # Somebody who was erased since is told as nobody: the till lets go of what it kept.
            return JoinReply(told or MemberBody(done.member_id, is_blocked=True), done.is_merged)

        return json_reply(await run_in_threadpool(self._database.write, take_in), 200)


def _knows(connection: Connection, store_id: str, member: Member) -> bool:
    return store_id in stores_of(connection, member.member_id)


async def _read(request: Request, kind: type[_Asked]) -> _Asked:
    try:
        return codec.decode_message(await bounded_body(request, _BYTES_MOST), kind)
    except codec.WireError as trouble:
        raise RefusedError(400, "bad_request", str(trouble)) from trouble
