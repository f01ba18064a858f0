"""Lets devices in: enrolment by one-time code, sessions by signed challenge, the next key.

What counts is decided in `enrolment`; here are the words and numbers of the answers. Neither codes nor
tokens are ever logged, keys by their id only.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sync.hub.database import Database
from sync.hub.goods.shop_admin import stored_shop
from sync.hub.routes.guard import TERMINAL_PATH, Guard, RefusedError, address_of, bounded_body, json_reply
from sync.hub.trust import enrolment
from sync.hub.trust.auth import SESSION_S, Claim, Device, is_challenge, new_challenge, new_token
from sync.hub.trust.enrolment import NotTrustedError
from sync.hub.trust.hub_keys import public_keys
from sync.hub.trust.limits import TokenBuckets
from sync.protocol import codec
from sync.protocol.messages import (
    Challenge,
    EnrolReply,
    EnrolRequest,
    RotateReply,
    RotateRequest,
    SessionReply,
    SessionRequest,
)
from sync.protocol.trust import CHALLENGE_PATH, ENROL_PATH, KEY_UNKNOWN, SESSION_PATH

LOG = logging.getLogger("poshub.trust")
REQUEST_MAX_BYTES: Final = 4_096
#: Which status goes with which word of a refusal.
_STATUS: Final = {"bad_proof": 400, KEY_UNKNOWN: 401, "key_known": 409}

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class TrustRoutes:
    """The door; `wrong_codes` counts what addresses guessed."""

    def __init__(
        self,
        database: Database,
        guard: Guard,
        now_ms: Callable[[], int],
        *,
        wrong_codes: TokenBuckets,
    ) -> None:
        self._database = database
        self._guard = guard
        self._now_ms = now_ms
        self._wrong_codes = wrong_codes

    def table(self) -> list[Route]:
        """The routes."""
        guard = self._guard
        return [
            Route(ENROL_PATH, guard.unauthorised(self._enrol), methods=["POST"]),
            Route(CHALLENGE_PATH, guard.unauthorised(self._challenge), methods=["POST"]),
            Route(SESSION_PATH, guard.unauthorised(self._session), methods=["POST"]),
            Route(f"{TERMINAL_PATH}/key", guard.authorised(self._rotate), methods=["POST"]),
        ]

    async def _enrol(self, request: Request) -> Response:
        address = address_of(request)
        wait_s = self._wrong_codes.wait_s(address)
        if wait_s:
            raise RefusedError(429, "too_many_codes", "too many wrong codes", retry_after_s=wait_s)
        asked = await _message(request, EnrolRequest)

        def work(connection: Connection) -> EnrolReply:
            claim = enrolment.use_code(connection, asked, now_ms=self._now_ms())
            shop = stored_shop(connection, claim.store_id)
            place = None if shop is None else shop.terminal(claim.terminal_id)
            return EnrolReply(
                claim.store_id,
                claim.terminal_id,
                0 if place is None else place.number,
                claim.key_id,
                self._database.feed_id,
                public_keys(connection),
            )

        try:
            reply = await self._trusted(work)
        except RefusedError as refused:
            # A wrong code costs, a right one does not: a shop may enrol all its tills in one go.
            self._wrong_codes.take(address)
            LOG.info("enrolment refused", extra={"fields": {"why": refused.problem.error}})
            raise
        _note("enrolled", reply.store_id, reply.terminal_id, reply.key_id)
        return json_reply(reply, 200)

    async def _challenge(self, _request: Request) -> Response:
        nonce = secrets.token_bytes(16)
        return json_reply(Challenge(new_challenge(self._guard.secret, nonce, now_ms=self._now_ms())), 200)

    async def _session(self, request: Request) -> Response:
        asked = await _message(request, SessionRequest)
        now_ms = self._now_ms()
        if not is_challenge(self._guard.secret, asked.challenge, now_ms=now_ms):
            raise RefusedError(409, "challenge_over", "ask for another challenge")

        def work(connection: Connection) -> tuple[Claim, dict[str, str]]:
            claim = enrolment.open_session(connection, asked, now_ms=now_ms)
            return claim, public_keys(connection)

        claim, hub_keys = await self._trusted(work)
        token = new_token(self._guard.secret, claim, expires_at_ms=now_ms + SESSION_S * 1000)
        _note("session", claim.store_id, claim.terminal_id, claim.key_id)
        return json_reply(SessionReply(token, SESSION_S, hub_keys), 200)

    async def _rotate(self, request: Request, device: Device) -> Response:
        asked = await _message(request, RotateRequest)
        claim = Claim(device.store_id, device.terminal_id, device.key_id)

        def work(connection: Connection) -> str:
            return enrolment.rotate(connection, claim, asked, now_ms=self._now_ms())

        key_id = await self._trusted(work)
        _note("next key", device.store_id, device.terminal_id, key_id)
        return json_reply(RotateReply(key_id), 200)

    async def _trusted(self, work: Callable[[Connection], Answer]) -> Answer:
        try:
            return await run_in_threadpool(self._database.write, work)
        except NotTrustedError as trouble:
            status = _STATUS.get(trouble.word, 403)
            raise RefusedError(status, trouble.word, trouble.sentence) from trouble


async def _message(request: Request, kind: type[Asked]) -> Asked:
    body = await bounded_body(request, REQUEST_MAX_BYTES)
    try:
        return codec.decode_message(body, kind)
    except codec.WireError as trouble:
        raise RefusedError(400, "unreadable", "the request is not readable") from trouble


def _note(what: str, store_id: str, terminal_id: str, key_id: str) -> None:
    LOG.info(what, extra={"fields": {"store": store_id, "terminal": terminal_id, "key": key_id}})
