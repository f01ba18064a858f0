"""Commands about members: put them from a file, find, show, block, export, erase, print today's code."""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from posapp.domain.pricing.documents.strict_json import read_strictly
from sync.hub.commands.shared import CommandError, add_database, opened
from sync.hub.database import Database, count_anew
from sync.hub.doubts.record import put_on_record
from sync.hub.goods.shop_admin import store_ids
from sync.hub.loyalty.joining import merge
from sync.hub.loyalty.member_admin import PutMember, block, revoke_codes, unblock
from sync.hub.loyalty.member_changes import Told
from sync.hub.loyalty.member_codes import CODES_MOST, member_codes
from sync.hub.loyalty.member_import import PAGE, add_stores, put_members
from sync.hub.loyalty.member_privacy import erase_member, export_member
from sync.hub.loyalty.member_stream import member_body, refresh_members
from sync.hub.loyalty.members import MemberError, found_members, known_member, stores_of
from sync.hub.schema.feeds import FEED_ROW
from sync.hub.schema.members import MEMBER_STORE
from sync.hub.serving.embedded import system_now_ms

WHO: Final = "poshub"
COLUMNS: Final = ("member_id", "external_id", "phone", "name", "level", "tags", "cards", "consents")
_FIND_BY: Final = ("id", "phone", "card", "name", "tail")


def add(commands: Any) -> None:
    """Add these commands to a parser's."""
    text = "Members: put, find, show, block, export and erase them, and print their codes."
    actions = commands.add_parser("member", help=text, description=text).add_subparsers(
        required=True, metavar="ACTION"
    )
    text = "Make and change members from a CSV or JSON file; none while one of them is wrong."
    putting = add_database(actions.add_parser("import", help=text, description=text), store=False)
    putting.add_argument("file", type=Path, help=f"columns: {', '.join(COLUMNS)}; lists with ; between")
    putting.add_argument(
        "--store", action="append", default=[], help="whose tills know them from now on; several times"
    )
    putting.set_defaults(run=_import)
    text = "Find members by a phone, card, name, the last four digits of a phone, or an id."
    finding = add_database(actions.add_parser("find", help=text, description=text), store=False)
    finding.add_argument("text")
    finding.add_argument("--by", choices=_FIND_BY, default="phone")
    finding.set_defaults(run=_find)
    for name, run, text in (
        ("show", _show, "Print a member as tills know them, and which stores' tills do."),
        ("export", _export, "Print everything about one member as JSON."),
    ):
        one = add_database(actions.add_parser(name, help=text, description=text), store=False)
        one.add_argument("id", metavar="ID")
        one.set_defaults(run=run)
    text = "Print a member's code of this minute, and those after it."
    coding = add_database(actions.add_parser("code", help=text, description=text), store=False)
    coding.add_argument("id", metavar="ID")
    coding.add_argument("--count", type=int, default=1, help="codes one after the other (default: 1)")
    coding.add_argument("--qr", type=Path, metavar="FILE", help="draw the first as a QR code: .png or .svg")
    coding.set_defaults(run=_code)
    text = "Erase what leads to a person, here and at every till; sums stay by the id. Cannot be undone."
    erasing = add_database(actions.add_parser("erase", help=text, description=text), store=False)
    erasing.add_argument("id", metavar="ID")
    erasing.add_argument("--yes", action="store_true", help="it is meant")
    erasing.set_defaults(run=_erase)
    text = "Make two members one; the first keeps its id, and the other leads to it."
    merging = add_database(actions.add_parser("merge", help=text, description=text), store=False)
    merging.add_argument("id", metavar="ID")
    merging.add_argument("other", metavar="OTHER")
    merging.set_defaults(run=_merge)
    for name, work, text in (
        ("block", block, "Let a member spend nothing and show no code, in any store."),
        ("unblock", unblock, "Let a blocked member be one like others again."),
        ("revoke", revoke_codes, "Take back every code that was handed out to a member's app."),
    ):
        acting = add_database(actions.add_parser(name, help=text, description=text), store=False)
        acting.add_argument("id", metavar="ID")
        acting.add_argument("--reason", default="", help="goes on record; no names, please")
        acting.set_defaults(run=_act, work=work, act=f"member_{name}")


def _written(database: Database, work: Callable[[Connection], Any]) -> Any:
    try:
        return database.write(work)
    except MemberError as trouble:
        raise CommandError(f"{trouble}; nothing was changed") from trouble


def record(connection: Connection, act: str, subject: str, now_ms: int, note: str = "") -> None:
    """Put on record what a command did."""
    put_on_record(connection, "", who=WHO, act=act, subject=subject, note=note, now_ms=now_ms)


