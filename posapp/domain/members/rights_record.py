"""The rights of an open sale as plain values for the till's own disk, and back.

Everything of them outlives a power cut: whose sale it is and how they proved it, coupons, what was taken off,
the hub's words and what it keeps. A member stands there as the till shows them, masked; nothing here could be
used to reach anybody. What is as it is by default is left out, so a sale without rights costs no byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from typing import Any

from posapp.domain.members.sale_rights import Hold, SaleRights, ShownMember
from posapp.domain.members.terms import Coupon, MemberCard


def rights_to_plain(rights: SaleRights) -> dict[str, Any]:
    """The rights as values that JSON knows."""
    return _plain(rights)


def rights_from_plain(body: Mapping[str, Any]) -> SaleRights:
    """The rights again; raises KeyError, TypeError or ValueError where they are not."""
    member, hold = body.get("member"), body.get("hold")
    told = {
        "member": None if member is None else _member(member),
        "coupons": tuple(Coupon(**one) for one in body.get("coupons", ())),
        "declined": frozenset(body.get("declined", ())),
        "refused": tuple((coupon_id, why) for coupon_id, why in body.get("refused", ())),
        "hold": None if hold is None else Hold(**hold | {"coupons": tuple(hold.get("coupons", ()))}),
    }
    return SaleRights(**dict(body) | told)


def _member(body: Mapping[str, Any]) -> ShownMember:
    card = body["card"]
    told = {
        "tags": frozenset(card.get("tags", ())),
        "coupons": tuple(Coupon(**one) for one in card.get("coupons", ())),
    }
    return ShownMember(**dict(body) | {"card": MemberCard(**card | told)})


def _plain(value: Any) -> dict[str, Any]:
    return {
        one.name: _value(told) for one in fields(value) if (told := getattr(value, one.name)) != _default(one)
    }


def _default(one: Field[Any]) -> object:
    if one.default_factory is not MISSING:
        return one.default_factory()
    return one.default


def _value(told: object) -> Any:
    if isinstance(told, MemberCard | ShownMember | Coupon | Hold):
        return _plain(told)
    if isinstance(told, frozenset):
        return sorted(told)
    if isinstance(told, tuple):
        return [_value(one) for one in told]
    return dict(told) if isinstance(told, Mapping) else told
