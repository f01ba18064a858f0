"""Codes of members, coupons and gift cards: how they are made, and when one that is genuine counts.

A member's code says for which step of time it was made, as RFC 6238 does, but under the hub's signature in
place of a shared secret: a till can check it without a network, and nothing on a till can make one. A code
without a step is a photograph for ever and never counts. Signatures are the code reader's affair.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from typing import Final, Literal

from posapp.domain.codes.own import OwnCode, make_own
from posapp.domain.codes.reading import Reading
from posapp.domain.members.clock import HubTime
from posapp.domain.members.masks import normalised_card
from posapp.domain.members.programme import CodeRules
from posapp.domain.members.terms import Coupon, GiftCard, Why
from posapp.values import dataclass

Sign = Callable[[bytes], bytes]

CARD_MAX_CHARS: Final = 40
_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MEMBER_ID: Final = re.compile(r"[MT][0-9A-HJKMNP-TV-Z]{12}")
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,14}")
_BATCH: Final = re.compile(r"[0-9A-Z$%*+/:-]{1,64}")
#: Where a day ends last of all, hours after it ended in Greenwich.
_LAST_ZONE: Final = datetime.timezone(datetime.timedelta(hours=-12))


@dataclass(frozen=True, slots=True)
class StepsKnown:
    """What is known of a member's earlier codes here: the last step taken (None: none), the one that the
    open sale was begun with (it may be shown again), and the time before which their codes are revoked."""

    last: int | None = None
    of_sale: int | None = None
    codes_from_ms: int = 0


NO_STEPS: Final = StepsKnown()


def new_member_id(random_bytes: bytes, kind: Literal["M", "T"] = "M") -> str:
    """A member's id from eight random bytes: "M" of the hub's making, "T" of a till's while it is offline."""
    if len(random_bytes) != 8:
        raise ValueError("a member's id takes exactly eight random bytes")
    value = int.from_bytes(random_bytes, "big")
    return kind + "".join(_CROCKFORD[value >> 5 * place & 31] for place in range(12))


def is_member_id(text: str) -> bool:
    """Whether a text is a member's id by its form."""
    return _MEMBER_ID.fullmatch(text) is not None


def own_code(reading: Reading) -> OwnCode | None:
    """The own code that a reader found genuine; None for any other reading."""
    if reading.refusal is not None or reading.kind not in ("member", "coupon", "voucher"):
        return None
    fields = {key[-1]: value for key, value in reading.extras.items() if key.startswith("field_")}
    day = reading.extras.get("valid_until", "")
    return OwnCode(reading.kind, reading.extras.get("issuer", ""), reading.subject, day, fields)


# --- members ------------------------------------------------------------------------------------


def member_step(at_ms: int, step_s: int) -> int:
    """The step of time that a moment (epoch milliseconds) lies in (RFC 6238 §4.2, T0 = 0)."""
    return at_ms // 1000 // step_s


def make_member_code(member_id: str, step: int, *, key_id: str, sign: Sign, until: str = "") -> str:
    """The text of a member's code for one step; `until` is an ISO day or "", `sign` the hub's signature."""
    return make_own(OwnCode("member", key_id.upper(), member_id, until, {"T": str(step)}), sign)


def check_member_code(
    code: OwnCode, time: HubTime, rules: CodeRules, known: StepsKnown = NO_STEPS
) -> int | Why:
    """The step of a genuine member code that counts now, or why it does not.

    "unknown": no member's code with a step; "expired": too old, as a photograph is; "clock": from later than
    the hub's time can be, so a clock is wrong; "voided": revoked; "used": this step or a later one was taken.
    """
    step = _number(code.fields, "T")
    if code.kind != "member" or step is None or not is_member_id(code.subject):
        return "unknown"
    step_ms = rules.step_s * 1000
    began_ms = step * step_ms
    allowed_ms = time.unsure_ms + step_ms
    if began_ms < time.now_ms - allowed_ms or _is_over(code.valid_until, time):
        return "expired"
    if began_ms > time.now_ms + allowed_ms:
        return "clock"
    # A step that has begun before the revocation was on the screen before it.
    if began_ms < known.codes_from_ms:
        return "voided"
    if step != known.of_sale and known.last is not None and step <= known.last:
        return "used"
    return step


def _is_over(day: str, time: HubTime) -> bool:
    return bool(day) and time.now_ms - time.unsure_ms >= day_end_ms(day, _LAST_ZONE)


def day_end_ms(day: str, zone: datetime.tzinfo) -> int:
    """The first moment after an ISO day in a zone, epoch milliseconds."""
    after = datetime.date.fromisoformat(day) + datetime.timedelta(days=1)
    return int(datetime.datetime.combine(after, datetime.time(), zone).timestamp()) * 1000


def card_number(text: str, patterns: tuple[str, ...]) -> str | None:
    """The number of a static card as it is looked up, or None for a text that is none by the programme."""
    number = normalised_card(text)
    if not number or len(number) > CARD_MAX_CHARS or not number.isascii():
        return None
    return number if any(re.fullmatch(pattern, number) for pattern in patterns) else None


# --- coupons and gift cards ---------------------------------------------------------------------


def make_coupon_code(coupon: Coupon, *, key_id: str, sign: Sign, until: str = "") -> str:
    """The text of a single-use coupon's code; it counts to the end of the ISO day `until` ("": no end)."""
    fields = {"B": coupon.batch}
    if coupon.store_id:
        fields["S"] = coupon.store_id.upper()
    if coupon.value_minor:
        fields["A"] = str(coupon.value_minor)
    return make_own(OwnCode("coupon", key_id.upper(), coupon.coupon_id, until, fields), sign)


def coupon_of_code(code: OwnCode, zone: datetime.tzinfo) -> Coupon | None:
    """The coupon that a genuine code stands for, its end being that of the day in the shop's zone.

    None where it is no coupon's code, or one that says its worth in no way that is understood. Capitals is
    all that a code can hold, so ids of stores are compared without regard to them (see `usable`).
    """
    batch = code.fields.get("B", "")
    value_minor = _number(code.fields, "A") if "A" in code.fields else 0
    if code.kind != "coupon" or not _BATCH.fullmatch(batch) or value_minor is None:
        return None
    until_ms = day_end_ms(code.valid_until, zone) if code.valid_until else None
    return Coupon(
        coupon_id=code.subject,
        batch=batch,
        until_ms=until_ms,
        store_id=code.fields.get("S", ""),
        value_minor=value_minor,
    )


def make_gift_code(card_id: str, face_minor: int, *, key_id: str, sign: Sign, until: str = "") -> str:
    """The text of a gift card's code, with what it was sold for at most."""
    return make_own(OwnCode("voucher", key_id.upper(), card_id, until, {"A": str(face_minor)}), sign)


def gift_card_of_code(code: OwnCode, *, now_ms: int, zone: datetime.tzinfo) -> GiftCard | Why:
    """The gift card that a genuine code stands for, or why it counts no more: "unknown" or "expired"."""
    face_minor = _number(code.fields, "A")
    if code.kind != "voucher" or face_minor is None:
        return "unknown"
    if code.valid_until and now_ms >= day_end_ms(code.valid_until, zone):
        return "expired"
    return GiftCard(code.subject, face_minor=face_minor)


def _number(fields: Mapping[str, str], letter: str) -> int | None:
    """The number of a field, None where there is none or it is spelled in another way than ours."""
    text = fields.get(letter, "")
    return int(text) if _NUMBER.fullmatch(text) else None
