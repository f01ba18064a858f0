"""Members, coupons, points and gift cards at a till on a display, with a hub that goes and comes back.

Nothing here looks inside the till: what happened is read from its ledger, its paper and, by the hub's own
commands, from the hub. A code of the member is fetched from the hub as the retailer's app fetches it.
"""

from __future__ import annotations

import csv
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PySide6.QtWidgets import QApplication
from pysqlite3 import dbapi2

from posapp.commands.clock import SystemClock
from posapp.commands.demo_members import CARD, GIFT_CARDS, MEMBER, OF_CHAIN, OF_STORE, member_commands
from posapp.config import read_settings
from posapp.domain.members.member_codes import make_member_code
from posapp.domain.paper import TextRow
from posapp.flows.blocks import SumRows
from posapp.flows.formatting import MINUS
from posapp.flows.intents import KeyIn
from posapp.flows.member_wishes import LookUpMember, OpenMember
from posapp.store.paper_record import paper_from_bytes
from posapp.till import Till
from sync.hub.database import Database
from sync.hub.trust.hub_keys import signing_key
from sync.protocol.signing import sign
from tests.e2e.conftest import Desk
from tests.e2e.places import place_of
from tests.e2e.screen import Screen
from tests.e2e.shopfront import DEMO, STORE, Shopfront, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.needs_x]

TEE, SOCKS, JACKET = "6900170000012", "6900170000043", "6900170000067"
#: Known to the hub only: joined in another store while this one had no network.
LATE_ID, LATE_PHONE = "M0NEWPERS0N42", "13700135566"


@dataclass
class Counter:
    """A shop with members, its till on the display, a manager signed on and a shift open."""

    shop: Shopfront
    screen: Screen

    def account(self, member_id: str = MEMBER) -> dict[str, int]:
        """Points of a member at the hub."""
        lines = self.shop.hub("points", "show", member_id).splitlines()
        return {words[0]: int(words[1].replace(",", "")) for words in (line.split() for line in lines[:4])}

    def lives(self, batch: str) -> list[list[str]]:
        """What became of each coupon of a batch that the member got, the oldest first."""
        told = msgspec.json.decode(self.shop.hub("member", "export", MEMBER))
        ids = [each["coupon_id"] for each in told["coupons"] if each["batch"] == batch]
        shown = [self.shop.hub("coupon", "show", one).splitlines()[1:] for one in ids]
        return [[words[2] for line in lines if len(words := line.split()) > 2] for lines in shown]

    def gift_minor(self, card: str) -> int:
        """What is on a gift card."""
        return int(self.shop.hub("gift", "show", card).split()[2].replace(".", "").replace(",", ""))

    # ------------------------------------------------------------------ the till, from outside
    def rights(self) -> dict[str, Any]:
        """The rights of the open sale as they lie on the disk."""
        found: dict[str, Any] = self.shop.cart().get("rights", {})
        return found

    def lines(self) -> int:
        return len(self.shop.cart().get("lines", ()))

    def _has_lines(self, number: int) -> bool:
        return self.lines() == number

    def goods(self, *codes: str) -> None:
        """Scan different goods and wait until they are lines of the sale."""
        for code in codes:
            more = self.lines() + 1
            self.screen.scan(code)
            wait_for(code, partial(self._has_lines, more))

    def member(self, code: str) -> None:
        """Scan a member's code or card and wait until the sale is theirs."""
        self.screen.scan(code)
        wait_for("the member", lambda: self.rights().get("member"))

    def pay(self) -> int:
        """Take payment in cash, going on by Enter where a sheet says what could not be kept; the total."""
        self.screen.key("F12")
        return self.finish()

    def finish(self) -> int:
        sales = self.shop.sales()
        until_s = time.monotonic() + 30
        # Whether the till knows already that the hub is gone decides if it asks once more: one Enter or two.
        while self.shop.sales() == sales and time.monotonic() < until_s:
            self.screen.key("Return")
            settled_s = time.monotonic() + 1
            while self.shop.sales() == sales and time.monotonic() < settled_s:
                time.sleep(0.02)
        assert self.shop.sales() == sales + 1
        self.screen.key("Return")
        return self.shop.count("SELECT total_minor FROM retail_transaction ORDER BY receipt_seq DESC LIMIT 1")

    def paper(self) -> dict[str, str]:
        """Left and right of the newest receipt's rows."""
        return self.papers()[-1]

    def papers(self) -> list[dict[str, str]]:
        """Left and right of the rows of all receipts, the oldest first."""
        found = self.shop.rows(
            "SELECT document FROM print_job WHERE kind IN ('receipt', 'return') ORDER BY job_no"
        )
        slips = [paper_from_bytes(bytes(document)) for (document,) in found]
        return [
            {row.left.strip(): row.right for row in slip.rows if isinstance(row, TextRow)} for slip in slips
        ]

    def journal(self, kind: str) -> list[Any]:
        """The facts of a kind, the oldest first."""
        query = "SELECT body FROM journal WHERE kind = ? ORDER BY journal_no"
        return [msgspec.json.decode(bytes(body))["body"] for (body,) in self.shop.rows(query, kind)]

    def journal_ms(self) -> int:
        """When the newest fact was."""
        return self.shop.count("SELECT max(at_ms) FROM journal")

    def as_of_ms(self) -> int:
        """Of when what the till knows of the member is, 0 where it does not know them."""
        path = self.shop.data / "members.db"
        if not path.exists():
            return 0
        connection = dbapi2.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
        try:
            row = connection.execute("SELECT as_of_ms FROM member WHERE member_id = ?", (MEMBER,)).fetchone()
        except dbapi2.OperationalError:
            return 0
        finally:
            connection.close()
        return int(row[0]) if row else 0

    def come_back(self) -> None:
        """The hub is there again: everything goes up, and is folded."""
        self.shop.open_hub()
        wait_for("the queue is empty", lambda: self.shop.count("SELECT journal_no - acked_no FROM till") == 0)
        wait_for("the hub agrees", self.shop.agrees_with_hub)


