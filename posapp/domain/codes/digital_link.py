"""GS1 Digital Link: a web address whose path names a product. It is read here, never opened.

Knows any domain, own words before the key, the order of qualifiers and attributes in the query; other
parameters and the fragment say nothing. Refuses compressed links and, unless told to be lenient, a GTIN
that has not its fourteen digits. Words instead of numbers ("/gtin/") went out of the standard in 2021: the
caller may still allow them. Source: GS1 Digital Link Standard, URI Syntax 1.4.0 and 1.6.0,
and the standard on compression for what a compressed link begins with.
"""

from __future__ import annotations

import re

from posapp.domain.codes.ai_table import AiTable
from posapp.domain.codes.elements import Pairs, association_fault, printable
from posapp.domain.codes.gs1_fault import Elements, Gs1Fault, Gs1Problem
from posapp.domain.codes.gtin import is_gtin

_SCHEMES = ("https://", "http://", "HTTPS://", "HTTP://")
_ADDRESS = re.compile(r"[-A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%]*\Z")
_DOMAIN = re.compile(r"[-A-Za-z0-9._:\[\]]*\Z")
_ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")
#: A compressed link is one word of base64url, at least as long as an AI with a GTIN takes.
_COMPRESSED = re.compile(r"[-A-Za-z0-9_]{10,}\Z")
_BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
#: Lengths of a GTIN without its leading zeros, as links of before 2022 had them.
_SHORT_GTINS = (8, 12, 13)

#: What says that a text is no Digital Link at all, against one that is broken.
NO_LINK = frozenset(
    (Gs1Problem.BadUri, Gs1Problem.NotWeb, Gs1Problem.BadDomain, Gs1Problem.NoPath, Gs1Problem.NoKey)
)

#: Words that the standard allowed in place of AIs until 1.2.
WORDS = {
    "gtin": "01", "itip": "8006", "cpid": "8010", "gln": "414", "partygln": "417", "payto": "415",
    "glnx": "254", "gsrnp": "8017", "gsrn": "8018", "gcn": "255", "sscc": "00", "gdti": "253",
    "ginc": "401", "gsin": "402", "grai": "8003", "giai": "8004", "gmn": "8013", "cpv": "22", "lot": "10",
    "ser": "21", "cpsn": "8011", "refno": "8020", "srin": "8019", "tpx": "235", "uic": "7040",
}  # fmt: skip


def read_digital_link(
    uri: str, table: AiTable, *, lenient: bool = False, words: bool = False, associated: bool = True
) -> Elements | Gs1Fault:
    """Read a web address as a Digital Link: its key, then qualifiers, then attributes of the query.

    `lenient` fills a GTIN of 8, 12 or 13 digits up to fourteen; `words` allows names in place of AIs.
    A problem in `NO_LINK` means that it is no Digital Link at all.
    """
    found = _parts(uri)
    if isinstance(found, Gs1Fault):
        return found
    path, query = found
    pairs: Pairs = []
    fault = _read_path(path, table, pairs, words=words, lenient=lenient)
    if fault is None:
        in_path = tuple(ai for ai, _ in pairs)
        fault = _read_query(query, table, pairs) if query else None
        fault = fault or _order_fault(in_path, pairs, table)
    for ai, value in pairs:
        if fault is not None:
            return fault
        fault = table.rules[ai].fault(value)
    if fault is None and associated:
        fault = association_fault(pairs, table)
    return fault if fault is not None else Elements(tuple(pairs))


def _parts(uri: str) -> tuple[str, str] | Gs1Fault:
    """Path (from its first slash) and query of an address; what is wrong with it as an address."""
    if not _ADDRESS.match(uri):
        return Gs1Fault(Gs1Problem.BadUri)
    scheme = next((scheme for scheme in _SCHEMES if uri.startswith(scheme)), "")
    if not scheme:
        return Gs1Fault(Gs1Problem.NotWeb)
    slash = uri.find("/", len(scheme))
    domain = uri[len(scheme) :] if slash < 0 else uri[len(scheme) : slash]
    if not _DOMAIN.match(domain):
        return Gs1Fault(Gs1Problem.BadDomain)
    if slash < 0 or not domain:
        return Gs1Fault(Gs1Problem.NoPath)
    address = uri[slash:].partition("#")[0]
    path, _, query = address.partition("?")
    return path, query


