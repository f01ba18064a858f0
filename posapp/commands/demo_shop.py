"""A shop to try the till with: a hub of its own in a child process, and one enrolled terminal.

Everything is done with the commands a shop would use, over real HTTP on the loopback; the folder
keeps both sides, so that the next start goes on where the last one stopped.
"""

from __future__ import annotations

import gzip
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

from posapp.commands.clock import SystemClock
from posapp.commands.demo_members import GIFT_CARDS, MEMBER, member_commands
from sync.engine.device_key import DeviceKey, KeyFileError, read_ring
from sync.engine.hub_link import HttpLink

STORE, TERMINAL, NUMBER = "S0217", "T03", 3
#: What every demo leaves in its folder, and what else it may.
MARKS = frozenset({"terminal.toml", "hub.db"})
MADE = frozenset(
    {
        "device.key",
        GIFT_CARDS,
        "headless",
        "hub.db-shm",
        "hub.db-wal",
        "hub.log",
        "pictures",
        "recalls.csv",
        "refused.tsv",
        "till",
    }
)


class DemoError(Exception):
    """The demo cannot start; the message says why and what to do."""


class DemoShop:
    """The folder of a demo, its hub while the context is open, and the till's settings file."""

    def __init__(self, folder: Path, resources: Path, *, catalogue: Path | None = None) -> None:
        self.folder = folder.resolve()
        self._resources = resources
        self._catalogue = catalogue
        self._hub: subprocess.Popen[str] | None = None
        self.url = ""

    @property
    def settings(self) -> Path:
        """The till's terminal.toml."""
        return self.folder / "terminal.toml"

    def __enter__(self) -> DemoShop:
        self.folder.mkdir(parents=True, exist_ok=True)
        is_new = not (self.folder / "hub.db").exists()
        files = self._resources / "demo"
        self._hub_command("init", "--shop", str(files / "shop.toml"), "--show-pins-on-sign-on")
        self._hub_command("import-items", str(files / "catalogue.tsv"))
        if is_new:
            # Later on they are whoever tries the demo's own: a second count would undo what was sold.
            self._hub_command("stock", "set", str(files / "stock.csv"))
            self._hub_command("recalls", "put", str(files / "hub-recalls.csv"))
            self._hub_command("markdowns", "put", str(files / "markdowns.csv"))
            self._hub_command("promotions", "put", str(files / "promotions.json"))
            for command in member_commands(files, self.folder, STORE):
                self._hub_command(*command)
        if self._catalogue is not None:
            print(f"Importing {self._catalogue} …", flush=True)
            columns = () if _has_header(self._catalogue) else ("--columns", "code,name")
            refused = str(self.folder / "refused.tsv")
            options = ("--derive-prices", "--language", "en", "--refused", refused, *columns)
            print(self._hub_command("import-items", str(self._catalogue), *options, quiet=False), end="")
            print(f"refused rows and collisions are in {refused}", flush=True)
        self._start_hub()
        self._enrol()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_hub()

    def stop_hub(self) -> None:
        """End the hub; the till goes on without it."""
        if self._hub is not None:
            self._hub.terminate()
            if sys.platform != "win32":
                # One that was halted to play a cut network hears nothing before it goes on.
                self._hub.send_signal(signal.SIGCONT)
            try:
                self._hub.wait(10)
            except subprocess.TimeoutExpired:
                self._hub.kill()
                self._hub.wait()
            self._hub = None

    def summary(self) -> dict[str, Any]:
        """What the hub holds of the demo's terminal, asked over HTTP with the till's own key."""
        link = HttpLink(
            self.url,
            store_id=STORE,
            terminal_id=TERMINAL,
            key=DeviceKey(path=self.folder / "device.key"),
            clock=SystemClock(),
        )
        try:
            answer: dict[str, Any] = msgspec.to_builtins(link.summary())
        finally:
            link.close()
        return answer

    def discounts(self, days: Iterable[str]) -> dict[str, int]:
        """What the hub says that each promotion took off on these business days, in minor units."""
        found: Counter[str] = Counter()
        for day in days:
            told = self._hub_command("promotions", "sums", "--from", day, "--json")
            for one in msgspec.json.decode(told):
                found[one["promotion_id"]] += one["amount_minor"]
        return dict(found)

    def member_code(self) -> str:
        """The code that the app of the demo's member shows in this minute."""
        return self._hub_command("member", "code", MEMBER).strip()

    @property
    def member_code_command(self) -> str:
        """What to type for the code of a later minute."""
        poshub = Path(sys.executable).with_name("poshub")
        return f"{poshub} member code {MEMBER} --database {self.folder / 'hub.db'}"

    @property
    def gift_cards(self) -> Path:
        """Numbers and codes of the gift cards that were made with the demo."""
        return self.folder / GIFT_CARDS

    @property
    def hub_pid(self) -> int:
        """The hub's process, 0 while there is none."""
        return 0 if self._hub is None else self._hub.pid

    def _command(self, *arguments: str) -> list[str]:
        database = ("--database", str(self.folder / "hub.db"))
        return [sys.executable, "-m", "sync.hub.commands", *arguments, *database]

    def _hub_command(self, *arguments: str, quiet: bool = True) -> str:
        done = subprocess.run(
            self._command(*arguments),
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if quiet else None,
            text=True,
            env=_environment(),
        )
        if done.returncode:
            said = (done.stderr or done.stdout or "").strip()
            raise DemoError(f"poshub {' '.join(arguments[:2])} failed: {said}")
        return done.stdout

    def _start_hub(self) -> None:
        log = (self.folder / "hub.log").open("a", encoding="utf-8")
        command = self._command("serve", "--port", "0")
        self._hub = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, env=_environment()
        )
        log.close()
        assert self._hub.stdout is not None
        line = self._hub.stdout.readline()
        self.url = line.strip().rpartition(" ")[2]
        if not self.url.startswith("http"):
            self.stop_hub()
            raise DemoError(f"the hub did not start; see {self.folder / 'hub.log'}")

    def _enrol(self) -> None:
        recalls = self.folder / "recalls.csv"
        if not recalls.exists():
            shutil.copyfile(self._resources / "demo" / "recalls.csv", recalls)
        lines = (
            f'store_id = "{STORE}"',
            f'terminal_id = "{TERMINAL}"',
            f"terminal_number = {NUMBER}",
            'data = "till"',
            f'hub_url = "{self.url}"',
            'device_key_file = "device.key"',
            'printer = "virtual"',
            'recalls = "recalls.csv"',
            'camera = "auto"',
        )
        self.settings.write_text("\n".join(lines) + "\n", encoding="utf-8")
        try:
            read_ring(self.folder / "device.key")
        except KeyFileError:
            self._use_code(self._hub_command("enrol", "--terminal", TERMINAL).strip())

    def _use_code(self, code: str) -> None:
        command = [sys.executable, "-m", "posapp", "--config", str(self.settings), "enrol", "--code", code]
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=_environment())
        if done.returncode:
            raise DemoError(f"posapp enrol failed: {done.stderr.strip()}")


def _has_header(path: Path) -> bool:
    """Whether the first row names its columns; the demo takes headerless `code<TAB>name` files too."""
    reader = gzip.open if path.suffix == ".gz" else open
    with reader(path, "rt", encoding="utf-8-sig") as file:
        cells: Sequence[str] = file.readline().strip().replace(",", "\t").split("\t")
    return "code" in (cell.strip().lower() for cell in cells)


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONUNBUFFERED": "1"}
