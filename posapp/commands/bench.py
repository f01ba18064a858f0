"""`posapp bench NAME`: measures one thing and prints one JSON object.

Each benchmark stands in its own file and is loaded only when it is asked for.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

from posapp.commands.measuring import Result, report

#: Scans in one round of `bench scan`.
SCANS_A_ROUND = 40
SALES_A_ROUND = 40
SUSTAINED_S = 60


def run(options: argparse.Namespace) -> int:
    """Run the named benchmark; returns the exit code."""
    return report(_measure(options).document(), check=options.check)


def _scan(options: argparse.Namespace, rounds: int) -> Result:
    from posapp.commands.bench_scan import Plan, bench_scan

    scans = getattr(options, "scans", SCANS_A_ROUND)
    plan = Plan(rounds, scans, options.codes, options.seed, options.catalogue, options.folder)
    return bench_scan(replace(plan, promotions=getattr(options, "promotions", 0)))


def _member(options: argparse.Namespace, rounds: int) -> Result:
    from posapp.commands.bench_member import Plan, bench_member

    scans = getattr(options, "scans", SCANS_A_ROUND)
    quick = getattr(options, "quick", False)
    return bench_member(
        Plan(
            1 if quick else rounds,
            5 if quick else scans,
            min(options.codes, 2_000 if quick else 100_000),
            2_000 if quick else 100_000,
            200 if quick else options.promotions or 5_000,
            options.seed,
            options.folder,
        )
    )


def _measure(options: argparse.Namespace) -> Result:
    rounds, seed = max(1, options.rounds), options.seed
    match options.name:
        case "scan" | "member":
            return (_scan if options.name == "scan" else _member)(options, rounds)
        case "commit":
            from posapp.commands.bench_commit import bench_commit

            sales = getattr(options, "sales", SALES_A_ROUND)
            return bench_commit(rounds=rounds, sales=sales, seed=seed, folder=options.folder)
        case "bootstrap":
            from posapp.commands.bench_bootstrap import bench_bootstrap

            return bench_bootstrap(rounds=rounds, items=options.codes, seed=seed, folder=options.folder)
        case "backlog":
            from posapp.commands.bench_backlog import SALES, bench_backlog

            sales = getattr(options, "sales", None) or SALES
            return bench_backlog(
                rounds=rounds, sales=sales, seed=seed, folder=options.folder, hub=options.hub_database
            )
        case "delta":
            from posapp.commands.bench_delta import bench_delta

            return bench_delta(rounds=rounds, codes=options.codes, seed=seed, folder=options.folder)
        case "start":
            from posapp.commands.bench_start import bench_start

            goods = (options.codes, seed, options.catalogue)
            return bench_start(rounds=rounds, goods=goods, folder=options.folder)
        case "codes":
            from posapp.commands.bench_codes import bench_codes

            return bench_codes(rounds=rounds, seed=seed, folder=options.folder)
        case "price":
            from posapp.commands.bench_price import bench_price

            return bench_price(rounds=rounds, seed=seed)
        case "decode":
            from posapp.commands.bench_decode import bench_decode

            if options.pictures is None or not (options.pictures / "expected.json").is_file():
                raise SystemExit("bench decode needs a folder with pictures and their expected.json.")
            return bench_decode(options.pictures, half=options.half, budget_ms=options.budget_ms)
        case "video":
            from posapp.commands.bench_video import bench_video

            return bench_video(clips_each=max(1, options.clips), seed=seed)
        case "wedge" if options.sustained:
            from posapp.commands.bench_sustained import bench_sustained

            seconds = getattr(options, "seconds", SUSTAINED_S)
            return bench_sustained(seconds=seconds, seed=seed, folder=options.folder)
        case "wedge":
            from posapp.commands.bench_wedge import bench_wedge

            first, _, end = options.seeds.partition(":")
            return bench_wedge(range(int(first), int(end)))
        case _:
            raise ValueError(f"there is no bench {options.name!r}")
