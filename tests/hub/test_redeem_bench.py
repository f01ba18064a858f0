"""The bench of rights that many want at once, very small: every coupon once, every loser told why."""

from __future__ import annotations

import pytest

from sync.hub.bench.redeem_bench import Size, bench_redeem
from tests.hub.postgres import Databases


@pytest.mark.needs_postgres
def test_each_right_is_had_once(postgres_databases: Databases) -> None:
    size = Size(coupons=10, attempts=60, points_attempts=40, clients=2, workers=1)
    result = bench_redeem(postgres_databases.server().url(), size, seed=1)
    figures = result["figures"]
    assert {one["key"]: one["held"] for one in result["aims"]} == {
        f"{right}_{what}": True
        for right in ("coupons", "points", "gift")
        for what in ("each_used_once", "losers_are_told_why")
    }
    assert (figures["coupons"]["succeeded"], figures["coupons"]["attempts"]) == (10, 60)
    assert (figures["points"]["succeeded"], figures["gift"]["succeeded"]) == (4, 4)
    assert result["baselines"]["postgresql"]["fsync"] == "on"
