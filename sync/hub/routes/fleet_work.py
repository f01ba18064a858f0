"""The fleet page's work: exceptions, quarantined lines, statements; what settling means, `settling` says."""

from __future__ import annotations

import base64
from typing import Any, Final
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sync.hub.database import Database
from sync.hub.doubts.lists import PAGE_ROWS, Sought, exceptions, quarantined
from sync.hub.doubts.settling import (
    NOTE_MOST_CHARS,
    LineKey,
    exception_key,
    line_key,
    one_line,
    settle_exceptions,
    settle_lines,
)
from sync.hub.fleet.pages import labels as words
from sync.hub.fleet.pages.words import Speech, readable
from sync.hub.fleet.statements import days_of, make_statement, one_statement, read_content, signed_file
from sync.hub.fleet.store_labels import StoreLabels
from sync.hub.intake.reread import read_again, why_unreadable
from sync.hub.routes.fleet_door import HOME, Answer, Door, Form, MissingError, Visit

REFRESH_S: Final = 10
SHOWN_BYTES_MOST: Final = 100_000


class FleetWorkRoutes:
    """Pages to work with."""

    def __init__(self, database: Database, door: Door, labels: StoreLabels) -> None:
        self._database = database
        self._door = door
        self._labels = labels

    def table(self) -> list[Route]:
        """The routes."""
        page, act = self._door.page, self._door.act
        statements_path = f"{HOME}/stores/{{store_id}}/statements"
        return [
            Route(f"{HOME}/exceptions", page(self._exceptions), methods=["GET"]),
            Route(f"{HOME}/exceptions/settle", act(self._settle_exceptions), methods=["POST"]),
            Route(f"{HOME}/quarantine", page(self._quarantine), methods=["GET"]),
            Route(f"{HOME}/quarantine/line", page(self._line), methods=["GET"]),
            Route(f"{HOME}/quarantine/line/bytes", page(self._bytes), methods=["GET"]),
            Route(f"{HOME}/quarantine/settle", act(self._settle_lines), methods=["POST"]),
            Route(f"{HOME}/quarantine/read", act(self._read_again), methods=["POST"]),
            Route(statements_path, act(self._make_statement), methods=["POST"]),
            Route(f"{statements_path}/{{statement_id}}", page(self._statement), methods=["GET"]),
            Route(f"{statements_path}/{{statement_id}}/file", page(self._statement_file), methods=["GET"]),
        ]

    # ------------------------------------------------------------------ exceptions
    def _exceptions(self, visit: Visit) -> Answer:
        sought = _sought(visit)
        with self._database.reading() as connection:
            self._labels.read(connection)
            rows, total = exceptions(connection, sought)
        return "exceptions.html", {
            **_list_values("exceptions", sought, rows, total),
            "kind": sought.kind,
            "sort": "worst" if sought.worst_first else "newest",
            "sorts": words.EXCEPTION_SORTS,
            "stores": {one.store_id: self._labels.of(one.store_id, visit.language) for one in rows},
            "kinds": words.EXCEPTION_KINDS,
            "advice": words.EXCEPTION_ADVICE,
        }

    def _settle_exceptions(self, visit: Visit, form: Form) -> Response:
        keys = [key for key in map(exception_key, form.all("key")) if key is not None]
        note = form.text("note", NOTE_MOST_CHARS)
        back = f"{HOME}/exceptions"
        if not keys or not note:
            return _back(back, "note" if keys else "nothing")
        count = self._database.write(
            lambda connection: settle_exceptions(
                connection, keys, who=visit.session.name, note=note, now_ms=visit.now_ms
            )
        )
        return _back(back, "settled" if count else "gone")

    # ------------------------------------------------------------------ quarantine
    def _quarantine(self, visit: Visit) -> Answer:
        sought = _sought(visit)
        with self._database.reading() as connection:
            rows, total = quarantined(connection, sought)
        return "quarantine.html", _list_values("quarantine", sought, rows, total)

    def _line(self, visit: Visit) -> Answer:
        key = _key_of(visit.query.get("key", ""))
        with self._database.reading() as connection:
            found = one_line(connection, key)
        if found is None:
            raise MissingError
        line, content = found
        zone = self._labels.of(line.store_id, visit.language).time_zone
        is_tried = visit.query.get("done") == "unreadable"
        return "line.html", {
            "here": "quarantine",
            "speech": Speech(visit.language, zone),
            "line": line,
            "shown": readable(content[:SHOWN_BYTES_MOST]),
            "is_cut": len(content) > SHOWN_BYTES_MOST,
            "why_not": why_unreadable(key, content) if is_tried else "",
            "outcomes": words.OUTCOMES,
        }

    def _bytes(self, visit: Visit) -> Answer:
        key = _key_of(visit.query.get("key", ""))
        with self._database.reading() as connection:
            found = one_line(connection, key)
        if found is None:
            raise MissingError
        name = f"{key[0]}-{key[1]}-{key[2]}-{key[3]}.bin"
        return _file(found[1], name, "application/octet-stream")

    def _settle_lines(self, visit: Visit, form: Form) -> Response:
        keys = [key for key in map(line_key, form.all("key")) if key is not None]
        note = form.text("note", NOTE_MOST_CHARS)
        back = f"{HOME}/quarantine"
        if not keys or not note:
            return _back(back, "note" if keys else "nothing")
        count = self._database.write(
            lambda connection: settle_lines(
                connection, keys, who=visit.session.name, note=note, now_ms=visit.now_ms
            )
        )
        return _back(back, "settled" if count else "gone")

    def _read_again(self, visit: Visit, form: Form) -> Response:
        handle = form.text("key")
        key = _key_of(handle)
        outcome = self._database.write(
            lambda connection: read_again(connection, key, who=visit.session.name, now_ms=visit.now_ms)
        )
        if outcome == "missing":
            raise MissingError
        return _back(f"{HOME}/quarantine/line?key={quote(handle)}", outcome)

    # ------------------------------------------------------------------ statements
    def _make_statement(self, visit: Visit, form: Form) -> Response:
        store_id = visit.places["store_id"]
        days = days_of(form.text("first_day"), form.text("last_day"))
        with self._database.reading() as connection:
            self._labels.read(connection)
        if days is None or not self._labels.knows(store_id):
            raise MissingError
        statement_id = self._database.write(
            lambda connection: make_statement(
                connection,
                store_id,
                days,
                hub_id=self._database.feed_id,
                who=visit.session.name,
                now_ms=visit.now_ms,
            )
        )
        return _back(f"{HOME}/stores/{quote(store_id)}/statements/{quote(statement_id)}")

    def _statement(self, visit: Visit) -> Answer:
        store_id, statement_id = visit.places["store_id"], visit.places["statement_id"]
        with self._database.reading() as connection:
            self._labels.read(connection)
            made = one_statement(connection, store_id, statement_id)
        if made is None:
            raise MissingError
        label = self._labels.of(store_id, visit.language)
        return "statement.html", {
            "here": "stores",
            "speech": Speech(visit.language, label.time_zone),
            "store_id": store_id,
            "store_name": label.name,
            "statement_id": statement_id,
            "said": read_content(made.content),
            "made_by": made.made_by,
            "key_id": made.key_id,
            "signature": base64.urlsafe_b64encode(made.signature).rstrip(b"=").decode(),
            "reasons": words.REASONS,
            "parties": words.PARTIES,
        }

    def _statement_file(self, visit: Visit) -> Answer:
        store_id, statement_id = visit.places["store_id"], visit.places["statement_id"]
        with self._database.reading() as connection:
            made = one_statement(connection, store_id, statement_id)
            if made is None:
                raise MissingError
            content = signed_file(connection, made)
        return _file(content, f"statement-{store_id}-{made.last_day}.json", "application/json")


