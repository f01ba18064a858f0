"""The chain of the outage campaign: two stores, four tills, members that are everywhere, rights of all kinds.

Made once as a hub's file and an empty ledger, and copied for each seed. The codes that people show are signed
by that hub's own key.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from posapp.code_rules import CodeReaders
from posapp.domain.members.member_codes import make_member_code, member_step
from posapp.domain.members.programme import Programme
from posapp.domain.shop import Shop, TenderType, TerminalSetup
from posapp.exchange.outgoing import Place
from posapp.flows.intents import PromotionsSent
from posapp.store.migrate import migrate
from sync.engine.device_key import DeviceKey
from sync.hub.database import Database
from sync.hub.goods.shop_admin import put_shop
from sync.hub.loyalty import gift_cards
from sync.hub.loyalty.accounts import Cause, take_accounts
from sync.hub.loyalty.coupon_issue import issue_coupons
from sync.hub.loyalty.coupons import Batch, put_batch
from sync.hub.loyalty.gift_issue import issue_cards
from sync.hub.loyalty.lease_limits import LeaseLimit, put_limit
from sync.hub.loyalty.member_admin import put_member
from sync.hub.loyalty.member_changes import Told
from sync.hub.loyalty.member_codes import coupon_code
from sync.hub.loyalty.member_stream import refresh_member
from sync.hub.loyalty.members import add_store
from sync.hub.loyalty.points import adjust
from sync.hub.loyalty.programme_admin import programme_of, put_programme, read_programme
from sync.hub.trust.hub_keys import signing_key
from sync.protocol.signing import sign
from tests.domain.shops import LIN, shop
from tests.flows.offers import promotions
from tests.hub.conftest import shop_document
from tests.hub.devices import enrol_device
from tests.simulation.network_world import NOW_MS

STORES: Final = ("S001", "S002")
PLACES: Final = tuple(Place(store, f"T0{n}", n) for store in STORES for n in (3, 4))
PHONES: Final = ("13800136027", "13900139912", "13700131234")
NEW_PHONES: Final = ("13600130001", "13600130002")
#: Ids that are the same in every run, so that a seed is.
NAMES: Final = ("MANNANNANNAN0", "MB0BB0BB0BB00", "MCATCATCATCA0")
CARDS: Final = ("600000000001", "600000000002", "600000000003")
POINTS_EACH: Final = 700
GIFT_MINOR: Final = 10_000
#: Batch, its store and what a coupon of it takes off.
BATCHES: Final = (("ONE", "S001", 600), ("TWO", "S002", 600), ("ALL", "", 900))
WORD: Final = "WELCOME1"
GIFT: Final = TenderType("gift", "gift", {"en": "Gift card"}, opens_drawer=False)
_DEMO: Final = Path(__file__).parents[2] / "resources" / "demo" / "programme.json"
OWNER: Final = "area manager"


@dataclass(frozen=True)
class Chain:
    """All that the seeds share: files to copy, keys, and the codes that people have."""

    hub: Path
    ledger: Path
    keys: tuple[DeviceKey, ...]
    members: tuple[str, ...]
    bearers: tuple[str, ...]
    #: Ids and codes of gift cards.
    gifts: tuple[tuple[str, str], ...]
    programme: Programme
    key_id: str
    private_key: bytes
    offers: PromotionsSent
    readers: CodeReaders

    def code(self, member_id: str, at_ms: int) -> str:
        """What the app of a member shows at a time."""
        step = member_step(at_ms, self.programme.codes.step_s)
        return make_member_code(
            member_id, step, key_id=self.key_id, sign=lambda text: sign(self.private_key, text)
        )


def shop_of(place: Place) -> Shop:
    """A till's shop."""
    made = shop(
        store_id=place.store_id,
        terminals=tuple(TerminalSetup(each.terminal_id, each.terminal_number) for each in PLACES[:2]),
        operators=(LIN,),
    )
    return replace(made, tenders=(*made.tenders, GIFT), quick_keys=())


