"""Two tills on one ledger: the second is told so, by whatever way it comes, until the first was killed."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from posapp.flows.presenters.trouble import SENTENCES
from posapp.running import _CANNOT_OPEN, _sentence
from posapp.store.migrate import ForeignLedgerError
from posapp.store.ownership import LedgerInUseError, own_ledger
from posapp.till import Till
from tests.simulation.counter import settings_in

OPEN = """
import sys
from pathlib import Path
from posapp.till import Till
from posapp.ui.app import create_application
from tests.simulation.counter import settings_in
application = create_application([], scheme="light")
till = Till(settings_in(Path(sys.argv[1]), store_id="S0217"))
print("open", flush=True)
sys.stdin.read()
"""


@pytest.mark.usefixtures("qapp")
def test_a_second_till_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "till", store_id="S0217")
    (tmp_path / "link").symlink_to(tmp_path / "till")
    command = [sys.executable, "-c", OPEN, str(tmp_path / "till")]
    offscreen = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=offscreen
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        for folder in ("till", "link"):
            with pytest.raises(LedgerInUseError) as refused:
                Till(replace(settings_in(tmp_path / folder, store_id="S0217"), sound="off"))
        other.kill()
    assert isinstance(refused.value, _CANNOT_OPEN)
    assert _sentence(refused.value) == SENTENCES["locked"]
    till = Till(replace(settings, sound="off"))
    till.close()
    with pytest.raises(ForeignLedgerError):
        Till(replace(settings, sound="off", terminal_id="T09"))
    own_ledger(settings.ledger).release()