@pytest.fixture
def counter(tmp_path: Path, screen: Screen) -> Iterator[Counter]:
    """The demo's members, coupons, gift cards and limits at a hub; at the till a shift is open."""
    shop, english = Shopfront(tmp_path), tmp_path / "shop.toml"
    plain = (DEMO / "shop.toml").read_text("utf-8")
    english.write_text(plain.replace('["zh_CN", "en"]', '["en", "zh_CN"]'), "utf-8")
    offers = ("promotions", "put", str(DEMO / "promotions.json"))
    made = Counter(shop, screen)
    try:
        shop.furnish(offers, *member_commands(DEMO, tmp_path, STORE), shop=english)
        shop.open_till(**screen.environment)
        wait_for("a window with the focus", screen.window)
        wait_for("leases", lambda: shop.count("SELECT count(*) FROM lease WHERE state = 'open'") == 3)
        wait_for("the members", made.as_of_ms)
        screen.scan("HJ-1009")
        screen.key("8", "6", "4", "2", "Return")
        wait_for("signed on", lambda: made.journal("OperatorSignedOn"))
        screen.key("F12")
        wait_for("an open shift", lambda: shop.count("SELECT count(*) FROM shift"))
        yield made
    finally:
        shop.close()


@pytest.fixture
def twin(application: QApplication, tmp_path: Path) -> Iterator[Callable[[Shopfront], Desk]]:
    """A till on a copy of the folder, shown nowhere: what the real one says, and where it says it."""
    made: list[Desk] = []

    def make(shop: Shopfront) -> Desk:
        desk = Desk.__new__(Desk)
        desk.folder = tmp_path / f"twin-{len(made)}"
        shutil.copytree(shop.data, desk.folder, ignore=shutil.ignore_patterns("till.lock"))
        desk.till = Till(replace(read_settings(shop.settings), data=desk.folder, full_screen=False))
        made.append(desk)
        desk.start()
        return desk.sign_on()

    yield make
    for desk in made:
        desk.close()


def sums(desk: Desk) -> dict[str, str]:
    """What the side of the sale says beside each of its sums."""
    view = desk.till.window.view()
    assert view is not None
    return {row.label: row.detail for part in view.side if isinstance(part, SumRows) for row in part.rows}


