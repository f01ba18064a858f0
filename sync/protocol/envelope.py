"""One event on the wire: who says it, where it stands in their order, and what happened.

The body stays raw bytes here: an end that does not know a kind can still keep and pass it on whole.
Times are epoch milliseconds UTC; `seq` counts from 1 without gaps per (terminal, epoch).
"""

from __future__ import annotations

import msgspec


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A fact ready to travel; `epoch` changes when a terminal is set up anew or restored."""

    event_id: str
    kind: str
    version: int = 1
    store_id: str
    terminal_id: str
    epoch: int
    seq: int
    occurred_at: int
    business_date: str
    body: msgspec.Raw = msgspec.Raw(b"{}")
