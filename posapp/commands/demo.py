"""`posapp demo`: a hub and a till with a demo shop, in a window or worked by a scripted cashier.

Both open the same till a shop opens, over real HTTP on the loopback. Without a display the scripted day
is played offscreen and everything is compared afterwards; a difference is a failure.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from posapp.commands.demo_members import CARD
from posapp.commands.demo_shop import MADE, MARKS, TERMINAL, DemoError, DemoShop

if TYPE_CHECKING:
    from posapp.commands.agreement import Agreement


def run(options: argparse.Namespace) -> int:
    """Open the demo; returns the exit code."""
    resources = Path(__file__).parents[2] / "resources"
    headless = options.headless or not _has_display()
    folder = options.folder / "headless" if headless else options.folder
    if folder.exists() and (options.fresh or headless):
        if not is_demo_folder(folder):
            print(
                f"{folder} holds something else than an earlier demo, so nothing in it was touched. "
                "Name another folder with --folder, or empty this one yourself.",
                file=sys.stderr,
            )
            return 2
        shutil.rmtree(folder)
    try:
        with DemoShop(folder, resources, catalogue=options.catalogue) as shop:
            return _headless(shop, options.language or "en") if headless else _with_window(shop)
    except DemoError as error:
        print(error, file=sys.stderr)
        return 1


def is_demo_folder(folder: Path) -> bool:
    """Whether a folder may be forgotten: it is empty, or an earlier demo made everything in it."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    names = {entry.name for entry in folder.iterdir()}
    return not names or (names >= MARKS and names <= MARKS | MADE)


def _has_display() -> bool:
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _with_window(shop: DemoShop) -> int:
    from posapp.config import read_settings
    from posapp.running import AlreadyRunning
    from posapp.running import run as open_till

    settings = read_settings(shop.settings)
    print(f"The hub listens on {shop.url}. Slips of the simulated printer: {settings.data / 'receipts'}")
    print(f"A member's card: {CARD}. Her code of this minute, which the till takes like a scanned one:")
    print(shop.member_code())
    print(f"Her next: {shop.member_code_command}")
    print(f"Gift cards of 100.00, to be sold: {shop.gift_cards}")
    if shop.hub_pid and sys.platform != "win32":
        print(f"The network goes: kill -STOP {shop.hub_pid}   and comes back: kill -CONT {shop.hub_pid}")
    sys.stdout.flush()
    try:
        return open_till(settings)
    except AlreadyRunning as error:
        print(error, file=sys.stderr)
        return 3


def _headless(shop: DemoShop, language: str) -> int:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from posapp.commands.agreement import compare
    from posapp.commands.cashier import Cashier
    from posapp.commands.demo_day import day
    from posapp.config import read_settings
    from posapp.log import start_logging
    from posapp.resources import resource_path
    from posapp.till import Till
    from posapp.ui.app import create_application

    settings = read_settings(shop.settings)
    start_logging(settings.data / "logs")
    application = create_application(sys.argv[:1])
    pictures = shop.folder / "pictures"
    till = Till(settings)
    cashier = Cashier(till, pictures)
    try:
        till.start()
        cashier.play(day(cashier, language))
        application.exec()
        slips = till.printing.virtual.slips if till.printing.virtual else ()
    finally:
        till.close()
    if cashier.error:
        print(f"The scripted cashier stopped: {cashier.error}", file=sys.stderr)
        return 1
    for slip in slips:
        slip.save(pictures / f"slip-{slip.number}.png")
    agreement = compare(
        settings.ledger, slips, shop.summary(), resource_path("fonts"), hub_discounts=shop.discounts
    )
    _print_summary(agreement, pictures)
    return 1 if agreement.differences else 0


def _print_summary(agreement: Agreement, pictures: Path) -> None:
    for sale in agreement.sales:
        off = sum(sale.discounts.values())
        saved = f", {len(sale.discounts)} offers took {_major(off)} off" if off else ""
        print(f"sale      {sale.receipt_number}: {sale.lines} lines, total {_major(sale.total_minor)}{saved}")
    hub = agreement.hub
    total = _major(hub["sales_total_minor"])
    print(f"hub       {TERMINAL}: {hub['sales_count']} sale(s), total {total}, {hub['events']} events")
    print(f"pictures  {pictures}")
    if agreement.differences:
        print("DIFFERENT:", *agreement.differences, sep="\n  ")
    else:
        print("till, receipt, journal and hub agree")


def _major(amount_minor: int) -> str:
    return f"{amount_minor // 100}.{amount_minor % 100:02d}"
