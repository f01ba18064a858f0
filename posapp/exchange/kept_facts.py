"""Facts of sales and returns out of the bytes that once were made of them, at this till or another.

Lenient like every reader of the wire: fields that this till does not know are left out. What cannot be read
as such a fact is None, never an exception, since a return can wait and a shop must go on.
"""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec

from posapp.domain.facts import TransactionCompleted
from posapp.domain.return_facts import ReturnCompleted
from sync.protocol.codec import WireError, decode_envelope

T = TypeVar("T")

_SALES: Final = msgspec.json.Decoder(TransactionCompleted)
_RETURNS: Final = msgspec.json.Decoder(ReturnCompleted)


def sale_of_line(line: bytes) -> TransactionCompleted | None:
    """The sale of an envelope's exact bytes, or None where it holds none that can be read."""
    return _of_line(line, _SALES)


def return_of_line(line: bytes) -> ReturnCompleted | None:
    """The return of an envelope's exact bytes, or None where it holds none that can be read."""
    return _of_line(line, _RETURNS)


def sale_of_body(body: bytes) -> TransactionCompleted | None:
    """The sale of a body alone, or None."""
    return _of_body(body, _SALES)


def return_of_body(body: bytes) -> ReturnCompleted | None:
    """The return of a body alone, or None."""
    return _of_body(body, _RETURNS)


def _of_line(line: bytes, decoder: msgspec.json.Decoder[T]) -> T | None:
    try:
        return _of_body(bytes(decode_envelope(line).body), decoder)
    except WireError:
        return None


def _of_body(body: bytes, decoder: msgspec.json.Decoder[T]) -> T | None:
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return None
