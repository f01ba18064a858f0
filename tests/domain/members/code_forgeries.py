"""The ways of codes to be wrong: each makes one that no till may take at its moment."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from posapp.domain.codes.own import OwnCode, make_own
from posapp.domain.members.member_codes import make_coupon_code, make_gift_code, make_member_code
from posapp.domain.members.terms import Coupon
from sync.protocol.signing import key_id_of, lease_statement, manifest_statement, public_key_of, sign
from tests.domain.members.code_scenes import CodeTill, Scene, valid_code

#: The order of Ed25519's group (RFC 8032 §5.1): adding it to a signature's second half makes another text.
_ORDER: Final = 2**252 + 27742317777372353535851937790883648493
_SIGNS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


Way = Callable[[Scene, CodeTill], str]


def _body(scene: Scene, changes: Callable[[OwnCode], OwnCode], private_key: bytes | None = None) -> str:
    """A member's code of now with something else in it, sealed by a key (the hub's by default)."""
    code = OwnCode("member", scene.key_id.upper(), scene.member(), "", {"T": str(scene.step())})
    key = scene.private_key if private_key is None else private_key
    return make_own(changes(code), lambda message: sign(key, message))


def _sealed(scene: Scene, seal: bytes) -> str:
    """A member's code of now under a seal made elsewhere."""
    return make_member_code(scene.member(), scene.step(), key_id=scene.key_id, sign=lambda _message: seal)


def _one_sign(scene: Scene, _till: CodeTill) -> str:
    text, _given = valid_code(scene)
    at = scene.random.randrange(len(text))
    other = scene.random.choice([sign_ for sign_ in _SIGNS if sign_ != text[at]])
    return text[:at] + other + text[at + 1 :]


def _two_swapped(scene: Scene, till: CodeTill) -> str:
    text, _given = valid_code(scene)
    places = [at for at in range(len(text) - 1) if text[at] != text[at + 1]]
    at = scene.random.choice(places)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _one_missing(scene: Scene, _till: CodeTill) -> str:
    text, _given = valid_code(scene)
    at = scene.random.randrange(len(text))
    return text[:at] + text[at + 1 :]


def _one_more(scene: Scene, _till: CodeTill) -> str:
    text, _given = valid_code(scene)
    at = scene.random.randrange(1, len(text) + 1)
    return text[:at] + scene.random.choice(_SIGNS) + text[at:]


def _cut(scene: Scene, _till: CodeTill) -> str:
    text, _given = valid_code(scene)
    return text[: scene.random.randrange(4, len(text))]


def _other_key(scene: Scene, _till: CodeTill) -> str:
    return _body(scene, lambda code: code, scene.other_key)


def _unknown_key(scene: Scene, _till: CodeTill) -> str:
    issuer = key_id_of(public_key_of(scene.other_key)).upper()
    return _body(scene, lambda code: replace(code, issuer=issuer), scene.other_key)


def _old_keys_name(scene: Scene, _till: CodeTill) -> str:
    issuer = key_id_of(public_key_of(scene.old_key)).upper()
    return _body(scene, lambda code: replace(code, issuer=issuer))


def _another_body(scene: Scene, _till: CodeTill) -> str:
    """A genuine seal under words that it was not made for: another person, more money, a later end."""
    text, _given = valid_code(scene)
    head, _, seal = text.rpartition(".")
    parts = head.split(".")
    change = scene.random.randrange(4)
    if change == 0:
        parts[3] = scene.member()
    elif change == 1:
        parts = [*parts[:4], "A99999999", *parts[4:]]
    elif change == 2:
        parts[2] = "991231"
    else:
        parts[0] = scene.random.choice([kind for kind in ("P1M", "P1C", "P1V", "P1P") if kind != parts[0]])
    return ".".join(parts) + "." + seal


def _yesterday(scene: Scene, _till: CodeTill) -> str:
    return _member_at(scene, -86_400 * scene.random.randint(1, 400))


def _too_old(scene: Scene, till: CodeTill) -> str:
    beyond_s = till.time.unsure_ms // 1_000 + 2 * scene.rules.step_s
    return _member_at(scene, -beyond_s - scene.random.randrange(3_600))