def test_online_offline_within_a_lease_refused_and_back(
    counter: Counter, twin: Callable[[Shopfront], Desk]
) -> None:
    shop, screen = counter.shop, counter.screen
    # As the app does: codes of the next minutes are fetched ahead.
    now, *later = shop.hub("member", "code", MEMBER, "--count", "3").split()
    counter.member(now)
    counter.goods(JACKET, TEE)
    screen.key("F4", "1", "2", "0", "0", "Return", "Escape")
    wait_for("so many points", lambda: counter.rights().get("points_wanted") == 1200)
    screen.key("F12")
    wait_for("kept by the hub", lambda: counter.rights().get("hold"))
    assert counter.account() == {"active": 2860, "pending": 0, "held": 1200, "debt": 0}
    assert sorted(life[-1] for life in counter.lives(OF_STORE)) == ["issued", "locked"]
    assert counter.finish() == 47800 - 4000 - 2000 - 1200
    assert counter.paper()["Points used · 1,200 pts"] == f"{MINUS}12.00"
    assert counter.paper()["Points earned"] == "+609"
    wait_for("earned", lambda: counter.account() == {"active": 1660, "pending": 609, "held": 0, "debt": 0})
    wait_for("the till knows", lambda: counter.as_of_ms() > counter.journal_ms())

    shop.kill_hub()
    counter.member(later[0])
    counter.goods(JACKET)
    # 500 points a member and sale, and the store's own coupon; the chain's waits for the network.
    assert counter.pay() == 39900 - 4000 - 2000 - 500
    assert counter.paper()["Points used · 500 pts"] == f"{MINUS}5.00"
    spent = dict(shop.rows("SELECT kind, spent FROM lease"))
    assert spent == {"points": 500, "coupons": 2000, "gift": 0}

    counter.member(later[1])
    counter.goods(JACKET)
    words = sums(twin(shop))
    assert words["Points used"] == "offline limit used up; pay without them"
    assert words["Coupon: 10 off 100"] == "needs the network"
    assert counter.pay() == 39900 - 4000, "the sale itself goes through"
    assert not [name for name in counter.paper() if name.startswith(("Coupon", "Points used"))]
    assert counter.account()["pending"] == 609, "the hub has heard of nothing"

    counter.come_back()
    wait_for("all is counted", lambda: counter.account()["pending"] == 609 + 501 + 538)
    assert counter.account() == {"active": 1160, "pending": 1648, "held": 0, "debt": 0}
    assert [life.count("redeemed") for life in counter.lives(OF_STORE)] == [1, 1]
    assert [life.count("redeemed") for life in counter.lives(OF_CHAIN)] == [0]
    assert shop.hub("leases", "losses").strip() == "open: 0 minor units"
    agrees_to_the_point_and_cent(counter)


def agrees_to_the_point_and_cent(counter: Counter) -> None:
    """What the ledger, the papers and the hub say of points and money is the same."""
    sales = counter.journal("TransactionCompleted")
    used = sum(sale["member"]["points_used"] for sale in sales)
    earned = sum(sale["member"]["points_earned"] for sale in sales)
    account = counter.account()
    assert (account["active"], account["pending"]) == (2860 - used, earned)
    papers = counter.papers()
    assert [rows["Total"] for rows in papers] == [f"¥{sale['total_minor'] / 100:,.2f}" for sale in sales]
    assert [rows["Points earned"] for rows in papers] == [
        f"+{sale['member']['points_earned']:,}" for sale in sales
    ]
    wait_for("the pictures", lambda: len(counter.shop.pictures()) == len(sales))
    # A fourth sale: what its paper says is left is what the hub has.
    counter.member(CARD)
    counter.goods(SOCKS)
    counter.pay()
    wait_for("the fourth", lambda: counter.account()["pending"] > earned)
    account = counter.account()
    assert counter.paper()["Points balance"] == f"{account['active'] + account['pending']:,}"


def test_joined_without_the_network_and_merged_by_phone(
    counter: Counter, twin: Callable[[Shopfront], Desk], tmp_path: Path
) -> None:
    shop = counter.shop
    desk = twin(shop)
    desk.do(OpenMember(), *(KeyIn(digit) for digit in LATE_PHONE), LookUpMember())
    desk.until(lambda: desk.state == "JoiningMember")
    terms = place_of(desk.window, "Terms, needed")
    shop.kill_hub()
    # Meanwhile the same person joins in another store.
    other = tmp_path / "other.json"
    row = {"member_id": LATE_ID, "phone": LATE_PHONE, "name": "Lu Min", "consents": {"terms": "2026-11"}}
    other.write_bytes(msgspec.json.encode([row]))
    shop.hub("member", "import", str(other))
    wait_for("joined", lambda: joins(counter, terms), 30)
    wait_for("theirs", lambda: counter.rights().get("member"))
    provisional = counter.rights()["member"]["card"]["member_id"]
    assert provisional.startswith("T")
    assert LATE_PHONE not in str(counter.journal("MemberJoined"))
    counter.goods(TEE)
    assert counter.pay() == 7900
    assert shop.count("SELECT count(*) FROM pending_join") == 1
    counter.come_back()
    wait_for("the wish is sent", lambda: shop.count("SELECT count(*) FROM pending_join") == 0)
    wait_for("earned", lambda: counter.account(LATE_ID)["pending"] == 118)
    assert counter.account(provisional) == counter.account(LATE_ID), "both ids are the one member's"
    assert shop.hub("member", "find", LATE_PHONE).split()[0] == LATE_ID
    assert LATE_PHONE.encode() not in (shop.data / "ledger.db").read_bytes()


