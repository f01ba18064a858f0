"""A process of the hub waits for a database that is away, and gives up in the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.hub.database import Database, DatabaseError
from sync.hub.serving.workers import opened_in_time

pytestmark = pytest.mark.expected_logs


def test_a_database_that_is_away_is_waited_for(tmp_path: Path) -> None:
    tried: list[int] = []

    def make() -> Database:
        tried.append(len(tried))
        if len(tried) < 3:
            raise DatabaseError("away")
        return Database(tmp_path / "hub.db")

    opened_in_time(make, (0.0, 0.0, 0.0)).close()
    assert tried == [0, 1, 2]


def test_and_not_for_ever() -> None:
    def make() -> Database:
        raise DatabaseError("away")

    with pytest.raises(DatabaseError):
        opened_in_time(make, (0.0,))