# ------------------------------------------------------------------ import
def _import(options: argparse.Namespace) -> int:
    told = read_members(options.file.name, options.file.read_bytes())
    now_ms = system_now_ms()

    def put(connection: Connection) -> list[PutMember]:
        wrong = sorted(set(options.store) - set(store_ids(connection)))
        if wrong:
            raise MemberError("unknown_store", f"there is no store {wrong[0]!r}")
        done = put_members(connection, told, who=WHO, now_ms=now_ms)
        add_stores(connection, options.store, [one.member_id for one in done], now_ms)
        record(connection, "member_put", "", now_ms, note=str(len(done)))
        return done

    with opened(options) as database:
        done = _written(database, put)
        if options.store:
            _tell_stores(database, [one.member_id for one in done], now_ms)
    fates = [one.fate for one in done]
    print(", ".join(f"{fate}: {fates.count(fate)}" for fate in ("made", "changed", "unchanged")))
    return 0


def _tell_stores(database: Database, member_ids: Sequence[str], now_ms: int) -> None:
    """Write the rows of the stores' streams page by page, so that no till's sale waits for a long list."""
    for start in range(0, len(member_ids), PAGE):
        page = member_ids[start : start + PAGE]
        database.write(partial(refresh_members, member_ids=page, now_ms=now_ms))
        if start == 0 and len(member_ids) > PAGE:
            database.write(lambda connection: count_anew(connection, FEED_ROW, MEMBER_STORE))


def read_members(name: str, data: bytes) -> list[Told]:
    """Members of a CSV or JSON file; raises CommandError with each wrong line."""
    try:
        text = data.decode("utf-8-sig")
        rows = read_strictly(text) if name.endswith(".json") else _csv_rows(text)
    except UnicodeDecodeError as trouble:
        raise CommandError(f"{name} is not UTF-8 from byte {trouble.start}: save it as UTF-8") from trouble
    except ValueError as trouble:
        raise CommandError(f"{name}: {trouble}") from trouble
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise CommandError(f"{name}: a list of members is wanted, each a table of: {', '.join(COLUMNS)}")
    problems: list[str] = []
    told = [_told(row, f"{name}, member {place}", problems) for place, row in enumerate(rows, 1)]
    if problems:
        raise CommandError("\n".join([*problems[:50], "nothing was put"]))
    return told


