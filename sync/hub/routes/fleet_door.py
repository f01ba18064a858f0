"""The door of the fleet page: who is signed in, in which language, and that a form is really ours.

Sessions are cookies that scripts cannot read and that other sites' requests do not carry; every form also
brings its session's own token, and a browser that says where a request comes from is believed when that is
elsewhere. A page that refreshes itself does not keep a session alive.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from sync.hub.database import BusyError, Database
from sync.hub.fleet.admins import Session, session_of, sign_in, sign_out
from sync.hub.fleet.pages.rendering import HEADERS, asset, render
from sync.hub.fleet.pages.words import LANGUAGES, Speech, language_of
from sync.hub.routes.guard import Handler, RefusedError, address_of, bounded_body

HOME: Final = "/fleet"
SESSION_COOKIE: Final = "fleet_session"
LANGUAGE_COOKIE: Final = "fleet_language"
#: Proves that the form to sign in was shown to this browser.
DOOR_COOKIE: Final = "fleet_door"
FORM_BYTES_MOST: Final = 256 * 1024
FIELDS_MOST: Final = 1_000
_YEAR_S: Final = 365 * 86_400


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a person who is signed in."""

    session: Session
    language: str
    now_ms: int
    path: str
    places: Mapping[str, str]
    query: Mapping[str, str]

    def page_no(self) -> int:
        """The page that is asked for, from 1."""
        text = self.query.get("page", "1")
        return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 8 else 1

    def address(self, **changes: Any) -> str:
        """This page's address with other values in its query; an empty one is left out."""
        fields = {name: value for name, value in self.query.items() if name not in ("lang", "idle", "done")}
        fields |= {name: str(value) for name, value in changes.items()}
        query = urlencode({name: value for name, value in fields.items() if value})
        return quote(self.path) + (f"?{query}" if query else "")


@dataclass(frozen=True, slots=True)
class Form:
    """What a form brought; a name may come several times."""

    fields: tuple[tuple[str, str], ...]

    def text(self, name: str, most_chars: int = 500) -> str:
        """The first value of a field without spaces around it, "" where there is none."""
        found = next((value for known, value in self.fields if known == name), "")
        return found.replace("\0", "").strip()[:most_chars]

    def all(self, name: str) -> list[str]:
        """Every value of a field."""
        return [value for known, value in self.fields if known == name and "\0" not in value]


#: What a page answers: a template and its values, or a ready answer.
Answer = Response | tuple[str, dict[str, Any]]
Page = Callable[[Visit], Answer]
Act = Callable[[Visit, Form], Response]


class MissingError(Exception):
    """What a page is about does not exist."""