def _read_path(path: str, table: AiTable, pairs: Pairs, *, words: bool, lenient: bool) -> Gs1Fault | None:
    """Append the key and its qualifiers: pairs are followed from the right until one names a key."""
    steps = path.split("/")
    at = len(steps) - 2
    while at > 0:
        ai = steps[at] if not words else WORDS.get(steps[at], steps[at])
        if table.rule(ai) is None:
            break
        steps[at] = ai
        if table.is_path((ai,)):
            for name, raw in zip(steps[at::2], steps[at + 1 :: 2], strict=True):
                fault = _append(name, raw, table, pairs, lenient=lenient)
                if fault is not None:
                    return fault
            return None
        at -= 2
    return Gs1Fault(Gs1Problem.Compressed if _looks_compressed(steps[-1]) else Gs1Problem.NoKey)


def _looks_compressed(word: str) -> bool:
    """Whether a last step begins as compressed links of products do: AI 01 or one of the optimised headers
    that begin with it, then a GTIN of 47 bits whose check digit is right.
    """
    if not _COMPRESSED.match(word):
        return False
    bits = 0
    for sign in word[:10]:
        bits = bits << 6 | _BASE64URL.index(sign)
    header, gtin = bits >> 52, bits >> 5 & (1 << 47) - 1
    return (header == 1 or (header < 0x40 and header & 15 > 9)) and is_gtin(f"{gtin:014}")


def decoded(raw: str, *, query: bool) -> str:
    """A text without its percent escapes (one character a byte); in a query a plus sign is a space."""
    value = raw.replace("+", " ") if query else raw
    return _ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), value) if "%" in value else value


def _append(
    ai: str, raw: str, table: AiTable, pairs: Pairs, *, lenient: bool, query: bool = False
) -> Gs1Fault | None:
    """Append one value, decoded, whose length fits; its content is looked at later."""
    if not raw:
        return Gs1Fault(Gs1Problem.ValueEmpty, ai)
    value = decoded(raw, query=query)
    if "\0" in value:
        return Gs1Fault(Gs1Problem.NullCharacter, ai)
    if lenient and ai == "01" and len(value) in _SHORT_GTINS:
        value = value.zfill(14)
    rule = table.rule(ai)
    if rule is None:
        return Gs1Fault(Gs1Problem.UnknownAi, "", printable(ai))
    if len(value) < rule.shortest or len(value) > rule.longest:
        return Gs1Fault(Gs1Problem.TooShort if len(value) < rule.shortest else Gs1Problem.TooLong, ai)
    pairs.append((ai, value))
    return None


def _read_query(query: str, table: AiTable, pairs: Pairs) -> Gs1Fault | None:
    """Append the attributes; names of digits alone have to be AIs, everything else is somebody else's."""
    for parameter in query.split("&"):
        name, equals, raw = parameter.partition("=")
        if not equals or not (name.isascii() and name.isdigit()):
            continue
        if table.rule(name) is None:
            return Gs1Fault(Gs1Problem.UnknownAi, "", name)
        # In the query a GTIN is only a remark beside another key, and GS1's own examples shorten it.
        fault = _append(name, raw, table, pairs, lenient=True, query=True)
        if fault is not None:
            return fault
    return None


def _order_fault(in_path: tuple[str, ...], pairs: Pairs, table: AiTable) -> Gs1Fault | None:
    """Whether key, qualifiers and attributes stand where the standard wants them."""
    if not table.is_path(in_path):
        return Gs1Fault(Gs1Problem.KeyOrder)
    seen: set[str] = set()
    for ai, _ in pairs:
        if ai in seen:
            return Gs1Fault(Gs1Problem.Twice, ai)
        seen.add(ai)
    for ai, _ in pairs[len(in_path) :]:
        if not table.rules[ai].attribute:
            return Gs1Fault(Gs1Problem.NotAttribute, ai)
        places = range(1, len(in_path) + 1)
        if any(table.is_path((*in_path[:place], ai, *in_path[place:])) for place in places):
            return Gs1Fault(Gs1Problem.BelongsInPath, ai)
    return None
