"""What travels besides envelopes: acknowledgements, feed pages with their changes, statuses, problems.

Bodies of changes stay raw bytes until the stream's own reader asks for them, so an unknown stream or
an added field costs nothing. Amounts are integer minor units, times epoch milliseconds, binary values
in base64url without padding.
"""

from __future__ import annotations

from typing import Literal

import msgspec

# --- up -----------------------------------------------------------------------------------------


class PushReply(msgspec.Struct, frozen=True):
    """How far the hub holds this epoch's events without a gap (0: nothing yet), and how far backed up.

    A figure below what the hub said before is no mistake: the hub was restored, and the terminal sends
    again from there. `forked` says that a place was held with other content: the terminal was restored or
    copied and begins a new epoch; what it sent is kept all the same.
    """

    acked_through: int
    backed_up_through: int = 0
    hub_id: str = ""
    forked: bool = False


class EpochMark(msgspec.Struct, frozen=True):
    """How far the hub holds one epoch of a terminal, and how far a backup of the hub does.

    `chain` is the head (hex) of the hash chain over the lines that it holds through there, "" where it does
    not know it: a terminal whose own chain is the same there knows that the hub holds its very lines.
    """

    epoch: int
    acked_through: int
    backed_up_through: int
    chain: str = ""


class StatusReport(msgspec.Struct, frozen=True):
    """What a terminal says of itself every few seconds; `seq` is its last number given out in `epoch`."""

    epoch: int
    seq: int
    queue_length: int
    oldest_ms: int | None
    clock_ms: int
    app_version: str = ""
    printer: str = ""
    printer_detail: str = ""
    items: int = 0
    catalogue_updated_ms: int | None = None
    quarantined: int = 0
    system: str = ""


class StatusReply(msgspec.Struct, frozen=True):
    """What the hub says back: its life, the marks of this terminal, and where each stream stands.

    `hub_id` names a life of the hub's database: another one means that the hub was restored.
    `receipt_seq` and `shift_number` are the highest that the hub has seen, so that a terminal that was
    restored or set up anew never gives a number twice. A stream whose head is the cursor that a terminal
    has need not be asked. `quarantined` and `exceptions` wait at the hub for a person.
    """

    hub_id: str
    time_ms: int
    marks: tuple[EpochMark, ...] = ()
    receipt_seq: int = 0
    shift_number: int = 0
    heads: dict[str, str] = {}
    quarantined: int = 0
    exceptions: int = 0
    rotate_key: bool = False


class TerminalSummary(msgspec.Struct, frozen=True):
    """What the hub holds of one terminal; `acked_through` is of the epoch heard last."""

    events: int
    sales_count: int
    sales_total_minor: int
    acked_through: int
    quarantined: int = 0
    fork_alarms: int = 0


# --- down ---------------------------------------------------------------------------------------


class Change(msgspec.Struct, frozen=True):
    """One row of a stream: its key, a revision that only grows, its whole new body (null when deleted)."""

    kind: Literal["upsert", "delete"]
    key: str
    rev: int
    body: msgspec.Raw = msgspec.Raw(b"null")


class FeedPage(msgspec.Struct, frozen=True):
    """Changes in order; `next_cursor` is saved with them, `more` says that the next page is not empty."""

    changes: tuple[Change, ...]
    next_cursor: str
    more: bool


class ItemBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body of a change of the catalogue stream.

    `codes` are look-up keys as domain codes spell them, `pinyin` the initials to search Chinese by. `prices`
    stand here in what a hub of before sends; now they have a stream of their own. `category` goes from the
    widest to the narrowest; it, the brand and the tags are what promotions pick goods by.
    """

    sku: str
    names: dict[str, str]
    pinyin: str
    unit: Literal["pcs", "g"]
    tax_category: str
    codes: tuple[str, ...]
    prices: tuple[tuple[int, int], ...] = ()
    category: tuple[str, ...] = ()
    brand: str = ""
    tags: tuple[str, ...] = ()

    @property
    def traits(self) -> TraitsBody | None:
        """What promotions pick the item by, None where there is nothing."""
        if not (self.category or self.brand or self.tags):
            return None
        return TraitsBody(self.category, self.brand, self.tags)


class TraitsBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """Category, brand and tags of an item, as a row of the catalogue's file keeps them (by SKU)."""

    category: tuple[str, ...] = ()
    brand: str = ""
    tags: tuple[str, ...] = ()


class PriceRowBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """One row of the price lists that reach a store: its scope and place, from when and until when it holds.

    `scope` is "store", "region", "chain" or "channel"; times are epoch milliseconds, `to_ms` is not included.
    `members` is a price of members, of the `levels` if any are named; it holds from `least_qty` pieces on.
    """

    id: str
    minor: int
    scope: str = "chain"
    place: str = ""
    from_ms: int | None = None
    to_ms: int | None = None
    members: bool = False
    levels: tuple[str, ...] = ()
    least_qty: int = 1


class PriceBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body of a change of the prices stream: pairs of (effective from in epoch milliseconds, minor units).

    Minor units are per piece, or per kilogram for goods by weight. Where lists of several scopes speak of the
    item they stand in `rows`, all of them; `prices` are then what comes out of them for who is no member.
    """

    sku: str
    prices: tuple[tuple[int, int], ...]
    rows: tuple[PriceRowBody, ...] = ()


class PriceRowsBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """The rows of an item's price lists, as a row of the catalogue's file keeps them (by SKU)."""

    rows: tuple[PriceRowBody, ...] = ()


class Manifest(msgspec.Struct, frozen=True):
    """What a snapshot of the catalogue's file is: its version, content, size, and how far each stream goes.

    `sha256` and `length` are of the zstd frame as it travels, `plain_*` of the SQLite file in it; `counts`
    are rows by table. The snapshot's address is its `sha256`.
    """

    store_id: str
    hub_id: str
    version: int
    sha256: str
    length: int
    plain_sha256: str
    plain_length: int
    cursors: dict[str, str]
    counts: dict[str, int]
    built_at_ms: int


class SignedManifest(msgspec.Struct, frozen=True):
    """A manifest's exact JSON text and the hub's signature over it."""

    manifest: str
    key_id: str
    signature: str


# --- trust --------------------------------------------------------------------------------------


class EnrolRequest(msgspec.Struct, frozen=True):
    """A one-time code, a device's public key, and the proof that it has the private one."""

    code: str
    public_key: str
    proof: str


class EnrolReply(msgspec.Struct, frozen=True):
    """Whose place a device has, and the keys by which it knows its hub's signatures."""

    store_id: str
    terminal_id: str
    terminal_number: int
    key_id: str
    hub_id: str
    hub_keys: dict[str, str] = {}


class Challenge(msgspec.Struct, frozen=True):
    """What a device has to sign to be let in."""

    challenge: str


class SessionRequest(msgspec.Struct, frozen=True):
    """A signed challenge."""

    key_id: str
    challenge: str
    signature: str


class SessionReply(msgspec.Struct, frozen=True):
    """A token for the Authorization header, how long it opens (seconds), and the hub's signing keys."""

    token: str
    expires_in_s: int
    hub_keys: dict[str, str] = {}


class RotateRequest(msgspec.Struct, frozen=True):
    """A device's next public key, and the proof that it has the private one."""

    public_key: str
    proof: str


class RotateReply(msgspec.Struct, frozen=True):
    """The name of the key that counts from now on."""

    key_id: str


class Problem(msgspec.Struct, frozen=True):
    """Why a request was not served; `error` is a fixed word, `detail` an English sentence."""

    error: str
    detail: str = ""
