"""What an outage cost: also the sale by which a till found out that the network is gone."""

from __future__ import annotations

from posapp.domain.outage import NOTICED_WITHIN_MS, Outage, begun, ended

LONE = Outage(5_000, 5_000, (("points", 500),))


def test_the_sale_that_found_out_is_of_the_outage() -> None:
    assert begun(LONE, 5_000 + NOTICED_WITHIN_MS) == Outage(5_000, None, LONE.given)


def test_one_of_long_before_stays_the_one_before() -> None:
    late_ms = 5_001 + NOTICED_WITHIN_MS
    assert begun(LONE, late_ms) == Outage(late_ms, before=LONE)
    assert ended(begun(LONE, late_ms), late_ms + 1) == LONE
