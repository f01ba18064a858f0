"""The hub's routes, put together."""

from __future__ import annotations

import time
from collections.abc import Callable

from starlette.routing import BaseRoute

from sync.hub.database import Database
from sync.hub.fleet.store_labels import StoreLabels
from sync.hub.routes.events import EventRoutes
from sync.hub.routes.feeds import FeedRoutes
from sync.hub.routes.fleet import fleet_routes
from sync.hub.routes.fleet_api import FleetApiRoutes
from sync.hub.routes.guard import Guard
from sync.hub.routes.integrators import IntegratorRoutes
from sync.hub.routes.loyalty_gifts import GiftRoutes
from sync.hub.routes.loyalty_leases import LeaseRoutes
from sync.hub.routes.loyalty_members import MemberRoutes
from sync.hub.routes.loyalty_rights import RightsRoutes
from sync.hub.routes.loyalty_sales import SaleRoutes
from sync.hub.routes.members_api import MemberApiRoutes
from sync.hub.routes.prices_api import PriceApiRoutes
from sync.hub.routes.rewards_api import RewardApiRoutes
from sync.hub.routes.rewards_lists import RewardListRoutes
from sync.hub.routes.snapshots import SnapshotRoutes
from sync.hub.routes.status import StatusRoutes
from sync.hub.routes.trust import TrustRoutes
from sync.hub.trust.limits import Limits, TokenBuckets
from sync.hub.upkeep.metrics import Metrics


def all_routes(
    database: Database,
    now_ms: Callable[[], int],
    limits: Limits | None = None,
    *,
    metrics: Metrics,
    metrics_token: str = "",
) -> list[BaseRoute]:
    """Every route of the hub."""
    limits = limits or Limits()
    guard = Guard(database, now_ms, limits)
    wrong_codes = TokenBuckets(
        per_s=limits.wrong_codes_per_s, burst=limits.wrong_codes_burst, monotonic_s=time.monotonic
    )
    trust = TrustRoutes(database, guard, now_ms, wrong_codes=wrong_codes)
    return [
        *trust.table(),
        *StatusRoutes(database, guard, now_ms).table(),
        *EventRoutes(database, guard, now_ms, metrics).table(),
        *FeedRoutes(database, guard).table(),
        *fleet_routes(database, now_ms),
        *FleetApiRoutes(database, guard, now_ms, StoreLabels()).table(),
        *PriceApiRoutes(database, guard, now_ms).table(),
        *RightsRoutes(database, guard, now_ms).table(),
        *MemberApiRoutes(database, guard, now_ms).table(),
        *RewardApiRoutes(database, guard, now_ms).table(),
        *RewardListRoutes(database, guard, now_ms).table(),
        *MemberRoutes(database, guard, now_ms).table(),
        *GiftRoutes(database, guard, now_ms).table(),
        *LeaseRoutes(database, guard, now_ms).table(),
        *SaleRoutes(database, guard).table(),
        *SnapshotRoutes(database, guard).table(),
        *IntegratorRoutes(guard, metrics, metrics_token).table(),
    ]
