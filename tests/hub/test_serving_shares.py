"""What is shared out among the processes of a hub."""

from __future__ import annotations

import pytest

from sync.hub.commands.serve import WORKERS_MOST
from sync.hub.serving.shares import (
    DATABASE_CONNECTIONS,
    connections_needed,
    database_share,
    till_connections,
)

POSTGRES_USUALLY_LETS_IN = 100
KEPT_FOR_ITS_ADMINISTRATOR = 3


@pytest.mark.parametrize("workers", range(1, WORKERS_MOST + 1))
def test_all_processes_together_stay_below_what_a_server_usually_lets_in(workers: int) -> None:
    share = database_share(DATABASE_CONNECTIONS, workers)
    # One is the parent's, which looks at the database before anything listens.
    assert workers * share + 1 < POSTGRES_USUALLY_LETS_IN - KEPT_FOR_ITS_ADMINISTRATOR - 10
    assert share >= 3 or (share == 0 and connections_needed(workers) > DATABASE_CONNECTIONS)


def test_tills_leave_files_for_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    for files, expected in ((1_024, 864), (65_536, 4_000), (64, 128), (resource.RLIM_INFINITY, 4_000)):
        monkeypatch.setattr(resource, "getrlimit", lambda _what, files=files: (files, files))
        assert till_connections() == expected
