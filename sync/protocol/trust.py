"""What devices and hubs sign for each other, and how a one-time code is spelled.

Both ends must make the same bytes, so they are made here and nowhere else. A statement begins with words of
its own kind: a signature over one can never be passed off as a signature over another. Codes are Crockford's
base 32 (https://www.crockford.com/base32.html): no I, L, O and U, so that they can be read out and typed.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final
from urllib.parse import quote

from sync.protocol.versions import PATH_PREFIX

ENROL_PATH: Final = f"{PATH_PREFIX}/enrol"
CHALLENGE_PATH: Final = f"{PATH_PREFIX}/session/challenge"
SESSION_PATH: Final = f"{PATH_PREFIX}/session"

#: The fixed words of refusals that a till acts on.
KEY_UNKNOWN: Final = "key_refused"
REVOKED: Final = "revoked"

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS: Final = str.maketrans("ILO", "110")
CODE_GROUPS: Final = 4
CODE_GROUP_CHARS: Final = 4
#: 16 signs of 5 bits: 80 bits, out of reach of guessing within a code's day.
CODE_BYTES: Final = 10


def store_path(store_id: str) -> str:
    """The path under which everything of a store lies."""
    return f"{PATH_PREFIX}/stores/{quote(store_id, safe='')}"


def terminal_path(store_id: str, terminal_id: str) -> str:
    """The path under which everything of one terminal lies."""
    return f"{store_path(store_id)}/terminals/{quote(terminal_id, safe='')}"


def key_path(store_id: str, terminal_id: str) -> str:
    """Where a device brings in its next key."""
    return f"{terminal_path(store_id, terminal_id)}/key"


def spelled_code(secret: bytes) -> str:
    """The one-time code of 10 random bytes, as people are shown it: four groups of four signs."""
    number = int.from_bytes(secret[:CODE_BYTES], "big")
    signs = "".join(_ALPHABET[number >> shift & 31] for shift in range(5 * 15, -1, -5))
    return "-".join(signs[at : at + CODE_GROUP_CHARS] for at in range(0, len(signs), CODE_GROUP_CHARS))


def plain_code(typed: str) -> str | None:
    """The 16 signs of a code as somebody typed it, or None where it cannot be one."""
    plain = typed.upper().translate(_READ_AS)
    signs = "".join(sign for sign in plain if not sign.isspace() and sign != "-")
    if len(signs) != CODE_GROUPS * CODE_GROUP_CHARS or not set(signs) <= set(_ALPHABET):
        return None
    return signs


def enrol_statement(code: str, public_key: str) -> bytes:
    """What a device signs with its new key to be enrolled; `code` is plain, `public_key` as it travels."""
    return _statement("posapp enrol 1", code, public_key)


def session_statement(key_id: str, challenge: str) -> bytes:
    """What a device signs to be let in."""
    return _statement("posapp session 1", key_id, challenge)


def rotate_statement(store_id: str, terminal_id: str, public_key: str) -> bytes:
    """What a device signs with its next key to bring it in."""
    return _statement("posapp rotate 1", store_id, terminal_id, public_key)


def _statement(*parts: str) -> bytes:
    return "\0".join(parts).encode("utf-8", "surrogatepass")


def to_text(value: bytes) -> str:
    """Bytes as they travel: base64url without padding (RFC 4648, section 5)."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def from_text(text: str) -> bytes | None:
    """The bytes of such a text, or None where it is none."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
