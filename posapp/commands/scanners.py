"""`posapp scanners`: what is plugged in, the line of the settings for each, and what comes out of it.

Reads the terminal.toml where there is one. With --listen it opens the scanners as the till would and shows
every code as it came and as it is understood; a till that runs has its scanners for itself meanwhile.
"""

from __future__ import annotations

import argparse
import datetime
import json
import queue
import sys
from collections.abc import Iterator
from typing import Any

from posapp.code_rules import code_reader
from posapp.commands.clock import SystemClock
from posapp.commands.code import document, visible
from posapp.commands.output import allow_any_text
from posapp.config import ConfigError, ScannerLine, parse_scanner, read_settings
from posapp.devices.scanners.manager import ScannerManager
from posapp.devices.scanners.seen import SeenDevice, seen_devices, udev_rule
from posapp.devices.scanners.symbologies import scan_data_type
from posapp.devices.scanners.system import SystemScanners
from posapp.devices.scanners.texts import scanned_text
from posapp.flows.answers import ScannersChanged, ScannerStatus
from posapp.flows.intents import Intent, ScanCode
from posapp.flows.presenters.scanners import TROUBLES

_STATES = {"starting": "is being opened", "ready": "ready", "away": "away", "trouble": "in trouble"}


def run(options: argparse.Namespace) -> int:
    """List what is there, or listen; returns the exit code."""
    allow_any_text(as_json=options.json)
    try:
        named = tuple(parse_scanner(line) for line in options.line)
        if not named and options.config.exists():
            named = read_settings(options.config).scanners
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    devices = seen_devices()
    if options.listen > 0:
        lines = named or tuple(_usual(devices))
        if not lines:
            print("No scanner is plugged in that can be listened to. Name one with --line.", file=sys.stderr)
            return 1
        _listen(lines, options.listen, as_json=options.json)
        return 0
    for device in devices:
        print(json.dumps(_device(device), ensure_ascii=False) if options.json else "\n".join(_page(device)))
    if not options.json:
        print("\n".join(_footer(devices, named)))
    return 0


def _usual(devices: list[SeenDevice]) -> Iterator[ScannerLine]:
    """What is listened to where nothing is named: scanners, but no keyboard, which would fall silent."""
    for device in devices:
        if device.line and device.likely and device.kind != "keyboard":
            yield parse_scanner(device.line)


def _device(device: SeenDevice) -> dict[str, Any]:
    return {
        "kind": device.kind,
        "name": device.name,
        "line": device.line,
        "likely": device.likely,
        "trouble": device.trouble,
        "detail": device.detail,
    }


def _page(device: SeenDevice) -> Iterator[str]:
    likely = "" if device.likely else "  (need not be a scanner)"
    yield f"{device.kind}: {device.name or '-'}{likely}"
    if device.detail:
        yield f"    {device.detail}"
    if device.trouble:
        yield f"    {TROUBLES[device.trouble][0]}"
    if device.line:
        yield f'    scanners = ["{device.line}"]'


def _footer(devices: list[SeenDevice], named: tuple[ScannerLine, ...]) -> Iterator[str]:
    if not devices:
        yield "Nothing is plugged in that may be a scanner."
    if named:
        yield "In the settings: " + ", ".join(line.text for line in named)
    rules = {udev_rule(device.line) for device in devices if device.line and device.likely} - {""}
    if rules and sys.platform == "linux":
        yield "Where the till may not read one, put this into /etc/udev/rules.d/70-pos-scanner.rules"
        yield "and plug it in again:"
        yield from (f"    {rule}" for rule in sorted(rules))


def _listen(lines: tuple[ScannerLine, ...], seconds: float, *, as_json: bool) -> None:
    """Show what comes, until the time is over."""
    clock = SystemClock()
    came: queue.SimpleQueue[Intent] = queue.SimpleQueue()

    def post(intent: Intent) -> bool:
        came.put(intent)
        return True

    system = SystemScanners(lines, clock.monotonic_ms)
    manager = ScannerManager(lines, clock=clock, post=post, on_paired=lambda _lines: None, system=system)
    manager.load()
    manager.start()
    until_ms = clock.monotonic_ms() + int(seconds * 1000)
    shown: dict[str, tuple[str, str]] = {}
    try:
        while (left_ms := until_ms - clock.monotonic_ms()) > 0:
            manager.set_ready(True)
            try:
                intent = came.get(timeout=left_ms / 1000)
            except queue.Empty:
                break
            if isinstance(intent, ScanCode):
                _show_code(intent, as_json=as_json)
            elif isinstance(intent, ScannersChanged):
                _show_states(intent.scanners, shown, as_json=as_json)
    except KeyboardInterrupt:
        return
    finally:
        manager.close()


def _show_states(
    scanners: tuple[ScannerStatus, ...], shown: dict[str, tuple[str, str]], *, as_json: bool
) -> None:
    for scanner in scanners:
        state = (scanner.state, scanner.trouble)
        if shown.get(scanner.device_id) == state:
            continue
        shown[scanner.device_id] = state
        if as_json:
            told = {
                "scanner": scanner.device_id,
                "name": scanner.name,
                "state": state[0],
                "trouble": state[1],
            }
            print(json.dumps(told, ensure_ascii=False), flush=True)
            continue
        words = TROUBLES[scanner.trouble][0] if scanner.trouble else _STATES[scanner.state]
        print(f"{scanner.device_id}: {words}" + (f" ({scanner.name})" if scanner.name else ""), flush=True)


def _show_code(scan: ScanCode, *, as_json: bool) -> None:
    text = scanned_text(scan.text)
    kind = scan_data_type(text.aim, text.label)
    today = datetime.datetime.now().astimezone().date()
    understood = document(code_reader(None).read(scan.text, today=today))
    if as_json:
        told = {
            "scanner": scan.source,
            "text": visible(text.label),
            "aim": text.aim,
            "scan_data_type": int(kind),
        }
        print(json.dumps({**told, "understood": understood}, ensure_ascii=False), flush=True)
        return
    print(f"{scan.source}: {visible(text.label)}")
    print(f"    {text.aim or 'no AIM identifier'} · {kind.name} · {understood['kind']}", flush=True)
