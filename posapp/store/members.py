"""Members as a till asks for them: by id and card at the scan, by phone, tail or name when somebody keys it.

Reads the file of members and, for the steps of codes taken here, the ledger. Where either cannot be read the
till knows nobody: the hub is asked instead, and no sale waits. Refuses to know what a member may do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Literal

from posapp.domain.facts import Fact
from posapp.domain.member_facts import MemberIdentified
from posapp.domain.members.clock import HubTime
from posapp.domain.members.masks import (
    RefKind,
    lookup_ref,
    normalised_card,
    normalised_name,
    normalised_phone,
)
from posapp.domain.members.programme import Programme
from posapp.domain.members.terms import MemberCard
from posapp.exchange.members import member_of
from posapp.store.catalog_place import CatalogPlace
from posapp.store.engine import Connection, open_reader
from posapp.store.own_sales import OwnSales
from posapp.store.troubles import UNFIT, DatabaseError
from sync.protocol.codec import WireError, decode_message
from sync.protocol.loyalty import MemberBody

#: What `FindMember` and the hub's own search speak of.
FindBy = Literal["id", "phone", "card", "name", "tail"]
#: As many as the hub would tell; one more says that there are more.
FOUND_MAX: Final = 20

_BY_ID: Final = "SELECT body FROM member WHERE member_id = ? AND deleted = 0"
_BY_REF: Final = (
    "SELECT body FROM ref JOIN member USING (member_no) WHERE kind = ? AND ref = ? AND deleted = 0 "
    "ORDER BY member_id LIMIT ?"
)
_BY_TAIL: Final = (
    "SELECT body FROM member WHERE tail = ? AND tail <> '' AND deleted = 0 ORDER BY member_id LIMIT ?"
)
#: A person is revoked under all their ids, whichever of them a code names.
_REVOKED: Final = (
    "SELECT max(codes_from_ms) FROM revoked WHERE member_id = ?1 OR member_id IN (SELECT member_id "
    "FROM ref JOIN member USING (member_no) WHERE kind = 'id' AND ref = ?1)"
)
_STEP: Final = "SELECT step FROM code_step WHERE member_id = ?"


class MemberSearch:
    """Members of one till's file; used by one thread at a time."""

    def __init__(self, place: CatalogPlace, programme: Callable[[], Programme]) -> None:
        """Opened with the first question; `programme` gives the rules as they are now, on any thread."""
        self._hold = place.hold(open_reader)
        self._path = place.path
        self._programme = programme

    def find(self, by: FindBy, text: str) -> tuple[MemberCard, ...]:
        """The members that are meant, at most FOUND_MAX + 1; none where the file cannot be read."""
        match by:
            case "id":
                found = self._rows(_BY_ID, text) or self._rows(_BY_REF, "id", text, 1)
            case "tail":
                found = self._rows(_BY_TAIL, text.strip(), FOUND_MAX + 1)
            case _:
                ref = self._ref(by, text)
                found = self._rows(_BY_REF, by, ref, FOUND_MAX + 1) if ref else []
        programme = self._programme()
        return tuple(member_of(body, programme) for body in found)

    def revoked_before_ms(self, member_id: str) -> int:
        """Codes of this member from before this time are not taken; 0: all are."""
        return int(next(iter(self._ask(_REVOKED, member_id)), (0,))[0] or 0)

    def close(self) -> None:
        """Let the file go."""
        self._hold.close()

    def _ref(self, kind: RefKind, text: str) -> str:
        """What somebody is found by, "" where the text is nothing of this kind or there is no key yet."""
        programme = self._programme()
        match kind:
            case "phone":
                plain = normalised_phone(text, programme.calling_code)
            case "card":
                plain = normalised_card(text)
            case "name":
                plain = normalised_name(text)
        return lookup_ref(programme.lookup_key, kind, plain) if plain and programme.lookup_key else ""

    def _rows(self, question: str, *values: Any) -> list[MemberBody]:
        bodies = []
        for (body,) in self._ask(question, *values):
            try:
                bodies.append(decode_message(bytes(body), MemberBody))
            except WireError:
                continue  # it was read when it came: the file is damaged there
        return bodies

    def _ask(self, question: str, *values: Any) -> Sequence[Any]:
        try:
            with self._hold as connection:
                return connection.execute(question, values).fetchall()
        except (DatabaseError, *UNFIT):
            return ()


class SqliteMembers:
    """Members at the scan (a MemberReader); used by one thread."""

    def __init__(
        self,
        place: CatalogPlace,
        ledger: Path,
        *,
        programme: Callable[[], Programme],
        hub_time: Callable[[], HubTime],
    ) -> None:
        """`hub_time` tells the hub's time as this till has it now."""
        self._search = MemberSearch(place, programme)
        self._ledger = ledger
        self._own = OwnSales(ledger)
        self._hub_time = hub_time
        self._steps: dict[str, int] = {}
        self._connection: Connection | None = None

    def by_id(self, member_id: str) -> MemberCard | None:
        """The member with this id, a former identity included, or None; sales of here are counted."""
        return self._after_own(self._search.find("id", member_id))

    def by_ref(self, kind: Literal["phone", "card"], text: str) -> MemberCard | None:
        """The member with this phone or card number as keyed or scanned, or None."""
        return self._after_own(self._search.find(kind, text))

    def _after_own(self, found: tuple[MemberCard, ...]) -> MemberCard | None:
        return self._own.card_after(found[0]) if found else None

    def used_coupon(self, coupon_id: str) -> bool:
        """Whether a sale of this till that waits to be sent used this coupon."""
        return self._own.used_coupon(coupon_id)

    def last_step(self, member_id: str) -> int | None:
        """The newest time step of this member's codes that was taken here, or None."""
        noted = self._steps.get(member_id)
        try:
            if self._connection is None:
                self._connection = open_reader(self._ledger)
            row = self._connection.execute(_STEP, (member_id,)).fetchone()
        except (DatabaseError, *UNFIT):
            # A ledger that cannot be read stops the sale's commit anyway, and says so there.
            row = None
        stored = None if row is None else int(row[0])
        return max((step for step in (noted, stored) if step is not None), default=None)

    def note(self, facts: Sequence[Fact]) -> None:
        """Facts that are on their way to the ledger: a step counts from the moment it was taken."""
        for fact in facts:
            if type(fact) is MemberIdentified and fact.step is not None:
                self._steps[fact.member_id] = max(fact.step, self._steps.get(fact.member_id, fact.step))

    def revoked_before_ms(self, member_id: str) -> int:
        """Codes of this member from before this time (epoch milliseconds) are not taken; 0: all are."""
        return self._search.revoked_before_ms(member_id)

    def hub_now_ms(self) -> tuple[int, int]:
        """The hub's time as this till knows it (epoch ms) and by how much it may be wrong (ms)."""
        time = self._hub_time()
        return time.now_ms, time.unsure_ms

    def close(self) -> None:
        """Let the files go."""
        self._search.close()
        self._own.close()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
