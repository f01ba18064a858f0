"""A shop as a person has it: a hub and a till as processes of their own, watched only from outside.

What happened is read from the ledger (read-only), from the receipts' pictures and from the hub over HTTP;
nothing in the product is asked in a way that a shop could not.
"""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from pysqlite3 import dbapi2

from posapp.commands.clock import SystemClock
from sync.engine.device_key import DeviceKey
from sync.engine.hub_link import HttpLink
from sync.engine.link import LinkError
from sync.hub.commands import cli

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "resources" / "demo"
STORE, TERMINAL = "S0217", "T03"
WITHIN_S = 90.0
T = TypeVar("T")


def wait_for(what: str, look: Callable[[], T], within_s: float = WITHIN_S) -> T:
    """The first true answer; fails with the last one when the time is over."""
    until_s = time.monotonic() + within_s
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < until_s, f"{what}: still {found!r}"
        time.sleep(0.02)


@dataclass
class Shopfront:
    """A folder with a hub and one enrolled terminal."""

    folder: Path
    port: int = 0
    _hub: subprocess.Popen[str] | None = field(default=None, init=False)
    _till: subprocess.Popen[bytes] | None = field(default=None, init=False)

    # ------------------------------------------------------------------ the hub

    def furnish(self, *commands: Sequence[str], shop: Path = DEMO / "shop.toml") -> None:
        """Set the hub up with the demo's goods and by these commands, serve it, and enrol the terminal."""
        self.hub("init", "--shop", str(shop))
        self.hub("import-items", str(DEMO / "catalogue.tsv"))
        for command in commands:
            self.hub(*command)
        self.open_hub()
        (self.folder / "terminal.toml").write_text(
            f'store_id = "{STORE}"\nterminal_id = "{TERMINAL}"\nterminal_number = 3\ndata = "till"\n'
            f'hub_url = "http://127.0.0.1:{self.port}"\ndevice_key_file = "device.key"\n'
            'printer = "virtual"\nsound = "off"\nfull_screen = true\n'
        )
        self.enrol()

    def enrol(self) -> None:
        """Give the terminal a new key, as a person does: a code from the hub, typed at the till."""
        code = self.hub("enrol", "--terminal", TERMINAL).strip()
        command = [sys.executable, "-m", "posapp", "--config", str(self.settings), "enrol", "--code", code]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
        assert done.returncode == 0, done.stderr

    def _command(self, name: str, *arguments: str) -> list[str]:
        database = ("--database", str(self.folder / "hub.db"))
        return [sys.executable, "-m", "sync.hub.commands", name, *database, *arguments]

    def hub(self, *arguments: str) -> str:
        """What a command of the hub prints."""
        out, wrong = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(wrong):
            # In this process: a process each would take longer than all else that a test does.
            code = cli([*arguments, "--database", str(self.folder / "hub.db")])
        assert code == 0, wrong.getvalue()
        return out.getvalue()

    def open_hub(self) -> None:
        """Serve; the second time on the port of the first."""
        with (self.folder / "hub.log").open("a") as log:
            self._hub = subprocess.Popen(
                self._command("serve", "--port", str(self.port)),
                stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT,
            )  # fmt: skip
        assert self._hub.stdout is not None
        line = self._hub.stdout.readline()
        self.port = int(line.strip().rpartition(":")[2].rstrip("/"))

    def kill_hub(self) -> None:
        """The hub is gone from one moment to the next."""
        if self._hub is not None:
            self._hub.kill()
            self._hub.wait()
            assert self._hub.stdout is not None
            self._hub.stdout.close()
            self._hub = None

    def summary(self) -> dict[str, Any]:
        """What the hub holds of this terminal; empty while it cannot be asked."""
        link = HttpLink(
            f"http://127.0.0.1:{self.port}",
            store_id=STORE,
            terminal_id=TERMINAL,
            key=DeviceKey(path=self.folder / "device.key"),
            clock=SystemClock(),
        )
        try:
            answer: dict[str, Any] = msgspec.to_builtins(link.summary())
        except LinkError:
            return {}
        finally:
            link.close()
        return answer

    # ------------------------------------------------------------------ the till

    @property
    def data(self) -> Path:
        return self.folder / "till"

    @property
    def settings(self) -> Path:
        return self.folder / "terminal.toml"

    def open_till(self, **environment: str) -> None:
        """Start the application as a user does."""
        with (self.folder / "till.log").open("a") as log:
            self._till = subprocess.Popen(
                [sys.executable, "-m", "posapp", "--config", str(self.settings)],
                stdout=log, stderr=log, cwd=ROOT, env=os.environ | environment,
            )  # fmt: skip

    def kill_till(self) -> None:
        """Pull the plug."""
        if self._till is not None:
            self._till.send_signal(signal.SIGKILL)
            self._till.wait()
            self._till = None

    def till_is_running(self) -> bool:
        return self._till is not None and self._till.poll() is None

    def close(self) -> None:
        """End what still runs."""
        self.kill_till()
        self.kill_hub()

    # ------------------------------------------------------------------ the ledger, from outside

    def rows(self, sql: str, *values: Any) -> list[Any]:
        """Rows of the till's ledger as another reader sees them; none while there is no such file."""
        path = self.data / "ledger.db"
        if not path.exists():
            return []
        connection = dbapi2.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
        try:
            return list(connection.execute(sql, values).fetchall())
        except dbapi2.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise
        finally:
            connection.close()

    def count(self, sql: str, *values: Any) -> int:
        """The one number that a query gives, 0 where there is none yet."""
        found = self.rows(sql, *values)
        return int(found[0][0] or 0) if found else 0

    def sales(self) -> int:
        return self.count("SELECT count(*) FROM retail_transaction")

    def cart(self) -> dict[str, Any]:
        """The open cart as it lies on the disk."""
        found = self.rows("SELECT cart FROM draft WHERE state = 'open' ORDER BY draft_no DESC LIMIT 1")
        return json.loads(bytes(found[0][0])) if found else {}

    def cart_codes(self) -> list[str]:
        """The scans that are on record in the open cart, in order."""
        return [scan["code"] for scan in self.cart().get("scans", ())]

    def pictures(self) -> list[Path]:
        """The receipts that came out of the simulated printer."""
        return sorted((self.data / "receipts").glob("slip-*.png"))

    def agrees_with_hub(self) -> bool:
        """Whether the hub holds exactly what the ledger holds, once."""
        summary = self.summary()
        if not summary:
            return False
        sales, total = self.rows("SELECT count(*), coalesce(sum(total_minor), 0) FROM retail_transaction")[0]
        seq = self.count("SELECT seq FROM till")
        events = self.count("SELECT count(*) FROM journal")
        held = (summary["events"], summary["sales_count"], summary["sales_total_minor"])
        return held == (events, sales, total) and summary["acked_through"] == seq == events
