"""The fleet page's prices: try a basket, see what a promotion would change; both are worked out elsewhere."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from posapp.domain.pricing.terms.priced import PricedBasket
from sync.hub.database import Database
from sync.hub.fleet.basket_trial import Asked, Trial, codes_of, try_basket
from sync.hub.fleet.live_prices import LiveStores
from sync.hub.fleet.pages import labels as words
from sync.hub.fleet.pages.words import Speech
from sync.hub.fleet.store_labels import StoreLabels
from sync.hub.fleet.what_if import (
    DAYS_MOST,
    DAYS_USUAL,
    STORES_MOST,
    WHAT_IF_JOB,
    Question,
    ask,
    count_baskets,
    keep_answer,
    last_runs,
    one_run,
    what_would_change,
)
from sync.hub.goods.promotion_files import PromotionFileError, currencies_of, read_promotion_files
from sync.hub.goods.store_facts import all_stores
from sync.hub.jobs import enqueue
from sync.hub.routes.fleet_door import HOME, Answer, Door, Form, MissingError, Visit

#: Up to so many baskets the answer is waited for; more are done in the background.
_AT_ONCE_MOST: Final = 500
_LOOK_EVERY_S: Final = 2
#: Work that failed is tried again ever more seldom.
_FAILED_EVERY_S: Final = 30
_GOODS_MOST_CHARS: Final = 20_000
_DOCUMENT_MOST_CHARS: Final = 200_000
_PRICES: Final = f"{HOME}/prices"


class FleetPriceRoutes:
    """Pages about prices."""

    def __init__(self, database: Database, door: Door, labels: StoreLabels) -> None:
        self._database = database
        self._door = door
        self._labels = labels
        self._live = LiveStores()

    def table(self) -> list[Route]:
        """The routes."""
        page, act = self._door.page, self._door.act
        return [
            Route(_PRICES, page(self._try_page), methods=["GET"]),
            Route(_PRICES, act(self._try), methods=["POST"]),
            Route(f"{_PRICES}/what-if", page(self._what_if_page), methods=["GET"]),
            Route(f"{_PRICES}/what-if", act(self._ask), methods=["POST"]),
            Route(f"{_PRICES}/what-if/{{run_id}}", page(self._run), methods=["GET"]),
        ]

    # ------------------------------------------------------------------ try a basket
    def _try_page(self, visit: Visit) -> Answer:
        return "prices_try.html", self._try_values(visit, {}, None, ())

    def _try(self, visit: Visit, form: Form) -> Response:
        typed = {
            "store": form.text("store", 64),
            "goods": form.text("goods", _GOODS_MOST_CHARS),
            "level": form.text("level", 64),
            "codes": form.text("codes"),
            "at": form.text("at", 40),
            "tags": form.text("tags"),
            "orders": form.text("orders", 8).strip(),
            "staff": form.text("staff", 8),
            "points": form.text("points", 8).strip(),
        }
        asked = Asked(
            typed["goods"],
            typed["level"],
            codes_of(typed["codes"]),
            _moment(typed["at"]),
            tags=codes_of(typed["tags"]),
            orders=typed["orders"],
            is_staff=bool(typed["staff"]),
            points=typed["points"],
        )
        with self._database.reading() as connection:
            live = self._live.of(connection, typed["store"])
            if live is None:
                raise MissingError
            found = try_basket(connection, live, asked, visit.now_ms)
        trial = found if isinstance(found, Trial) else None
        troubles = () if isinstance(found, Trial) else found
        values = self._try_values(visit, typed, trial, troubles) | {
            "unread": live.unread,
            "live_count": len(live.index),
            "speech": Speech(visit.language, live.shop.time_zone),
        }
        return self._door.shown(visit, "prices_try.html", values)

    def _try_values(
        self, visit: Visit, typed: dict[str, str], trial: Trial | None, troubles: Sequence[Any]
    ) -> dict[str, Any]:
        names = ("store", "goods", "level", "codes", "at", "tags", "orders", "staff", "points")
        blank = dict.fromkeys(names, "")
        return {
            "here": "prices",
            "part": "try",
            "stores": self._stores(visit),
            "typed": blank | typed,
            "troubles": troubles,
            "trial_troubles": words.TRIAL_TROUBLES,
            "trial": trial,
            "paid": None if trial is None else _paid(trial.priced),
            "live_count": 0,
            "unread": (),
            "price_reasons": words.PRICE_REASONS,
            "layers": words.LAYERS,
            "parties": words.PARTIES,
            "lost_reasons": words.LOST_REASONS,
        }

    def _stores(self, visit: Visit) -> list[tuple[str, str]]:
        with self._database.reading() as connection:
            self._labels.read(connection)
            ids = [store.store_id for store in all_stores(connection)]
        return [(store_id, self._labels.of(store_id, visit.language).name) for store_id in ids]

    # ------------------------------------------------------------------ what would it change
    def _what_if_page(self, visit: Visit) -> Answer:
        return "what_if.html", self._what_if_values(visit, {}, (), ())

    def _what_if_values(
        self, visit: Visit, typed: dict[str, Any], problems: Sequence[str], troubles: Sequence[str]
    ) -> dict[str, Any]:
        yesterday = datetime.fromtimestamp(visit.now_ms // 1000, UTC).date() - timedelta(days=1)
        first = yesterday - timedelta(days=DAYS_USUAL - 1)
        with self._database.reading() as connection:
            runs = last_runs(connection)
        blank = {
            "stores": (),
            "document": "",
            "first_day": first.isoformat(),
            "last_day": yesterday.isoformat(),
        }
        return {
            "here": "prices",
            "part": "what_if",
            "stores": self._stores(visit),
            "typed": blank | typed,
            "problems": problems,
            "troubles": troubles,
            "what_if_troubles": words.WHAT_IF_TROUBLES,
            "runs": runs,
        }

    def _ask(self, visit: Visit, form: Form) -> Response:
        typed: dict[str, Any] = {
            "stores": tuple(dict.fromkeys(form.all("store"))),
            "document": form.text("document", _DOCUMENT_MOST_CHARS),
            "first_day": form.text("first_day", 10),
            "last_day": form.text("last_day", 10),
        }
        with self._database.reading() as connection:
            stores = [one for one in all_stores(connection) if one.store_id in typed["stores"]]
        days = _days(typed["first_day"], typed["last_day"])
        troubles = [
            *(["stores"] if not stores or len(stores) > STORES_MOST else []),
            *(["days"] if days is None else []),
        ]
        problems: Sequence[str] = ()
        try:
            # The name of the place is what the reader of the page knows it by.
            files = [("JSON", typed["document"].encode())]
            read = read_promotion_files(files, currencies_of(stores))
        except PromotionFileError as error:
            problems = error.problems
        if days is None or troubles or problems:
            values = self._what_if_values(visit, typed, problems, troubles)
            return self._door.shown(visit, "what_if.html", values)
        documents = tuple(one.body.decode() for one in read)
        question = Question(tuple(one.store_id for one in stores), *days, documents)
        run_id = self._begin(question, visit)
        return RedirectResponse(f"{_PRICES}/what-if/{quote(run_id)}", 303)

    def _begin(self, question: Question, visit: Visit) -> str:
        run_id = secrets.token_hex(8)
        with self._database.reading() as connection:
            is_small = count_baskets(connection, question) <= _AT_ONCE_MOST
        answer = what_would_change(self._database, question) if is_small else None

        def keep(connection: Any) -> None:
            ask(connection, run_id, question, who=visit.session.name, now_ms=visit.now_ms)
            if answer is not None:
                keep_answer(connection, run_id, answer, visit.now_ms)
            else:
                enqueue(connection, question.stores[0], WHAT_IF_JOB, run_id)

        self._database.write(keep)
        return run_id

    def _run(self, visit: Visit) -> Answer:
        with self._database.reading() as connection:
            run = one_run(connection, visit.places["run_id"])
        if run is None:
            raise MissingError
        return "what_if_answer.html", {
            "here": "prices",
            "part": "what_if",
            "refresh_s": 0 if run.answer is not None else _FAILED_EVERY_S if run.failures else _LOOK_EVERY_S,
            "run": run,
            "parties": words.PARTIES,
        }


def _paid(priced: PricedBasket) -> dict[int, int]:
    return {line.line_no: line.paid_minor for line in priced.lines}


def _moment(text: str) -> datetime | None:
    """The shop's own time as a browser's field spells it; None for now, and for what is no time."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None) if text else None
    except ValueError:
        return None


def _days(first: str, last: str) -> tuple[str, str] | None:
    try:
        from_day, to_day = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        return None
    # A day may be spelt 20260501 as well; what is compared with it is not.
    days = from_day.isoformat(), to_day.isoformat()
    return days if 0 <= (to_day - from_day).days < DAYS_MOST else None
