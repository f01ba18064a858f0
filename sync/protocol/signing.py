"""Ed25519 as both ends use it: one way to make keys, sign, check and name them.

A key's id is the first 16 hex digits of the SHA-256 of its raw public bytes, so that both ends can tell it
without being told. Signatures over different kinds of things begin with different words (see `chain`), so
one can never be passed off as another.
"""

from __future__ import annotations

import hashlib
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_MANIFEST: Final = "posapp manifest 1"
_LEASE: Final = "posapp lease 1"


def manifest_statement(manifest: str) -> bytes:
    """The bytes that a hub signs for a snapshot, from its manifest's exact JSON text."""
    return f"{_MANIFEST}\0{manifest}".encode()


def lease_statement(store_id: str, terminal_id: str, lease: str) -> bytes:
    """The bytes that a hub signs for a lease of one terminal, from the exact JSON text of its body."""
    return f"{_LEASE}\0{store_id}\0{terminal_id}\0{lease}".encode()


def new_private_key() -> bytes:
    """32 raw bytes of a fresh private key."""
    return Ed25519PrivateKey.generate().private_bytes_raw()


def public_key_of(private_key: bytes) -> bytes:
    """The 32 raw bytes of the public key that belongs to a private one."""
    return Ed25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()


def key_id_of(public_key: bytes) -> str:
    """The name of a public key."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def sign(private_key: bytes, statement: bytes) -> bytes:
    """The 64-byte signature of a statement."""
    return Ed25519PrivateKey.from_private_bytes(private_key).sign(statement)


def is_signed(public_key: bytes, statement: bytes, signature: bytes) -> bool:
    """Whether the signature of a statement was made with this key; false for keys that are none."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, statement)
    except (InvalidSignature, ValueError):
        return False
    return True
