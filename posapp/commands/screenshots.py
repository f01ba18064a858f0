"""`posapp screenshots`: the scripted day in both languages and all window sizes, as pictures to look at."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal

from posapp.commands.demo_shop import DemoShop

#: Language, scheme, width, height.
LOOKS: tuple[tuple[str, Literal["light", "dark"], int, int], ...] = (
    ("zh_CN", "light", 1366, 768),
    ("en", "light", 1366, 768),
    ("zh_CN", "dark", 1366, 768),
    ("en", "dark", 1366, 768),
    ("zh_CN", "light", 1920, 1080),
    ("en", "light", 1920, 1080),
    ("zh_CN", "light", 1093, 614),
    ("en", "light", 1093, 614),
)


def run(options: argparse.Namespace) -> int:
    """Take all pictures, each look in a process of its own with a fresh shop."""
    if options.look:
        return _one(options)
    options.folder.mkdir(parents=True, exist_ok=True)
    for number, look in enumerate(LOOKS):
        print(f"{look[0]} {look[1]} {look[2]}x{look[3]} …", flush=True)
        command = [sys.executable, "-m", "posapp", "screenshots", "--folder", str(options.folder)]
        done = subprocess.run([*command, "--look", str(number + 1)], check=False)
        if done.returncode:
            return done.returncode
    print(f"pictures in {options.folder.resolve()}")
    return 0


def _one(options: argparse.Namespace) -> int:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from dataclasses import replace

    from posapp.commands.cashier import Cashier
    from posapp.commands.demo_day import day
    from posapp.config import read_settings
    from posapp.resources import resource_path
    from posapp.till import Till
    from posapp.ui.app import create_application

    language, scheme, width, height = LOOKS[options.look - 1]
    folder = Path(tempfile.mkdtemp(prefix="posapp-screenshots-"))
    try:
        with DemoShop(folder, resource_path()) as shop:
            settings = replace(read_settings(shop.settings), scheme=scheme)
            application = create_application(sys.argv[:1], scheme=settings.scheme)
            till = Till(settings)
            till.window.resize(width, height)
            cashier = Cashier(till, options.folder.resolve(), f"-{language}-{scheme}-{width}")
            try:
                till.start()
                cashier.play(day(cashier, language))
                application.exec()
            finally:
                till.close()
    finally:
        shutil.rmtree(folder)
    if cashier.error:
        print(f"{language} {scheme} {width}: {cashier.error}", file=sys.stderr)
        return 1
    return 0
