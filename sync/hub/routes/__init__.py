"""The hub's routes, put together."""

from __future__ import annotations

from collections.abc import Callable

from starlette.routing import BaseRoute

from sync.hub.database import Database
from sync.hub.routes.events import EventRoutes
from sync.hub.routes.feeds import FeedRoutes
from sync.hub.routes.guard import Guard
from sync.hub.routes.status import StatusRoutes


def all_routes(database: Database, now_ms: Callable[[], int]) -> list[BaseRoute]:
    """Every route of the hub."""
    guard = Guard(database)
    return [
        *StatusRoutes(database, guard).table(),
        *EventRoutes(database, guard, now_ms).table(),
        *FeedRoutes(database, guard).table(),
    ]
