"""What was answered before is answered again, in every figure, and with the work that it took then.

Where a change is meant: `python -m tests.domain.pricing.recorded_answers --write`, and read what differs.
"""

from __future__ import annotations

from tests.domain.pricing.recorded_answers import CARTS, answers, recorded_answers, recorded_work, work


def test_the_same_answers_in_every_figure() -> None:
    was = recorded_answers()
    assert len(was) > len(CARTS)
    for name, now in answers():
        assert now == was.pop(name), name
    assert not was


def test_the_record_holds_something_of_everything() -> None:
    kept = recorded_answers().values()
    offs = [each["off"] for each in kept if isinstance(each.get("off"), dict)]
    assert len({rule for off in offs for rule, *_ in off.values()}) >= 15
    for key in ("lost", "steps", "gifts", "tax"):
        assert sum(key in each for each in kept) >= 10, key
    assert sum(not each.get("proven", True) for each in kept) >= 10


def test_the_same_work() -> None:
    assert work() == recorded_work()
