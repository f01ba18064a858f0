"""Points, coupons and the programme for programs of the retailer, as JSON, in the name of an account.

What gives something away takes a key of the caller's: a request that is sent again because its answer was
lost does nothing twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sync.hub.database import Database
from sync.hub.fleet.admins import Session
from sync.hub.fleet.member_answers import (
    AdjustRequest,
    BatchList,
    BatchState,
    BatchTold,
    CouponEvent,
    CouponState,
    IssueReply,
    IssueRequest,
    PointsMonths,
    PointsState,
    ProgrammeReply,
    ProgrammeRequest,
    VoidReply,
    VoidRequest,
    batch_state,
    coupon_state,
    points_entry,
    points_month,
)
from sync.hub.goods.promotion_files import currencies_of
from sync.hub.goods.store_facts import all_stores
from sync.hub.loyalty.accounts import account_of
from sync.hub.loyalty.asked_once import once
from sync.hub.loyalty.coupon_issue import all_batches, issue_coupons, put_checked_batch, void_coupons
from sync.hub.loyalty.coupons import Batch, counts, coupon_of, events_of
from sync.hub.loyalty.member_codes import coupon_code
from sync.hub.loyalty.members import MemberError, known_member
from sync.hub.loyalty.points_acts import adjust_points
from sync.hub.loyalty.points_reading import ENTRIES_MOST, entries_of, months
from sync.hub.loyalty.programme_admin import ProgrammeError, put_programme, read_programme, written_out
from sync.hub.loyalty.programme_rows import stored_programme
from sync.hub.routes.fleet_api import HOME, body_of, signed_in
from sync.hub.routes.guard import Guard, Handler, RefusedError, json_reply
from sync.hub.routes.members_api import ONE, acted, note
from sync.hub.schema.coupons import ISSUED, LOCKED
from sync.protocol.versions import JSON_MEDIA_TYPE

BATCHES: Final = f"{HOME}/coupon-batches"
COUPONS: Final = f"{HOME}/coupons"
PROGRAMME: Final = f"{HOME}/programme"
MONTHS: Final = f"{HOME}/points/months"
_DETAIL_MOST_CHARS: Final = 4_000
_TEXT_MOST_CHARS: Final = 200


class RewardApiRoutes:
    """What programs may do with points, coupons and the programme in a person's name."""

    def __init__(self, database: Database, guard: Guard, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._guard = guard
        self._now_ms = now_ms

    def table(self) -> list[Route]:
        """The routes."""

        def mine(work: Callable[[Request, Session], Awaitable[Response]]) -> Handler:
            return signed_in(self._guard, self._database, self._now_ms, work)

        return [
            Route(f"{ONE}/points", mine(self._points), methods=["GET"]),
            Route(f"{ONE}/points", mine(self._adjust), methods=["POST"]),
            Route(MONTHS, mine(self._months), methods=["GET"]),
            Route(BATCHES, mine(self._batches), methods=["GET"]),
            Route(BATCHES, mine(self._put_batch), methods=["PUT"]),
            Route(f"{BATCHES}/{{batch}}/issue", mine(self._issue), methods=["POST"]),
            Route(f"{COUPONS}/void", mine(self._void), methods=["POST"]),
            Route(f"{COUPONS}/{{coupon_id}}", mine(self._coupon), methods=["GET"]),
            Route(PROGRAMME, mine(self._programme), methods=["GET"]),
            Route(PROGRAMME, mine(self._put_programme), methods=["PUT"]),
        ]

    # ------------------------------------------------------------------ points
    async def _points(self, request: Request, _session: Session) -> Response:
        asked = _place(request, "member_id")

        def read() -> PointsState:
            with self._database.reading() as connection:
                try:
                    member_id = known_member(connection, asked).member_id
                except MemberError as trouble:
                    raise RefusedError(404, trouble.word, str(trouble)) from trouble
                have = account_of(connection, member_id)
                entries = entries_of(connection, member_id, most=ENTRIES_MOST)
            told = tuple(map(points_entry, entries))
            return PointsState(member_id, have.active, have.pending, have.held, have.debt, told)

        return json_reply(await run_in_threadpool(read), 200)

    async def _adjust(self, request: Request, session: Session) -> Response:
        asked, given = _place(request, "member_id"), await body_of(request, AdjustRequest)

        def work(connection: Connection, who: Session, now_ms: int) -> bytes:
            def adjust() -> bytes:
                member_id = adjust_points(
                    connection, asked, given.points, who=who.name, reason=given.reason, now_ms=now_ms
                )
                note(connection, who, "points_adjust", member_id, now_ms, given.reason)
                have = account_of(connection, member_id)
                state = PointsState(member_id, have.active, have.pending, have.held, have.debt, ())
                return msgspec.json.encode(state)

            said = f"{asked}\0{given.points}\0{given.reason}".encode()
            return once(connection, who.name, given.idempotency_key, said, adjust, now_ms=now_ms)

        return _ready(await acted(self._database, session, self._now_ms(), work))

    async def _months(self, _request: Request, _session: Session) -> Response:
        def read() -> PointsMonths:
            with self._database.reading() as connection:
                return PointsMonths(tuple(map(points_month, months(connection))))

        return json_reply(await run_in_threadpool(read), 200)

    # ------------------------------------------------------------------ coupons
    async def _batches(self, _request: Request, _session: Session) -> Response:
        def read() -> BatchList:
            with self._database.reading() as connection:
                return BatchList(tuple(batch_state(*one) for one in all_batches(connection)))

        return json_reply(await run_in_threadpool(read), 200)

    async def _put_batch(self, request: Request, session: Session) -> Response:
        given = await body_of(request, BatchTold)

        def put(connection: Connection, who: Session, now_ms: int) -> BatchState:
            batch = Batch(**msgspec.structs.asdict(given))
            put_checked_batch(connection, batch, who=who.name, now_ms=now_ms)
            note(connection, who, "coupon_batch", batch.batch, now_ms)
            return batch_state(batch, counts(connection, batch.batch))

        return json_reply(await acted(self._database, session, self._now_ms(), put), 200)

    async def _issue(self, request: Request, session: Session) -> Response:
        batch, given = _place(request, "batch"), await body_of(request, IssueRequest)

        def work(connection: Connection, who: Session, now_ms: int) -> bytes:
            def issue() -> bytes:
                wanted = [(one.coupon_id, one.member_id) for one in given.coupons]
                ids = issue_coupons(connection, batch, wanted, who=who.name, now_ms=now_ms)
                note(connection, who, "coupon_issue", batch, now_ms, str(len(ids)))
                return msgspec.json.encode(IssueReply(ids))

            said = batch.encode() + b"\0" + msgspec.json.encode(given.coupons)
            return once(connection, who.name, given.idempotency_key, said, issue, now_ms=now_ms)

        return _ready(await acted(self._database, session, self._now_ms(), work))

    async def _void(self, request: Request, session: Session) -> Response:
        given = await body_of(request, VoidRequest)

        def work(connection: Connection, who: Session, now_ms: int) -> VoidReply:
            refused = void_coupons(connection, given.coupon_ids, who=who.name, now_ms=now_ms)
            voided = [one for one in dict.fromkeys(given.coupon_ids) if one not in refused]
            for one in voided:
                note(connection, who, "coupon_void", one, now_ms)
            return VoidReply(len(voided), dict(refused))

        return json_reply(await acted(self._database, session, self._now_ms(), work), 200)

    async def _coupon(self, request: Request, _session: Session) -> Response:
        coupon_id = _place(request, "coupon_id")

        def read() -> CouponState:
            with self._database.reading() as connection:
                row = coupon_of(connection, coupon_id)
                if row is None:
                    raise RefusedError(404, "unknown", f"there is no coupon {coupon_id!r}")
                code = coupon_code(connection, coupon_id) if row.state in (ISSUED, LOCKED) else ""
                history = tuple(
                    CouponEvent(**{name: getattr(one, name) for name in CouponEvent.__struct_fields__})
                    for one in events_of(connection, coupon_id)
                )
            return coupon_state(row, code, history)

        return json_reply(await run_in_threadpool(read), 200)

    # ------------------------------------------------------------------ the programme
    async def _programme(self, _request: Request, _session: Session) -> Response:
        def read() -> ProgrammeReply:
            with self._database.reading() as connection:
                return _programme_reply(connection)

        return json_reply(await run_in_threadpool(read), 200)

    async def _put_programme(self, request: Request, session: Session) -> Response:
        given = await body_of(request, ProgrammeRequest)

        def put(connection: Connection, who: Session, now_ms: int) -> ProgrammeReply:
            try:
                document = read_programme(bytes(given.programme), currencies_of(all_stores(connection)))
            except ProgrammeError as trouble:
                raise RefusedError(400, "bad_programme", str(trouble)[:_DETAIL_MOST_CHARS]) from trouble
            done = put_programme(connection, document, now_ms)
            if done.is_changed:
                note(connection, who, "programme_put", str(done.rev), now_ms)
            return _programme_reply(connection)

        return json_reply(await acted(self._database, session, self._now_ms(), put), 200)


def _programme_reply(connection: Connection) -> ProgrammeReply:
    stored, stores = stored_programme(connection), all_stores(connection)
    return ProgrammeReply(stored.rev, written_out(stored, stores[0].currency if stores else "CNY"))


def _place(request: Request, name: str) -> str:
    return str(request.path_params[name]).replace("\0", "")[:_TEXT_MOST_CHARS]


def _ready(body: bytes) -> Response:
    return Response(body, 200, media_type=JSON_MEDIA_TYPE)
