"""Holds a ledger against itself and against what its till had claimed outside; names every difference.

Reads the rows with SQL of its own and trusts no sum that the till made. Claims of all lives of one ledger
are looked at together, in the order in which they were written.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

from pysqlite3 import dbapi2

from posapp.store.paper_record import paper_from_bytes
from tests.simulation.claims import cart_state, lives


def audit(ledger: Path, claims: Path | None = None) -> list[str]:
    """What is wrong; empty where everything adds up."""
    connection = dbapi2.connect(ledger, isolation_level=None)
    connection.execute("PRAGMA query_only=ON")
    try:
        return _Audit(connection, lives(claims) if claims else []).run()
    finally:
        connection.close()


def audit_open(connection: Any) -> list[str]:
    """What is wrong with a ledger that is open already, by any driver; looks at the ledger alone."""
    return _Audit(connection, []).run()


class _Audit:
    def __init__(self, connection: Any, told: list[list[list[str]]]) -> None:
        self._connection = connection
        self._lives = told
        self._faults: list[str] = []
        #: Lines before this one were let go: the hub has them, and a backup of it too.
        self._oldest_no = 1

    def run(self) -> list[str]:
        check = self._one("PRAGMA integrity_check")
        self._expect(check == "ok", f"integrity: {check}")
        self._expect(not self._rows("PRAGMA foreign_key_check"), "foreign keys")
        self._numbers()
        for sale in self._rows(
            "SELECT receipt_seq, transaction_id, receipt_number, shift_no, journal_no, job_no, goods_minor, "
            "discount_minor, tax_added_minor, rounding_minor, total_minor, tendered_minor, change_minor "
            "FROM retail_transaction"
        ):
            self._sale(*sale)
        self._shifts()
        self._scans()
        self._pieces()
        self._leases()
        if self._lives:
            self._claims()
        return self._faults

    def _rows(self, sql: str, *values: Any) -> list[Any]:
        return list(self._connection.execute(sql, values).fetchall())

    def _one(self, sql: str, *values: Any) -> Any:
        return self._rows(sql, *values)[0][0]

    def _expect(self, holds: bool, fault: str) -> None:
        if not holds:
            self._faults.append(fault)

    # ------------------------------------------------------------------ the ledger against itself

    def _numbers(self) -> None:
        till = self._rows("SELECT epoch, seq, journal_no, receipt_seq, acked_no, chain FROM till")[0]
        epoch, seq, last_no, receipt_seq, acked_no, head = till
        journal = self._rows("SELECT journal_no, epoch, seq, chain, body FROM journal ORDER BY journal_no")
        marks = self._rows("SELECT epoch, first_no, acked_through, backed_up_through FROM epoch_mark")
        first_of = {mark[0]: mark[1] for mark in marks}
        oldest_no = self._oldest_no = journal[0][0] if journal else last_no + 1
        numbers = [row[0] for row in journal]
        self._expect(numbers == list(range(oldest_no, last_no + 1)), "journal_no has gaps")
        self._expect(oldest_no - 1 <= acked_no <= last_no, f"acknowledged up to row {acked_no} of {last_no}")
        self._expect(first_of.get(epoch, 0) + seq == last_no + 1, "seq of the till")
        self._expect(max(first_of) == epoch, f"epoch {epoch} is not the last of {sorted(first_of)}")
        chain = None
        for number, of_epoch, of_seq, link, body in journal:
            self._expect(first_of.get(of_epoch, 0) + of_seq == number + 1, f"seq has gaps at row {number}")
            before = bytes(32) if of_seq == 1 else chain
            chain = bytes(link)
            if before is not None:
                sound = hashlib.sha256(before + bytes(body)).digest() == chain
                self._expect(sound, f"the chain is broken at row {number}")
        self._expect(bytes(head) == (bytes(32) if seq == 0 else chain or bytes(head)), "the chain's head")
        skipped = self._rows("SELECT after_seq, through_seq FROM numbers_skipped")
        receipts = self._rows("SELECT receipt_seq, receipt_number FROM retail_transaction ORDER BY 1")
        given, next_seq = [], 1
        for after, through in sorted(skipped):
            given += range(next_seq, after + 1)
            next_seq = through + 1
        given += range(next_seq, receipt_seq + 1)
        expected = [(number, f"S0217-03-{number:06d}") for number in given]
        self._expect(receipts == expected, f"receipt numbers skipped or reused: {receipts[-3:]}")

    def _sale(self, seq: int, key: str, number: str, *rest: Any) -> None:
        shift_no, journal_no, job_no, goods, off, added, rounding, total, tendered, change = rest
        summed = "SELECT part, count(*), sum(amount_minor) FROM transaction_line WHERE receipt_seq = ? "
        rows = self._rows(summed + "GROUP BY part", seq)
        parts = {part: (count, amount) for part, count, amount in rows}
        self._expect(parts.get(1, (0, 0))[1] == goods, f"{number}: lines are not the goods")
        self._expect(parts.get(2, (0, 0))[1] == tendered, f"{number}: tenders are not the tendered")
        self._expect(
            goods - off + added + rounding == total == tendered - change, f"{number}: does not add up"
        )
        self._discounts(seq, number, goods, off)
        if journal_no >= self._oldest_no:
            self._line(journal_no, shift_no, (key, number, total), parts)
        job = self._rows("SELECT kind, transaction_id, document FROM print_job WHERE job_no = ?", job_no)
        self._expect(bool(job) and job[0][:2] == ("receipt", key), f"{number}: no print job")
        if job:
            texts = repr(paper_from_bytes(bytes(job[0][2])).rows)
            self._expect(number in texts and "{receipt_number}" not in texts, f"{number}: not on its slip")
        drafts = self._one("SELECT count(*) FROM draft WHERE transaction_id = ?", key)
        self._expect(drafts == 0, f"{number}: its cart is still open")

    def _discounts(self, seq: int, number: str, goods: int, off: int) -> None:
        """Each discount falls on lines and payers by its whole amount; lines and their units pay the rest."""
        shares: Counter[int] = Counter()
        modifiers = self._rows(
            "SELECT modifier_no, amount_minor, lines, funding FROM price_modifier WHERE receipt_seq = ?", seq
        )
        for modifier_no, amount, lines, funding in modifiers:
            parts, payers = json.loads(lines), json.loads(funding)
            self._expect(sum(part for _, part in parts) == amount, f"{number}: shares of {modifier_no}")
            self._expect(sum(payer[2] for payer in payers) == amount, f"{number}: payers of {modifier_no}")
            for line_no, part in parts:
                shares[line_no] += part
        self._expect(sum(row[1] for row in modifiers) == off, f"{number}: discounts are not {off}")
        paid_in_all = 0
        for line_no, amount, paid, runs in self._rows(
            "SELECT line_no, amount_minor, paid_minor, runs FROM sale_line WHERE receipt_seq = ?", seq
        ):
            paid_in_all += paid
            self._expect(amount - shares[line_no] == paid, f"{number}: line {line_no} pays {paid}")
            units = json.loads(runs) if runs else []
            if units:
                by_unit = sum(unit["count"] * unit["paid_minor"] for unit in units)
                self._expect(by_unit == paid, f"{number}: units of line {line_no} pay {by_unit}")
        self._expect(paid_in_all == goods - off, f"{number}: lines pay {paid_in_all}")

    def _line(self, journal_no: int, shift_no: int, sale: tuple[str, str, int], parts: Any) -> None:
        """The line to send says of a sale what its rows say."""
        (line,) = self._rows(
            "SELECT kind, transaction_id, shift_no, body FROM journal WHERE journal_no = ?", journal_no
        ) or [("", "", 0, b"{}")]
        key, number, _total = sale
        body = json.loads(bytes(line[3])).get("body", {})
        self._expect(line[:3] == ("TransactionCompleted", key, shift_no), f"{number}: journal row")
        told = tuple(body.get(name) for name in ("transaction_id", "receipt_number", "total_minor"))
        self._expect(told == sale, f"{number}: the line to send says {told}")
        off = self._one(
            "SELECT count(*) FROM price_modifier JOIN retail_transaction USING (receipt_seq) "
            "WHERE transaction_id = ?",
            key,
        )
        self._expect(len(body.get("discounts", ())) == off, f"{number}: {off} discounts in the rows")
        counts = tuple(len(body.get(name, ())) for name in ("lines", "tenders", "taxes"))
        self._expect(
            counts == tuple(parts.get(part, (0, 0))[0] for part in (1, 2, 3)), f"{number}: rows {counts}"
        )

    def _shifts(self) -> None:
        open_no, running = self._rows("SELECT shift_no, shift_totals FROM till")[0]
        for shift_no, settled in self._rows("SELECT shift_no, totals FROM shift"):
            data = running if shift_no == open_no else settled
            if data is None:
                self._faults.append(f"shift {shift_no} is neither open nor settled")
                continue
            totals = json.loads(bytes(data))
            count, total, goods, rounding = self._rows(
                "SELECT count(*), coalesce(sum(total_minor), 0), coalesce(sum(goods_minor), 0), "
                "coalesce(sum(rounding_minor), 0) FROM retail_transaction WHERE shift_no = ?",
                shift_no,
            )[0]
            said = tuple(
                totals[name] for name in ("sales_count", "sales_minor", "goods_minor", "rounding_minor")
            )
            self._expect(
                said == (count, total, goods, rounding), f"shift {shift_no} says {said}, not {count}"
            )
            off = self._one(
                "SELECT coalesce(sum(discount_minor), 0) FROM retail_transaction WHERE shift_no = ?", shift_no
            )
            named = sum(each["amount_minor"] for each in totals.get("discounts", ()))
            self._expect(
                named == totals.get("discount_minor", 0) == off,
                f"shift {shift_no}: discounts {named}, not {off}",
            )
            paid = sum(tender["sales_minor"] for tender in totals["tenders"])
            self._expect(paid == total, f"shift {shift_no}: tenders are {paid}, sales {total}")

    def _scans(self) -> None:
        """A code on record has a number of its own, in a sale, a voided sale or by itself."""
        numbers: Counter[int] = Counter()
        for (body,) in self._rows("SELECT body FROM journal"):
            fact = json.loads(bytes(body))["body"]
            scans = [*fact.get("scans", ()), *([fact["scan"]] if "scan" in fact else [])]
            numbers.update(scan["scan_no"] for scan in scans)
        twice = [number for number, count in numbers.items() if count > 1]
        self._expect(not twice, f"scan numbers given twice: {twice[:5]}")

    def _pieces(self) -> None:
        """A piece with a serial number is sold once, and stands in the table that the scan asks."""
        sold: Counter[tuple[str, str]] = Counter()
        for (body,) in self._rows("SELECT body FROM journal WHERE kind = 'TransactionCompleted'"):
            packs = [line["pack"] for line in json.loads(bytes(body))["body"]["lines"] if line["pack"]]
            sold.update((pack["gtin14"], pack["serial"]) for pack in packs if pack["serial"])
            self._expect(not [pack for pack in packs if pack["expires_on"]], "an expired pack was sold")
        twice = [piece for piece, count in sold.items() if count > 1]
        self._expect(not twice, f"pieces sold twice: {twice[:5]}")
        held = {
            tuple(row)
            for row in self._rows(
                "SELECT gtin14, serial FROM serial_sold JOIN retail_transaction USING (receipt_seq) "
                "WHERE journal_no >= ?",
                self._oldest_no,
            )
        }
        self._expect(held == set(sold), f"serials of sales and of the table differ: {held ^ set(sold)}")

    # ------------------------------------------------------------------ against the claims

    def _leases(self) -> None:
        """What was spent of a lease is what the stored sales gave away under it, all lines being here."""
        if self._oldest_no != 1 or not self._rows("SELECT 1 FROM sqlite_schema WHERE name = 'lease'"):
            return
        spent: Counter[str] = Counter()
        for (body,) in self._rows("SELECT body FROM journal WHERE kind = 'TransactionCompleted'"):
            sale = json.loads(bytes(body))["body"]
            member = sale.get("member") or {}
            spent[member.get("points_lease_id", "")] += member.get("points_used", 0)
            for given in (*sale.get("coupons", ()), *sale["tenders"]):
                spent[given.get("lease_id", "")] += given["amount_minor"]
        for lease_id, counted in self._rows("SELECT lease_id, spent FROM lease"):
            self._expect(
                counted == spent[lease_id],
                f"lease {lease_id}: {counted} spent, its sales say {spent[lease_id]}",
            )

    def _claims(self) -> None:
        stored = {
            key: (number, total)
            for key, number, total in self._rows(
                "SELECT transaction_id, receipt_number, total_minor FROM retail_transaction"
            )
        }
        jobs = {job for (job,) in self._rows("SELECT job_id FROM print_job")}
        settled: Counter[str] = Counter()
        originals: Counter[str] = Counter()
        for number, life in enumerate(self._lives, 1):
            answered = drawers = closings = 0
            for words in life:
                match words:
                    case ["settle", key, _total]:
                        settled[key] += 1
                    case ["shown", key, receipt, total]:
                        held = stored.get(key)
                        self._expect(
                            held == (receipt, int(total)), f"life {number}: {key} shown, held {held}"
                        )
                    case ["synced"]:
                        answered += 1
                    case ["closing"]:
                        closings += 1
                    case ["drawer", *_]:
                        drawers += 1
                        self._expect(
                            drawers <= answered + closings, f"life {number}: a drawer before its sale"
                        )
                    case ["paper", job, how]:
                        self._expect(job in jobs, f"life {number}: paper of {job}, which is not stored")
                        originals[job] += how == "original"
        unasked = [key for key in stored if key not in settled]
        self._expect(not unasked, f"sales that nobody settled: {unasked}")
        twice = [job for job, count in originals.items() if count > 1]
        self._expect(not twice, f"two originals of one slip: {twice}")
        for number, life in enumerate(self._lives[:-1], 1):
            # Without an answer before the end, a sale may be stored or not; with one it must be.
            told = {words[1] for words in life if words[0] == "answered"}
            self._expect(told <= set(stored), f"life {number}: answered and lost: {told - set(stored)}")
        self._cart(self._lives[-1], set(stored))

    def _cart(self, life: list[list[str]], stored: set[str]) -> None:
        """The open cart that the last life was sure of is on disk, or a newer state of it."""
        sure, newer = "", set[int]()
        for words in life:
            match words:
                case ["safe", key, state]:
                    sure, newer = key, {int(state)}
                case ["cart", state]:
                    newer.add(int(state))
                case ["idle"]:
                    sure = ""
        if not sure or sure in stored:
            return
        voided = "SELECT count(*) FROM journal WHERE kind = 'TransactionVoided' AND transaction_id = ?"
        if self._one(voided, sure):
            return
        held = self._rows("SELECT cart FROM draft WHERE transaction_id = ?", sure)
        self._expect(bool(held), f"the open cart {sure} is not on disk")
        if held:
            self._expect(cart_state(bytes(held[0][0])) in newer, f"the open cart {sure} is an older one")
