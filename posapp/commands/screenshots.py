"""`posapp screenshots`: the scripted day in both languages and all window sizes, as pictures to look at."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

from posapp.commands.demo_shop import DemoShop
from posapp.resources import resource_path

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


#: Looks at a time: each is one till and one hub, which mostly wait for each other.
AT_A_TIME = 2


def run(options: argparse.Namespace) -> int:
    """Take all pictures, each look in a process of its own with a copy of one fresh shop."""
    if options.look:
        return _one(options)
    options.folder.mkdir(parents=True, exist_ok=True)
    wanted = [number for number, look in enumerate(LOOKS, 1) if options.looks in _tag(look)]
    if not wanted:
        print(f"no look is called {options.looks}; there are: {' '.join(map(_tag, LOOKS))}", file=sys.stderr)
        return 2
    prepared = Path(tempfile.mkdtemp(prefix="posapp-screenshots-"))
    try:
        # The hub is furnished once: that costs more than a look.
        with DemoShop(prepared, resource_path()):
            pass
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            codes = list(pool.map(lambda number: _in_process(options, number, prepared), wanted))
    finally:
        shutil.rmtree(prepared)
    print(f"pictures in {options.folder.resolve()}")
    return max(codes)


def _tag(look: tuple[str, str, int, int]) -> str:
    language, scheme, width, _ = look
    return f"{language}-{scheme}-{width}"


def _in_process(options: argparse.Namespace, number: int, prepared: Path) -> int:
    print(f"{_tag(LOOKS[number - 1])} …", flush=True)
    command = [sys.executable, "-m", "posapp", "screenshots", "--folder", str(options.folder)]
    command += ["--look", str(number), "--from", str(prepared)]
    if options.names:
        command += ["--names", *options.names]
    return subprocess.run(command, check=False).returncode


def _one(options: argparse.Namespace) -> int:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from dataclasses import replace

    from posapp.commands.cashier import Cashier
    from posapp.commands.demo_pictures import everything
    from posapp.config import read_settings
    from posapp.till import Till
    from posapp.ui.app import create_application

    look = LOOKS[options.look - 1]
    language, scheme, width, height = look
    folder = Path(tempfile.mkdtemp(prefix="posapp-screenshots-"))
    try:
        if options.prepared is not None:
            shutil.copytree(options.prepared, folder, dirs_exist_ok=True)
        with DemoShop(folder, resource_path()) as shop:
            settings = replace(read_settings(shop.settings), scheme=scheme)
            application = create_application(sys.argv[:1], scheme=settings.scheme)
            till = Till(settings)
            till.window.resize(width, height)
            cashier = Cashier(till, options.folder.resolve(), f"-{_tag(look)}")
            cashier.only = tuple(options.names)
            try:
                till.start()
                cashier.play(everything(cashier, shop, language))
                application.exec()
            finally:
                till.close()
    finally:
        shutil.rmtree(folder)
    if cashier.error:
        print(f"{_tag(look)}: {cashier.error}", file=sys.stderr)
        return 1
    return 0
