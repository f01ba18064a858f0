"""The hub's routes described for integrators, as an OpenAPI 3.1 document made from the wire's own types.

A route that is not described here fails a test, and so does a description without a route. Pages for people
are no part of it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from sync.hub.doubts.exception_list import KINDS
from sync.hub.fleet.answers import (
    ROWS_MOST,
    Credentials,
    DoubtPage,
    LinePage,
    PersonSession,
    SettleReply,
    SettleRequest,
    StatementList,
    StatementRequest,
    TillPage,
)
from sync.hub.fleet.fleet_reading import FILTERS
from sync.hub.fleet.price_answers import (
    IDS_MOST,
    PromotionList,
    PromotionReply,
    PromotionRequest,
    PromotionsGone,
    PromotionsRemoved,
)
from sync.hub.fleet.statements import SignedStatement
from sync.hub.routes.openapi_loyalty import LOYALTY, LOYALTY_TYPES
from sync.hub.routes.openapi_words import FLEET, STORE, TERMINAL, Described, header, query
from sync.protocol.envelope import Envelope
from sync.protocol.messages import (
    Challenge,
    Change,
    EnrolReply,
    EnrolRequest,
    FeedPage,
    ItemBody,
    Manifest,
    PriceBody,
    Problem,
    PushReply,
    RotateReply,
    RotateRequest,
    SessionReply,
    SessionRequest,
    SignedManifest,
    StatusReply,
    StatusReport,
    TerminalSummary,
)
from sync.protocol.versions import (
    BATCH_MEDIA_TYPE,
    FEED_PAGE_MAX,
    HEADER_CHAIN,
    HEADER_EPOCH,
    HEADER_FIRST_SEQ,
    HEADER_OLDEST_SEQ,
    HEADER_PROTOCOL,
    HEADER_SIGNATURE,
    JSON_MEDIA_TYPE,
    KNOWN_STREAMS,
    PATH_PREFIX,
    PROTOCOL_VERSION,
    SNAPSHOT_MEDIA_TYPE,
)

_NO_STORE: Final = {"404": "No such store or statement."}
_REFS: Final = "#/components/schemas/{name}"


def _without_raw(kind: type[msgspec.Struct], **instead: Any) -> type[msgspec.Struct]:
    """The same type with raw bodies as any JSON: msgspec has no schema for those."""
    fields: list[Any] = []
    for one in msgspec.structs.fields(kind):
        if one.type is msgspec.Raw:
            fields.append((one.name, Any, None))
        elif one.default is msgspec.NODEFAULT:
            fields.append((one.name, instead.get(one.name, one.type)))
        else:
            fields.append((one.name, one.type, one.default))
    return msgspec.defstruct(kind.__name__, fields, kw_only=True)


#: Documents are read as text, not as a program's numbers; to who writes them they are objects.
_DOCUMENTS: Final = Annotated[tuple[dict[str, Any], ...], Meta(min_length=1, max_length=IDS_MOST)]
_PROMOTION_REQUEST: Final = _without_raw(PromotionRequest, promotions=_DOCUMENTS)
_TYPES: Final = (
    *LOYALTY_TYPES,
    Challenge, EnrolReply, EnrolRequest, ItemBody, Manifest, PriceBody, Problem, PushReply, RotateReply,
    RotateRequest, SessionReply, SessionRequest, SignedManifest, StatusReply, StatusReport, TerminalSummary,
    Credentials, DoubtPage, LinePage, PersonSession, SettleReply, SettleRequest, SignedStatement,
    StatementList, StatementRequest, TillPage, PromotionList, PromotionReply, _PROMOTION_REQUEST,
    PromotionsGone, PromotionsRemoved,
)  # fmt: skip
_BINARY: Final = {"type": "string", "format": "binary"}


_EVENT_HEADERS: Final = (
    header(HEADER_EPOCH, "The life of the queue.", {"type": "integer", "minimum": 0}, required=True),
    header(HEADER_FIRST_SEQ, "The number of the first line.", {"type": "integer", "minimum": 1}),
    header(
        HEADER_OLDEST_SEQ,
        "The first number that the till still has, where the hub waits for older ones.",
        {"type": "integer", "minimum": 1},
    ),
    header(
        HEADER_CHAIN,
        "Hex of the hash chain after the last line.",
        {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    ),
    header(
        HEADER_SIGNATURE,
        "The device's Ed25519 signature over the chain's head, base64url without padding.",
        {"type": "string"},
    ),
)
_FEED_QUERY: Final = (
    query("after", "The cursor of the page before; nothing: from the beginning.", {"type": "string"}),
    query("limit", "Rows on a page.", {"type": "integer", "minimum": 1, "maximum": FEED_PAGE_MAX}),
)
_FLEET_PAGE: Final = (
    query("store", "Of one store only.", {"type": "string", "maxLength": 64}),
    query("after", "What `next` of the page before said; nothing: from the beginning.", {"type": "string"}),
    query("limit", "Rows on a page.", {"type": "integer", "minimum": 1, "maximum": ROWS_MOST}),
)
_STATE: Final = query("state", "Those that wait, or those that are settled.", {"enum": ["open", "settled"]})
_RANGE: Final = (header("Range", "One range of bytes (RFC 9110).", {"type": "string"}),)

DESCRIBED: Final = (
    Described("get", "/livez", "Whether this process serves: for whoever would start it anew.",
              {"type": "object"}, open_to_all=True),
    Described(
        "get", "/healthz",
        "Whether this hub does its work, its database read and written: for load balancers and alarms.",
        {"type": "object"}, open_to_all=True,
        statuses={"503": "`cannot_write`: the disk is full or fails; `busy`: the database is away."},
    ),
    Described(
        "get", "/metrics", "Figures for Prometheus.", {"type": "string"}, gives_media="text/plain",
        open_to_all=True,
    ),
    Described("get", "/openapi.json", "This document.", {"type": "object"}, open_to_all=True),
    Described(
        "post", f"{PATH_PREFIX}/enrol", "Turn a one-time code into a place for a device's key.",
        EnrolReply, EnrolRequest, open_to_all=True,
    ),
    Described(
        "post", f"{PATH_PREFIX}/session/challenge", "What a device has to sign to be let in.", Challenge,
        open_to_all=True,
    ),
    Described(
        "post", f"{PATH_PREFIX}/session", "A token for a signed challenge.", SessionReply, SessionRequest,
        open_to_all=True,
    ),
    Described("post", f"{TERMINAL}/key", "Name the device's next key.", RotateReply, RotateRequest),
    Described("post", f"{TERMINAL}/status", "How a terminal is, and what the hub says back.",
              StatusReply, StatusReport),
    Described(
        "post", f"{TERMINAL}/events",
        "Take in a batch of envelopes: NDJSON in one zstd frame. A replay is a success.",
        PushReply, _BINARY, media=BATCH_MEDIA_TYPE, further=_EVENT_HEADERS,
    ),
    Described("get", f"{TERMINAL}/summary", "What the hub holds of a terminal.", TerminalSummary),
    *LOYALTY,
    Described(
        "get", f"{STORE}/feed/{{stream}}", "What is new in a stream.", FeedPage, further=_FEED_QUERY,
        statuses={"404": "No such stream.", "410": "The cursor is not known: start anew."},
    ),
    Described("get", f"{STORE}/snapshot", "The newest snapshot of the catalogue's file.", SignedManifest,
              statuses={"404": "None is there yet."}),
    Described(
        "get", f"{STORE}/snapshot/{{sha256}}", "A snapshot's bytes, whole or a range of them.", _BINARY,
        gives_media=SNAPSHOT_MEDIA_TYPE, further=_RANGE,
        statuses={"206": "A part.", "404": "No such snapshot.", "416": "No such part."},
    ),
    Described(
        "post", f"{FLEET}/session", "A token for an account of the fleet page.", PersonSession, Credentials,
        open_to_all=True, statuses={"401": "No such account with this password."},
    ),
    Described(
        "get", f"{FLEET}/tills", "Tills: queue and its age, version, clock, printer, last seen.", TillPage,
        by_person=True, further=(*_FLEET_PAGE, query("filter", "Such tills only.", {"enum": list(FILTERS)})),
    ),
    Described(
        "get", f"{FLEET}/exceptions", "What is doubtful, the oldest first.", DoubtPage, by_person=True,
        further=(*_FLEET_PAGE, _STATE, query("kind", "Of one kind only.", {"enum": list(KINDS)})),
    ),
    Described(
        "post", f"{FLEET}/exceptions/settle", "Settle exceptions with a note, on record.", SettleReply,
        SettleRequest, by_person=True,
    ),
    Described(
        "get", f"{FLEET}/quarantine", "Lines that could not be read, the oldest first.", LinePage,
        by_person=True, further=(*_FLEET_PAGE, _STATE),
    ),
    Described(
        "post", f"{FLEET}/quarantine/settle", "Settle lines with a note, on record.", SettleReply,
        SettleRequest, by_person=True,
    ),
    Described(
        "get", f"{FLEET}/stores/{{store_id}}/statements", "The newest statements of a store.", StatementList,
        by_person=True, statuses=_NO_STORE,
    ),
    Described(
        "post", f"{FLEET}/stores/{{store_id}}/statements",
        "Make a statement, signed: whether a store's tills have handed in everything through a day.",
        SignedStatement, StatementRequest, by_person=True, statuses=_NO_STORE,
    ),
    Described(
        "get", f"{FLEET}/stores/{{store_id}}/statements/{{statement_id}}", "A statement as it was signed.",
        SignedStatement, by_person=True, statuses=_NO_STORE,
    ),
    Described(
        "get", f"{FLEET}/promotions", "Published promotions, by id.", PromotionList, by_person=True,
        further=(query("after", "What `next` of the page before said.", {"type": "string"}),),
    ),
    Described(
        "put", f"{FLEET}/promotions",
        "Publish promotions to all stores, some regions or some stores; none of them while one is wrong.",
        PromotionReply, _PROMOTION_REQUEST, by_person=True,
    ),
    Described(
        "post", f"{FLEET}/promotions/remove", "Take promotions back from every store.", PromotionsRemoved,
        PromotionsGone, by_person=True,
    ),
)  # fmt: skip

_PATH_TEXTS: Final = {
    "store_id": {"type": "string", "minLength": 1, "maxLength": 64},
    "terminal_id": {"type": "string", "minLength": 1, "maxLength": 64},
    "member_id": {"type": "string", "minLength": 1, "maxLength": 64},
    "coupon_id": {"type": "string", "minLength": 1, "maxLength": 64},
    "batch": {"type": "string", "minLength": 1, "maxLength": 64},
    "statement_id": {"type": "string", "minLength": 1, "maxLength": 64},
    "stream": {"type": "string", "enum": list(KNOWN_STREAMS)},
    "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
}
#: What any route may answer besides; `Problem.error` is a fixed word.
_OPEN_PROBLEMS: Final = {"400": "Not understood.", "413": "Too large.", "429": "Too many; see Retry-After."}
_GUARDED_PROBLEMS: Final = _OPEN_PROBLEMS | {
    "401": "No valid token.",
    "403": "The device is revoked, or speaks for another place.",
    "426": "Another version of the protocol.",
}
_PERSON_PROBLEMS: Final = _OPEN_PROBLEMS | {"401": "No valid token of an account."}


@lru_cache(maxsize=1)
def openapi_document(version: str) -> dict[str, Any]:
    """The whole document, ready for JSON; `version` is the product's."""
    change = _without_raw(Change)
    page = _without_raw(FeedPage, changes=tuple[change, ...])  # type: ignore[valid-type]
    types = (*_TYPES, _without_raw(Envelope), change, page)
    _schemas, components = msgspec.json.schema_components(types, ref_template=_REFS)
    paths: dict[str, dict[str, Any]] = {}
    for one in DESCRIBED:
        paths.setdefault(one.path, {})[one.method] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hub of the store tills",
            "version": version,
            "description": f"Protocol {PROTOCOL_VERSION}; readers ignore what they do not know.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "session": {"type": "http", "scheme": "bearer", "description": "A till's."},
                "person": {"type": "http", "scheme": "bearer", "description": f"Of {FLEET}/session."},
            },
        },
    }


