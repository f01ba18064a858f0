"""The fleet page's members, coupons, points and offline limits; what is done with a member is on record."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sync.hub.database import Database
from sync.hub.doubts.record import put_on_record
from sync.hub.fleet.member_reading import level_names, member_values
from sync.hub.fleet.pages import member_labels as words
from sync.hub.fleet.store_labels import StoreLabels
from sync.hub.goods.store_facts import all_stores
from sync.hub.loyalty.leases import exposure, leases_out
from sync.hub.loyalty.member_admin import block, revoke_codes, unblock
from sync.hub.loyalty.member_privacy import erase_member, export_member
from sync.hub.loyalty.members import MemberError, found_members, known_member
from sync.hub.loyalty.points_acts import adjust_points
from sync.hub.loyalty.points_reading import months, sums
from sync.hub.routes.fleet_door import HOME, Answer, Door, Form, MissingError, Visit

MEMBERS: Final = f"{HOME}/members"
_REASON_MOST_CHARS: Final = 300
_POINTS_MOST_CHARS: Final = 11

#: What is done with a member: (connection, member id, who, reason, time).
Act = Callable[[Connection, str, str, str, int], object]


def _block(connection: Connection, member_id: str, who: str, reason: str, now_ms: int) -> object:
    return block(connection, member_id, who=who, reason=reason, now_ms=now_ms)


def _unblock(connection: Connection, member_id: str, who: str, reason: str, now_ms: int) -> object:
    return unblock(connection, member_id, who=who, reason=reason, now_ms=now_ms)


def _revoke(connection: Connection, member_id: str, who: str, reason: str, now_ms: int) -> object:
    return revoke_codes(connection, member_id, who=who, reason=reason, now_ms=now_ms)


#: By the last part of the address: the act, its name on record, what the page says then.
_ACTS: Final[dict[str, tuple[Act, str, str]]] = {
    "block": (_block, "member_block", "blocked"),
    "unblock": (_unblock, "member_unblock", "unblocked"),
    "revoke": (_revoke, "member_revoke", "revoked"),
}


class FleetMemberRoutes:
    """Pages about members and what is theirs."""

    def __init__(self, database: Database, door: Door, labels: StoreLabels) -> None:
        self._database = database
        self._door = door
        self._labels = labels

    def table(self) -> list[Route]:
        """The routes."""
        page, act = self._door.page, self._door.act
        one = f"{MEMBERS}/{{member_id}}"
        return [
            Route(MEMBERS, page(self._members), methods=["GET"]),
            Route(one, page(self._member), methods=["GET"]),
            Route(f"{one}/points", act(self._adjust), methods=["POST"]),
            Route(f"{one}/export", act(self._export), methods=["POST"]),
            Route(f"{one}/erase", act(self._erase), methods=["POST"]),
            Route(f"{one}/{{act}}", act(self._act), methods=["POST"]),
            Route(f"{HOME}/points", page(self._points), methods=["GET"]),
            Route(f"{HOME}/leases", page(self._leases), methods=["GET"]),
        ]

    # ------------------------------------------------------------------ to look at
    def _members(self, visit: Visit) -> Answer:
        by, text = visit.query.get("by", "phone"), visit.query.get("q", "").strip()
        by = by if by in words.FIND_BY else "phone"
        with self._database.reading() as connection:
            found, more = found_members(connection, by, text) if text else ((), False)
            levels = level_names(connection, visit.language, all_stores(connection))
        return "members.html", {
            "here": "members",
            "by": by,
            "text": text,
            "rows": found,
            "more": more,
            "levels": levels,
            "find_by": words.FIND_BY,
            "states": words.MEMBER_STATES,
        }

    def _member(self, visit: Visit) -> Answer:
        with self._database.reading() as connection:
            try:
                values = member_values(connection, visit.places["member_id"])
            except MemberError as trouble:
                raise MissingError from trouble
            values["levels"] = level_names(connection, visit.language, all_stores(connection))
        return "member.html", values | {
            "here": "members",
            "trouble": words.TROUBLES.get(visit.query.get("trouble", ""), ""),
            "states": words.MEMBER_STATES,
            "coupon_states": words.COUPON_STATES,
            "points_kinds": words.POINTS_KINDS,
            "history_words": words.HISTORY,
        }

    def _points(self, _visit: Visit) -> Answer:
        with self._database.reading() as connection:
            return "points.html", {"here": "members", "sums": sums(connection), "months": months(connection)}

    def _leases(self, visit: Visit) -> Answer:
        with self._database.reading() as connection:
            self._labels.read(connection)
            leases = leases_out(connection, visit.now_ms)
            currencies = {one.store_id: one.currency for one in all_stores(connection)}
            worst = []
            for store_id in dict.fromkeys(one.store_id for one in leases):
                out = exposure(connection, store_id, visit.now_ms)
                name = self._labels.of(store_id, visit.language).name
                currency = currencies.get(store_id, "CNY")
                tills = sorted({terminal_id for terminal_id, _kind in out.by_terminal})
                each = [(one, out.minor(one)) for one in tills]
                worst.append((store_id, name, out.minor(), currency, each))
        return "leases.html", {
            "here": "members",
            "leases": [(one, currencies.get(one.store_id, "CNY")) for one in leases],
            "worst": worst,
            "lease_kinds": words.LEASE_KINDS,
            "lease_states": words.LEASE_STATES,
        }

    # ------------------------------------------------------------------ to do
    def _done(self, visit: Visit, act: str, done: str, reason: str, work: Act) -> Response:
        """Do something with a member, on record; back to their page with what came of it."""
        who = visit.session.name

        def both(connection: Connection) -> str:
            member_id = known_member(connection, visit.places["member_id"]).member_id
            work(connection, member_id, who, reason, visit.now_ms)
            put_on_record(
                connection, "", who=who, act=act, subject=member_id, note=reason, now_ms=visit.now_ms
            )
            return member_id

        try:
            member_id = self._database.write(both)
        except MemberError as trouble:
            return _back(visit.places["member_id"], trouble=trouble.word)
        return _back(member_id, done=done)

    def _act(self, visit: Visit, form: Form) -> Response:
        found = _ACTS.get(visit.places["act"])
        if found is None:
            raise MissingError
        work, act, done = found
        return self._done(visit, act, done, form.text("note", _REASON_MOST_CHARS), work)

    def _adjust(self, visit: Visit, form: Form) -> Response:
        points = _number(form.text("points", _POINTS_MOST_CHARS))

        def adjust(connection: Connection, member_id: str, who: str, reason: str, now_ms: int) -> object:
            return adjust_points(connection, member_id, points, who=who, reason=reason, now_ms=now_ms)

        return self._done(visit, "points_adjust", "adjusted", form.text("note", _REASON_MOST_CHARS), adjust)

    def _erase(self, visit: Visit, form: Form) -> Response:
        if form.text("confirm").upper() != visit.places["member_id"].upper():
            return _back(visit.places["member_id"], trouble="confirm")

        def erase(connection: Connection) -> str:
            who, now_ms = visit.session.name, visit.now_ms
            member_id = erase_member(connection, visit.places["member_id"], who=who, now_ms=now_ms)
            put_on_record(connection, "", who=who, act="member_erase", subject=member_id, now_ms=now_ms)
            return member_id

        try:
            self._database.write(erase)
        except MemberError as trouble:
            raise MissingError from trouble
        return RedirectResponse(f"{MEMBERS}?done=erased", 303)

    def _export(self, visit: Visit, _form: Form) -> Response:
        def export(connection: Connection) -> dict[str, Any]:
            told = export_member(connection, visit.places["member_id"], visit.now_ms)
            subject, who = told["member"]["member_id"], visit.session.name
            put_on_record(connection, "", who=who, act="member_export", subject=subject, now_ms=visit.now_ms)
            return told

        try:
            told = self._database.write(export)
        except MemberError as trouble:
            raise MissingError from trouble
        body = json.dumps(told, ensure_ascii=False, indent=2).encode()
        name = f"member-{told['member']['member_id']}.json"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(body, 200, headers, media_type="application/json")


def _number(text: str) -> int:
    """A whole number as it was typed; 0, which is no number of points, for what is none."""
    plain = text.replace("−", "-").replace(",", "")
    digits = plain.removeprefix("-").removeprefix("+")
    return int(plain) if digits.isascii() and digits.isdigit() else 0


def _back(member_id: str, **query: str) -> Response:
    said = "&".join(f"{name}={quote(value)}" for name, value in query.items())
    return RedirectResponse(f"{MEMBERS}/{quote(member_id)}?{said}", 303)
