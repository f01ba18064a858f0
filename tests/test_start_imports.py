"""Opening the till loads only what the first picture needs: heavy libraries wait until they are used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from posapp.commands.bench_shop import catalogue, prepare_till

ROOT = Path(__file__).resolve().parent.parent
HEAVY = (
    "PIL", "alembic", "argon2", "barcode", "cryptography", "cv2", "hid", "numpy", "pyzbar", "requests",
    "segno", "serial", "sqlalchemy", "urllib3", "zxingcpp",
)  # fmt: skip
# Loaded in a process of its own: what other tests have loaded must not count.
PROBE = """
import json, sys
{act}
print(json.dumps(sorted({{name.partition(".")[0] for name in sys.modules}})))
"""
OPENED = """
from pathlib import Path
from PySide6.QtCore import QCoreApplication, QTimer
from posapp.config import read_settings
from posapp.till import Till
from posapp.ui.app import create_application
application = create_application(["posapp"])
till = Till(read_settings(Path({settings!r})))
till.start()
loaded = []
QTimer.singleShot(20, lambda: (loaded.extend(sys.modules), QCoreApplication.exit(0)))
application.exec()
till.close()
print(json.dumps(sorted({{name.partition(".")[0] for name in loaded}})))
sys.exit(0)
"""

COLLECTING = """
import gc
from pathlib import Path
from PySide6.QtCore import QCoreApplication, Qt
from posapp.config import read_settings
gc.disable()
from posapp.till import Till
from posapp.ui.app import create_application
application = create_application(["posapp"])
till = Till(read_settings(Path({settings!r})))
till.start()
# Asked for after the till's own slot for it.
till._loaded.connect(lambda: QCoreApplication.exit(0), Qt.ConnectionType.QueuedConnection)
application.exec()
print("collects" if gc.isenabled() and gc.get_freeze_count() else "does not", flush=True)
till.close()
sys.exit(0)
"""


BROKEN = """
import gc, threading
from pathlib import Path
from PySide6.QtCore import QCoreApplication, Qt, QTimer
from posapp.config import read_settings
gc.disable()
from posapp.till import Till
from posapp.scanning import Scanning
from posapp.ui.app import create_application
def load(self):
    raise OSError("a library is broken")
Scanning.load = load
application = create_application(["posapp"])
till = Till(read_settings(Path({settings!r})))
broken = threading.Event()
threading.excepthook = lambda _told: broken.set()
till.start()
ticker = QTimer()
ticker.timeout.connect(lambda: QCoreApplication.exit(0) if broken.is_set() else None)
ticker.start(5)
application.exec()
print("collects" if gc.isenabled() else "does not", flush=True)
till.close()
sys.exit(0)
"""


def loaded_by(act: str) -> set[str]:
    """Top-level names of what a new interpreter has loaded after an act."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(act=act)],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=ROOT,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_probe_sees_what_is_loaded() -> None:
    assert set(HEAVY) <= loaded_by(f"import {', '.join(HEAVY)}")


def test_importing_the_till_loads_nothing_heavy() -> None:
    assert loaded_by("import posapp.till") & set(HEAVY) == set()


def test_importing_the_till_loads_no_table_of_codes() -> None:
    probe = "import posapp.till, sys; print([n for n in sys.modules if 'code_rules' in n or 'ai_table' in n])"
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, timeout=120, cwd=ROOT
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_a_till_that_shows_its_window_has_loaded_nothing_heavy(tmp_path: Path) -> None:
    settings = prepare_till(tmp_path, catalogue(100, 1, None))
    path = str(settings.data.parent / "terminal.toml")
    assert loaded_by(OPENED.format(settings=path)) & set(HEAVY) == set()


@pytest.mark.parametrize("act", [COLLECTING, BROKEN], ids=["loaded", "broken"])
def test_a_till_collects_again(tmp_path: Path, act: str) -> None:
    settings = prepare_till(tmp_path, catalogue(100, 1, None))
    act = act.format(settings=str(settings.data.parent / "terminal.toml"))
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{act}"],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=ROOT,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
    )
    assert done.stdout.splitlines() == ["collects"], done.stderr
