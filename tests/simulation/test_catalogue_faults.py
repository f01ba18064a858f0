"""The catalogue's campaign in its short form, and proof that it can fail."""

from __future__ import annotations

import pytest

from tests.simulation.test_power_loss import campaign

pytestmark = pytest.mark.campaign


def test_a_catalogue_is_the_old_one_or_the_new_one_whatever_its_disk_does() -> None:
    code, told = campaign("catalogue_faults", "--seeds", "0:2", "--every", "80")
    assert (told["faulty"], told["faults"]) == (0, [])
    assert code == 0
    calls = {name.split(" ")[0] for name, hits in told["hit"].items() if hits}
    assert calls == {"open", "lock", "access", "read", "write", "size", "sync", "truncate", "delete"}


@pytest.mark.parametrize("mutant", ["chunks_unframed", "synchronous_off"])
def test_the_catalogue_campaign_catches_a_planted_fault(mutant: str) -> None:
    code, told = campaign("catalogue_faults", "--seeds", "0:3", "--every", "40", "--mutant", mutant)
    assert told["faulty"]
    assert code == 1
