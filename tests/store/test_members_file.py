"""Members at the till: what comes is found by id, card, phone, tail and name; what goes leaves nothing."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from posapp.domain.member_facts import MemberIdentified
from posapp.domain.members.clock import HubTime
from posapp.domain.members.masks import lookup_ref
from posapp.domain.members.programme import DAY_MS, Level, Programme
from posapp.store.catalog_place import CatalogPlace
from posapp.store.engine import open_ledger
from posapp.store.members import FOUND_MAX, MemberSearch, SqliteMembers
from posapp.store.members_file import MembersFile
from sync.protocol.loyalty import CouponBody, MemberBody, RevokedBody
from sync.protocol.messages import Change
from tests.store.conftest import LedgerKit

KEY = "00112233445566778899aabbccddeeff"
PROGRAMME = Programme(is_on=True, levels=(Level("gold", {"en": "Gold"}),), lookup_key=KEY)


def body(number: int, **more: Any) -> MemberBody:
    """A member as the hub sends them."""
    phone = f"+86138{number:08d}"
    refs = (
        ("phone", lookup_ref(KEY, "phone", phone)),
        ("card", lookup_ref(KEY, "card", f"88{number:06d}")),
        ("name", lookup_ref(KEY, "name", "陈思雨")),
    )
    made = MemberBody(f"M{number:012d}", "陈**", phone[-4:], "gold", points=number, refs=refs, as_of_ms=7)
    return msgspec.structs.replace(made, **more)


def change(member: MemberBody, rev: int = 1) -> Change:
    return Change("upsert", member.member_id, rev, msgspec.Raw(msgspec.json.encode(member)))


def gone(member_id: str, rev: int) -> Change:
    return Change("delete", member_id, rev)


@dataclass
class Members:
    """A till's file of members with both who write and who read it."""

    path: Path
    ledger: Path
    now_ms: int = 1_000
    programme: Programme = PROGRAMME
    keep_days: int | None = None
    steps: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.place = CatalogPlace(self.path)
        self.file = MembersFile(self.place, lambda: self.now_ms, keep_days=lambda: self.keep_days)
        self.reader = SqliteMembers(
            self.place,
            self.ledger,
            programme=lambda: self.programme,
            hub_time=lambda: HubTime(self.now_ms, 90_000),
        )
        self.search = MemberSearch(self.place, lambda: self.programme)

    def points(self, member_id: str) -> int | None:
        card = self.reader.by_id(member_id)
        return None if card is None else card.points

    def close(self) -> None:
        self.file.close()
        self.reader.close()
        self.search.close()


@pytest.fixture
def members(kit: LedgerKit) -> Iterator[Members]:
    made = Members(kit.path.with_name("members.db"), kit.path)
    yield made
    made.close()


def test_a_till_without_the_file_knows_nobody(members: Members) -> None:
    assert members.reader.by_id("M000000000001") is None
    assert members.reader.by_ref("phone", "13800000001") is None
    assert members.search.find("tail", "0001") == ()
    assert members.reader.revoked_before_ms("M000000000001") == 0


def test_a_member_is_found_by_id_card_phone_tail_and_name(members: Members) -> None:
    members.file.apply([change(body(1)), change(body(2))], "hub:2")
    assert members.file.cursor() == "hub:2"
    card = members.reader.by_id("M000000000001")
    assert card is not None
    assert (card.name, card.level_names, card.points, card.as_of_ms) == ("陈**", {"en": "Gold"}, 1, 7)
    assert members.reader.by_ref("phone", "138 0000 0002") == members.reader.by_id("M000000000002")
    assert members.reader.by_ref("card", "88-000002") == members.reader.by_id("M000000000002")
    assert members.reader.by_ref("card", "88-000003") is None
    assert [each.points for each in members.search.find("tail", "0002")] == [2]
    assert [each.points for each in members.search.find("name", "陈 思雨")] == [1, 2]
    assert members.search.find("name", "陈思") == ()
    assert members.search.find("tail", "") == ()


def test_without_the_key_of_the_programme_nobody_is_found_by_what_is_keyed(members: Members) -> None:
    members.file.apply([change(body(1))], "hub:2")
    members.programme = replace(PROGRAMME, lookup_key="")
    assert members.reader.by_ref("phone", "13800000001") is None
    assert members.reader.by_id("M000000000001") is not None


def test_a_former_identity_leads_to_the_member(members: Members) -> None:
    merged = body(1, refs=(("id", "T000000000009"),))
    members.file.apply([change(merged)], "hub:1")
    assert members.points("T000000000009") == 1
    members.file.apply([Change("upsert", "revoked:M000000000001", 2, raw(merged.member_id, 55))], "hub:2")
    assert members.reader.revoked_before_ms("T000000000009") == 55
    assert members.reader.revoked_before_ms("M000000000001") == 55


def raw(member_id: str, from_ms: int) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(RevokedBody(member_id, from_ms)))


def test_only_what_is_newer_counts_and_applying_again_changes_nothing(members: Members) -> None:
    newer, older = change(body(1, points=70), 5), change(body(1, points=10), 4)
    members.file.apply([newer], "hub:5")
    members.file.apply([older, newer], "hub:5")
    assert members.points("M000000000001") == 70
    members.file.apply([gone("M000000000001", 6)], "hub:6")
    members.file.apply([newer], "hub:6")
    assert members.points("M000000000001") is None
    assert members.reader.by_ref("phone", "13800000001") is None
    assert members.search.find("tail", "0001") == ()


