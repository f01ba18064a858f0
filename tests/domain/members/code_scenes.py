"""A till at a moment, a hub's keys, and codes of members, coupons and gift cards that are right there."""

from __future__ import annotations

import datetime
import random
from dataclasses import dataclass, field, replace
from typing import Final

from posapp.code_rules import ProgrammeSignatures, code_reader
from posapp.domain.codes.own import OwnCode
from posapp.domain.codes.reader import CodeReader
from posapp.domain.members.clock import HubTime
from posapp.domain.members.member_codes import (
    StepsKnown,
    check_member_code,
    coupon_of_code,
    gift_card_of_code,
    make_coupon_code,
    make_gift_code,
    make_member_code,
    member_step,
    new_member_id,
    own_code,
)
from posapp.domain.members.programme import CodeRules, Programme
from posapp.domain.members.sale_rights import SaleRights
from posapp.domain.members.terms import Coupon, GiftCard
from posapp.domain.members.usable import usable
from sync.protocol.signing import key_id_of, public_key_of, sign

STORE: Final = "S1"
_DAY_MS: Final = 86_400_000

#: What a code gave: a member's step, a coupon or a gift card; None where the till took it for nothing.
Given = tuple[str, int] | Coupon | GiftCard | None


class Blind:
    """A verifier that believes everybody: what a campaign has to find."""

    def verify(self, _issuer: str, _message: bytes, _signature: bytes) -> bool:
        """True."""
        return True


@dataclass(slots=True)
class CodeTill:
    """A till as far as codes go; `forgets` and `rules` are where faults are planted."""

    reader: CodeReader
    time: HubTime
    rules: CodeRules
    revoked: dict[str, int] = field(default_factory=dict)
    steps: dict[str, int] = field(default_factory=dict)
    forgets: bool = False

    def show(self, text: str) -> Given:
        """What a scanned text gives at this moment, used up by being shown."""
        today = datetime.datetime.fromtimestamp(self.time.now_ms / 1000, datetime.UTC).date()
        code = own_code(self.reader.read(text, today=today))
        if code is None:
            return None
        if code.kind == "member":
            return self._member(code)
        if code.kind == "coupon":
            return self._coupon(code)
        card = gift_card_of_code(code, now_ms=self.time.now_ms, zone=datetime.UTC)
        return card if isinstance(card, GiftCard) else None

    def _member(self, code: OwnCode) -> Given:
        known = StepsKnown(self.steps.get(code.subject), None, self.revoked.get(code.subject, 0))
        step = check_member_code(code, self.time, self.rules, known)
        if not isinstance(step, int):
            return None
        if not self.forgets:
            self.steps[code.subject] = step
        return code.subject, step

    def _coupon(self, code: OwnCode) -> Given:
        coupon = coupon_of_code(code, datetime.UTC)
        if coupon is None:
            return None
        rights = SaleRights(coupons=(coupon,))
        found = usable(
            rights, Programme(is_on=True), (), store_id=STORE, now_ms=self.time.now_ms, is_online=True
        )
        return coupon if found.codes else None


@dataclass(frozen=True, slots=True)
class Scene:
    """One seed's world: the hub's key and another's, and what is right at this moment."""

    random: random.Random
    now_ms: int
    rules: CodeRules
    private_key: bytes
    other_key: bytes
    old_key: bytes

    @property
    def key_id(self) -> str:
        """The id of the hub's key."""
        return key_id_of(public_key_of(self.private_key))

    def till(self) -> CodeTill:
        """A till that knows the hub's keys, the one before among them."""
        publics = [public_key_of(key) for key in (self.private_key, self.old_key)]
        keys = {key_id_of(public): public.hex() for public in publics}
        reader = code_reader(None, signatures=ProgrammeSignatures(keys))
        unsure_ms = 1_000 * self.random.choice((self.rules.slack_s, self.rules.slack_unsure_s))
        return CodeTill(reader, HubTime(self.now_ms, unsure_ms), self.rules)

    def seal(self, message: bytes) -> bytes:
        """The hub's signature."""
        return sign(self.private_key, message)

    def step(self, off_s: int = 0) -> int:
        """The step so many seconds from now."""
        return member_step(self.now_ms + off_s * 1_000, self.rules.step_s)

    def day(self, off: int) -> str:
        """The ISO day so many days from today."""
        at_s = self.now_ms / 1_000 + off * 86_400
        return datetime.datetime.fromtimestamp(at_s, datetime.UTC).date().isoformat()

    def member(self) -> str:
        """Somebody's id."""
        return new_member_id(self.random.randbytes(8))


def scene_of(seed: int) -> Scene:
    """The world of a seed."""
    rng = random.Random(seed)
    now_ms = rng.randrange(1_700_000_000_000, 2_500_000_000_000)
    return Scene(rng, now_ms, CodeRules(), rng.randbytes(32), rng.randbytes(32), rng.randbytes(32))


# ------------------------------------------------------------------ what is right
def valid_code(scene: Scene) -> tuple[str, Given]:
    """A genuine code and what it gives."""
    rng = scene.random
    private_key = rng.choice((scene.private_key, scene.private_key, scene.old_key))
    key_id = key_id_of(public_key_of(private_key))

    def seal(message: bytes) -> bytes:
        return sign(private_key, message)

    kind = rng.randrange(3)
    if kind == 0:
        who, step = scene.member(), scene.step(rng.randint(-90, 90))
        until = rng.choice(("", scene.day(1)))
        return make_member_code(who, step, key_id=key_id, sign=seal, until=until), (who, step)
    until = rng.choice(("", scene.day(0), scene.day(40)))
    if kind == 1:
        store, value = rng.choice(("", STORE)), rng.choice((0, 2_000))
        made = Coupon(f"C-{rng.randrange(10**9)}", "B20", store_id=store, value_minor=value)
        text = make_coupon_code(made, key_id=key_id, sign=seal, until=until)
        end = datetime.datetime.fromisoformat(until + "T00:00:00+00:00") if until else None
        ends_ms = int(end.timestamp() * 1000) + _DAY_MS if end else None
        return text, replace(made, until_ms=ends_ms)
    card, face = f"G{rng.randrange(10**9)}", rng.randint(1, 100_000)
    return make_gift_code(card, face, key_id=key_id, sign=seal, until=until), GiftCard(card, face_minor=face)


def as_scanned(scene: Scene, text: str) -> str:
    """The same code as scanners and people bring it."""
    rng = scene.random
    return rng.choice((text, text.lower(), "]Q1" + text, f"  {text}\r\n"))
