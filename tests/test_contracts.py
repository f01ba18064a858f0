"""The import contracts can fail: each is broken once on an empty skeleton of the rooms, and must say so.

The contracts themselves run over the real tree in `./pos lint`. Here the same pyproject.toml is laid over
modules that hold nothing but imports, so that a renamed room can't leave a contract guarding thin air.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"

ALLOWED = {
    "posapp/__main__.py": "from posapp.main import cli",
    "posapp/main.py": "import posapp.commands.a\ncli = 0",
    "posapp/commands/a.py": "import PySide6\nimport posapp.running",
    "posapp/running.py": "import PySide6\nimport posapp.till",
    "posapp/till.py": "import PySide6\nimport posapp.runner, posapp.printing",
    "posapp/printing.py": "import posapp.devices.a, posapp.store.a",
    "posapp/runner.py": "import posapp.ui.a, posapp.store.a, posapp.devices.a, sync.engine.http",
    "posapp/config.py": "import posapp.domain.a",
    "posapp/log.py": "",
    "posapp/resources.py": "",
    "posapp/code_rules.py": "import posapp.domain.a, posapp.resources",
    "posapp/ui/a.py": "import PySide6\nimport posapp.flows.a, posapp.resources",
    "posapp/store/a.py": "import sqlalchemy\nimport posapp.config",
    "posapp/devices/a.py": "import PIL, cv2, pyzbar, serial, zxingcpp\nimport posapp.log",
    "posapp/flows/a.py": "import posapp.domain.a",
    "posapp/exchange/a.py": "import posapp.domain.a, sync.protocol.a",
    "posapp/domain/a.py": "import decimal, posapp.values",
    "posapp/values.py": "",
    "posapp/domain/pricing/cases/a.py": "import posapp.domain.pricing.answers.a",
    "posapp/domain/pricing/proof/checker.py": "import fractions",
    "posapp/domain/pricing/proof/certificate.py": "import posapp.domain.pricing.answers.a",
    "posapp/domain/pricing/proof/certificate_items.py": "",
    "posapp/domain/pricing/proof/certificate_orders.py": "",
    "posapp/domain/pricing/proof/duals.py": "",
    "posapp/domain/pricing/proof/tied.py": "",
    "posapp/domain/pricing/answers/a.py": "import posapp.domain.pricing.orders.a",
    "posapp/domain/pricing/sequences/a.py": "import posapp.domain.pricing.items.a",
    "posapp/domain/pricing/orders/a.py": "import posapp.domain.pricing.items.a",
    "posapp/domain/pricing/items/a.py": "import posapp.domain.pricing.goods.a",
    "posapp/domain/pricing/goods/a.py": "import posapp.domain.pricing.terms.a",
    "posapp/domain/pricing/documents/a.py": "import posapp.domain.pricing.terms.a",
    "posapp/domain/pricing/terms/a.py": "",
    "sync/protocol/a.py": "import msgspec, zstandard",
    "sync/protocol/signing.py": "import cryptography",
    "sync/engine/http.py": "import requests\nimport sync.protocol.a",
    "sync/hub/intake/a.py": (
        "import cryptography, jinja2, prometheus_client, psycopg, sqlalchemy, starlette\n"
        "import sync.protocol.a, posapp.domain.a"
    ),
    "sync/hub/feeds/a.py": "",
    "sync/hub/commands.py": "import sync.hub.intake.a",
}

# contract id → (file, line that breaks it)
BREAKS = {
    "till-layers": ("posapp/devices/a.py", "import posapp.store.a"),
    "hub-layers": ("sync/hub/feeds/a.py", "import sync.hub.intake.a"),
    "sync-layers": ("sync/engine/http.py", "import sync.hub.intake.a"),
    "pricing-layers": ("posapp/domain/pricing/items/a.py", "import posapp.domain.pricing.orders.a"),
    "checker-trusts-nobody": (
        "posapp/domain/pricing/proof/checker.py",
        "import posapp.domain.pricing.terms.a",
    ),
    "no-circles": ("posapp/domain/a.py", "import posapp.config"),
    "link-knows-no-till": ("sync/protocol/a.py", "import posapp.domain.a"),
    "hub-knows-domain-only": ("sync/hub/intake/a.py", "import posapp.store.a"),
    "domain-is-pure": ("posapp/domain/a.py", "import msgspec"),
    "protocol-is-pure": ("sync/protocol/a.py", "import requests"),
    "flows-are-deterministic": ("posapp/flows/a.py", "import PySide6"),
    "ui-paints-views": ("posapp/ui/a.py", "import posapp.domain.a"),
    "qt-in-one-room": ("posapp/devices/a.py", "import PySide6"),
    "sql-in-two-rooms": ("posapp/flows/a.py", "import sqlalchemy"),
    "one-http-client": ("sync/hub/intake/a.py", "import requests"),
    "codes-in-one-room": ("posapp/ui/a.py", "import cv2"),
    "hub-commands-on-top": ("sync/hub/intake/a.py", "import sync.hub.commands"),
    "postgres-at-the-hub": ("posapp/store/a.py", "import psycopg"),
    "keys-in-few-hands": ("posapp/store/a.py", "import cryptography"),
}


def contract_names() -> dict[str, str]:
    """Contract ids of pyproject.toml with the names they are reported under."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return {entry["id"]: entry["name"] for entry in settings["tool"]["importlinter"]["contracts"]}


def verdicts(folder: Path, files: dict[str, str]) -> dict[str, str]:
    """Run the contracts over a skeleton; contract name → KEPT or BROKEN."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        for package in path.relative_to(folder).parents[:-1]:
            (folder / package / "__init__.py").touch()
        path.write_text(text + "\n", "utf-8")
    (folder / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text("utf-8"), "utf-8")
    run = subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.findall(r"^(.+?) (KEPT|BROKEN)", run.stdout, re.MULTILINE)
    assert found, run.stdout + run.stderr
    return dict(found)


def test_an_honest_skeleton_keeps_every_contract(tmp_path: Path) -> None:
    assert verdicts(tmp_path, ALLOWED) == dict.fromkeys(contract_names().values(), "KEPT")


def test_every_contract_has_a_break() -> None:
    assert set(BREAKS) == set(contract_names())


@pytest.mark.parametrize("contract", BREAKS)
def test_contract_can_break(tmp_path: Path, contract: str) -> None:
    path, line = BREAKS[contract]
    assert (ROOT / path).parent.is_dir()
    found = verdicts(tmp_path, {**ALLOWED, path: f"{ALLOWED[path]}\n{line}"})
    assert found[contract_names()[contract]] == "BROKEN"