def _csv_rows(text: str) -> list[dict[str, Any]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    rows: list[dict[str, Any]] = []
    try:
        for row in reader:
            given = {key: value for key, value in row.items() if key is not None and value}
            for key in ("tags", "cards"):
                if key in given:
                    given[key] = [part.strip() for part in given[key].split(";") if part.strip()]
            if "consents" in given:
                parts = (part.partition("=") for part in given["consents"].split(";"))
                given["consents"] = {key.strip(): value.strip() for key, _, value in parts}
            rows.append(given)
    except csv.Error as trouble:
        raise ValueError(f"line {reader.line_num}: {trouble}") from trouble
    return rows


def _told(row: dict[str, Any], place: str, problems: list[str]) -> Told:
    unknown = sorted(set(row) - {*COLUMNS, "is_linked"})
    if unknown:
        problems.append(f"{place}: {unknown[0]!r} is nothing of a member; known are {', '.join(COLUMNS)}")
    texts = {key: row.get(key) for key in ("external_id", "phone", "name", "level")}
    lists = {key: row.get(key) for key in ("tags", "cards")}
    is_fine = all(
        value is None or isinstance(value, str) for value in (*texts.values(), row.get("member_id"))
    )
    for value in lists.values():
        is_fine = is_fine and (value is None or (isinstance(value, list) and _all_texts(value)))
    consents, is_linked = row.get("consents"), row.get("is_linked")
    is_fine = is_fine and (consents is None or (isinstance(consents, dict) and _all_texts(consents.values())))
    if not is_fine or not (is_linked is None or isinstance(is_linked, bool)):
        problems.append(f"{place}: tags and cards are lists of texts, consents a table, all else is text")
        return Told()
    tags, cards = lists["tags"], lists["cards"]
    return Told(
        member_id=row.get("member_id") or "",
        consents=consents,
        is_linked=is_linked,
        tags=None if tags is None else tuple(tags),
        cards=None if cards is None else tuple(cards),
        **texts,
    )


def _all_texts(values: Any) -> bool:
    return all(isinstance(value, str) for value in values)


# ------------------------------------------------------------------ one member
def _find(options: argparse.Namespace) -> int:
    with opened(options) as database, database.reading() as connection:
        found, more = found_members(connection, options.by, options.text)
    for one in found:
        print(f"{one.member_id}  {one.name}  {one.phone}  {one.level}  {one.status}".rstrip())
    if not found:
        raise CommandError(f"nobody is found by this {options.by}; --by says by what to look")
    if more:
        print("there are more; say more of it", file=sys.stderr)
    return 0


def _show(options: argparse.Namespace) -> int:
    now_ms = system_now_ms()
    with opened(options) as database, database.reading() as connection:
        try:
            member = known_member(connection, options.id)
        except MemberError as trouble:
            raise CommandError(str(trouble)) from trouble
        body = member_body(connection, member.member_id, now_ms)
        stores = stores_of(connection, member.member_id)
    if body is None:
        raise CommandError(f"there is no member {options.id!r}")
    for name in ("member_id", "name", "phone_tail", "level", "points", "pending", "orders_before"):
        print(f"{name:14} {getattr(body, name)}")
    print(f"{'tags':14} {', '.join(body.tags)}")
    print(f"{'coupons':14} {', '.join(f'{one.coupon_id} ({one.batch})' for one in body.coupons)}")
    print(f"{'state':14} {member.status}")
    print(f"{'stores':14} {', '.join(stores)}")
    return 0


def _export(options: argparse.Namespace) -> int:
    now_ms = system_now_ms()

    def export(connection: Connection) -> dict[str, Any]:
        told = export_member(connection, options.id, now_ms)
        record(connection, "member_export", told["member"]["member_id"], now_ms)
        return told

    with opened(options) as database:
        told = _written(database, export)
    print(json.dumps(told, ensure_ascii=False, indent=2))
    return 0


def _code(options: argparse.Namespace) -> int:
    if not 1 <= options.count <= CODES_MOST:
        raise CommandError(f"--count is from 1 to {CODES_MOST}")
    now_ms = system_now_ms()
    with opened(options) as database:
        codes = _written(
            database,
            lambda connection: member_codes(connection, options.id, now_ms, options.count, now_ms=now_ms),
        )
    if not codes:
        raise CommandError("codes of this member were taken back; new ones count from later on")
    if options.qr is not None:
        draw_qr(codes[0].text, options.qr)
    for code in codes:
        print(code.text)
    begins = datetime.fromtimestamp(codes[0].from_ms // 1000, UTC).strftime("%H:%M:%S")
    ends = datetime.fromtimestamp(codes[-1].until_ms // 1000, UTC).strftime("%H:%M:%S")
    print(f"{len(codes)} code(s) for {begins} to {ends} UTC", file=sys.stderr)
    return 0


def draw_qr(text: str, path: Path) -> None:
    """Draw a QR code into a .png or .svg file; raises CommandError."""
    try:
        import segno
    except ModuleNotFoundError as trouble:
        raise CommandError("drawing needs the library segno; print the code without --qr") from trouble

    if path.suffix not in (".png", ".svg"):
        raise CommandError(f"{path.name}: a picture ends with .png or .svg")
    made = io.BytesIO()
    segno.make(text, error="m", micro=False).save(made, kind=path.suffix[1:], scale=8)
    path.write_bytes(made.getvalue())


def _erase(options: argparse.Namespace) -> int:
    if not options.yes:
        raise CommandError("erasing cannot be undone; add --yes, and export the member before if they asked")
    now_ms = system_now_ms()

    def erase(connection: Connection) -> str:
        member_id = erase_member(connection, options.id, who=WHO, now_ms=now_ms)
        record(connection, "member_erase", member_id, now_ms)
        return member_id

    with opened(options) as database:
        member_id = _written(database, erase)
    print(f"erased: {member_id}; tills let go of it at their next contact, backups from before still hold it")
    return 0


def _merge(options: argparse.Namespace) -> int:
    now_ms = system_now_ms()

    def work(connection: Connection) -> str:
        kept = merge(connection, options.id, options.other, who=WHO, now_ms=now_ms)
        record(connection, "member_merge", kept.member_id, now_ms, note=options.other)
        return kept.member_id

    with opened(options) as database:
        print(f"one member now: {_written(database, work)}")
    return 0


def _act(options: argparse.Namespace) -> int:
    now_ms = system_now_ms()

    def work(connection: Connection) -> None:
        options.work(connection, options.id, who=WHO, reason=options.reason, now_ms=now_ms)
        record(connection, options.act, options.id, now_ms, note=options.reason)

    with opened(options) as database:
        _written(database, work)
    print("done; tills hear of it at their next contact")
    return 0
