"""Which rights of a sale may be used right now, and for each that may not, the one reason why.

Pure: the hub's word, the programme, the till's leases and whether the hub can be asked go in. With the hub in
reach everything that it did not refuse counts, since it is asked to keep it before money is taken. Without it
only what it granted beforehand does: coupons bound to this store whose worth is known and points, both inside
caps and leases, or what it keeps for this very sale already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field

from posapp.domain.members.leases import Lease, usable_lease
from posapp.domain.members.programme import Programme
from posapp.domain.members.sale_rights import Hold, SaleRights, ShownMember
from posapp.domain.members.terms import Coupon, Why
from posapp.domain.pricing.terms.basket import Code
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Usable:
    """What prices may use: coupons as codes and at most so many points.

    `whys` has one entry for each coupon that is shown but cannot be used; `points_why` says why not all the
    points of the member count ("" where they do). The lease ids are set where leases are what permits it;
    coupons that are `kept` cost none of it, since the hub keeps them for this very sale.
    """

    codes: tuple[Code, ...] = ()
    points: int = 0
    whys: Mapping[str, Why] = field(default_factory=dict)
    points_why: Why = ""
    kept: frozenset[str] = frozenset()
    coupons_lease_id: str = ""
    points_lease_id: str = ""
    is_offline: bool = False


def coupons_shown(rights: SaleRights) -> tuple[Coupon, ...]:
    """All coupons that a sale knows of, each once: those shown by their own codes, then the member's."""
    of_member = () if rights.member is None else rights.member.card.coupons
    known: dict[str, Coupon] = {}
    for each in of_member:
        known[each.coupon_id] = each
    shown = [known.get(each.coupon_id, each) for each in rights.coupons]
    return tuple({each.coupon_id: each for each in (*shown, *of_member)}.values())


def usable(
    rights: SaleRights,
    programme: Programme,
    leases: Iterable[Lease],
    *,
    store_id: str,
    now_ms: int,
    is_online: bool,
) -> Usable:
    """What may be used now; `now_ms` is the hub's time as the till has it."""
    offline = rights.is_offline or not is_online
    held = tuple(leases) if offline else ()
    hold = rights.hold if rights.hold is not None and now_ms < rights.hold.until_ms else None
    points, points_why, points_lease = _points(rights, programme, held, hold, now_ms=now_ms, offline=offline)
    whys: dict[str, Why] = {}
    open_ones: list[Coupon] = []
    of_member = () if rights.member is None else rights.member.card.coupons
    theirs = frozenset(each.coupon_id for each in of_member)
    refused: dict[str, Why] = dict(rights.refused)
    for coupon in coupons_shown(rights):
        why = refused.get(coupon.coupon_id, "")
        if not why or coupon.coupon_id in rights.declined:
            is_theirs = coupon.coupon_id in theirs
            why = _barred(coupon, rights, programme, is_theirs=is_theirs, store_id=store_id, now_ms=now_ms)
        if why:
            whys[coupon.coupon_id] = why
        else:
            open_ones.append(coupon)
    lease, kept = None, frozenset[str]()
    if offline:
        lease = usable_lease(held, "coupons", now_ms)
        kept = frozenset(() if hold is None else hold.coupons)
        late = _without_hub([each for each in open_ones if each.coupon_id not in kept], programme, lease)
        whys |= late
        open_ones = [each for each in open_ones if each.coupon_id not in late]
        kept &= {each.coupon_id for each in open_ones}
        if all(each.coupon_id in kept for each in open_ones):
            lease = None
    return Usable(
        codes=tuple(Code(each.coupon_id, each.batch) for each in open_ones),
        points=points,
        whys=whys,
        points_why=points_why,
        kept=kept,
        coupons_lease_id="" if lease is None else lease.lease_id,
        points_lease_id=points_lease,
        is_offline=offline,
    )


def _barred(
    coupon: Coupon, rights: SaleRights, programme: Programme, *, is_theirs: bool, store_id: str, now_ms: int
) -> Why:
    """Why a coupon cannot be used whether or not the hub can be asked; "" where nothing stands against it.

    One that came with the member is theirs, also where it does not say so.
    """
    if coupon.coupon_id in rights.declined:
        return "declined"
    if coupon.until_ms is not None and now_ms >= coupon.until_ms:
        return "expired"
    if coupon.store_id and coupon.store_id.upper() != store_id.upper():
        return "store"
    owner = coupon.member_id or (rights.member_id if is_theirs else "")
    if not owner:
        return ""
    if rights.member is None or rights.member_id != owner:
        return "other_member"
    return _unproved(rights.member, programme)


def _unproved(member: ShownMember, programme: Programme) -> Why:
    if member.card.is_blocked:
        return "blocked"
    return "" if member.proof in programme.spending else "proof"


def _without_hub(coupons: list[Coupon], programme: Programme, lease: Lease | None) -> dict[str, Why]:
    """Coupons that count only with the hub's word, and why; the others fit into the lease together.

    The dearest go first, so that the same coupons count whichever was shown first.
    """
    whys: dict[str, Why] = {}
    left = 0 if lease is None else lease.left
    for coupon in sorted(coupons, key=lambda each: (-each.value_minor, each.coupon_id)):
        if not coupon.store_id or coupon.value_minor <= 0 or programme.offline.coupon_minor <= 0:
            whys[coupon.coupon_id] = "network"
        elif coupon.value_minor > programme.offline.coupon_minor:
            whys[coupon.coupon_id] = "cap"
        elif coupon.value_minor > left:
            whys[coupon.coupon_id] = "lease"
        else:
            left -= coupon.value_minor
    return whys


def _points(
    rights: SaleRights,
    programme: Programme,
    leases: tuple[Lease, ...],
    hold: Hold | None,
    *,
    now_ms: int,
    offline: bool,
) -> tuple[int, Why, str]:
    """(points that may be used, why not all of them, the lease they are under)."""
    member = rights.member
    if member is None:
        return 0, "", ""
    why = _unproved(member, programme)
    if why:
        return 0, why, ""
    if rights.points_wanted == 0:
        return 0, "declined", ""
    if member.card.as_of_ms is None:
        return 0, "network" if offline else "unknown", ""
    most = max(0, member.card.points)
    if rights.points_most is not None and rights.points_most < most:
        most, why = max(0, rights.points_most), rights.points_why
    if not offline or most == 0:
        return most, why, ""
    if hold is not None and hold.points:
        # The hub keeps these for this very sale: they are nobody else's, and cost no lease.
        return (most, why, "") if most <= hold.points else (hold.points, "network", "")
    cap, lease = programme.offline.points_a_member, usable_lease(leases, "points", now_ms)
    if cap <= 0:
        return 0, "network", ""
    if lease is None:
        return 0, "lease", ""
    if cap < most:
        most, why = cap, "cap"
    if lease.left < most:
        most, why = lease.left, "lease"
    return most, why, lease.lease_id