def joins(counter: Counter, terms: tuple[int, int]) -> bool:
    """Five actions; all of them again where the till was still finding out that the hub is gone."""
    counter.screen.key("Escape", "F3", *LATE_PHONE, "Return", every_ms=20)
    # As long as a person takes to find the place that they press next: the sheet opens meanwhile.
    time.sleep(0.5)
    counter.screen.click(terms)
    counter.screen.key("Return")
    return bool(counter.journal("MemberJoined"))


def test_a_photograph_is_refused_and_a_gift_card_lives(counter: Counter, tmp_path: Path) -> None:
    shop, screen = counter.shop, counter.screen
    screen.scan(yesterdays_code(counter))
    wait_for("refused", lambda: counter.journal("ScanRefused"))
    assert counter.journal("ScanRefused")[-1]["scan"]["refusal"] == "MemberCodeOld"
    assert not counter.rights().get("member")

    card, code = list(csv.reader((tmp_path / GIFT_CARDS).read_text().splitlines()))[1]
    screen.scan(code)
    # Shown while the hub is asked; Enter puts what is printed on it.
    wait_for("on the sale", lambda: put_on(counter))
    assert counter.pay() == 10000
    wait_for("sold", lambda: counter.gift_minor(card) == 10000)

    counter.goods(SOCKS)
    screen.key("F12")
    pay_by_card(counter, code)
    receipt = shop.rows("SELECT receipt_number FROM retail_transaction ORDER BY receipt_seq DESC LIMIT 1")[0][
        0
    ]
    wait_for("paid at the hub", lambda: counter.gift_minor(card) == 6100)

    shop.kill_hub()
    counter.goods(SOCKS)
    screen.key("F12")
    pay_by_card(counter, code)
    assert dict(shop.rows("SELECT kind, spent FROM lease"))["gift"] == 3900
    counter.come_back()
    wait_for("settled", lambda: counter.gift_minor(card) == 2200)
    assert shop.hub("leases", "losses").strip() == "open: 0 minor units"

    screen.key("alt+4")
    screen.scan(receipt)
    screen.key("plus", "F12")
    wait_for("given back", lambda: counter.journal("ReturnCompleted"))
    (given,) = counter.journal("ReturnCompleted")
    assert [(one["kind"], one["amount_minor"]) for one in given["tenders"]] == [("gift", 3900)]
    wait_for("on the card again", lambda: counter.gift_minor(card) == 6100)
    wait_for("the hub agrees", shop.agrees_with_hub)


def put_on(counter: Counter) -> int:
    counter.screen.key("Return")
    return counter.lines()


def pay_by_card(counter: Counter, code: str) -> None:
    """Scan the card for the whole amount; once more where the till had to find out that the hub is gone."""
    sales = counter.shop.sales()

    def paid() -> bool:
        counter.screen.scan(code)
        until_s = time.monotonic() + 2
        while counter.shop.sales() == sales and time.monotonic() < until_s:
            time.sleep(0.02)
        return counter.shop.sales() == sales + 1

    wait_for("paid by card", paid, 30)
    counter.screen.key("Return")


def yesterdays_code(counter: Counter) -> str:
    """What the app of the member showed yesterday at this time."""
    step = SystemClock().now_ms() // 60_000 - 24 * 60
    database = Database(counter.shop.folder / "hub.db", make=False)
    try:
        with database.reading() as connection:
            key_id, key = signing_key(connection)
    finally:
        database.close()
    return make_member_code(MEMBER, step, key_id=key_id, sign=lambda message: sign(key, message))