def test_a_new_phone_replaces_the_old_one(members: Members) -> None:
    members.file.apply([change(body(1))], "hub:1")
    moved = body(1, phone_tail="9999", refs=(("phone", lookup_ref(KEY, "phone", "+8613899999999")),))
    members.file.apply([change(moved, 2)], "hub:2")
    assert members.reader.by_ref("phone", "13800000001") is None
    assert members.reader.by_ref("phone", "13899999999") is not None
    assert [len(members.search.find("tail", tail)) for tail in ("0001", "9999")] == [0, 1]


def test_rows_that_cannot_be_read_are_counted_and_stop_nothing(members: Members) -> None:
    broken = Change("upsert", "M000000000009", 1, msgspec.Raw(b'{"points": "many"}'))
    other = Change("upsert", "M000000000008", 1, msgspec.Raw(msgspec.json.encode(body(1))))
    odd = Change("upsert", "revoked:M000000000008", 1, raw("M000000000007", 1))
    members.file.apply([broken, other, odd, change(body(2))], "hub:9")
    assert (members.file.unreadable(), members.file.cursor()) == (3, "hub:9")
    assert members.points("M000000000002") == 2
    assert members.points("M000000000008") is None


def test_a_stream_that_begins_anew_keeps_members_until_it_is_through(members: Members) -> None:
    members.file.apply([change(body(1), 9), change(body(2), 9)], "old:9")
    members.file.apply([], None)
    assert members.file.cursor() is None
    members.file.apply([change(body(1, points=50), 1)], "new:1")
    assert (members.points("M000000000001"), members.points("M000000000002")) == (50, 2)
    assert members.file.tidy()
    assert not members.file.tidy()
    assert (members.points("M000000000001"), members.points("M000000000002")) == (50, None)


def test_more_than_can_be_shown_is_told(members: Members) -> None:
    count = FOUND_MAX + 5
    members.file.apply([change(body(number, phone_tail="1234")) for number in range(count)], "hub:1")
    assert len(members.search.find("tail", "1234")) == FOUND_MAX + 1


def test_members_that_were_not_heard_of_for_long_go(members: Members) -> None:
    members.file.apply([change(body(1))], "hub:1")
    members.now_ms += 89 * DAY_MS
    members.file.apply([change(body(2), 2)], "hub:2")
    members.keep_days = 90
    assert not members.file.tidy()
    members.now_ms += 2 * DAY_MS
    assert members.file.tidy()
    assert (members.points("M000000000001"), members.points("M000000000002")) == (None, 2)
    assert members.file.cursor() == "hub:2"


def test_the_file_is_for_its_user_alone(members: Members) -> None:
    members.file.apply([change(body(1))], "hub:1")
    modes = {part.name: stat.S_IMODE(part.stat().st_mode) for part in members.path.parent.glob("members.db*")}
    assert "members.db" in modes
    assert set(modes.values()) == {0o600}


def test_what_was_deleted_is_nowhere_in_the_file(members: Members) -> None:
    secret = "M-SECRET-BATCH"
    coupon = CouponBody("C1", secret)
    members.file.apply([change(body(1, coupons=(coupon,)))], "hub:1")
    members.file.apply([gone("M000000000001", 2)], "hub:2")
    members.close()
    held = open_ledger(members.path)
    held.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    held.close()
    found = [part.read_bytes() for part in members.path.parent.glob("members.db*")]
    assert not any(secret.encode() in data for data in found)
    assert not any(lookup_ref(KEY, "phone", "+8613800000001").encode() in data for data in found)


def test_wiping_deletes_the_file_while_it_is_read_and_all_comes_again(members: Members) -> None:
    members.file.apply([change(body(1))], "hub:1")
    assert members.points("M000000000001") == 1
    members.file.wipe()
    assert list(members.path.parent.glob("members.db*")) == []
    assert members.points("M000000000001") is None
    assert members.file.cursor() is None
    members.file.apply([change(body(1))], "hub:1")
    assert members.points("M000000000001") == 1


def test_a_damaged_file_is_deleted_and_made_anew(members: Members) -> None:
    members.path.write_bytes(b"no database at all" * 400)
    with pytest.raises(Exception, match="not a database") as told:
        members.file.cursor()
    members.file.drop_if_damaged(told.value)
    assert members.file.cursor() is None
    assert members.reader.by_id("M000000000001") is None


def test_a_file_of_another_version_is_begun_anew(members: Members) -> None:
    members.file.apply([change(body(1))], "hub:1")
    held = open_ledger(members.path)
    held.execute("PRAGMA user_version=99")
    held.close()
    members.file.close()
    assert MembersFile(members.place, lambda: 0).cursor() is None


def test_the_step_of_a_code_counts_from_the_moment_it_was_taken(members: Members, kit: LedgerKit) -> None:
    seen = MemberIdentified("M1", "code", "sale", "op", 5, step=40)
    assert members.reader.last_step("M1") is None
    members.reader.note((seen,))
    assert members.reader.last_step("M1") == 40
    ledger = kit.ledger()
    assert ledger.record([replace(seen, step=44), replace(seen, step=42), replace(seen, step=None)]) is None
    assert members.reader.last_step("M1") == 44
    assert members.reader.last_step("M2") is None


def test_the_reader_tells_the_hubs_time(members: Members) -> None:
    assert members.reader.hub_now_ms() == (1_000, 90_000)
