"""Promotions for programs of the shop's IT, as JSON: what is published, publish, take back.

The same reader and the same rules as the command's, in the name of a person with an account of the fleet
page; what was done goes on record. Nothing is put while one document is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sync.hub.database import Database
from sync.hub.doubts.record import put_on_record
from sync.hub.fleet.admins import Session
from sync.hub.fleet.price_answers import (
    IDS_MOST,
    PromotionList,
    PromotionReply,
    PromotionRequest,
    PromotionsGone,
    PromotionsRemoved,
    told,
)
from sync.hub.goods.promotion_admin import published as published_promotions
from sync.hub.goods.promotion_admin import put_promotions, remove_promotions
from sync.hub.goods.promotion_files import PromotionFileError, currencies_of, read_promotion_files
from sync.hub.goods.store_facts import PlaceError, all_stores, chosen
from sync.hub.routes.fleet_api import HOME, body_of, signed_in
from sync.hub.routes.guard import Guard, RefusedError, json_reply

PROMOTIONS: Final = f"{HOME}/promotions"
_DETAIL_MOST_CHARS: Final = 4_000


class PriceApiRoutes:
    """What programs may do with promotions in a person's name."""

    def __init__(self, database: Database, guard: Guard, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._guard = guard
        self._now_ms = now_ms

    def table(self) -> list[Route]:
        """The routes."""

        def mine(work: Any) -> Any:
            return signed_in(self._guard, self._database, self._now_ms, work)

        return [
            Route(PROMOTIONS, mine(self._list), methods=["GET"]),
            Route(PROMOTIONS, mine(self._put), methods=["PUT"]),
            Route(f"{PROMOTIONS}/remove", mine(self._remove), methods=["POST"]),
        ]

    async def _list(self, request: Request, _session: Session) -> Response:
        after = request.query_params.get("after", "").replace("\0", "")

        def read() -> PromotionList:
            with self._database.reading() as connection:
                held = [one for one in published_promotions(connection).values() if one.promotion_id > after]
            page = held[:IDS_MOST]
            return PromotionList(
                tuple(map(told, page)), page[-1].promotion_id if len(held) > IDS_MOST else ""
            )

        return json_reply(await run_in_threadpool(read), 200)

    async def _put(self, request: Request, session: Session) -> Response:
        given = await body_of(request, PromotionRequest)
        stores, regions = frozenset(given.stores), frozenset(given.regions)
        documents = b"[" + b",".join(bytes(one) for one in given.promotions) + b"]"
        now_ms = self._now_ms()

        def put(connection: Connection) -> PromotionReply:
            try:
                reached = chosen(all_stores(connection), stores, regions)
                read = read_promotion_files([("body", documents)], currencies_of(reached))
            except (PlaceError, PromotionFileError) as trouble:
                raise RefusedError(400, "bad_promotion", str(trouble)[:_DETAIL_MOST_CHARS]) from trouble
            done = put_promotions(connection, read, stores=stores, regions=regions, now_ms=now_ms)
            for one in read:
                self._note(connection, session, "promotion_put", one.promotion.promotion_id, now_ms)
            return PromotionReply(done.changed, done.unchanged, done.rows, done.same_version)

        return json_reply(await run_in_threadpool(self._database.write, put), 200)

    async def _remove(self, request: Request, session: Session) -> Response:
        given = await body_of(request, PromotionsGone)
        now_ms = self._now_ms()

        def remove(connection: Connection) -> PromotionsRemoved:
            unknown = remove_promotions(connection, given.ids, now_ms)
            for one in set(given.ids) - set(unknown):
                self._note(connection, session, "promotion_removed", one, now_ms)
            return PromotionsRemoved(len(set(given.ids)) - len(set(unknown)), unknown)

        return json_reply(await run_in_threadpool(self._database.write, remove), 200)

    @staticmethod
    def _note(connection: Connection, session: Session, act: str, subject: str, now_ms: int) -> None:
        put_on_record(connection, "", who=session.name, act=act, subject=subject, note="", now_ms=now_ms)
