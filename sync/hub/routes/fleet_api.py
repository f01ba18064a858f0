"""The fleet page's figures and work for programs, as JSON: the same accounts, settling and record.

A program signs in with an account of the page and sends the session's token in the header Authorization; the
page's cookie opens nothing here, so that no other site's page can act in a person's name.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Final, TypeVar

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sync.hub.database import Database
from sync.hub.doubts.exception_list import KINDS
from sync.hub.doubts.lists import Sought, exceptions_after, quarantined_after
from sync.hub.doubts.settling import exception_key, line_key, settle_exceptions, settle_lines
from sync.hub.fleet.admins import IDLE_MOST_MS, SESSION_MOST_MS, Session, session_of, sign_in
from sync.hub.fleet.answers import (
    ROWS_MOST,
    Credentials,
    DoubtPage,
    LinePage,
    PersonSession,
    SettleReply,
    SettleRequest,
    StatementList,
    StatementRequest,
    TillPage,
    doubt,
    line,
    statement_mark,
    till_state,
)
from sync.hub.fleet.fleet_reading import FILTERS, Wanted, tills_after
from sync.hub.fleet.statements import days_of, make_statement, one_statement, signed_file, statements
from sync.hub.fleet.store_labels import StoreLabels
from sync.hub.routes.guard import (
    Guard,
    Handler,
    RefusedError,
    address_of,
    bounded_body,
    json_reply,
    number_of,
)
from sync.protocol import codec
from sync.protocol.codec import SEQ_MAX
from sync.protocol.versions import JSON_MEDIA_TYPE, PATH_PREFIX

HOME: Final = f"{PATH_PREFIX}/fleet"
ROWS_USUAL: Final = 100
BODY_BYTES_MOST: Final = 512 * 1024
_STATEMENTS: Final = f"{HOME}/stores/{{store_id}}/statements"

Kind = TypeVar("Kind", bound=msgspec.Struct)
Work = Callable[[Request, Session], Awaitable[Response]]
_Text = Annotated[str, msgspec.Meta(max_length=300, pattern=r"^[^\x00]*$")]
_Number = Annotated[int, msgspec.Meta(ge=-SEQ_MAX, le=SEQ_MAX)]


def signed_in(guard: Guard, database: Database, now_ms: Callable[[], int], work: Work) -> Handler:
    """The same work for who has the token of an account's session."""

    async def known(request: Request) -> Response:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        session = None
        if scheme.lower() == "bearer":
            session = await run_in_threadpool(session_of, database, token.strip(), now_ms=now_ms())
        if session is None:
            raise RefusedError(401, "session_refused", f"this needs the token of {HOME}/session")
        return await work(request, session)

    return guard.unauthorised(known)


