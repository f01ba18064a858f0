"""Asks a hub for a place with a one-time code: what is sent, and what a refusal means.

Knows no files; the private key is handed in, so that asking again after a lost answer is asking for the same.
"""

from __future__ import annotations

from sync.engine.link import LinkError
from sync.engine.sessions import Asks
from sync.protocol import codec, signing
from sync.protocol.messages import EnrolReply, EnrolRequest
from sync.protocol.trust import ENROL_PATH, enrol_statement, to_text
from sync.protocol.versions import JSON_MEDIA_TYPE


def new_private_key() -> bytes:
    """32 raw bytes of a fresh private key."""
    return signing.new_private_key()


def enrol(caller: Asks, code: str, private_key: bytes) -> EnrolReply:
    """The place that a plain code (16 signs) stands for; raises LinkError, whose `word` is the hub's."""
    public_key = to_text(signing.public_key_of(private_key))
    proof = to_text(signing.sign(private_key, enrol_statement(code, public_key)))
    data = codec.encode_message(EnrolRequest(code, public_key, proof))
    body = caller.request("POST", ENROL_PATH, data=data, headers={"Content-Type": JSON_MEDIA_TYPE})
    try:
        return codec.decode_message(body, EnrolReply)
    except codec.WireError as trouble:
        raise LinkError("later", "reply_unreadable") from trouble
