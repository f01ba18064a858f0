"""A hub in a process of its own and the tills that push to it, each with one batch in flight.

What a till does before it sends (chain, signature, compression) is done beforehand: the hub is measured.
"""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sync.hub.bench.sales import SHOP, START_MS, STORE_ID, TERMINAL_IDS
from sync.hub.database import Database
from sync.hub.goods.shop_admin import put_shop
from sync.hub.serving.embedded import system_now_ms
from sync.hub.trust.auth import Claim, hub_secret, new_token
from sync.hub.trust.enrolment import add_key
from sync.protocol import codec, signing
from sync.protocol.chain import CHAIN_START, batch_statement, chain_over
from sync.protocol.messages import PushReply
from sync.protocol.trust import to_text
from sync.protocol.versions import (
    BATCH_MEDIA_TYPE,
    HEADER_CHAIN,
    HEADER_EPOCH,
    HEADER_FIRST_SEQ,
    HEADER_SIGNATURE,
    PATH_PREFIX,
)

BATCH_SALES: Final = 500
EPOCH: Final = 1
_TOKEN_MS: Final = 3_600_000
_STOP_WITHIN_S: Final = 30
_CALL_ANEW_AFTER_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Parcel:
    """A batch ready to be sent, and what has to be acknowledged then."""

    body: bytes
    headers: dict[str, str]
    last_seq: int


class Till:
    """One terminal: its key, its chain, its session."""

    def __init__(self, terminal_id: str) -> None:
        self.terminal_id = terminal_id
        self._private_key = signing.new_private_key()
        self._chain = CHAIN_START
        self._seq = 0
        self._token = ""

    @property
    def token(self) -> str:
        """The token of its session."""
        return self._token

    def enrol(self, database: Database) -> None:
        """Make the hub know this terminal's key, and open a session."""
        public_key = signing.public_key_of(self._private_key)
        claim = Claim(STORE_ID, self.terminal_id, signing.key_id_of(public_key))
        with database.writing() as connection:
            add_key(connection, claim, public_key, now_ms=START_MS)
            secret = hub_secret(connection)
        self._token = new_token(secret, claim, expires_at_ms=system_now_ms() + _TOKEN_MS)

    def parcels(self, lines: Sequence[bytes]) -> list[Parcel]:
        """The next lines in batches, chained and signed."""
        made = []
        for start in range(0, len(lines), BATCH_SALES):
            some = lines[start : start + BATCH_SALES]
            first_seq, self._seq = self._seq + 1, self._seq + len(some)
            self._chain = chain_over(self._chain, some)
            statement = batch_statement(
                STORE_ID, self.terminal_id, epoch=EPOCH, last_seq=self._seq, chain=self._chain
            )
            headers = {
                "Authorization": f"Bearer {self._token}",
                "Content-Type": BATCH_MEDIA_TYPE,
                HEADER_EPOCH: str(EPOCH),
                HEADER_FIRST_SEQ: str(first_seq),
                HEADER_CHAIN: self._chain.hex(),
                HEADER_SIGNATURE: to_text(signing.sign(self._private_key, statement)),
            }
            made.append(Parcel(codec.pack(some), headers, self._seq))
        return made


def make_hub(named: Path | str, tills: Sequence[Till], shop: Mapping[str, Any] = SHOP) -> None:
    """A hub with the shop, where these tills are let in."""
    database = Database(named)
    try:
        with database.writing() as connection:
            put_shop(connection, shop, show_pins=False, now_ms=START_MS)
        for till in tills:
            till.enrol(database)
    finally:
        database.close()


class ServedHub:
    """`poshub serve` on a free port, and a connection for each till."""

    def __init__(self, named: Path | str, *options: str, terminal_ids: Sequence[str] = TERMINAL_IDS) -> None:
        command = [sys.executable, "-m", "sync.hub.commands", "serve", "--port", "0", *options]
        #: Where it listens, as host and port, once it does.
        self.address = ""
        self._terminal_ids = terminal_ids
        self._process = subprocess.Popen(
            [*command, "--database", str(named), "--device-per-s", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._connections: dict[str, http.client.HTTPConnection] = {}
        self._sent_s: dict[str, float] = {}
        self._pool = ThreadPoolExecutor(len(terminal_ids))

    def __enter__(self) -> ServedHub:
        if self._process.stdout is None:
            raise RuntimeError("the hub has no output to tell its address on")
        address = self._process.stdout.readline().strip().rpartition("//")[2]
        if not address:
            raise RuntimeError("the hub does not start")
        self.address = address
        for terminal_id in self._terminal_ids:
            self._connections[terminal_id] = http.client.HTTPConnection(address, timeout=120)
        return self

    def __exit__(self, *_trouble: object) -> None:
        self._pool.shutdown()
        for connection in self._connections.values():
            connection.close()
        self._process.terminate()
        self._process.wait(_STOP_WITHIN_S)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def send(self, parcels: dict[str, list[Parcel]]) -> float:
        """Seconds from the first byte to the last acknowledgement; tills push side by side."""
        start = time.perf_counter()
        sending = [self._pool.submit(self._push, *one) for one in parcels.items()]
        for one in sending:
            one.result()
        return time.perf_counter() - start

    def _push(self, terminal_id: str, parcels: Sequence[Parcel]) -> None:
        path = f"{PATH_PREFIX}/stores/{STORE_ID}/terminals/{terminal_id}/events"
        connection = self._connections[terminal_id]
        for parcel in parcels:
            # A server hangs up on who was silent for a while; a new call costs less than to find out.
            if time.perf_counter() - self._sent_s.get(terminal_id, 0.0) > _CALL_ANEW_AFTER_S:
                connection.close()
            self._sent_s[terminal_id] = time.perf_counter()
            connection.request("POST", path, parcel.body, parcel.headers)
            response = connection.getresponse()
            said = response.read()
            if (
                response.status != 200
                or codec.decode_message(said, PushReply).acked_through < parcel.last_seq
            ):
                raise RuntimeError(f"the hub did not take a batch: {response.status}")