def _sought(visit: Visit) -> Sought:
    return Sought(
        is_settled=visit.query.get("state") == "settled",
        text=visit.query.get("q", "").strip(),
        store_id=visit.query.get("store", "").strip(),
        kind=visit.query.get("kind", ""),
        page=visit.page_no(),
        worst_first=visit.query.get("sort", "worst") == "worst",
    )


def _list_values(here: str, sought: Sought, rows: Any, total: int) -> dict[str, Any]:
    return {
        "here": here,
        "refresh_s": REFRESH_S,
        "rows": rows,
        "total": total,
        "page_rows": PAGE_ROWS,
        "text": sought.text,
        "store_id": sought.store_id,
        "state": "settled" if sought.is_settled else "",
        "outcomes": words.OUTCOMES,
    }


def _key_of(handle: str) -> LineKey:
    key = line_key(handle)
    if key is None:
        raise MissingError
    return key


def _back(address: str, done: str = "") -> Response:
    if done:
        address += ("&" if "?" in address else "?") + f"done={done}"
    return RedirectResponse(address, 303)


def _file(content: bytes, name: str, media_type: str) -> Response:
    safe = "".join(one if one.isascii() and (one.isalnum() or one in "-_.") else "_" for one in name)
    headers = {"Content-Disposition": f'attachment; filename="{safe}"'}
    return Response(content, 200, headers, media_type=media_type)
