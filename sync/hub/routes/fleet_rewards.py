"""The fleet page's coupon batches, gift cards and loyalty programme: to look at, and to do what a person may.

What is done is on record. A form that gives something away brings a key of its own, so that a button that is
pressed twice gives once. Codes of bearers' coupons leave as a file and are shown on no page.
"""

from __future__ import annotations

import csv
import io
import json
import re
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from posapp.domain.members.gift_numbers import gift_number
from posapp.domain.money import parse_amount
from sync.hub.database import Database
from sync.hub.doubts.record import put_on_record
from sync.hub.fleet.pages import member_labels as words
from sync.hub.goods.promotion_files import currencies_of
from sync.hub.goods.store_facts import all_stores
from sync.hub.loyalty.asked_once import once
from sync.hub.loyalty.coupon_issue import (
    CouponError,
    all_batches,
    issue_coupons,
    put_checked_batch,
    void_coupons,
)
from sync.hub.loyalty.coupons import Batch
from sync.hub.loyalty.gift_cards import card_of, entries_of, set_blocked
from sync.hub.loyalty.gift_issue import outstanding
from sync.hub.loyalty.member_codes import coupon_code
from sync.hub.loyalty.members import MemberError
from sync.hub.loyalty.programme_admin import ProgrammeError, put_programme, read_programme, written_out
from sync.hub.loyalty.programme_rows import stored_programme
from sync.hub.routes.fleet_door import HOME, Answer, Door, Form, MissingError, Visit

COUPONS: Final = f"{HOME}/coupons"
GIFT_CARDS: Final = f"{HOME}/gift-cards"
PROGRAMME: Final = f"{HOME}/programme"
ISSUE_MOST: Final = 2_000
_TEXT_MOST_CHARS: Final = 100_000
_DEFAULT_CURRENCY: Final = "CNY"
_BATCH_FIELDS: Final = ("batch", "name_zh_CN", "name_en", "value", "store", "until", "reissue_days")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class FleetRewardRoutes:
    """Pages about what shoppers are given."""

    def __init__(self, database: Database, door: Door) -> None:
        self._database = database
        self._door = door

    def table(self) -> list[Route]:
        """The routes."""
        page, act = self._door.page, self._door.act
        return [
            Route(COUPONS, page(self._coupons), methods=["GET"]),
            Route(f"{COUPONS}/batch", act(self._put_batch), methods=["POST"]),
            Route(f"{COUPONS}/issue", act(self._issue), methods=["POST"]),
            Route(f"{COUPONS}/void", act(self._void), methods=["POST"]),
            Route(GIFT_CARDS, page(self._gift_cards), methods=["GET"]),
            Route(f"{GIFT_CARDS}/{{act}}", act(self._block_card), methods=["POST"]),
            Route(PROGRAMME, page(self._programme), methods=["GET"]),
            Route(PROGRAMME, act(self._put_programme), methods=["POST"]),
        ]

    # ------------------------------------------------------------------ coupons
    def _coupons(self, visit: Visit) -> Answer:
        return "coupons.html", self._coupon_values(visit)

    def _coupon_values(self, visit: Visit, **said: Any) -> dict[str, Any]:
        with self._database.reading() as connection:
            batches, stores = all_batches(connection), all_stores(connection)
        return {
            "here": "members",
            "batches": batches,
            "stores": [one.store_id for one in stores],
            "coupon_states": words.COUPON_STATES,
            "typed": dict.fromkeys(_BATCH_FIELDS, "") | {"reissue_days": "7"},
            "trouble": words.TROUBLES.get(visit.query.get("trouble", ""), ""),
            "left": visit.query.get("left", ""),
            "key": secrets.token_hex(16),
            "issue_most": ISSUE_MOST,
        } | said

    def _put_batch(self, visit: Visit, form: Form) -> Response:
        typed = {name: form.text(name, 100) for name in _BATCH_FIELDS}

        def put(connection: Connection) -> None:
            batch = _batch(connection, typed)
            put_checked_batch(connection, batch, who=visit.session.name, now_ms=visit.now_ms)
            _record(connection, visit, "coupon_batch", batch.batch)

        try:
            self._database.write(put)
        except CouponError as trouble:
            said = words.TROUBLES.get(trouble.word, words.TROUBLES["other"])
            values = self._coupon_values(visit, typed=typed, trouble=said)
            return self._door.shown(visit, "coupons.html", values, status=400)
        return _to(COUPONS, done="batch")

    def _issue(self, visit: Visit, form: Form) -> Response:
        batch, who = form.text("batch", 64), visit.session.name
        members = form.text("members", _TEXT_MOST_CHARS).upper().replace(",", " ").split()
        count = _whole(form.text("count", 6))
        wanted = [("", one) for one in members] + [("", "")] * (count or 0)
        if count is None or not 0 < len(wanted) <= ISSUE_MOST:
            return _to(COUPONS, trouble="bad_count")

        def issue(connection: Connection) -> list[tuple[str, str]]:
            def work() -> bytes:
                ids = issue_coupons(connection, batch, wanted, who=who, now_ms=visit.now_ms)
                _record(connection, visit, "coupon_issue", batch, str(len(ids)))
                return json.dumps(ids).encode()

            asked = json.dumps([batch, wanted]).encode()
            known = once(connection, who, f"page-{form.text('key', 64)}", asked, work, now_ms=visit.now_ms)
            return [(one, coupon_code(connection, one)) for one in json.loads(known)]

        try:
            issued = self._database.write(issue)
        except (CouponError, MemberError) as trouble:
            return _to(COUPONS, trouble=trouble.word if trouble.word in words.TROUBLES else "other")
        return _as_file(f"coupons-{visit.now_ms // 1000}.csv", ("coupon", "code"), issued)

    def _void(self, visit: Visit, form: Form) -> Response:
        ids = form.text("coupons", _TEXT_MOST_CHARS).replace(",", " ").split()
        if not 0 < len(ids) <= ISSUE_MOST:
            return _to(COUPONS, trouble="bad_count")

        def void(connection: Connection) -> list[str]:
            refused = void_coupons(connection, ids, who=visit.session.name, now_ms=visit.now_ms)
            for one in dict.fromkeys(ids):
                if one not in refused:
                    _record(connection, visit, "coupon_void", one)
            return list(refused)

        left = self._database.write(void)
        if left:
            return _to(COUPONS, trouble="left", left=", ".join(left)[:150])
        return _to(COUPONS, done="voided")

    # ------------------------------------------------------------------ gift cards
    def _gift_cards(self, visit: Visit) -> Answer:
        asked = visit.query.get("card", "").strip()
        with self._database.reading() as connection:
            card = card_of(connection, _card_id(asked)) if asked else None
            entries = entries_of(connection, card.card_id) if card is not None else []
            owed = outstanding(connection)
        return "gift_cards.html", {
            "here": "members",
            "asked": asked,
            "card": card,
            "entries": entries,
            "owed": owed,
            "states": words.GIFT_STATES,
            "kinds": words.GIFT_KINDS,
        }

    def _block_card(self, visit: Visit, form: Form) -> Response:
        act = visit.places["act"]
        if act not in ("block", "unblock"):
            raise MissingError
        card_id = form.text("card", 64)

        def block(connection: Connection) -> bool:
            found = set_blocked(connection, card_id, blocked=act == "block", now_ms=visit.now_ms)
            if found is not None:
                _record(connection, visit, f"gift_{act}", card_id, form.text("note", 300))
            return found is not None

        if not self._database.write(block):
            raise MissingError
        return _to(GIFT_CARDS, card=card_id, done=f"gift_{act}")

    # ------------------------------------------------------------------ the programme
    def _programme(self, visit: Visit) -> Answer:
        return "programme.html", self._programme_values()

    def _programme_values(self) -> dict[str, Any]:
        with self._database.reading() as connection:
            stored, stores = stored_programme(connection), all_stores(connection)
        told = written_out(stored, stores[0].currency if stores else _DEFAULT_CURRENCY)
        return {
            "here": "members",
            "document": json.dumps(told, ensure_ascii=False, indent=2),
            "rev": stored.rev,
            "changed_at_ms": stored.changed_at_ms,
            "is_on": told.get("is_on", True),
            "problems": (),
        }

    def _put_programme(self, visit: Visit, form: Form) -> Response:
        text = form.text("document", 256 * 1024)

        def put(connection: Connection) -> bool:
            document = read_programme(text.encode(), currencies_of(all_stores(connection)))
            done = put_programme(connection, document, visit.now_ms)
            if done.is_changed:
                _record(connection, visit, "programme_put", str(done.rev))
            return done.is_changed

        try:
            is_changed = self._database.write(put)
        except ProgrammeError as trouble:
            values = self._programme_values() | {"document": text, "problems": trouble.problems[:20]}
            return self._door.shown(visit, "programme.html", values, status=400)
        return _to(PROGRAMME, done="programme" if is_changed else "unchanged")


