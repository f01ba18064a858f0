"""Members for programs of the retailer, as JSON: put, find, merge, block, erase, export, codes for an app.

In the name of an account of the fleet page, and on record under it. Answers hold people's names and numbers
in clear: such an account sees all members of the chain.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sync.hub.database import Database
from sync.hub.doubts.record import put_on_record
from sync.hub.fleet.admins import Session
from sync.hub.fleet.member_answers import (
    BlockRequest,
    CardRequest,
    CodesRequest,
    CodeStrip,
    MemberDone,
    MemberFate,
    MemberPage,
    MembersReply,
    MembersRequest,
    MemberState,
    MemberTold,
    MergeRequest,
    ReasonRequest,
    StripCode,
    member_state,
)
from sync.hub.goods.shop_admin import store_ids
from sync.hub.loyalty.accounts import account_of
from sync.hub.loyalty.coupon_issue import CouponError
from sync.hub.loyalty.joining import merge
from sync.hub.loyalty.member_admin import block, revoke_codes, take_card_off, unblock
from sync.hub.loyalty.member_changes import Told
from sync.hub.loyalty.member_codes import member_codes
from sync.hub.loyalty.member_import import add_stores, put_members
from sync.hub.loyalty.member_privacy import erase_member, export_member
from sync.hub.loyalty.member_stream import refresh_members
from sync.hub.loyalty.members import (
    Member,
    MemberError,
    canonical,
    found_members,
    known_member,
    references,
)
from sync.hub.routes.fleet_api import HOME, body_of, signed_in
from sync.hub.routes.guard import Guard, Handler, RefusedError, json_reply
from sync.hub.schema.members import BY_ALIAS, BY_CARD

MEMBERS: Final = f"{HOME}/members"
ONE: Final = f"{MEMBERS}/{{member_id}}"
FIND_BY: Final = ("phone", "id", "card", "name", "tail")
_TEXT_MOST_CHARS: Final = 200

Result = TypeVar("Result")
Act = Callable[[Connection, Session, int], Result]


async def acted(database: Database, session: Session, now_ms: int, act: Act[Result]) -> Result:
    """What an act answers, done in one transaction; what cannot be is a refusal with its word."""

    def work(connection: Connection) -> Result:
        try:
            return act(connection, session, now_ms)
        except (MemberError, CouponError) as trouble:
            status = 404 if trouble.word.startswith("unknown") else 409 if "taken" in trouble.word else 400
            raise RefusedError(status, trouble.word, str(trouble)) from trouble

    return await run_in_threadpool(database.write, work)


def note(
    connection: Connection, session: Session, act: str, subject: str, now_ms: int, said: str = ""
) -> None:
    """Put on record what a program did in a person's name."""
    put_on_record(connection, "", who=session.name, act=act, subject=subject, note=said, now_ms=now_ms)