def _from_later(scene: Scene, till: CodeTill) -> str:
    beyond_s = till.time.unsure_ms // 1_000 + 2 * scene.rules.step_s
    return _member_at(scene, beyond_s + scene.random.randrange(86_400))


def _member_at(scene: Scene, off_s: int) -> str:
    return make_member_code(scene.member(), scene.step(off_s), key_id=scene.key_id, sign=scene.seal)


def _shown_again(scene: Scene, till: CodeTill) -> str:
    """The very code that was taken a moment ago, or one of an earlier step."""
    who, step = scene.member(), scene.step()
    taken = make_member_code(who, step, key_id=scene.key_id, sign=scene.seal)
    if till.show(taken) != (who, step):
        raise AssertionError("a genuine code was not taken")
    earlier = step - scene.random.randint(0, 1)
    return make_member_code(who, earlier, key_id=scene.key_id, sign=scene.seal)


def _revoked(scene: Scene, till: CodeTill) -> str:
    who = scene.member()
    till.revoked[who] = scene.now_ms + 1 + scene.random.randrange(1_000)
    return make_member_code(who, scene.step(), key_id=scene.key_id, sign=scene.seal)


def _without_step(scene: Scene, _till: CodeTill) -> str:
    """A card that is signed for ever, or a step that is spelled in another way."""
    spelled = scene.random.choice(("", f"0{scene.step()}", f"+{scene.step()}", f"-{scene.step()}"))
    return _body(scene, lambda code: replace(code, fields={"T": spelled} if spelled else {}))


def _ended(scene: Scene, _till: CodeTill) -> str:
    """A coupon or a gift card whose last day is over, or a coupon of another store."""
    until, choice = scene.day(-scene.random.randint(1, 400)), scene.random.randrange(3)
    if choice == 0:
        return make_gift_code("G1", 100, key_id=scene.key_id, sign=scene.seal, until=until)
    coupon = Coupon("C-1", "B20", store_id="S2" if choice == 1 else "")
    return make_coupon_code(coupon, key_id=scene.key_id, sign=scene.seal, until="" if choice == 1 else until)


def _made_up_seal(scene: Scene, _till: CodeTill) -> str:
    rng = scene.random
    return _sealed(scene, rng.choice((rng.randbytes(64), bytes(64), b"\x01" + bytes(63), rng.randbytes(32))))


def _another_statement(scene: Scene, _till: CodeTill) -> str:
    """The hub's own signature of something else: a lease, a snapshot, another member's code."""
    words = scene.random.choice((lease_statement("S1", "T1", "{}"), manifest_statement("{}"), b"P1M."))
    return _sealed(scene, scene.seal(words))


def _same_signature_otherwise(scene: Scene, _till: CodeTill) -> str:
    """A genuine signature in another spelling: plus the group's order, or loose bits at the end."""
    text, _given = valid_code(scene)
    head, _, seal = text.rpartition(".")
    if scene.random.randrange(2):
        value = _SIGNS_32.index(seal[-1])
        return f"{head}.{seal[:-1]}{_SIGNS_32[value ^ scene.random.randint(1, 7)]}"
    raw = base64.b32decode(seal + "=" * (-len(seal) % 8))
    number = int.from_bytes(raw[32:], "little") + _ORDER
    spelled = base64.b32encode(raw[:32] + number.to_bytes(32, "little")).decode().rstrip("=")
    return f"{head}.{spelled}"


_SIGNS_32: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
WAYS: Final[dict[str, Way]] = {
    "one sign": _one_sign, "two swapped": _two_swapped, "one missing": _one_missing, "one more": _one_more,
    "cut": _cut, "other key": _other_key, "unknown key": _unknown_key, "old key's name": _old_keys_name,
    "another body": _another_body, "yesterday": _yesterday, "too old": _too_old, "from later": _from_later,
    "shown again": _shown_again, "revoked": _revoked, "without step": _without_step, "ended": _ended,
    "made-up seal": _made_up_seal, "another statement": _another_statement,
    "same signature otherwise": _same_signature_otherwise,
}  # fmt: skip
