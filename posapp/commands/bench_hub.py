"""A real hub in a process of its own, for measurements: made once with a shop's own commands, then kept.

Its shop is the demo's with one enrolled terminal, its goods are as many as were asked for. It is served on
the loopback while the context is open.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from types import TracebackType
from typing import Final

from posapp.commands.bench_shop import Goods, kept_folder, made_up
from posapp.resources import resource_path

STORE: Final = "S0217"
TERMINAL: Final = "T03"
#: Says that a folder was made to its end.
_WHOLE: Final = "whole"


class BenchHubError(RuntimeError):
    """The hub of a benchmark cannot be had; the message says why."""


class BenchHub:
    """The folder of a hub with goods and a snapshot of them; `url` while it is open."""

    def __init__(self, count: int, seed: int) -> None:
        self.folder = kept_folder() / f"hub-{seed}-{count}"
        self.key_file = self.folder / "device.key"
        self.url = ""
        self._count = count
        self._seed = seed
        self._process: subprocess.Popen[str] | None = None

    def goods(self) -> list[Goods]:
        """Some of the goods that it has."""
        wanted = min(self._count, 500)
        return [goods for _, goods in zip(range(wanted), made_up(self._count, self._seed), strict=False)]

    def __enter__(self) -> BenchHub:
        is_whole = (self.folder / _WHOLE).exists()
        if not is_whole:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True)
            self._fill()
        self._serve()
        if not is_whole:
            self._enrol()
            (self.folder / _WHOLE).touch()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _fill(self) -> None:
        items = self.folder / "items.tsv"
        with items.open("w", encoding="utf-8") as file:
            for goods in made_up(self._count, self._seed):
                file.write(f"{goods.key.lstrip('=')}\t{goods.names['zh_CN']}\n")
        self._command("init", "--shop", str(resource_path("demo", "shop.toml")))
        options = ("--columns", "code,name", "--derive-prices", "--language", "zh_CN")
        self._command("import-items", str(items), *options)
        self._command("snapshot")
        items.unlink()

    def _enrol(self) -> None:
        toml = self.folder / "terminal.toml"
        toml.write_text(
            f'store_id = "{STORE}"\nterminal_id = "{TERMINAL}"\nterminal_number = 3\ndata = "till"\n'
            f'hub_url = "{self.url}"\ndevice_key_file = "device.key"\nprinter = "virtual"\n',
            encoding="utf-8",
        )
        code = self._command("enrol", "--terminal", TERMINAL).strip()
        self._run("-m", "posapp", "--config", str(toml), "enrol", "--code", code)

    def _command(self, name: str, *arguments: str) -> str:
        return self._run("-m", "sync.hub.commands", name, "--database", self._database(), *arguments)

    def _database(self) -> str:
        return str(self.folder / "hub.db")

    def _run(self, *arguments: str) -> str:
        done = subprocess.run([sys.executable, *arguments], check=False, capture_output=True, text=True)
        if done.returncode:
            raise BenchHubError(f"{' '.join(arguments[:4])} failed: {done.stderr.strip()}")
        return done.stdout

    def _serve(self) -> None:
        command = [sys.executable, "-m", "sync.hub.commands", "serve", "--database", self._database()]
        with (self.folder / "hub.log").open("a", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                [*command, "--port", "0"],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=os.environ | {"PYTHONUNBUFFERED": "1"},
            )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip().rpartition(" ")[2]
        if not self.url.startswith("http"):
            self._stop()
            raise BenchHubError(f"the hub did not start; see {self.folder / 'hub.log'}")

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
