"""Campaigns by ranges of seeds: the options they share, and one range worked off by several processes."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]


def with_seeds(parser: argparse.ArgumentParser, default: str) -> None:
    """Add the options that every campaign by seeds has."""
    parser.add_argument("--seeds", default=default, metavar="FROM:TO", help="default: %(default)s")
    parser.add_argument("--from-seed", type=int, metavar="N", help="go on at this seed of them")
    parser.add_argument("--jobs", type=int, default=1, help="processes at work (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")


def seeds_of(options: argparse.Namespace) -> range:
    """The seeds that were asked for."""
    first, last, *step = (int(part) for part in options.seeds.split(":"))
    return range(options.from_seed if options.from_seed is not None else first, last, *step)


def in_processes(
    campaign: str, options: argparse.Namespace, names: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """What each process tells that works on its part of the seeds; these options are handed on."""
    command = [sys.executable, "-m", f"tests.simulation.{campaign}", "--json"]
    for name in names:
        value = getattr(options, name)
        command += [f"--{name}", str(value)] if value else []
    seeds = seeds_of(options)
    parts = [part for job in range(options.jobs) if (part := seeds[job :: options.jobs])]
    running = [
        subprocess.Popen(
            [*command, "--seeds", f"{part.start}:{part.stop}:{part.step}"], stdout=subprocess.PIPE, cwd=ROOT
        )
        for part in parts
    ]
    for process in running:
        told, _ = process.communicate()
        if not told:
            raise RuntimeError(f"a process of the campaign ended by itself: {process.returncode}")
        yield json.loads(told)
