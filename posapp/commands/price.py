"""`posapp price CASE.json`: what a basket costs under its promotions, why, and what a return would give back.

The same code as on the till prices it; this only reads a file and prints a document. A case that cannot be
read is told in one sentence, and the exit code is 2.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from posapp.commands.output import allow_any_text, write_out
from posapp.domain.pricing.cases.answer import answer, refund_answer
from posapp.domain.pricing.cases.reading import BadCase, Case, read_case
from posapp.domain.pricing.cases.running import price_case, refund_of
from posapp.domain.pricing.proof.certificate import certify
from posapp.domain.pricing.proof.checker import check
from posapp.domain.pricing.proof.tied import other_basket, other_saving
from posapp.domain.pricing.terms.priced import PricedBasket


def run(options: argparse.Namespace) -> int:
    """Price the case and print its answer; returns the exit code."""
    allow_any_text(as_json=True)
    try:
        case = read_case(_text(options.case))
        handed = _read_certificate(options.certificate) if options.certificate is not None else None
        if options.refund is not None:
            document, priced = _refund(case, options.refund)
        else:
            priced = price_case(case)
            document = answer(case, priced, _certificate(case))
    except BadCase as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"The file cannot be read: {error}.", file=sys.stderr)
        return 2
    write_out(json.dumps(document, ensure_ascii=False, indent=2))
    faults = _handed_in(case, priced, handed) if handed is not None else []
    if options.check:
        faults += _checked(case, priced, document.get("certificate"))
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def _text(path: Path) -> str:
    """The file's text, or standard input for "-"."""
    if str(path) == "-":
        return _standard_input()
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadCase(f"The file is no UTF-8 text: {error}.") from None


def _standard_input() -> str:
    """What is piped in: UTF-8 whatever the system's own encoding is, with or without its mark."""
    # None where it was closed; a stream of text where a program put one in its place.
    if sys.stdin is None:
        raise BadCase("There is no standard input; name the file of the case.")
    raw = getattr(sys.stdin, "buffer", None)
    if raw is None:
        return sys.stdin.read()
    try:
        return bytes(raw.read()).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadCase(f"Standard input is no UTF-8 text: {error}.") from None


def _refund(case: Case, wanted: str) -> tuple[dict[str, Any], PricedBasket]:
    """The answer to a refund: pieces by SKU or line, or a file of returns one after the other."""
    if "=" in wanted:
        returns: Any = [dict(_piece(part) for part in wanted.split(","))]
    else:
        try:
            returns = json.loads(_text(Path(wanted)))
        except FileNotFoundError:
            raise BadCase(
                f"{wanted!r} is neither a file nor a return; write SKU=QTY, such as 4711=1."
            ) from None
        except ValueError as error:
            raise BadCase(f"The file of returns is no JSON: {error}.") from None
    priced = price_case(case)
    return refund_answer(case, priced, refund_of(case, priced, returns)), priced


def _piece(part: str) -> tuple[str, int]:
    sku, _, quantity = part.rpartition("=")
    if not sku or not quantity.isascii() or not quantity.isdigit():
        raise BadCase(
            f"{part!r} is no return; write SKU=QTY, such as 4711=1, with commas between them. "
            "QTY is a number of pieces: goods by weight are one."
        )
    return sku, int(quantity)


def _certificate(case: Case) -> dict[str, Any] | None:
    """Why nothing better exists; there is none where promotions simply follow each other."""
    if case.policy.choose != "best":
        return None
    found = certify(case.basket, case.promotions, case.policy)
    gap = {} if found.is_closed else {"gap": found.gap_minor}
    return {"closed": found.is_closed, **gap, **found.certificate}


def _read_certificate(path: Path) -> dict[str, Any]:
    """A certificate, or that of an answer."""
    try:
        told = json.loads(_text(path))
    except ValueError as error:
        raise BadCase(f"The certificate is no JSON: {error}.") from None
    found = told.get("certificate", told) if isinstance(told, dict) else None
    if not isinstance(found, dict):
        raise BadCase("The certificate: must be a certificate, or an answer that has one.")
    return found


def _handed_in(case: Case, priced: PricedBasket, certificate: dict[str, Any]) -> list[str]:
    """Why a certificate is no proof that nothing is better for this case."""
    faults = check(certificate) + other_saving(priced, certificate)
    return faults + other_basket(case.basket, case.promotions, case.policy, certificate)


def _checked(case: Case, priced: PricedBasket, certificate: dict[str, Any] | None) -> list[str]:
    """A sentence for each thing that a till would only write into its journal."""
    faults = [f"{each.path or each.promotion_id}: {each.problem}" for each in case.unread]
    if not priced.is_proven:
        faults.append(
            f"It is not proven that nothing is better: the limit is {case.policy.states_max} states."
        )
    if certificate is not None and certificate["closed"]:
        faults += check(certificate) + other_saving(priced, certificate)
    return faults
