"""What integrators see: every route described, figures that count, several processes behind one address."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route

from sync.hub.database import Database
from sync.hub.routes import all_routes
from sync.hub.routes.openapi import DESCRIBED, openapi_document
from sync.hub.serving.asgi import create_app
from sync.hub.upkeep.metrics import Metrics
from sync.protocol import codec
from sync.protocol.versions import HEADER_EPOCH
from tests.hub.conftest import NOW_MS, Enrolled, event_line

#: Pages for people, which are no part of the description.
PAGES = re.compile(r"/fleet(/|$)|/$")
ROOT = Path(__file__).resolve().parents[2]


def ask(url: str, *, data: bytes | None = None, key: str = "", **headers: str) -> tuple[int, bytes]:
    """Status and body of one request."""
    request = urllib.request.Request(url, data=data, headers=headers)
    if key:
        request.add_header("Authorization", f"Bearer {key}")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read()


def samples(text: bytes) -> dict[str, float]:
    """The samples of a text of Prometheus' by name and labels."""
    lines = (line for line in text.decode().splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_every_route_is_described_and_every_description_is_a_route(enrolled: Enrolled) -> None:
    routes = all_routes(enrolled.database, lambda: NOW_MS, metrics=Metrics(dict))
    there = {
        (method.lower(), route.path)
        for route in routes
        if isinstance(route, Route) and not PAGES.match(route.path)
        for method in route.methods or ()
        if method != "HEAD"
    }
    assert there == {(one.method, one.path) for one in DESCRIBED}


def test_the_description_holds_together() -> None:
    document = openapi_document("1.2.3")
    text = json.dumps(document)
    for name in set(re.findall(r"#/components/schemas/(\w+)", text)):
        assert name in document["components"]["schemas"]
    ids = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(set(ids)) == len(ids)


def test_requests_and_events_are_counted(hub_url: str, enrolled: Enrolled) -> None:
    events = f"{hub_url}/v1/stores/S1/terminals/T1/events"
    body = codec.pack([event_line(1), event_line(2)])
    for _ in range(2):
        assert ask(events, data=body, key=enrolled.key, **{HEADER_EPOCH: "1"})[0] == 200
    assert ask(events, data=body)[0] == 401
    assert ask(f"{hub_url}/no/such/place")[0] == 404
    status, text = ask(f"{hub_url}/metrics")
    assert status == 200
    found = samples(text)
    route = "/v1/stores/{store_id}/terminals/{terminal_id}/events"
    assert found[f'poshub_requests_total{{method="POST",route="{route}",status="200"}}'] == 2
    assert found[f'poshub_requests_total{{method="POST",route="{route}",status="401"}}'] == 1
    assert found['poshub_requests_total{method="GET",route="none",status="404"}'] == 1
    assert found['poshub_events_total{fate="stored"}'] == 2
    assert found['poshub_events_total{fate="replayed"}'] == 2
    assert found["poshub_batch_bytes_total"] == 2 * len(body)
    assert found['poshub_waiting{what="quarantined_lines"}'] == 0
    assert b"S1" not in text, "no store is a label"


def figures_status(app: Any, host: str, authorization: str = "") -> int:
    """What an application answers when a peer asks for its figures."""
    told: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            told.append(message["status"])

    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "path": "/metrics", "raw_path": b"/metrics",
        "query_string": b"", "root_path": "", "scheme": "http", "client": (host, 1), "server": ("hub", 80),
        "headers": [(b"authorization", authorization.encode())] if authorization else [],
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    return told[0]


def test_figures_are_for_the_loopback_or_for_the_token(enrolled: Enrolled) -> None:
    app = create_app(enrolled.database, lambda: NOW_MS)
    assert figures_status(app, "10.0.0.9") == 403
    assert figures_status(app, "127.0.0.1") == 200
    guarded = create_app(enrolled.database, lambda: NOW_MS, metrics_token="open")
    assert figures_status(guarded, "10.0.0.9") == 403
    assert figures_status(guarded, "127.0.0.1", "Bearer shut") == 403
    assert figures_status(guarded, "10.0.0.9", "Bearer open") == 200


# ---------------------------------------------------------------------- several processes
def test_a_file_that_a_process_has_only_just_opened_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    (tmp_path / "counter_4711.db").touch()
    text = Metrics(lambda: {"jobs": 3}).text()
    assert b'poshub_waiting{what="jobs"} 3.0' in text


@contextmanager
def served(database: str, *further: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`poshub serve` with its address."""
    command = [sys.executable, "-m", "sync.hub.commands", "serve", "--database", database, "--port", "0"]
    process = subprocess.Popen(
        [*command, *further], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.stderr.read() if process.stderr else ""
        yield line.split()[-1], process
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def workers_of(process: subprocess.Popen[str]) -> set[int]:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return {int(pid) for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()}


@pytest.mark.skipif(sys.platform == "win32", reason="processes are looked up in /proc")
@pytest.mark.needs_postgres
@pytest.mark.parametrize("hub_database", ["postgresql"], indirect=True)
def test_a_process_that_is_killed_is_replaced_and_nobody_notices(
    hub_database: Database, enrolled: Enrolled
) -> None:
    from tests.hub.devices import bearer_token, enrol_device

    now_ms = time.time_ns() // 1_000_000
    key = bearer_token(hub_database, enrol_device(hub_database, "S1", "T2", now_ms), now_ms)
    with served(str(hub_database.location.named), "--workers", "2") as (url, process):
        assert ask(f"{url}/healthz")[0] == 200
        before = workers_of(process)
        assert len(before) == 2
        for seq in range(1, 9):
            if seq == 3:
                os.kill(min(before), signal.SIGKILL)
            body = codec.pack([event_line(seq, terminal_id="T2")])
            path = f"{url}/v1/stores/S1/terminals/T2/events"
            until_s = time.monotonic() + 20
            while True:
                try:
                    status, answer = ask(path, data=body, key=key, **{HEADER_EPOCH: "1"})
                except (urllib.error.URLError, ConnectionError):
                    # Whoever was being served by the one that died asks again.
                    assert time.monotonic() < until_s
                    continue
                break
            assert (status, json.loads(answer)["acked_through"]) == (200, seq)
        until_s = time.monotonic() + 20
        while len(workers_of(process) - {min(before)}) < 2:
            assert time.monotonic() < until_s, "the dead process was not replaced"
            time.sleep(0.1)
        assert "poshub_events_total" in ask(f"{url}/metrics")[1].decode()
        process.terminate()
        assert process.wait(30) == 0


def test_several_processes_are_refused_on_sqlite(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from sync.hub.commands import cli

    # The log of a process would outlive this test.
    monkeypatch.setattr("sync.hub.commands.serve.log_to_stderr", lambda _level: None)

    Database(tmp_path / "hub.db").close()
    assert cli(["serve", "--database", str(tmp_path / "hub.db"), "--port", "0", "--workers", "2"]) == 1
    assert "need PostgreSQL" in capsys.readouterr().err