class FleetApiRoutes:
    """What programs may ask and do in a person's name."""

    def __init__(
        self, database: Database, guard: Guard, now_ms: Callable[[], int], labels: StoreLabels
    ) -> None:
        self._database = database
        self._guard = guard
        self._now_ms = now_ms
        self._labels = labels

    def table(self) -> list[Route]:
        """The routes."""

        def mine(work: Work) -> Handler:
            return signed_in(self._guard, self._database, self._now_ms, work)

        return [
            Route(f"{HOME}/session", self._guard.unauthorised(self._sign_in), methods=["POST"]),
            Route(f"{HOME}/tills", mine(self._tills), methods=["GET"]),
            Route(f"{HOME}/exceptions", mine(self._exceptions), methods=["GET"]),
            Route(f"{HOME}/exceptions/settle", mine(self._settle_exceptions), methods=["POST"]),
            Route(f"{HOME}/quarantine", mine(self._quarantine), methods=["GET"]),
            Route(f"{HOME}/quarantine/settle", mine(self._settle_lines), methods=["POST"]),
            Route(_STATEMENTS, mine(self._statements), methods=["GET"]),
            Route(_STATEMENTS, mine(self._make_statement), methods=["POST"]),
            Route(f"{_STATEMENTS}/{{statement_id}}", mine(self._statement), methods=["GET"]),
        ]

    # ------------------------------------------------------------------ signing in
    async def _sign_in(self, request: Request) -> Response:
        given = await body_of(request, Credentials)
        session = await run_in_threadpool(
            sign_in,
            self._database,
            given.name.replace("\0", ""),
            given.password,
            peer=address_of(request),
            now_ms=self._now_ms(),
        )
        if session == "too_often":
            raise RefusedError(429, "too_many_tries", "wait a quarter of an hour", retry_after_s=900)
        if isinstance(session, str):
            raise RefusedError(401, "session_refused", "there is no such account with this password")
        return json_reply(PersonSession(session.token, IDLE_MOST_MS, SESSION_MOST_MS), 200)

    # ------------------------------------------------------------------ lists
    async def _tills(self, request: Request, _session: Session) -> Response:
        asked = asked_of(request, "store", "filter")
        chosen = one_of(asked, "filter", FILTERS, "all")
        after, limit = cursor_in(asked, tuple[_Text, _Text]), limit_of(asked)
        now_ms = self._now_ms()
        wanted = Wanted(filter=chosen, store_id=asked.get("store") or None)

        def read() -> TillPage:
            with self._database.reading() as connection:
                found = tills_after(connection, wanted, self._labels, after=after, limit=limit, now_ms=now_ms)
            last = found[-1] if len(found) == limit else None
            further = "" if last is None else cursor_text([last.store_id, last.terminal_id])
            return TillPage(tuple(till_state(one, now_ms) for one in found), further, now_ms)

        return json_reply(await run_in_threadpool(read), 200)

    async def _exceptions(self, request: Request, _session: Session) -> Response:
        asked = asked_of(request, "store", "kind", "state")
        sought = _sought(asked, one_of(asked, "kind", ("", *KINDS), ""))
        after, limit = cursor_in(asked, tuple[_Number, _Text, _Text, _Text]), limit_of(asked)

        def read() -> DoubtPage:
            with self._database.reading() as connection:
                found = exceptions_after(connection, sought, after, limit)
            last = found[-1] if len(found) == limit else None
            key = [] if last is None else [last.noted_at_ms, last.store_id, last.kind, last.key]
            return DoubtPage(tuple(map(doubt, found)), cursor_text(key) if key else "")

        return json_reply(await run_in_threadpool(read), 200)

    async def _quarantine(self, request: Request, _session: Session) -> Response:
        asked = asked_of(request, "store", "state")
        sought = _sought(asked, "")
        kind = tuple[_Number, _Text, _Text, _Number, _Number, bytes]
        after, limit = cursor_in(asked, kind), limit_of(asked)

        def read() -> LinePage:
            with self._database.reading() as connection:
                found = quarantined_after(connection, sought, after, limit)
            last = found[-1] if len(found) == limit else None
            key = [] if last is None else [last.received_at_ms, *last.key]
            return LinePage(tuple(map(line, found)), cursor_text(key) if key else "")

        return json_reply(await run_in_threadpool(read), 200)

    # ------------------------------------------------------------------ settling
    async def _settle_exceptions(self, request: Request, session: Session) -> Response:
        return await self._settle(request, session, exception_key, settle_exceptions)

    async def _settle_lines(self, request: Request, session: Session) -> Response:
        return await self._settle(request, session, line_key, settle_lines)

    async def _settle(
        self, request: Request, session: Session, read: Callable[[str], Any], settle: Callable[..., int]
    ) -> Response:
        given = await body_of(request, SettleRequest)
        keys = [key for key in map(read, given.handles) if key is not None]
        note, now_ms = given.note.replace("\0", "").strip(), self._now_ms()
        if len(keys) != len(given.handles) or not note:
            raise RefusedError(400, "bad_request", "a handle is none, or the note is empty")
        count = await run_in_threadpool(
            self._database.write,
            lambda connection: settle(connection, keys, who=session.name, note=note, now_ms=now_ms),
        )
        return json_reply(SettleReply(count), 200)

    # ------------------------------------------------------------------ statements
    async def _statements(self, request: Request, _session: Session) -> Response:
        def read() -> StatementList:
            with self._database.reading() as connection:
                store_id = self._store(connection, request)
                return StatementList(tuple(map(statement_mark, statements(connection, store_id))))

        return json_reply(await run_in_threadpool(read), 200)

    async def _make_statement(self, request: Request, session: Session) -> Response:
        given = await body_of(request, StatementRequest)
        days = days_of(given.first_day, given.last_day)
        if days is None:
            raise RefusedError(400, "bad_days", "two days such as 2026-11-22, not too far apart")
        now_ms = self._now_ms()

        def make(connection: Any) -> bytes:
            store_id = self._store(connection, request)
            statement_id = make_statement(
                connection, store_id, days, hub_id=self._database.feed_id, who=session.name, now_ms=now_ms
            )
            return _file(connection, store_id, statement_id)

        return Response(await run_in_threadpool(self._database.write, make), 200, media_type=JSON_MEDIA_TYPE)

    async def _statement(self, request: Request, _session: Session) -> Response:
        def read() -> bytes:
            with self._database.reading() as connection:
                return _file(connection, self._store(connection, request), _place(request, "statement_id"))

        return Response(await run_in_threadpool(read), 200, media_type=JSON_MEDIA_TYPE)

    def _store(self, connection: Any, request: Request) -> str:
        store_id = _place(request, "store_id")
        self._labels.read(connection)
        if not self._labels.knows(store_id):
            raise RefusedError(404, "store_unknown", "this hub has no such store")
        return store_id