def _operation(one: Described) -> dict[str, Any]:
    named = [name for name in _PATH_TEXTS if f"{{{name}}}" in one.path]
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": _PATH_TEXTS[name]} for name in named
    ]
    if not one.open_to_all:
        parameters.append(
            header(HEADER_PROTOCOL, "Version spoken.", {"type": "integer", "enum": [PROTOCOL_VERSION]})
        )
    operation: dict[str, Any] = {
        "operationId": "_".join([one.method, *re.findall(r"[\w.]+", one.path)]),
        "summary": one.summary,
        "parameters": [*parameters, *one.further],
        "responses": {
            "200": {"description": "Done.", "content": {one.gives_media: {"schema": _schema(one.gives)}}}
        },
    }
    if one.takes is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {one.media: {"schema": _schema(one.takes)}},
        }
    problems = _OPEN_PROBLEMS
    if not one.open_to_all:
        operation["security"] = [{"person" if one.by_person else "session": []}]
        problems = _PERSON_PROBLEMS if one.by_person else _GUARDED_PROBLEMS
    for status, text in (problems | one.statuses).items():
        operation["responses"][status] = {"description": text}
        if status != "206":
            operation["responses"][status]["content"] = {JSON_MEDIA_TYPE: {"schema": _schema(Problem)}}
    return operation


def _schema(kind: Any) -> dict[str, Any]:
    if isinstance(kind, dict):
        return kind
    return {"$ref": _REFS.format(name=kind.__name__)}