class MemberApiRoutes:
    """What programs may do with members in a person's name."""

    def __init__(self, database: Database, guard: Guard, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._guard = guard
        self._now_ms = now_ms

    def table(self) -> list[Route]:
        """The routes."""

        def mine(work: Callable[[Request, Session], Awaitable[Response]]) -> Handler:
            return signed_in(self._guard, self._database, self._now_ms, work)

        return [
            Route(MEMBERS, mine(self._find), methods=["GET"]),
            Route(MEMBERS, mine(self._put), methods=["PUT"]),
            Route(ONE, mine(self._one), methods=["GET"]),
            Route(f"{ONE}/export", mine(self._export), methods=["POST"]),
            Route(f"{ONE}/merge", mine(self._merge), methods=["POST"]),
            Route(f"{ONE}/block", mine(self._block), methods=["POST"]),
            Route(f"{ONE}/revoke-codes", mine(self._revoke), methods=["POST"]),
            Route(f"{ONE}/remove-card", mine(self._remove_card), methods=["POST"]),
            Route(f"{ONE}/erase", mine(self._erase), methods=["POST"]),
            Route(f"{ONE}/codes", mine(self._codes), methods=["POST"]),
        ]

    # ------------------------------------------------------------------ reading
    async def _find(self, request: Request, _session: Session) -> Response:
        by = request.query_params.get("by", "phone")
        text = request.query_params.get("text", "").replace("\0", "")
        if by not in FIND_BY or len(text) > _TEXT_MOST_CHARS:
            raise RefusedError(400, "bad_query", f"by is one of: {', '.join(FIND_BY)}")

        def read() -> MemberPage:
            with self._database.reading() as connection:
                found, more = found_members(connection, by, text)
                return MemberPage(tuple(_state(connection, one) for one in found), more)

        return json_reply(await run_in_threadpool(read), 200)

    async def _one(self, request: Request, _session: Session) -> Response:
        member_id = _id_of(request)

        def read() -> MemberState:
            with self._database.reading() as connection:
                try:
                    return _state(connection, known_member(connection, member_id))
                except MemberError as trouble:
                    raise RefusedError(404, trouble.word, str(trouble)) from trouble

        return json_reply(await run_in_threadpool(read), 200)

    # ------------------------------------------------------------------ changing
    async def _put(self, request: Request, session: Session) -> Response:
        given = await body_of(request, MembersRequest)

        def put(connection: Connection, who: Session, now_ms: int) -> MembersReply:
            wrong = sorted(set(given.stores) - set(store_ids(connection)))
            if wrong:
                raise MemberError("unknown_store", f"there is no store {wrong[0]!r}")
            done = put_members(connection, [_told(one) for one in given.members], who=who.name, now_ms=now_ms)
            ids = tuple(one.member_id for one in done)
            add_stores(connection, given.stores, ids, now_ms)
            refresh_members(connection, ids, now_ms)
            note(connection, who, "member_put", "", now_ms, str(len(done)))
            return MembersReply(tuple(MemberFate(one.member_id, one.fate) for one in done))

        return json_reply(await acted(self._database, session, self._now_ms(), put), 200)

    async def _merge(self, request: Request, session: Session) -> Response:
        member_id, given = _id_of(request), await body_of(request, MergeRequest)

        def work(connection: Connection, who: Session, now_ms: int) -> MemberDone:
            kept = merge(connection, member_id, given.other_id, who=who.name, now_ms=now_ms)
            note(connection, who, "member_merge", kept.member_id, now_ms, given.other_id)
            return _done(kept)

        return json_reply(await acted(self._database, session, self._now_ms(), work), 200)

    async def _block(self, request: Request, session: Session) -> Response:
        member_id, given = _id_of(request), await body_of(request, BlockRequest)

        def work(connection: Connection, who: Session, now_ms: int) -> MemberDone:
            act = block if given.blocked else unblock
            found = act(connection, member_id, who=who.name, reason=given.reason, now_ms=now_ms)
            word = "member_block" if given.blocked else "member_unblock"
            note(connection, who, word, found.member_id, now_ms, given.reason)
            return _done(found)

        return json_reply(await acted(self._database, session, self._now_ms(), work), 200)

    async def _revoke(self, request: Request, session: Session) -> Response:
        member_id, given = _id_of(request), await body_of(request, ReasonRequest)

        def work(connection: Connection, who: Session, now_ms: int) -> MemberDone:
            revoke_codes(connection, member_id, who=who.name, reason=given.reason, now_ms=now_ms)
            found = known_member(connection, member_id)
            note(connection, who, "member_revoke", found.member_id, now_ms, given.reason)
            return _done(found)

        return json_reply(await acted(self._database, session, self._now_ms(), work), 200)

    async def _remove_card(self, request: Request, session: Session) -> Response:
        member_id, given = _id_of(request), await body_of(request, CardRequest)

        def work(connection: Connection, who: Session, now_ms: int) -> MemberDone:
            take_card_off(connection, member_id, given.card, who=who.name, now_ms=now_ms)
            found = known_member(connection, member_id)
            note(connection, who, "member_card_off", found.member_id, now_ms)
            return _done(found)

        return json_reply(await acted(self._database, session, self._now_ms(), work), 200)

    async def _erase(self, request: Request, session: Session) -> Response:
        member_id = _id_of(request)
        await body_of(request, ReasonRequest)

        def work(connection: Connection, who: Session, now_ms: int) -> MemberDone:
            found = erase_member(connection, member_id, who=who.name, now_ms=now_ms)
            note(connection, who, "member_erase", found, now_ms)
            return MemberDone(found, "erased", now_ms)

        return json_reply(await acted(self._database, session, self._now_ms(), work), 200)

    async def _export(self, request: Request, session: Session) -> Response:
        member_id = _id_of(request)
        await body_of(request, ReasonRequest)

        def work(connection: Connection, who: Session, now_ms: int) -> dict[str, Any]:
            told = export_member(connection, member_id, now_ms)
            note(connection, who, "member_export", told["member"]["member_id"], now_ms)
            return told

        return json_reply(await acted(self._database, session, self._now_ms(), work), 200)

    async def _codes(self, request: Request, session: Session) -> Response:
        member_id, given = _id_of(request), await body_of(request, CodesRequest)

        def work(connection: Connection, _who: Session, now_ms: int) -> CodeStrip:
            from_ms = given.from_ms or now_ms
            codes = member_codes(connection, member_id, from_ms, given.count, now_ms=now_ms)
            return CodeStrip(tuple(StripCode(one.text, one.from_ms, one.until_ms) for one in codes))

        return json_reply(await acted(self._database, session, self._now_ms(), work), 200)


def _id_of(request: Request) -> str:
    return str(request.path_params["member_id"]).replace("\0", "")[:_TEXT_MOST_CHARS]


def _told(one: MemberTold) -> Told:
    return Told(**msgspec.structs.asdict(one))


def _done(member: Member) -> MemberDone:
    return MemberDone(member.member_id, member.status, member.codes_from_ms)


def _state(connection: Connection, member: Member) -> MemberState:
    account = account_of(connection, canonical(connection, member.member_id))
    found = references(connection, member.member_id)
    return member_state(
        member,
        cards=found[BY_CARD],
        former_ids=found[BY_ALIAS],
        points=max(0, account.active - account.debt),
        pending=account.pending,
    )