def _programme() -> bytes:
    document = json.loads(_DEMO.read_text())
    document["offline"] = {"points_a_member": 500, "coupon": "10", "gift_a_card": "60"}
    document["worth"] = {"points": 1, "amount": "0.01"}
    return json.dumps(document).encode()


def _offers() -> PromotionsSent:
    coupons = [
        {"id": f"off-{name.lower()}", "kind": {"type": "order_amount", "amount": f"{minor // 100}"},
         "needs": {"coupon": {"batch": name}, "basket": [{"min_amount": "10"}]}}
        for name, _store, minor in BATCHES
    ]  # fmt: skip
    word = {"id": "word", "kind": {"type": "order_amount", "amount": "1"},
            "needs": {"coupon": {"code": WORD}}}  # fmt: skip
    points = {"id": "points", "kind": {"type": "points_pay", "points": 100, "worth": "1", "step": 100},
              "who": {"members": True}}  # fmt: skip
    return promotions(*coupons, word, points)


@lru_cache(maxsize=1)
def chain() -> Chain:
    """The chain, made at the first question."""
    folder = Path(tempfile.mkdtemp(prefix="outages-models-"))
    database = Database(folder / "hub.db")
    with database.writing() as connection:
        for store in STORES:
            document = shop_document(store, terminals=[{"id": "T03"}, {"id": "T04"}])
            put_shop(connection, document, show_pins=False, now_ms=NOW_MS)
        put_programme(connection, read_programme(_programme(), ("CNY",)), NOW_MS)
        for name, store, minor in BATCHES:
            batch = Batch(name, {"en": name}, minor, store, NOW_MS + 90 * 86_400_000, 7)
            put_batch(connection, batch, who="test", now_ms=NOW_MS)
        members = []
        for name, phone, card in zip(NAMES, PHONES, CARDS, strict=True):
            told = Told(member_id=name, phone=phone, name="陈", cards=(card,))
            member_id = put_member(connection, told, who="test", now_ms=NOW_MS).member_id
            take_accounts(connection, (member_id,))
            adjust(connection, Cause(f"gift-{phone}"), member_id, POINTS_EACH, ends_ms=2**53, now_ms=NOW_MS)
            for store in STORES:
                add_store(connection, store, member_id, NOW_MS)
            for batch_name, _store, _minor in BATCHES:
                wanted = [(f"{batch_name}-{name}", member_id)]
                issue_coupons(connection, batch_name, wanted, who="test", now_ms=NOW_MS)
            members.append(member_id)
            refresh_member(connection, member_id, NOW_MS)
        bearers = [
            coupon_code(connection, coupon)
            for name, _store, _minor in BATCHES
            for coupon in issue_coupons(
                connection, name, [(f"{name}-{n}", "") for n in range(2)], who="test", now_ms=NOW_MS
            )
        ]
        cards = issue_cards(connection, 3, face_minor=GIFT_MINOR, currency="CNY", now_ms=NOW_MS)
        for number, card in enumerate(cards[:2]):
            source = gift_cards.Source(f"load-{number}", "line:1", "S001", "T03", NOW_MS)
            gift_cards.put(connection, card.card_id, GIFT_MINOR, source, currency="CNY")
        for limit in (
            LeaseLimit("points", 600, 1_000, 36, OWNER),
            LeaseLimit("coupons", 1_500, 2_400, 36, OWNER),
            LeaseLimit("gift", 8_000, 12_000, 36, OWNER),
        ):
            put_limit(connection, limit, NOW_MS)
        programme = programme_of(connection)
        key_id, private_key = signing_key(connection)
    keys = tuple(enrol_device(database, place.store_id, place.terminal_id, NOW_MS) for place in PLACES)
    database.close()
    migrate(folder / "ledger.db", epoch=NOW_MS)
    gifts = tuple((each.card_id, each.code) for each in cards)
    return Chain(
        folder / "hub.db", folder / "ledger.db", keys, tuple(members), tuple(bearers), gifts, programme,
        key_id, private_key, _offers(), CodeReaders(),
    )  # fmt: skip
