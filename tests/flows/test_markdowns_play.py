"""Packs near their last day cost less: at the scan, on the line, on paper and on record; and recalls sent by
the hub."""

from __future__ import annotations

import msgspec
import pytest

from posapp.domain.cart_record import cart_from_bytes
from posapp.domain.facts import Markdown
from posapp.exchange.outgoing import body_bytes
from posapp.exchange.shop_rules import read_markdowns, read_recalls
from posapp.flows.effects import SaveDraft
from posapp.flows.intents import (
    Back,
    ChangeQuantity,
    MarkdownsSent,
    RecallsSent,
    Resume,
    StartTender,
    Suspend,
    SwitchLanguage,
)
from posapp.flows.paper import receipt
from posapp.flows.refusals import Refusal
from tests.domain.shops import SHOP, item
from tests.flows.fakes import COLA, MILK, TODAY, pack, price_label, speech
from tests.flows.packs import DAY, TOMORROW, recalled, records
from tests.flows.world import World, labels, texts_in

SHORT = b'{"rule_id":"short","all":true,"steps":[{"days_left":2,"percent":30},{"days_left":0,"percent":50}]}'


def markdowns_sent(documents: list[bytes]) -> MarkdownsSent:
    """The hub's rules as they reach the terminal."""
    received = read_markdowns(documents)
    return MarkdownsSent(received.rules, received.unreadable)


def recalls_sent(documents: list[bytes]) -> RecallsSent:
    """The hub's recalls as they reach the terminal."""
    received = read_recalls(documents)
    return RecallsSent(received.list, received.unreadable)


@pytest.fixture
def world() -> World:
    """A till that sells, with a rule for everything."""
    world = World().open_shift()
    world.do(markdowns_sent([SHORT]))
    return world


def test_the_line_says_what_it_was_and_why(world: World) -> None:
    outcome = world.scan(pack(COLA, ai17=TOMORROW, ai10="A12"))
    (line,) = world.desk.cart.lines
    assert (line.unit_price_minor, line.amount_minor, line.price_reason) == (245, 245, "markdown")
    assert line.markdown == Markdown("short", 350, 300_000, "2026-05-30", 1)
    draft = next(effect for effect in outcome.effects if isinstance(effect, SaveDraft))
    assert cart_from_bytes(draft.cart) == world.desk.cart
    told = labels(world.terminal.view()).splitlines()
    assert {"2026-05-30 到期 · 批号 A12", "临期减 30% −1.05", "3.50"} <= set(told)
    world.do(SwitchLanguage("en"))
    told = labels(world.terminal.view()).splitlines()
    assert {"sell by 2026-05-30 · Lot A12", "Short date, 30% off −1.05", "3.50"} <= set(told)
    assert "Line offers" in labels(world.terminal.view())
    assert "−1.05" in labels(world.terminal.view())


def test_receipt_and_event_keep_the_old_price(world: World) -> None:
    world.scan(pack(COLA, ai15=DAY))
    world.pay()
    (sale,) = world.store.sales()
    assert (sale.goods_minor, sale.lines[0].price_reason) == (175, "markdown")
    paper = texts_in(tuple(receipt(sale, SHOP, speech("en")).rows))
    assert "  was 3.50, sell by today −50%" in paper
    body = msgspec.json.decode(body_bytes(sale))
    assert body["lines"][0]["markdown"] == {
        "rule_id": "short",
        "was_minor": 350,
        "ppm": 500_000,
        "day": TODAY,
        "days_left": 0,
    }


def test_goods_by_weight_cost_less_a_kilogram(world: World) -> None:
    world.catalogue.keys[MILK.zfill(14)] = item("ham", 9900, unit="g")
    world.scan(pack(MILK, ai3103="000250", ai17=DAY))
    assert world.lines() == [("ham", 250, 1238)]
    assert world.desk.cart.lines[0].marked_down_minor == 2475 - 1238


def test_a_price_that_the_code_named_stays(world: World) -> None:
    world.scan(pack(COLA, ai3922="1234", ai30="1", ai17=DAY), price_label(500))
    assert [line.price_reason for line in world.desk.cart.lines] == ["code", "code"]
    assert [line.markdown for line in world.desk.cart.lines] == [None, None]


@pytest.mark.parametrize("both", [(COLA, pack(COLA, ai17=DAY)), (pack(COLA, ai17=DAY), COLA)])
def test_both_codes_of_a_pack_take_it_off_once(world: World, both: tuple[str, str]) -> None:
    world.scan(*both)
    assert world.lines() == [("cola", 1, 175)]


def test_pieces_of_one_day_share_a_line_and_no_others(world: World) -> None:
    world.scan(pack(COLA, ai17=DAY), pack(COLA, ai17=DAY), pack(COLA, ai17=TOMORROW))
    assert world.lines() == [("cola", 2, 350), ("cola", 1, 245)]
    world.do(ChangeQuantity(+2))
    assert world.lines()[-1] == ("cola", 3, 735)
    assert world.desk.cart.lines[-1].marked_down_minor == 315


def test_new_rules_count_from_the_next_scan_and_lines_keep_what_they_were_told(world: World) -> None:
    world.scan(pack(COLA, ai17=DAY))
    world.do(markdowns_sent([]))
    world.scan(pack(MILK, ai17=DAY))
    world.do(Suspend())
    world.do(Resume(world.desk.parked[0].transaction_id))
    assert world.lines() == [("cola", 1, 175), ("milk", 1, 1295)]


def test_the_day_is_the_business_days(world: World) -> None:
    # 00:10 on the wall belongs to the day before where trading days begin later.
    world.hands.wall_ms += 19 * 3_600_000 + 44 * 60_000
    world.scan(pack(COLA, ai17=TOMORROW))
    left = world.desk.cart.lines[0].markdown.days_left
    assert SHOP.day_starts_at_minute > 10
    assert left == 1


def test_recalls_of_the_hub_stand_beside_those_of_the_file(world: World) -> None:
    recalled(world, f"{COLA},A1,Glass")
    sent = recalls_sent(
        [
            f'{{"recall_id":"R","gtin":"{MILK}","lots":["L1"],"reason":{{"en":"Metal","zh_CN":"金属"}}}}'.encode(),
            b'{"gtin":"7"}',
        ]
    )
    world.do(sent)
    assert (world.desk.recalls.list.count, world.desk.recalls.unreadable) == (2, 1)
    world.scan(pack(COLA, ai10="A1"), pack(MILK, ai10="L1"))
    assert "金属" in labels(world.terminal.view())
    world.do(SwitchLanguage("en"))
    world.hands.pass_by(5000)
    world.scan(pack(MILK, ai10="L1"))
    assert [why for _, why in records(world)] == ["Recalled"] * 3
    assert "Metal" in labels(world.terminal.view())
    recalled(world)
    assert world.desk.recalls.list.count == 1
    world.do(recalls_sent([]))
    assert world.desk.recalls.list.count == 0


def test_a_recall_that_comes_meanwhile_takes_the_line_off(world: World) -> None:
    world.scan(pack(COLA, ai17=TOMORROW), MILK)
    world.do(recalls_sent([f'{{"recall_id":"R","gtin":"{COLA}","expiry_to":"2026-05-31"}}'.encode()]))
    assert world.lines() == [("milk", 1, 1295)]
    assert world.refused == Refusal.Recalled.sentence
    world.do(StartTender())
    world.do(recalls_sent([f'{{"recall_id":"R","gtin":"{MILK}"}}'.encode()]))
    assert world.lines() == [("milk", 1, 1295)]
    world.do(Back())
    world.do(StartTender())
    assert world.lines() == []
