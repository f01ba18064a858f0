"""`posapp enrol`: makes this till's key, has it let in with a one-time code, and writes the files.

Nothing of an earlier enrolment is lost before the hub has answered, and a lost answer costs nothing: the key
that was made for a code is kept until the code has led to a place, so the same command may be given again.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
from pathlib import Path
from typing import Final

from posapp.commands.clock import SystemClock
from posapp.config import ConfigError, Settings, is_plain_afar, read_settings
from posapp.domain.file_trouble import file_sentence
from sync.engine.device_key import KeyFileError, KeyRing, read_ring, write_ring
from sync.engine.enrolment import enrol, new_private_key
from sync.engine.http import HttpCaller
from sync.engine.link import LinkError
from sync.protocol.messages import EnrolReply
from sync.protocol.trust import plain_code

CA_FILE: Final = "hub-ca.pem"
KEY_FILE: Final = "device.key"

_AGAIN: Final = "Give the same command again."
_PERHAPS_TLS: Final = "A hub that serves with --tls-cert is reached by https:// only."
#: What the hub's words and the link's mean to the person who enrols.
_SENTENCES: Final = {
    "code_unknown": "The hub does not know this code. Check it, or ask for another with `poshub enrol`.",
    "code_expired": "The code is too old. Ask for another with `poshub enrol`.",
    "code_used": "The code was used already. Ask for another with `poshub enrol`.",
    "terminal_removed": "The shop file no longer names this terminal. Mend it, then run `poshub init`.",
    "key_known": "This key was used before. Ask for another code with `poshub enrol`.",
    "too_many_codes": "Too many wrong codes came from here. Wait a few minutes, then try again.",
    "network": f"The hub cannot be reached. Check its address, its port and the cable. {_AGAIN}",
    "timeout": f"The hub does not answer. {_AGAIN}",
    "hub_busy": f"The hub cannot now. {_AGAIN}",
    "upgrade": "There is a server, but it is no hub of this version. Check the address, or update.",
    "reply_unreadable": "Something else than a hub answered. Check the address and the port.",
    "certificate": "The hub's certificate comes from an unknown authority. Give its ca.pem with --ca.",
    "certificate_name": "The hub's certificate was made for another name. Use the name that is in it, or "
    "have another one made: `poshub ca issue`.",
    "certificate_time": "The hub's certificate is over or not yet good. Check this PC's clock, or have "
    "another one made: `poshub ca issue`.",
}


class EnrolError(Exception):
    """The till cannot be enrolled; the message says why and what to do."""


def run(options: argparse.Namespace) -> int:
    """Enrol this till; returns the exit code."""
    try:
        for line in enrol_till(options):
            print(line)
    except (EnrolError, ConfigError) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{file_sentence(error)}.", file=sys.stderr)
        return 1
    return 0


def enrol_till(options: argparse.Namespace) -> list[str]:
    """Do it; what to tell. Raises EnrolError, ConfigError, OSError."""
    config: Path = options.config.resolve()
    settings = read_settings(config) if config.exists() else None
    code = plain_code(options.code)
    if code is None:
        raise EnrolError(f"{options.code!r} is no code. It has four groups of four letters and digits.")
    url = (options.hub or (settings.hub_url if settings else "")).rstrip("/")
    if not url.startswith(("http://", "https://")):
        raise EnrolError("Say where the hub is: --hub https://HOST:PORT.")
    if is_plain_afar(url) and not options.allow_plain_http:
        raise EnrolError(
            f"{url} is plain HTTP, which anybody on the way can read. Use https://, or, in a closed network "
            "that you trust, say --allow-plain-http."
        )
    key_file = settings.device_key_file if settings else config.parent / KEY_FILE
    waiting = key_file.with_name(f"{key_file.name}.{hashlib.sha256(code.encode()).hexdigest()[:8]}.new")
    private_key = _key_for(waiting)
    try:
        reply = _ask(url, code, private_key, options.ca or (settings.hub_ca_file if settings else None))
    except LinkError as trouble:
        if trouble.word and trouble.sort != "later":
            waiting.unlink()
        why = trouble.word or trouble.detail
        sentence = _SENTENCES.get(trouble.word) or _SENTENCES.get(trouble.detail)
        if why == "network" and url.startswith("http://"):
            # A hub with a certificate hangs up on plain HTTP without a word.
            sentence = f"{_SENTENCES['network']} {_PERHAPS_TLS}"
        raise EnrolError(sentence or f"The hub did not take it ({why}).") from trouble
    _refuse_another_place(reply, settings, key_file, config, replace=options.replace)
    _write_key(key_file, reply, private_key)
    for left in key_file.parent.glob(f"{key_file.name}.*.new"):
        left.unlink()
    told = [f"enrolled as {reply.terminal_id} of store {reply.store_id}; the key is in {key_file}"]
    if settings is None:
        _write_settings(config, reply, url, options)
        return [*told, f"wrote {config}; add printer and scanners there, then run: posapp --config {config}"]
    if settings.hub_url != url:
        told.append(f'{config} names another hub: change its line to hub_url = "{url}"')
    if options.ca is not None and settings.hub_ca_file is None:
        shutil.copyfile(options.ca, config.parent / CA_FILE)
        told.append(f'add to {config}: hub_ca_file = "{CA_FILE}"')
    return [*told, "a till that is running finds the new key by itself within a minute"]


def _key_for(waiting: Path) -> bytes:
    """The key that was made for this code before, or a new one, on the disk either way."""
    if waiting.exists():
        try:
            return read_ring(waiting).private_keys[0]
        except KeyFileError as error:
            raise EnrolError(str(error)) from error
    private_key = new_private_key()
    write_ring(waiting, KeyRing("", "", (private_key,)))
    return private_key


def _ask(url: str, code: str, private_key: bytes, ca_file: Path | None) -> EnrolReply:
    if ca_file is not None and not ca_file.is_file():
        raise EnrolError(f"{ca_file} is not there. Copy the hub's ca.pem to this PC, and name it with --ca.")
    caller = HttpCaller(url, clock=SystemClock(), ca_file=ca_file)
    try:
        return enrol(caller, code, private_key)
    finally:
        caller.close()


def _refuse_another_place(
    reply: EnrolReply, settings: Settings | None, key_file: Path, config: Path, *, replace: bool
) -> None:
    place = (reply.store_id, reply.terminal_id)
    if settings is not None and (settings.store_id, settings.terminal_id) != place:
        raise EnrolError(
            f"The code is for {reply.terminal_id} of store {reply.store_id}, but {config} is of "
            f"{settings.terminal_id} of store {settings.store_id}. Mend store_id and terminal_id there, or "
            f"name another file with --config. {_AGAIN}"
        )
    held = _held(key_file)
    if held is not None and (held.store_id, held.terminal_id) != place and not replace:
        raise EnrolError(
            f"{key_file} is the key of {held.terminal_id} of store {held.store_id}, the code is for "
            f"{reply.terminal_id} of store {reply.store_id}. To overwrite it give the same command with "
            "--replace."
        )


def _held(key_file: Path) -> KeyRing | None:
    try:
        return read_ring(key_file)
    except KeyFileError:
        return None


def _write_key(key_file: Path, reply: EnrolReply, private_key: bytes) -> None:
    held = _held(key_file)
    ring = KeyRing(reply.store_id, reply.terminal_id, (private_key,), reply.hub_keys)
    if held is not None and (held.store_id, held.terminal_id) == (reply.store_id, reply.terminal_id):
        # A hub that is restored from yesterday still knows yesterday's key.
        older = tuple(key for key in held.private_keys if key != private_key)
        ring = KeyRing(reply.store_id, reply.terminal_id, older, reply.hub_keys).with_newest(private_key)
    write_ring(key_file, ring)


def _write_settings(config: Path, reply: EnrolReply, url: str, options: argparse.Namespace) -> None:
    lines = [
        f'store_id = "{reply.store_id}"',
        f'terminal_id = "{reply.terminal_id}"',
        f"terminal_number = {reply.terminal_number or 1}",
        'data = "till"',
        f'hub_url = "{url}"',
        f'device_key_file = "{KEY_FILE}"',
    ]
    if options.ca is not None:
        shutil.copyfile(options.ca, config.parent / CA_FILE)
        lines.append(f'hub_ca_file = "{CA_FILE}"')
    if is_plain_afar(url):
        lines.append("allow_plain_http = true")
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
