"""The loyalty programme at the hub: put by its owner, sent with the hub's keys, said where it is none."""

from __future__ import annotations

import json

import msgspec
import pytest

from sync.hub.goods.store_facts import all_stores
from sync.hub.loyalty.programme_admin import (
    ProgrammeError,
    fit_programme,
    programme_of,
    put_programme,
    read_programme,
    written_out,
)
from sync.hub.loyalty.programme_rows import stored_programme
from tests.hub.conftest import NOW_MS, Enrolled
from tests.hub.test_members import rows

PROGRAMME = {
    "levels": [{"id": "gold", "names": {"en": "Gold", "zh_CN": "金卡"}, "from_spend": "5000"}],
    "offline": {"coupon": 30.5},
    "codes": {"step_s": 30},
}


def test_a_programme_goes_to_every_store_with_the_hubs_keys(enrolled: Enrolled) -> None:
    with enrolled.database.writing() as connection:
        assert not programme_of(connection).is_on
        text = json.dumps(PROGRAMME).encode()
        document = read_programme(text, ("CNY",))
        put = put_programme(connection, document, NOW_MS)
        assert (put.rev, put.is_changed, put.stores) == (1, True, 2)
        assert put_programme(connection, document, NOW_MS).stores == 0
        programme = programme_of(connection)
        assert programme.is_on
        assert programme.offline.coupon_minor == 3050
        assert programme.codes.step_s == 30
        assert len(programme.codes.public_keys) == 1
        for store_id in ("S1", "S2"):
            told = msgspec.json.decode(rows(connection, store_id, "settings")["members"])
            assert told["lookup_key"] == stored_programme(connection).lookup_key == programme.lookup_key
            assert len(bytes.fromhex(programme.lookup_key)) == 32
        out = written_out(stored_programme(connection), "CNY")
        assert "lookup_key" not in out
        assert programme.lookup_key not in json.dumps(out)
        assert read_programme(json.dumps(out).encode(), ("CNY",))
        assert fit_programme(connection, all_stores(connection)[0], NOW_MS) == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "cannot be read as JSON"),
        ('{"is_on": true, "is_on": false}', "stands twice"),
        ('{"lookup_key": "00"}', "the hub's own"),
        ('{"codes": {"public_keys": {}}}', "the hub's own"),
        ('{"colour": 1}', "colour"),
        ("[]", "must be a table"),
        ('{"points_days": -1}', "points_days"),
        ('{"calling_code": "x"}', "calling_code"),
        ('{"offline": {"coupon": 1e999999999999999999999}}', "cannot be read"),
    ],
)
def test_what_is_no_programme_is_said(text: str, said: str) -> None:
    with pytest.raises(ProgrammeError) as caught:
        read_programme(text.encode(), ("CNY",))
    assert said in str(caught.value)