class Door:
    """Lets people in and pages out."""

    def __init__(
        self, database: Database, now_ms: Callable[[], int], common: Callable[[Visit], dict[str, Any]]
    ) -> None:
        self._database = database
        self._now_ms = now_ms
        #: Values that every page of a signed-in person shows.
        self._common = common

    def table(self) -> list[Route]:
        """The routes of signing in and out, and of what pages load."""
        return [
            Route(f"{HOME}/assets/{{name}}", self._asset, methods=["GET"]),
            Route(f"{HOME}/sign-in", self._sign_in_page, methods=["GET"]),
            Route(f"{HOME}/sign-in", self._sign_in, methods=["POST"]),
            Route(f"{HOME}/sign-out", self.act(self._sign_out), methods=["POST"]),
        ]

    # ------------------------------------------------------------------ pages and acts
    def page(self, work: Page) -> Handler:
        """A page for people who are signed in; others are led to the door."""

        def answer(request: Request) -> Response:
            visit = self._visit(request)
            if visit is None:
                return self._to_the_door(request)
            try:
                found = work(visit)
            except MissingError:
                return self.shown(visit, "message.html", {"message": "missing"}, status=404)
            return found if isinstance(found, Response) else self.shown(visit, *found)

        async def handle(request: Request) -> Response:
            try:
                response = await run_in_threadpool(answer, request)
            except BusyError:
                response = Response("busy", 503, {"Retry-After": "1"}, media_type="text/plain")
            return _finished(request, response)

        return handle

    def act(self, work: Act) -> Handler:
        """Something that changes things: only by our own form, of a person who is signed in."""

        def answer(request: Request, form: Form) -> Response:
            visit = self._visit(request)
            if visit is None:
                return self._to_the_door(request)
            if not (_is_from_here(request) and _same(form.text("csrf"), visit.session.csrf)):
                return self.shown(visit, "message.html", {"message": "stale"}, status=403)
            try:
                return work(visit, form)
            except MissingError:
                return self.shown(visit, "message.html", {"message": "missing"}, status=404)

        async def handle(request: Request) -> Response:
            try:
                form = await _form_of(request)
                response = await run_in_threadpool(answer, request, form)
            except RefusedError as refused:
                response = Response(refused.problem.error, refused.status, media_type="text/plain")
            except BusyError:
                response = Response("busy", 503, {"Retry-After": "1"}, media_type="text/plain")
            except ClientDisconnect:
                response = Response(status_code=400)
            return _finished(request, response)

        return handle

    def shown(
        self, visit: Visit, template: str, values: Mapping[str, Any], *, status: int = 200
    ) -> HTMLResponse:
        """A page as an answer."""
        common = {
            "visit": visit,
            "csrf": visit.session.csrf,
            "refresh_s": 0,
            "done": visit.query.get("done", ""),
            **self._common(visit),
        }
        speech = values.get("speech") or Speech(visit.language)
        return HTMLResponse(render(template, speech, {**common, **values}), status)

    def _visit(self, request: Request) -> Visit | None:
        now_ms = self._now_ms()
        session = session_of(
            self._database,
            request.cookies.get(SESSION_COOKIE, ""),
            now_ms=now_ms,
            is_idle=request.query_params.get("idle") == "1",
        )
        if session is None:
            return None
        return Visit(
            session=session,
            language=_language(request),
            now_ms=now_ms,
            path=request.url.path,
            places={name: value.replace("\0", "") for name, value in request.path_params.items()},
            query={name: value.replace("\0", "")[:200] for name, value in request.query_params.items()},
        )

    # ------------------------------------------------------------------ in and out
    @staticmethod
    def _to_the_door(request: Request) -> Response:
        target = request.url.path
        if request.method == "GET" and request.url.query and "idle=1" not in request.url.query:
            target += f"?{request.url.query}"
        query = "" if target == HOME else "?" + urlencode({"next": target})
        return RedirectResponse(f"{HOME}/sign-in{query}", 303)

    async def _sign_in_page(self, request: Request) -> Response:
        return _finished(request, self._door_page(request, trouble="", status=200))

    def _door_page(self, request: Request, *, trouble: str, status: int) -> Response:
        token = secrets.token_urlsafe(24)
        values = {
            "door": token,
            "trouble": trouble,
            "next": _next_of(request.query_params.get("next", "")),
            "path": request.url.path,
        }
        response = HTMLResponse(render("sign_in.html", Speech(_language(request)), values), status)
        _set_cookie(request, response, DOOR_COOKIE, token)
        return response

    async def _sign_in(self, request: Request) -> Response:
        try:
            form = await _form_of(request)
        except RefusedError as refused:
            return Response(refused.problem.error, refused.status, media_type="text/plain")
        except ClientDisconnect:
            return Response(status_code=400)
        return _finished(request, await run_in_threadpool(self._let_in, request, form))

    def _let_in(self, request: Request, form: Form) -> Response:
        token = request.cookies.get(DOOR_COOKIE, "")
        if not (token and _is_from_here(request) and _same(form.text("door"), token)):
            return self._door_page(request, trouble="stale", status=403)
        name, password = form.text("name"), next((v for n, v in form.fields if n == "password"), "")
        try:
            session = sign_in(self._database, name, password, peer=address_of(request), now_ms=self._now_ms())
        except BusyError:
            return Response("busy", 503, {"Retry-After": "1"}, media_type="text/plain")
        if isinstance(session, str):
            return self._door_page(request, trouble=session, status=429 if session == "too_often" else 401)
        response = RedirectResponse(_next_of(form.text("next")), 303)
        _set_cookie(request, response, SESSION_COOKIE, session.token)
        response.delete_cookie(DOOR_COOKIE, path=HOME)
        return response

    def _sign_out(self, visit: Visit, _form: Form) -> Response:
        self._database.write(lambda connection: sign_out(connection, visit.session.token))
        response = RedirectResponse(f"{HOME}/sign-in", 303)
        response.delete_cookie(SESSION_COOKIE, path=HOME)
        return response

    async def _asset(self, request: Request) -> Response:
        found = asset(request.path_params["name"])
        if found is None:
            return Response(status_code=404)
        response = Response(found[0], media_type=found[1])
        response = _finished(request, response)
        response.headers["Cache-Control"] = "public, max-age=300"
        return response


# ---------------------------------------------------------------------- parts
def _is_from_here(request: Request) -> bool:
    """Whether a browser that says where its request comes from says: from this very site."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("Host", "")


def _same(said: str, known: str) -> bool:
    return compare_digest(said.encode("utf-8", "surrogatepass"), known.encode("utf-8", "surrogatepass"))


def _next_of(wanted: str) -> str:
    """Where to go after signing in: a page of the fleet and nowhere else."""
    parts = urlsplit(wanted)
    is_ours = parts.path == HOME or parts.path.startswith(f"{HOME}/")
    if parts.scheme or parts.netloc or not is_ours or "\\" in wanted or not wanted.isprintable():
        return HOME
    return quote(parts.path) + (f"?{parts.query}" if parts.query else "")


def _language(request: Request) -> str:
    return language_of(
        request.query_params.get("lang", ""),
        request.cookies.get(LANGUAGE_COOKIE, ""),
        request.headers.get("Accept-Language", ""),
    )


def _set_cookie(
    request: Request, response: Response, name: str, value: str, max_age: int | None = None
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        path=HOME,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


def _finished(request: Request, response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    asked = request.query_params.get("lang", "")
    if asked in LANGUAGES:
        _set_cookie(request, response, LANGUAGE_COOKIE, asked, _YEAR_S)
    return response


async def _form_of(request: Request) -> Form:
    body = await bounded_body(request, FORM_BYTES_MOST)
    try:
        fields = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=FIELDS_MOST)
    except ValueError as trouble:
        raise RefusedError(400, "unreadable_form", "not the fields of a form") from trouble
    return Form(tuple(fields))
