"""What this till may give away without the hub, what that can cost at worst, and what it did cost.

For managers: told before the network goes, while it is away, and once it is back. The figures are the hub's
word and the till's own stored sales; nothing is estimated here.
"""

from __future__ import annotations

from posapp.domain.members.leases import Lease
from posapp.flows.formatting import N_
from posapp.flows.mains import StatusRow
from posapp.flows.presenters.words import Scene

_NAMES = {
    "points": N_("Offline points"),
    "coupons": N_("Offline coupons"),
    "gift": N_("Offline gift value"),
}
_ICONS = {"points": "coins", "coupons": "ticket", "gift": "credit-card"}


def lease_rows(scene: Scene) -> tuple[StatusRow, ...]:
    """The worst loss, what is left of each lease, and what was given away without the hub."""
    desk = scene.desk
    if not desk.programme.is_on:
        return ()
    store_minor, till_minor = desk.lease_worst_minor
    worst = scene.t("this till {a}, the store {b}", a=scene.money(till_minor), b=scene.money(store_minor))
    rows = [StatusRow("shield-check", scene.t("Worst loss offline"), worst, scene.t("Fine"), "done")]
    holding = [each for each in desk.leases if scene.now_ms < each.until_ms]
    rows += [_lease(scene, each) for each in holding]
    if not holding:
        words = scene.t("none; members can spend only online")
        rows.append(StatusRow("coins", scene.t("Offline allowance"), words, scene.t("Note"), "warn"))
    return (*rows, *_given(scene))


def _lease(scene: Scene, lease: Lease) -> StatusRow:
    until = scene.local(lease.until_ms)
    when = f"{until:%H:%M}" if until.date() == scene.local(scene.now_ms).date() else f"{until:%m-%d %H:%M}"
    left, whole = _amount(scene, lease.kind, lease.left), _amount(scene, lease.kind, lease.amount)
    words = scene.t("{n} of {m} left, until {time}", n=left, m=whole, time=when)
    state, tone = (scene.t("Fine"), "done") if lease.left else (scene.t("Note"), "warn")
    return StatusRow(_ICONS[lease.kind], scene.t(_NAMES[lease.kind]), words, state, tone)  # type: ignore[arg-type]


def _amount(scene: Scene, kind: str, amount: int) -> str:
    return scene.t("{n} pts", n=f"{amount:,}") if kind == "points" else scene.money(amount)


def _given(scene: Scene) -> tuple[StatusRow, ...]:
    """What sales gave away since the network went, or did in the last outage of this run."""
    outage = scene.desk.outage
    if outage.from_ms is None:
        return ()
    parts = [_amount(scene, kind, amount) for kind, amount in outage.given if amount]
    words = " · ".join(parts) or scene.t("nothing")
    if outage.to_ms is None:
        when = scene.t("since {time}", time=scene.clock(outage.from_ms))
    else:
        when = f"{scene.clock(outage.from_ms)}–{scene.clock(outage.to_ms)}"
    title = scene.t("Given away offline")
    return (StatusRow("cloud-off", title, f"{words} · {when}", scene.t("Note"), "quiet"),)
