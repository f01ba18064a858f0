"""What of a sale's rights may be used: each way to be refused has its own reason, nothing else refuses."""

from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from posapp.domain.members.leases import Lease
from posapp.domain.members.programme import OfflineRules, Programme
from posapp.domain.members.sale_rights import Hold, SaleRights, ShownMember
from posapp.domain.members.terms import Coupon, MemberCard
from posapp.domain.members.usable import Usable, coupons_shown, usable

NOW = 1_795_000_000_000
PROGRAMME = Programme(is_on=True)
BOUND = Coupon("C1", "B20", store_id="S1", value_minor=2_000)
FREE = Coupon("C2", "B20")
CARD = MemberCard("M0123456789AB", points=2_860, coupons=(BOUND, FREE), as_of_ms=NOW - 60_000)
POINTS = Lease("L1", "points", 600, NOW + 1)
COUPONS = Lease("L2", "coupons", 3_000, NOW + 1)


def sale(card: MemberCard = CARD, **changes: object) -> SaleRights:
    """A sale of a member that showed their code."""
    return dataclasses.replace(SaleRights(member=ShownMember(card, "code", NOW)), **changes)  # type: ignore[arg-type]


def online(rights: SaleRights, programme: Programme = PROGRAMME) -> Usable:
    """What may be used while the hub is in reach."""
    return usable(rights, programme, (POINTS, COUPONS), store_id="S1", now_ms=NOW, is_online=True)


def offline(
    rights: SaleRights, *leases: Lease, programme: Programme = PROGRAMME, now_ms: int = NOW
) -> Usable:
    """What may be used while it is not."""
    return usable(rights, programme, leases, store_id="S1", now_ms=now_ms, is_online=False)


def ids(found: Usable) -> list[str]:
    """The coupons among it."""
    return [each.code for each in found.codes]


def test_a_member_with_ten_thousand_coupons_is_looked_at_once() -> None:
    many = tuple(Coupon(f"C{number:05d}", "b") for number in range(10_000))
    card = MemberCard("M1", coupons=many, as_of_ms=1)
    rights = SaleRights(
        ShownMember(card, "code", 1), refused=tuple((each.coupon_id, "used") for each in many[:5_000])
    )
    found = usable(rights, Programme(is_on=True), (), store_id="S1", now_ms=1, is_online=True)
    assert (len(found.codes), len(found.whys)) == (5_000, 5_000)


def test_with_the_hub_everything_that_it_did_not_refuse_counts() -> None:
    found = online(sale())
    assert ids(found) == ["C1", "C2"]
    assert found.codes[0].batch == "B20"
    assert (found.points, found.points_why, found.whys) == (2_860, "", {})
    assert not (found.coupons_lease_id)
    assert not (found.points_lease_id)
    assert not (found.is_offline)


def test_nobody_and_nothing_shown_has_nothing_to_use() -> None:
    assert online(SaleRights()) == Usable()


def test_reasons_against_a_coupon_with_the_hub() -> None:
    past = Coupon("C3", "B", until_ms=NOW)
    other = Coupon("C4", "B", member_id="MZZZZZZZZZZZZ")
    there = Coupon("C5", "B", store_id="S2")
    rights = sale(coupons=(past, other, there), declined=frozenset({"C1"}), refused=(("C2", "used"),))
    found = online(rights)
    assert found.whys == {
        "C1": "declined",
        "C2": "used",
        "C3": "expired",
        "C4": "other_member",
        "C5": "store",
    }
    assert found.codes == ()


def test_a_coupon_ends_at_its_time_and_a_store_is_the_same_in_capitals() -> None:
    last = Coupon("C3", "B", until_ms=NOW + 1, store_id="s1")
    assert ids(online(SaleRights(coupons=(last,)))) == ["C3"]


def test_words_that_anybody_may_know_spend_nothing_of_the_member_but_the_bearers_coupons() -> None:
    typed = dataclasses.replace(sale(), member=ShownMember(CARD, "typed", NOW), coupons=(Coupon("C9", "B"),))
    found = online(typed)
    assert ids(found) == ["C9"]
    assert found.whys == {"C1": "proof", "C2": "proof"}
    assert (found.points, found.points_why) == (0, "proof")


def test_a_members_coupon_shown_by_its_own_code_is_still_the_members() -> None:
    typed = SaleRights(member=ShownMember(CARD, "typed", NOW), coupons=(Coupon("C1", "B20"),))
    assert online(typed).whys["C1"] == "proof"
    assert [each.coupon_id for each in coupons_shown(typed)] == ["C1", "C2"]
    assert coupons_shown(typed)[0] is BOUND


