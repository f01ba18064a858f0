"""The command `poshub`: puts a shop and its goods into the hub, enrols tills, serves them.

Each command does one thing and says on standard output what it did; progress and trouble go to standard
error. Exit codes: 0 done, 1 not done and why, 2 asked wrongly.
"""

from __future__ import annotations

import argparse
import os
import select
import sys
from collections.abc import Callable, Sequence

from posapp.domain.file_trouble import file_sentence
from posapp.domain.shop_document import ShopDocumentError
from sync.hub.commands import (
    authority,
    bench,
    coupons,
    devices,
    fleet,
    gift,
    goods,
    holds,
    leases,
    members,
    operations,
    points,
    prices,
    programme,
    promotions,
    rules,
    serve,
    shop,
    stock,
    streams,
)
from sync.hub.commands.shared import CommandError
from sync.hub.database import BusyError, CannotWriteError
from sync.hub.goods.catalogue_rows import ColumnsError


def cli(arguments: Sequence[str] | None = None) -> int:
    """Run `poshub` with the given arguments (default: the process's own); returns the exit code."""
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        code = run(options)
        sys.stdout.flush()
        return code
    except ShopDocumentError as trouble:
        _complain(f"{len(trouble.problems)} problem(s) in the shop file:", *trouble.problems)
    except (CommandError, ColumnsError) as trouble:
        _complain(str(trouble))
    except CannotWriteError as trouble:
        _complain(f"the database cannot be written ({trouble}): make room or mend it, then run this again")
    except BusyError as trouble:
        _complain(f"the database is busy or away ({trouble}): try again")
    except UnicodeDecodeError:
        _complain("a file that was named is no text in UTF-8: name another, or save it as UTF-8")
    except EOFError:
        _complain("standard input ended before everything was said: run this again")
    except OSError as trouble:
        if isinstance(trouble, BrokenPipeError) and _has_lost_its_reader():
            # What is left must not be tried again at the end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        _complain(file_sentence(trouble))
    return 1


def _has_lost_its_reader() -> bool:
    """Whether nobody reads our output any more, as after `head`; any other line that broke is a fault."""
    if not hasattr(select, "poll"):  # Windows, where this cannot be asked
        return True
    output = select.poll()
    output.register(sys.stdout.fileno(), select.POLLOUT)
    return any(event & select.POLLERR for _, event in output.poll(0))


def _complain(*lines: str) -> None:
    print(*lines, sep="\n", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="poshub", description="The hub that tills report to.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for room in (
        shop,
        devices,
        authority,
        goods,
        streams,
        stock,
        rules,
        promotions,
        prices,
        programme,
        members,
        coupons,
        points,
        gift,
        holds,
        leases,
        fleet,
        operations,
        serve,
        bench,
    ):
        room.add(commands)
    return parser