def _batch(connection: Connection, typed: dict[str, str]) -> Batch:
    """A batch as it was typed; raises CouponError with the word of what is no part of one."""
    currencies = {one.store_id: one.currency for one in all_stores(connection)}
    store_id = typed["store"]
    currency = currencies.get(store_id) or next(iter(sorted(set(currencies.values()))), _DEFAULT_CURRENCY)
    value_minor = parse_amount(typed["value"] or "0", currency)
    if value_minor is None:
        raise CouponError("bad_value", "the value is no amount")
    days = _whole(typed["reissue_days"])
    if days is None:
        raise CouponError("bad_days", "days are a whole number")
    names = {language: typed[f"name_{language}"] for language in ("zh_CN", "en") if typed[f"name_{language}"]}
    return Batch(typed["batch"], names, value_minor, store_id, _end_ms(typed["until"]), days)


def _end_ms(day: str) -> int:
    if not day:
        return 0
    try:
        if not _DAY.fullmatch(day):
            raise ValueError(day)
        after = datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(days=1)
    except (ValueError, OverflowError) as trouble:
        raise CouponError("bad_day", "the last day is no day") from trouble
    return max(0, int(after.timestamp()) * 1000)


def _whole(text: str) -> int | None:
    return int(text or "0") if not text or (text.isascii() and text.isdigit()) else None


def _card_id(text: str) -> str:
    return gift_number(text) or text


def _record(connection: Connection, visit: Visit, act: str, subject: str, note: str = "") -> None:
    who = visit.session.name
    put_on_record(connection, "", who=who, act=act, subject=subject, note=note, now_ms=visit.now_ms)


def _as_file(name: str, titles: Sequence[str], rows: Sequence[Sequence[str]]) -> Response:
    made = io.StringIO()
    csv.writer(made, lineterminator="\n").writerows([titles, *rows])
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(made.getvalue(), 200, headers, media_type="text/csv; charset=utf-8")


def _to(path: str, **query: str) -> Response:
    return RedirectResponse(f"{path}?{urlencode(query)}", 303)
