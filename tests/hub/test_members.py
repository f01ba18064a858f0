"""Members at the hub: found, joined, merged, blocked, exported and erased, and what the tills get of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import Connection, select

from posapp.code_rules import ProgrammeSignatures
from posapp.domain.codes.own import read_own
from posapp.domain.members.clock import HubTime
from posapp.domain.members.masks import lookup_ref
from posapp.domain.members.member_codes import StepsKnown, check_member_code
from sync.hub.database import Database
from sync.hub.goods.shop_admin import put_shop
from sync.hub.jobs import JobRunner
from sync.hub.loyalty.accounts import Cause, account_of, take_accounts
from sync.hub.loyalty.coupons import Batch, NewCoupon, issue, put_batch
from sync.hub.loyalty.joining import MOVE_JOB, join, merge, move_handler
from sync.hub.loyalty.member_admin import block, put_member, revoke_codes, take_card_off, unblock
from sync.hub.loyalty.member_changes import Told
from sync.hub.loyalty.member_codes import member_codes
from sync.hub.loyalty.member_privacy import erase_member, export_member
from sync.hub.loyalty.member_stream import fit_revoked, forget_revoked, refresh_member
from sync.hub.loyalty.members import NEVER_MS, MemberError, add_store, canonical, found_members, known_member
from sync.hub.loyalty.points import adjust
from sync.hub.loyalty.programme_admin import (
    programme_of,
)
from sync.hub.loyalty.programme_rows import stored_programme
from sync.hub.schema.feeds import FEED_ROW
from sync.hub.schema.members import MEMBER, MEMBER_EVENT, MEMBER_REF
from sync.protocol.codec import decode_message
from sync.protocol.loyalty import JoinRequest, MemberBody, RevokedBody
from tests.hub.conftest import NOW_MS, Enrolled, shop_document

PHONE = "138 0013 6027"
GIVEN = "T0123456789AB"


@pytest.fixture
def database(enrolled: Enrolled) -> Database:
    return enrolled.database


def rows(connection: Connection, store_id: str, stream: str = "members") -> dict[str, bytes]:
    query = select(FEED_ROW.c.key, FEED_ROW.c.body).where(
        FEED_ROW.c.store_id == store_id, FEED_ROW.c.stream == stream, FEED_ROW.c.deleted == 0
    )
    return {key: bytes(body) for key, body in connection.execute(query)}


def body(connection: Connection, store_id: str, member_id: str) -> MemberBody:
    return decode_message(rows(connection, store_id)[member_id], MemberBody)


def made(connection: Connection, **told: Any) -> str:
    given = {"phone": PHONE, "name": "陈思雨"} | told
    member_id = put_member(connection, Told(**given), who="test", now_ms=NOW_MS).member_id
    add_store(connection, "S1", member_id, NOW_MS)
    refresh_member(connection, member_id, NOW_MS)
    return member_id


def give(connection: Connection, member_id: str, points: int) -> None:
    take_accounts(connection, (member_id,))
    assert adjust(
        connection, Cause(f"give-{member_id}-{points}"), member_id, points, ends_ms=2**53, now_ms=NOW_MS
    )


def wish(join_id: str = "join-1", **changes: Any) -> JoinRequest:
    fields: dict[str, Any] = {
        "join_id": join_id, "member_id": GIVEN, "phone": PHONE, "name": "Chen", "at_ms": NOW_MS - 5,
        "consents": {"terms": "2026-01"},
    }  # fmt: skip
    return JoinRequest(**(fields | changes))


# ---------------------------------------------------------------------- who is found
def test_a_member_is_found_by_everything_that_leads_to_them(database: Database) -> None:
    with database.writing() as connection:
        member_id = made(connection, cards=("62-0001 77",), tags=("vip",), level="gold", external_id="crm-7")
        other = made(connection, phone="+1 (415) 555-6027", name="Ann Lee")
        for by, text in (
            ("id", member_id.lower()), ("phone", "+86 13800136027"), ("phone", "13800136027"),
            ("card", "62000177"), ("name", "陈"), ("name", "陈 思雨"),
        ):  # fmt: skip
            found, more = found_members(connection, by, text)
            assert [one.member_id for one in found] == [member_id], (by, text)
            assert not more
        assert {one.member_id for one in found_members(connection, "tail", "6027")[0]} == {member_id, other}
        assert [one.member_id for one in found_members(connection, "tail", "6027", most=1)[0]] != []
        assert found_members(connection, "tail", "6027", most=1)[1]
        for by, text in (
            ("tail", "60"),
            ("tail", "٦٠٢٧"),
            ("name", "%"),
            ("name", ""),
            ("phone", "x"),
            ("card", "9"),
        ):
            assert found_members(connection, by, text) == ((), False)


def test_a_row_for_tills_holds_nothing_in_clear(database: Database) -> None:
    with database.writing() as connection:
        member_id = made(connection, cards=("62000177",), level="gold")
        give(connection, member_id, 2860)
        put_batch(
            connection, Batch("SPRING20", {"en": "20 off 200"}, value_minor=2000), who="t", now_ms=NOW_MS
        )
        batch = Batch("SPRING20", {"en": "20 off 200"}, value_minor=2000)
        issue(connection, batch, [NewCoupon("C1", member_id=member_id)], who="t", now_ms=NOW_MS)
        refresh_member(connection, member_id, NOW_MS)
        text = rows(connection, "S1")[member_id]
        told = body(connection, "S1", member_id)
        key = stored_programme(connection).lookup_key
        assert rows(connection, "S2") == {}
    assert (told.name, told.phone_tail, told.points, told.level) == ("陈**", "6027", 2860, "gold")
    assert [one.coupon_id for one in told.coupons] == ["C1"]
    for secret in ("思雨", "13800136027", "8001360", "62000177"):
        assert secret.encode() not in text
        assert json.dumps(secret)[1:-1].encode() not in text
    assert ("phone", lookup_ref(key, "phone", "+8613800136027")) in told.refs
    assert ("card", lookup_ref(key, "card", "62000177")) in told.refs
    assert ("name", lookup_ref(key, "name", "陈思雨")) in told.refs


def test_a_row_is_written_anew_only_where_it_says_something_else(database: Database) -> None:
    with database.writing() as connection:
        member_id = made(connection)
        assert refresh_member(connection, member_id, NOW_MS + 5_000) == 0
        assert body(connection, "S1", member_id).as_of_ms == NOW_MS
        give(connection, member_id, 5)
        assert refresh_member(connection, member_id, NOW_MS + 9_000) == 1
        assert body(connection, "S1", member_id).as_of_ms == NOW_MS + 9_000


def test_what_cannot_be_is_refused_and_changes_nothing(database: Database) -> None:
    with database.writing() as connection:
        member_id = made(connection, cards=("62000177",))
        other = made(connection, phone="13900001111", name="B")
        for told, word in (
            (Told(member_id=other, phone=PHONE), "phone_taken"),
            (Told(member_id=other, cards=("6200-0177",)), "card_taken"),
            (Told(member_id=other, phone="12"), "bad_phone"),
            (Told(member_id=other, name="x" * 61), "bad_name"),
            (Told(member_id=other, name="a\u202eb"), "bad_name"),
            (Told(member_id="M1", phone="13900002222"), "bad_id"),
            (Told(member_id=other, cards=("!",)), "bad_card"),
            (Told(member_id=other, tags=tuple(map(str, range(51)))), "bad_tags"),
        ):
            with pytest.raises(MemberError) as caught:
                put_member(connection, told, who="t", now_ms=NOW_MS)
            assert caught.value.word == word
        assert known_member(connection, other).phone == "+8613900001111"
        # A number that was given up is free for others.
        put_member(connection, Told(member_id=member_id, phone="13700000000"), who="t", now_ms=NOW_MS)
        put_member(connection, Told(member_id=other, phone=PHONE), who="t", now_ms=NOW_MS)
        assert found_members(connection, "phone", PHONE)[0][0].member_id == other


# ---------------------------------------------------------------------- joining and merging
def test_who_joins_gets_an_id_and_keeps_the_one_of_the_till(database: Database) -> None:
    with database.writing() as connection:
        joined = join(connection, wish(card_no="62 000177"), store_id="S1", terminal_id="T1", now_ms=NOW_MS)
        again = join(connection, wish(), store_id="S1", terminal_id="T1", now_ms=NOW_MS + 9)
        assert joined == again
        assert joined.member_id.startswith("M")
        assert not joined.is_merged
        assert canonical(connection, GIVEN) == joined.member_id
        told = body(connection, "S1", joined.member_id)
        assert ("id", GIVEN) in told.refs
        member = known_member(connection, GIVEN)
        assert (member.joined_store, member.joined_at_ms) == ("S1", NOW_MS - 5)
        assert found_members(connection, "card", "62000177")[0][0].member_id == joined.member_id
        kinds = select(MEMBER_EVENT.c.kind, MEMBER_EVENT.c.detail)
        events = connection.execute(kinds.where(MEMBER_EVENT.c.member_id == joined.member_id)).all()
    assert [row.kind for row in events] == ["joined"]
    assert "1380" not in events[0].detail


def test_who_was_a_member_already_stays_the_one(database: Database) -> None:
    with database.writing() as connection:
        member_id = made(connection)
        give(connection, member_id, 100)
        # Points that were earned under the till's own id before anybody knew whose it is.
        give(connection, GIVEN, 30)
        joined = join(connection, wish(card_no="62000177"), store_id="S2", terminal_id="T1", now_ms=NOW_MS)
        assert (joined.member_id, joined.is_merged) == (member_id, True)
        assert account_of(connection, member_id).active == 130
        assert account_of(connection, GIVEN).active == 0
        told = body(connection, "S2", member_id)
        assert told.points == 130
        assert body(connection, "S1", member_id) == told
        # A phone number that anybody may know must not put a card on somebody's points.
        assert found_members(connection, "card", "62000177") == ((), False)
        # Who showed their code may have one.
        shown = wish("join-9", member_id="", card_no="62000177", proof="code")
        join(connection, shown, store_id="S2", terminal_id="T1", now_ms=NOW_MS)
        assert found_members(connection, "card", "62000177")[0][0].member_id == member_id
        second = wish("join-2", member_id="TZZZZZZZZZZZZ")
        assert join(connection, second, store_id="S2", terminal_id="T1", now_ms=NOW_MS).member_id == member_id
        assert canonical(connection, "TZZZZZZZZZZZZ") == member_id


def test_what_was_folded_meanwhile_is_moved_afterwards(database: Database) -> None:
    with database.writing() as connection:
        joined = join(connection, wish(), store_id="S1", terminal_id="T1", now_ms=NOW_MS)
        give(connection, GIVEN, 30)
    runner = JobRunner(database, {MOVE_JOB: move_handler(database, lambda: NOW_MS)}, lambda: NOW_MS + 61_000)
    while runner.run_once():
        pass
    with database.reading() as connection:
        assert account_of(connection, joined.member_id).active == 30
        assert body(connection, "S1", joined.member_id).points == 30


def test_a_wish_to_join_is_never_turned_away_for_what_stands_in_it(database: Database) -> None:
    strange = wish(
        phone="call me",
        name="x" * 99,
        card_no="!",
        member_id="M not an id",
        consents={"terms": "1", "a\u0001": "2"},
    )
    with database.writing() as connection:
        joined = join(connection, strange, store_id="S1", terminal_id="T1", now_ms=NOW_MS)
        member = known_member(connection, joined.member_id)
        assert (member.name, member.phone) == ("", "")
        detail = connection.execute(
            select(MEMBER_EVENT.c.detail).where(MEMBER_EVENT.c.member_id == joined.member_id)
        ).scalar_one()
    assert json.loads(detail)["left_out"] == ["phone", "name", "card", "consents", "id"]


def test_two_members_become_one(database: Database) -> None:
    with database.writing() as connection:
        keep = made(connection, cards=("11110000",), level="")
        other = made(
            connection, phone="13900001111", name="Other", cards=("22220000",), level="gold", tags=("a",)
        )
        add_store(connection, "S2", other, NOW_MS)
        refresh_member(connection, other, NOW_MS)
        give(connection, keep, 100)
        give(connection, other, 11)
        merged = merge(connection, keep, other, who="ann", now_ms=NOW_MS + 1)
        assert (merged.member_id, merged.name, merged.level) == (keep, "陈思雨", "gold")
        assert canonical(connection, other) == keep
        for by, text in (("phone", "13900001111"), ("phone", PHONE), ("card", "22220000"), ("id", other)):
            assert found_members(connection, by, text)[0][0].member_id == keep
        for store_id in ("S1", "S2"):
            assert set(rows(connection, store_id)) == {keep}
            told = body(connection, store_id, keep)
            assert told.points == 111
            assert ("id", other) in told.refs
        with pytest.raises(MemberError, match="one member already"):
            merge(connection, keep, other, who="ann", now_ms=NOW_MS)
        # A chain of merges leads to the last at once.
        third = made(connection, phone="13900003333", name="Third")
        merge(connection, third, keep, who="ann", now_ms=NOW_MS + 2)
        assert canonical(connection, other) == canonical(connection, keep) == third
        assert account_of(connection, third).active == 111


# ---------------------------------------------------------------------- codes, blocks
def check(connection: Connection, text: str, now_ms: int, codes_from_ms: int = 0) -> Any:
    programme = programme_of(connection)
    sealed = read_own(text)
    assert sealed is not None
    assert sealed.signature is not None
    signatures = ProgrammeSignatures(programme.codes.public_keys)
    assert signatures.verify(sealed.code.issuer, sealed.message, sealed.signature)
    return check_member_code(
        sealed.code, HubTime(now_ms, 0), programme.codes, StepsKnown(codes_from_ms=codes_from_ms)
    )


def test_codes_are_good_for_their_minute_and_taken_back_as_far_as_they_were_given(database: Database) -> None:
    with database.writing() as connection:
        member_id = made(connection)
        strip = member_codes(connection, member_id, NOW_MS, 120, now_ms=NOW_MS)
        assert len(strip) == 120
        assert strip[0].from_ms <= NOW_MS < strip[0].until_ms == strip[1].from_ms
        for code in (strip[0], strip[77]):
            assert check(connection, code.text, code.from_ms) == code.from_ms // 60_000
            assert check(connection, code.text, code.from_ms + 86_400_000) == "expired"
        from_ms = revoke_codes(connection, member_id, who="ann", reason="phone lost", now_ms=NOW_MS + 1)
        assert from_ms == strip[-1].until_ms
        for store_id in ("S1", "S2"):
            key = f"revoked:{member_id}"
            told = decode_message(rows(connection, store_id)[key], RevokedBody)
            assert told.codes_from_ms == from_ms
        assert body(connection, "S1", member_id).codes_from_ms == from_ms
        assert check(connection, strip[-1].text, strip[-1].from_ms, from_ms) == "voided"
        fresh = member_codes(connection, member_id, NOW_MS + 2, 3, now_ms=NOW_MS + 2)
        assert [code.from_ms >= from_ms for code in fresh] == [True] * 3
        assert (
            member_codes(connection, member_id, NOW_MS, 10**9, now_ms=NOW_MS)[-1].until_ms
            <= NOW_MS + 86_400_000
        )


def test_who_is_blocked_has_no_codes_in_any_store(database: Database) -> None:
    with database.writing() as connection:
        member_id = made(connection)
        join(connection, wish(), store_id="S1", terminal_id="T1", now_ms=NOW_MS)
        block(connection, member_id, who="ann", reason="fraud", now_ms=NOW_MS)
        assert body(connection, "S1", member_id).is_blocked
        for known_as in (member_id, GIVEN):
            told = decode_message(rows(connection, "S2")[f"revoked:{known_as}"], RevokedBody)
            assert told.codes_from_ms == NEVER_MS
        with pytest.raises(MemberError, match="blocked"):
            member_codes(connection, member_id, NOW_MS, 1, now_ms=NOW_MS)
        unblock(connection, member_id, who="ann", reason="settled", now_ms=NOW_MS + 9)
        told = decode_message(rows(connection, "S2")[f"revoked:{member_id}"], RevokedBody)
        assert told.codes_from_ms == NOW_MS + 9
        assert not body(connection, "S1", member_id).is_blocked


def test_a_revocation_that_no_code_can_reach_any_more_is_let_go_of(database: Database) -> None:
    week_ms = 7 * 86_400_000
    with database.writing() as connection:
        lost, thief = made(connection), made(connection, phone="13900001111", name="B")
        revoke_codes(connection, lost, who="ann", reason="phone lost", now_ms=NOW_MS)
        block(connection, thief, who="ann", reason="fraud", now_ms=NOW_MS)
        assert forget_revoked(connection, "S1", NOW_MS + week_ms) == 0
        assert forget_revoked(connection, "S1", NOW_MS + week_ms + 1) == 1
        assert f"revoked:{lost}" not in rows(connection, "S1")
        assert f"revoked:{thief}" in rows(connection, "S1")


def test_a_store_that_is_new_hears_whose_codes_do_not_count(database: Database) -> None:
    with database.writing() as connection:
        member_id = made(connection)
        block(connection, member_id, who="ann", reason="fraud", now_ms=NOW_MS)
        put_shop(connection, shop_document("S3"), show_pins=False, now_ms=NOW_MS)
        assert fit_revoked(connection, "S3", NOW_MS) == 1
        assert fit_revoked(connection, "S3", NOW_MS) == 0
        assert set(rows(connection, "S3")) == {f"revoked:{member_id}"}


def test_a_lost_card_leads_to_nobody(database: Database) -> None:
    with database.writing() as connection:
        member_id = made(connection, cards=("62000177",))
        take_card_off(connection, member_id, "6200 0177", who="ann", now_ms=NOW_MS)
        assert found_members(connection, "card", "62000177") == ((), False)
        assert [kind for kind, _ in body(connection, "S1", member_id).refs] == ["name", "phone"]
        with pytest.raises(MemberError):
            take_card_off(connection, member_id, "62000177", who="ann", now_ms=NOW_MS)


# ---------------------------------------------------------------------- export and erasure
def test_everything_about_one_member_is_exported_and_erased(database: Database) -> None:
    with database.writing() as connection:
        member_id = made(connection, cards=("62000177",), tags=("vip",), external_id="crm-7")
        other = made(connection, phone="13900001111", name="王小明")
        merge(connection, member_id, other, who="ann", now_ms=NOW_MS)
        join(connection, wish(), store_id="S2", terminal_id="T1", now_ms=NOW_MS)
        give(connection, member_id, 40)
        told = export_member(connection, GIVEN, NOW_MS)
        assert told["member"]["name"] == "陈思雨"
        assert told["member"]["phones"] == ["+8613800136027", "+8613900001111"]
        assert told["member"]["former_ids"] == [other, GIVEN]
        assert sum(one["active"] for one in told["points_accounts"]) == 40
        assert {one["kind"] for one in told["history"]} >= {"made", "merged", "known"}
        assert [one["purpose"] for one in told["consents"]] == ["terms"]
        json.dumps(told)
        assert erase_member(connection, GIVEN, who="ann", now_ms=NOW_MS + 1) == member_id
        everything = [
            str(row)
            for table in (MEMBER, MEMBER_REF, MEMBER_EVENT)
            for row in connection.execute(select(table))
        ]
        for secret in ("思雨", "小明", "13800136027", "6027", "13900001111", "62000177", "vip", "crm-7"):
            assert not [row for row in everything if secret in row], secret
        for store_id in ("S1", "S2"):
            assert set(rows(connection, store_id)) == {f"revoked:{one}" for one in (member_id, other, GIVEN)}
        assert account_of(connection, member_id).active == 40
        for by, text in (("phone", PHONE), ("card", "62000177"), ("id", member_id), ("tail", "6027")):
            assert found_members(connection, by, text) == ((), False)
        with pytest.raises(MemberError):
            export_member(connection, member_id, NOW_MS)
        # The number is free for whoever has it tomorrow.
        assert made(connection) != member_id
        # The till's wish, sent once more, does not bring them back.
        assert join(connection, wish(), store_id="S2", terminal_id="T1", now_ms=NOW_MS).member_id == member_id
        assert found_members(connection, "id", member_id) == ((), False)
