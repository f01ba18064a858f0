"""Lists of what was given away, page by page: coupons of a batch, entries of points, leases, compensations.

For programs of the retailer, in the name of an account; nothing is changed here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Final

import msgspec
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sync.hub.database import Database
from sync.hub.fleet.admins import Session
from sync.hub.fleet.member_answers import points_entry
from sync.hub.fleet.reward_pages import (
    CompensationList,
    CouponLine,
    CouponPage,
    LeaseList,
    LeaseState,
    PointsPage,
    compensation_state,
)
from sync.hub.loyalty.compensation import losses
from sync.hub.loyalty.coupons import batch_of
from sync.hub.loyalty.leases import exposure, leases_out
from sync.hub.loyalty.members import MemberError, known_member
from sync.hub.loyalty.points_reading import entries_of
from sync.hub.routes.fleet_api import HOME, asked_of, cursor_in, cursor_text, limit_of, one_of, signed_in
from sync.hub.routes.guard import Guard, Handler, RefusedError, json_reply
from sync.hub.schema.coupons import COUPON, EXPIRED, ISSUED, LOCKED, REDEEMED, VOIDED

COUPON_STATES: Final = (ISSUED, LOCKED, REDEEMED, EXPIRED, VOIDED)
_TEXT_MOST_CHARS: Final = 200
_Text = Annotated[str, msgspec.Meta(max_length=_TEXT_MOST_CHARS, pattern=r"^[^\x00]*$")]
_Number = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799_000)]


class RewardListRoutes:
    """What programs may read of what was given away."""

    def __init__(self, database: Database, guard: Guard, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._guard = guard
        self._now_ms = now_ms

    def table(self) -> list[Route]:
        """The routes."""

        def mine(work: Callable[[Request, Session], Awaitable[Response]]) -> Handler:
            return signed_in(self._guard, self._database, self._now_ms, work)

        return [
            Route(f"{HOME}/coupon-batches/{{batch}}/coupons", mine(self._coupons), methods=["GET"]),
            Route(f"{HOME}/members/{{member_id}}/points/entries", mine(self._entries), methods=["GET"]),
            Route(f"{HOME}/leases", mine(self._leases), methods=["GET"]),
            Route(f"{HOME}/compensations", mine(self._compensations), methods=["GET"]),
        ]

    async def _coupons(self, request: Request, _session: Session) -> Response:
        batch = _place(request, "batch")
        asked = asked_of(request, "state")
        state = one_of(asked, "state", ("", *COUPON_STATES), "")
        after, limit = cursor_in(asked, _Text), limit_of(asked)
        row = COUPON.c
        query = select(*(row[name] for name in CouponLine.__struct_fields__)).where(row.batch == batch)
        if state:
            query = query.where(row.state == state)
        if after is not None:
            query = query.where(row.coupon_id > after)

        def read() -> CouponPage:
            with self._database.reading() as connection:
                if batch_of(connection, batch) is None:
                    raise RefusedError(404, "unknown_batch", f"there is no batch {batch!r}")
                found = connection.execute(query.order_by(row.coupon_id).limit(limit))
                lines = tuple(CouponLine(*one) for one in found)
            return CouponPage(lines, cursor_text(lines[-1].coupon_id) if len(lines) == limit else "")

        return json_reply(await run_in_threadpool(read), 200)

    async def _entries(self, request: Request, _session: Session) -> Response:
        member = _place(request, "member_id")
        asked = asked_of(request)
        after, limit = cursor_in(asked, tuple[_Number, _Text, _Text, _Number]), limit_of(asked)

        def read() -> PointsPage:
            with self._database.reading() as connection:
                try:
                    member_id = known_member(connection, member).member_id
                except MemberError as trouble:
                    raise RefusedError(404, trouble.word, str(trouble)) from trouble
                found = entries_of(connection, member_id, after=after, most=limit)
            last = found[-1] if len(found) == limit else None
            key = None if last is None else [last.at_ms, last.source_id, last.kind, last.line_no]
            return PointsPage(tuple(map(points_entry, found)), cursor_text(key) if key else "")

        return json_reply(await run_in_threadpool(read), 200)

    async def _leases(self, request: Request, _session: Session) -> Response:
        store_id, now_ms = asked_of(request, "store").get("store") or None, self._now_ms()

        def read() -> LeaseList:
            with self._database.reading() as connection:
                found = leases_out(connection, now_ms, store_id)
                stores = dict.fromkeys(one.store_id for one in found)
                worst = {one: exposure(connection, one, now_ms).minor() for one in stores}
            names = LeaseState.__struct_fields__
            return LeaseList(
                tuple(LeaseState(**{name: getattr(one, name) for name in names}) for one in found), worst
            )

        return json_reply(await run_in_threadpool(read), 200)

    async def _compensations(self, request: Request, _session: Session) -> Response:
        asked = asked_of(request, "store", "state")
        is_open = one_of(asked, "state", ("open", "settled"), "open") == "open"

        def read() -> CompensationList:
            with self._database.reading() as connection:
                found = losses(connection, store_id=asked.get("store") or None, is_open=is_open)
            return CompensationList(tuple(map(compensation_state, found)))

        return json_reply(await run_in_threadpool(read), 200)


def _place(request: Request, name: str) -> str:
    return str(request.path_params[name]).replace("\0", "")[:_TEXT_MOST_CHARS]
