"""Whether a batch is what its device says it is: the hash chain over its lines, and the signature on that.

Nothing here refuses: what does not fit is told, and the lines are kept all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sync.protocol.chain import CHAIN_BYTES, batch_statement, chain_over
from sync.protocol.signing import is_signed


@dataclass(frozen=True, slots=True)
class Seal:
    """What came with a batch: the chain's head after its last line, the signature over it, and whose key.

    `chain` and `signature` are None where none came, and anything else where what came is none;
    `public_key` is empty where the hub knows none of the device.
    """

    chain: bytes | None = None
    signature: bytes | None = None
    public_key: bytes = b""


@dataclass(frozen=True, slots=True)
class Head:
    """The chain's head to go on from (None: not known), and whether the device told another one."""

    chain: bytes | None
    is_other: bool


def head_after(seal: Seal, start: bytes | None, appended: Sequence[bytes], *, is_whole: bool) -> Head:
    """The head after these lines were added to a chain that stood at `start`.

    `is_whole`: the batch ends where the chain now does, so that what the device told is about this place.
    The head is always that of the lines which are held: terminals prove by it that theirs are the same. Only
    where it is not known is the device's own taken.
    """
    head = start
    if appended and start is not None:
        head = chain_over(start, appended)
    if not is_whole or seal.chain is None:
        return Head(head, is_other=False)
    if head is None and appended and len(seal.chain) == CHAIN_BYTES:
        head = seal.chain
    return Head(head, is_other=head is not None and seal.chain != head)


def is_signed_by_device(seal: Seal, place: tuple[str, str, int], last_seq: int) -> bool:
    """Whether the device that the hub knows has signed this batch; true where it knows no key."""
    if not seal.public_key:
        return True
    if seal.chain is None or seal.signature is None:
        return False
    store_id, terminal_id, epoch = place
    statement = batch_statement(store_id, terminal_id, epoch=epoch, last_seq=last_seq, chain=seal.chain)
    return is_signed(seal.public_key, statement, seal.signature)
