"""What the command line of `posapp` takes: one function for each command, nothing that is loaded for it.

Kept apart from the commands themselves, so that the till's window never waits for a tool's libraries.
"""

from __future__ import annotations

import argparse
import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from posapp import __version__

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

BENCHES = (
    "scan",
    "commit",
    "start",
    "codes",
    "decode",
    "video",
    "wedge",
    "bootstrap",
    "delta",
    "backlog",
    "price",
    "member",
)
#: Processor time that one picture is worth, in milliseconds.
DECODE_BUDGET_MS = 40


def make_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    parser = argparse.ArgumentParser(prog="posapp", description="The in-store till.")
    parser.add_argument("--version", action="version", version=f"posapp {__version__}")
    parser.add_argument(
        "--config", type=Path, default=Path("terminal.toml"), help="settings (default: %(default)s)"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _demo(commands)
    _enrol(commands)
    _ledger_copies(commands)
    _virtual_printer(commands)
    _screenshots(commands)
    _labels(commands)
    _code(commands)
    _decode(commands)
    _price(commands)
    _scanners(commands)
    _virtual_scanner(commands)
    _bench(commands)
    return parser


def _demo(commands: Commands) -> None:
    demo = commands.add_parser("demo", help="a hub and a till with a demo shop")
    demo.add_argument("--headless", action="store_true", help="a scripted cashier works offscreen")
    demo.add_argument("--folder", type=Path, default=Path("demo-data"), help="default: %(default)s")
    demo.add_argument("--catalogue", type=Path, help="import these goods too (CSV, TSV, also .gz)")
    demo.add_argument("--fresh", action="store_true", help="begin anew: forget what an earlier demo stored")
    demo.add_argument("--language", choices=("zh_CN", "en"), help="language of the scripted cashier")


def _enrol(commands: Commands) -> None:
    enrol = commands.add_parser("enrol", help="let this till into its hub with a one-time code")
    enrol.add_argument("--hub", metavar="URL", help="such as https://hub:8780 (default: the settings')")
    enrol.add_argument("--code", required=True, help="what `poshub enrol` printed")
    enrol.add_argument("--ca", type=Path, metavar="FILE", help="ca.pem of the hub's own authority")
    enrol.add_argument("--replace", action="store_true", help="overwrite the key of another terminal")
    enrol.add_argument("--allow-plain-http", action="store_true", help="in a closed network that you trust")


def _ledger_copies(commands: Commands) -> None:
    backup = commands.add_parser("backup", help="copy the ledger, also while the till is selling")
    backup.add_argument("file", type=Path, metavar="FILE", help="takes the place of an earlier copy")
    restore = commands.add_parser("restore", help="put a copy of the ledger back; the till must be closed")
    restore.add_argument("file", type=Path, metavar="FILE")
    restore.add_argument("--dry-run", action="store_true", help="only say what would happen")
    wipe = commands.add_parser("wipe-members", help="delete what this till knows of members")
    wipe.add_argument("--pending-joins", action="store_true", help="and who wishes to join, not yet sent")


def _virtual_printer(commands: Commands) -> None:
    paper = commands.add_parser("virtual-printer", help="a simulated receipt printer on a loopback port")
    paper.add_argument("--port", type=int, default=9100, help="default: %(default)s")
    paper.add_argument(
        "--folder", type=Path, default=Path("slips"), help="pictures go here (default: %(default)s)"
    )


def _screenshots(commands: Commands) -> None:
    shots = commands.add_parser("screenshots", help="a picture of every screen, both languages, all sizes")
    shots.add_argument("--folder", type=Path, default=Path("screenshots"), help="default: %(default)s")
    shots.add_argument("--looks", default="", metavar="TEXT",
                       help="only looks with this in their names, as zh_CN or dark-1366")  # fmt: skip
    shots.add_argument("--names", nargs="*", default=(), metavar="NAME",
                       help="only pictures whose names begin so, as 06 or 25-holding")  # fmt: skip
    shots.add_argument("--from", dest="prepared", type=Path, help=argparse.SUPPRESS)
    shots.add_argument("--look", type=int, default=0, help=argparse.SUPPRESS)


def _labels(commands: Commands) -> None:
    labels = commands.add_parser("labels", help="draw shelf prices, cards and codes, read back before use")
    labels.add_argument("--out", type=Path, default=Path("labels.pdf"), help="a .pdf or .png file")
    labels.add_argument("--size", default="60x40", metavar="WxH", help="millimetres (default: %(default)s)")
    labels.add_argument("--dpi", type=int, default=203, help="dots per inch (default: %(default)s)")
    kinds = labels.add_subparsers(dest="what", metavar="WHAT", required=True)
    shelf = kinds.add_parser("shelf", help="shelf prices of goods of this till")
    shelf.add_argument("codes", nargs="+", metavar="CODE", help="bar codes of goods")
    shelf.add_argument("--language", choices=("zh_CN", "en"), default="zh_CN")
    card = kinds.add_parser("card", help="a member, coupon or other QR code with words beside it")
    card.add_argument("code", metavar="TEXT", help="what the QR code says")
    card.add_argument("--title", default="")
    card.add_argument("--note", action="append", default=[], help="a small line; may be given again")
    card.add_argument("--value", default="", help="set large beside the code, such as −¥20")
    card.add_argument("--caption", default="", help="small line below the code")
    code = kinds.add_parser("code", help="one code of any kind")
    code.add_argument("kind", metavar="KIND")
    code.add_argument("code", metavar="TEXT", help='GS1 kinds take "(01)…(10)…"')
    code.add_argument("--title", default="")


def _code(commands: Commands) -> None:
    code = commands.add_parser("code", help="how a text from a scanner is understood")
    code.add_argument("text", nargs="*", metavar="TEXT", help=r"GS as \x1d, <GS> or ^]; none: lines of input")
    code.add_argument("--json", action="store_true", help="one JSON line for each text")
    code.add_argument(
        "--region",
        type=str.upper,
        default="CN",
        metavar="CC",
        help="country of the shop (default: %(default)s)",
    )
    code.add_argument(
        "--currency", type=str.upper, default="CNY", help="currency of prices (default: %(default)s)"
    )
    code.add_argument(
        "--today",
        type=datetime.date.fromisoformat,
        metavar="DAY",
        help="ISO day that places years of two digits",
    )


def _scanners(commands: Commands) -> None:
    scanners = commands.add_parser("scanners", help="what is plugged in, with the lines for the settings")
    scanners.add_argument(
        "--listen", type=float, default=0, metavar="SECONDS", help="show each code that comes meanwhile"
    )
    scanners.add_argument(
        "--line", action="append", default=[], metavar="LINE", help="listen to this one; may be given again"
    )
    scanners.add_argument("--json", action="store_true", help="one JSON line for each device and code")


def _virtual_scanner(commands: Commands) -> None:
    virtual = commands.add_parser(
        "virtual-scanner", help="a simulated serial scanner; types what it is given"
    )
    virtual.add_argument("--link", type=Path, default=Path("scanner"), help="its port (default: %(default)s)")
    virtual.add_argument("--end", choices=("cr", "lf", "crlf", "tab", "none"), default="cr")
    virtual.add_argument("--encoding", choices=("utf-8", "gb18030"), default="utf-8")


def _decode(commands: Commands) -> None:
    decode = commands.add_parser("decode", help="what codes are on pictures")
    decode.add_argument("files", nargs="+", metavar="FILE")
    decode.add_argument("--json", action="store_true", help="one JSON line for each picture")
    decode.add_argument(
        "--budget-ms",
        type=int,
        default=DECODE_BUDGET_MS,
        help="processor time a picture (default: %(default)s)",
    )


def _price(commands: Commands) -> None:
    price = commands.add_parser("price", help="what a basket costs under its promotions, and why")
    price.add_argument(
        "case", type=Path, metavar="CASE.json", help='docs/PRICING.md describes it; "-": input'
    )
    price.add_argument(
        "--refund", metavar="SKU=QTY,…", help="what a return would give back; or a JSON file of returns"
    )
    price.add_argument(
        "--check", action="store_true", help="exit 1 for promotions that cannot be read and unproven answers"
    )
    price.add_argument(
        "--certificate", type=Path, metavar="FILE", help="exit 1 where this answer's certificate is no proof"
    )


def _bench(commands: Commands) -> None:
    bench = commands.add_parser("bench", help="measure; prints one JSON object")
    bench.add_argument("name", choices=BENCHES)
    bench.add_argument("--json", action="store_true", help="print one JSON object (it always is)")
    bench.add_argument("--check", action="store_true", help="exit 1 when a gated aim is not held")
    bench.add_argument("--rounds", type=int, default=9, help="interleaved rounds (default: %(default)s)")
    bench.add_argument("--seed", type=int, default=1)
    bench.add_argument(
        "--codes", "--items", type=int, default=1_000_000, help="made-up goods (default: %(default)s)"
    )
    bench.add_argument(
        "--promotions", type=int, default=0, help="scan, member: live promotions (default: 0, 5000)"
    )
    bench.add_argument("--quick", action="store_true", help="member: a small run, to see that it works")
    bench.add_argument("--catalogue", type=Path, help="real codes instead: CSV or TSV, also .gz")
    bench.add_argument("--folder", type=Path, help="where to measure")
    bench.add_argument("--hub-database", metavar="URL", help="backlog: a PostgreSQL server for the hub")
    bench.add_argument("pictures", nargs="?", type=Path, metavar="DIR", help="decode: with expected.json")
    bench.add_argument("--clips", type=int, default=4, help="video: clips of each condition (default: 4)")
    bench.add_argument("--seeds", default="1000:1240", metavar="A:B", help="wedge: sessions of these seeds")
    bench.add_argument("--sustained", action="store_true", help="wedge: 20 scans a second, a minute long")
    bench.add_argument("--half", choices=("a", "b"), help="decode: only this half of the pictures")
    bench.add_argument("--budget-ms", type=int, default=DECODE_BUDGET_MS, help="decode: a picture's limit")