def _file(connection: Any, store_id: str, statement_id: str) -> bytes:
    made = one_statement(connection, store_id, statement_id)
    if made is None:
        raise RefusedError(404, "statement_unknown", "this store has no such statement")
    return signed_file(connection, made)


def _place(request: Request, name: str) -> str:
    return str(request.path_params[name]).replace("\0", "")


async def body_of(request: Request, kind: type[Kind]) -> Kind:
    """What a program sent; raises RefusedError."""
    body = await bounded_body(request, BODY_BYTES_MOST)
    try:
        return codec.decode_message(body, kind)
    except codec.WireError as trouble:
        raise RefusedError(400, "bad_request", str(trouble)) from trouble


def asked_of(request: Request, *names: str) -> dict[str, str]:
    """The query's fields; raises RefusedError for one that is not known: it would do nothing, unnoticed."""
    asked = dict(request.query_params)
    for name, value in asked.items():
        if name not in (*names, "after", "limit") or "\0" in value:
            raise RefusedError(400, "bad_query", f"this takes {', '.join((*names, 'after', 'limit'))}")
    return asked


def one_of(asked: Mapping[str, str], name: str, known: tuple[str, ...], usual: str) -> str:
    value = asked.get(name, usual)
    if value not in known:
        raise RefusedError(400, "bad_query", f"{name} is one of {', '.join(one for one in known if one)}")
    return value


def _sought(asked: Mapping[str, str], kind: str) -> Sought:
    state = one_of(asked, "state", ("open", "settled"), "open")
    return Sought(is_settled=state == "settled", store_id=asked.get("store", ""), kind=kind)


def limit_of(asked: Mapping[str, str]) -> int:
    limit = number_of(asked.get("limit", str(ROWS_USUAL)), "limit")
    if not 1 <= limit <= ROWS_MOST:
        raise RefusedError(400, "bad_limit", f"limit is from 1 to {ROWS_MOST}")
    return limit


def cursor_in(asked: Mapping[str, str], kind: Any) -> Any:
    """What the last page ended with, None for the beginning; raises RefusedError."""
    text = asked.get("after", "")
    if not text:
        return None
    try:
        plain = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        return msgspec.json.decode(plain, type=kind)
    except (ValueError, msgspec.DecodeError) as trouble:
        raise RefusedError(400, "bad_cursor", "after is what `next` of a page said") from trouble


def cursor_text(key: Any) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).rstrip(b"=").decode()
