"""Slips about a scanner: the sheet of test codes, and the list of what to change."""

from __future__ import annotations

from posapp.domain.paper import FeedRow, ModulesRow, PaperDocument, Row, RuleRow, TextRow
from posapp.domain.scanner_check import not_answered
from posapp.domain.scanner_drawings import DRAWINGS
from posapp.domain.scanner_probes import PROBES, Probe
from posapp.domain.scanner_spellings import Finding
from posapp.domain.shifts import local_time
from posapp.domain.shop import Shop, word
from posapp.flows.formatting import Speech
from posapp.flows.scanner_words import again_words, probe_name, told, written


def probe_sheet(shop: Shop, speech: Speech) -> PaperDocument:
    """All test codes under each other, far enough apart that a scanner reads one at a time."""
    title = speech.t("Test codes for scanners")
    rows: list[Row] = [
        TextRow(title, align="center", bold=True, double=True),
        TextRow(speech.t("Open Status, Test scanner, and scan these in any order."), align="center"),
    ]
    for number, probe in enumerate(PROBES, 1):
        rows += [
            RuleRow(),
            TextRow(f"{number}  {probe_name(probe, speech)}", bold=True),
            FeedRow(),
            ModulesRow(DRAWINGS[probe.probe_id]),
            TextRow(written(probe), align="center"),
            FeedRow(2),
        ]
    return PaperDocument(title, tuple(rows), shop.receipt.columns)


def findings_slip(
    found: tuple[Finding, ...],
    unread: tuple[Probe, ...],
    shop: Shop,
    speech: Speech,
    *,
    scanner: str,
    at_ms: int,
    repeat: tuple[Probe, ...] = (),
) -> PaperDocument:
    """What to change on this scanner and which codes to scan again, as sentences to tick off."""
    title = speech.t("What to change on this scanner")
    moment = local_time(at_ms, shop)
    rows: list[Row] = [
        TextRow(title, align="center", bold=True, double=True),
        TextRow(word(shop.names, speech.language), align="center"),
        TextRow(f"{moment:%Y-%m-%d %H:%M}", scanner or speech.t("Keyboard scanner")),
        RuleRow(),
    ]
    pairs = [told(finding, speech) for finding in found]
    pairs += [told(not_answered(probe), speech, probe) for probe in unread]
    for case, mend in pairs:
        rows += [TextRow(case, bold=True), TextRow(f"[ ] {mend}"), FeedRow()]
    rows += [TextRow(f"[ ] {again_words(probe, speech)}") for probe in repeat]
    if not pairs and not repeat:
        rows.append(TextRow(speech.t("Nothing: this scanner is set right."), bold=True))
    return PaperDocument(title, (*rows, FeedRow(2)), shop.receipt.columns)