def test_a_blocked_member_earns_but_spends_nothing() -> None:
    found = online(sale(dataclasses.replace(CARD, is_blocked=True)))
    assert (found.codes, found.points, found.points_why) == ((), 0, "blocked")
    assert set(found.whys.values()) == {"blocked"}


def test_points_as_the_hub_answered_and_as_the_cashier_wished() -> None:
    assert online(sale(points_most=500, points_why="balance")).points == 500
    assert online(sale(points_most=500, points_why="balance")).points_why == "balance"
    assert online(sale(points_most=9_000, points_why="balance")).points_why == ""
    assert online(sale(points_wanted=0)).points_why == "declined"
    assert online(sale(dataclasses.replace(CARD, as_of_ms=None))).points_why == "unknown"
    assert offline(sale(dataclasses.replace(CARD, as_of_ms=None)), POINTS).points_why == "network"


def test_without_the_hub_points_are_capped_and_need_a_lease() -> None:
    capped = offline(sale(), POINTS)
    assert (capped.points, capped.points_why, capped.points_lease_id) == (500, "cap", "L1")
    short = offline(sale(), dataclasses.replace(POINTS, spent=200))
    assert (short.points, short.points_why) == (400, "lease")
    assert (offline(sale()).points, offline(sale()).points_why) == (0, "lease")
    assert offline(sale(), POINTS, now_ms=POINTS.until_ms).points_why == "lease"
    few = offline(sale(dataclasses.replace(CARD, points=120)), POINTS)
    assert (few.points, few.points_why, few.points_lease_id) == (120, "", "L1")
    never = Programme(is_on=True, offline=OfflineRules(points_a_member=0))
    assert offline(sale(), POINTS, programme=never).points_why == "network"


def test_without_the_hub_only_bound_coupons_of_known_worth_count() -> None:
    found = offline(sale(), COUPONS)
    assert ids(found) == ["C1"]
    assert found.whys == {"C2": "network"}
    assert found.coupons_lease_id == "L2"
    dear = sale(coupons=(Coupon("C7", "B", store_id="S1", value_minor=5_001),))
    assert offline(dear, COUPONS).whys["C7"] == "cap"
    assert offline(sale()).whys["C1"] == "lease"
    assert offline(sale()).coupons_lease_id == ""


def test_several_coupons_fit_into_the_lease_together_and_the_dearest_goes_first() -> None:
    small = Coupon("C8", "B", store_id="S1", value_minor=1_001)
    found = offline(sale(coupons=(small,)), COUPONS)
    assert ids(found) == ["C1"]
    assert found.whys["C8"] == "lease"


def test_what_the_hub_keeps_for_this_sale_outlives_its_network() -> None:
    rights = sale(hold=Hold("H1", NOW + 1, ("C2",), 1_300))
    found = offline(rights)
    assert ids(found) == ["C2"]
    assert found.whys == {"C1": "lease"}
    assert found.coupons_lease_id == ""
    assert (found.points, found.points_why, found.points_lease_id) == (1_300, "network", "")
    late = offline(rights, now_ms=NOW + 1)
    assert late.points == 0
    assert ids(late) == []


def test_a_sale_whose_hub_did_not_answer_is_offline_whatever_the_link_says() -> None:
    found = online(sale(is_offline=True))
    assert found.is_offline
    assert found.points == 500
    assert ids(found) == ["C1"]


@given(
    st.lists(st.tuples(st.integers(0, 6_000), st.sampled_from(["", "S1", "S2"])), max_size=6),
    st.integers(0, 5_000), st.integers(0, 8_000), st.integers(0, 900), st.booleans(),
)  # fmt: skip
def test_offline_never_more_than_caps_and_leases_and_every_coupon_used_or_told(
    worths: list[tuple[int, str]], points: int, lease: int, spent: int, held: bool
) -> None:
    coupons = tuple(
        Coupon(f"C{n}", "B", store_id=store, value_minor=worth) for n, (worth, store) in enumerate(worths)
    )
    card = dataclasses.replace(CARD, points=points, coupons=coupons)
    leases = (Lease("P", "points", 700, NOW + 1, spent), Lease("C", "coupons", lease, NOW + 1))
    found = offline(sale(card, hold=Hold("H", NOW + 1, ("C0",)) if held else None), *leases)
    worth = {each.coupon_id: each.value_minor for each in coupons}
    leased = [code for code in ids(found) if not (held and code == "C0")]
    assert sum(worth[code] for code in leased) <= lease
    assert found.points <= min(points, 500, max(0, 700 - spent))
    assert found.points == points or found.points_why
    assert set(ids(found)) | set(found.whys) == set(worth)
    assert not set(ids(found)) & set(found.whys)
    assert all(found.whys.values())
