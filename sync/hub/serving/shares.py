"""How much one process of a hub takes: connections of tills, and of the database's server.

PostgreSQL lets 100 in unless it is told otherwise, keeps three of them for its administrator, and refuses
whoever comes after; a process may open no more files than the system lets it. Both are shared out before
anything listens, so that no till finds out.
"""

from __future__ import annotations

import sys
from typing import Final

from sync.hub.database import CONNECTIONS_MOST

#: Of all processes together: of PostgreSQL's 100, what is left is for backups, commands and people.
DATABASE_CONNECTIONS: Final = 80
#: A request, the jobs' thread, and one that waits for a lock.
_LEAST_A_PROCESS: Final = 3
#: A till keeps one or two: some 3,000 tills a process, far more than one answers in time.
_TILLS_MOST: Final = 4_000
#: Files of a process that are no till's.
_OTHER_FILES: Final = 128


def database_share(connections: int, workers: int) -> int:
    """How many connections each process may open to the database; 0 where there are too few for all."""
    share = min(connections // workers, CONNECTIONS_MOST)
    return share if share >= _LEAST_A_PROCESS else 0


def connections_needed(workers: int) -> int:
    """How many connections to the database as many processes need at least."""
    return workers * _LEAST_A_PROCESS


def till_connections() -> int:
    """How many connections of tills a process takes unless told otherwise; more are answered 503."""
    if sys.platform == "win32":
        # There is no such limit there.
        return _TILLS_MOST
    import resource

    files, _most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return _TILLS_MOST
    return max(_OTHER_FILES, min(_TILLS_MOST, files - _OTHER_FILES - CONNECTIONS_MOST))
