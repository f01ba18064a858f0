"""What a refused request was about is freed at once: a process that serves collects garbage seldom."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from sync.hub.database import BusyError, CannotWriteError
from sync.hub.routes.guard import RefusedError, answering


class Body:
    """Stands for many megabytes."""


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("trouble", [RefusedError(413, "too_large"), CannotWriteError(), BusyError()])
def test_the_body_of_a_request_that_failed_on_a_thread_is_freed(trouble: Exception) -> None:
    bodies: list[weakref.ref[Body]] = []

    def read(body: Body) -> None:
        bodies.append(weakref.ref(body))
        try:
            raise ValueError("cannot be read")
        except ValueError as cause:
            raise trouble from cause

    async def work(_request: Request) -> Response:
        await run_in_threadpool(read, Body())
        return Response()

    async def ask() -> list[Body | None]:
        response = await answering(work)(Request({"type": "http"}))
        assert response.status_code in (413, 503)
        # The thread lets go of its last work when it takes up the next.
        await run_in_threadpool(int)
        return [held() for held in bodies]

    assert asyncio.run(ask()) == [None]
