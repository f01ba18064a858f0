"""Codes that say more than the item: packs with lots, days, serial numbers, weights and prices; recalls."""

from __future__ import annotations

import pytest

from posapp.domain.cart_record import cart_from_bytes
from posapp.domain.codes.reading import CodeRefusal
from posapp.domain.facts import PackData
from posapp.domain.recalls import RecallFault, RecallProblem
from posapp.flows.effects import Beep, SaveDraft
from posapp.flows.intents import (
    AddItem,
    Back,
    ChangeQuantity,
    ChooseItem,
    EnterText,
    GoTo,
    Lock,
    RecallsRead,
    RecallsTrouble,
    Resume,
    ScanCode,
    StartTender,
    Suspend,
    SwitchLanguage,
    VoidLine,
)
from posapp.flows.paper import receipt
from posapp.flows.refusals import Refusal
from tests.domain.shops import SHOP, item, shop
from tests.flows.fakes import COLA, GS, MILK, TODAY, UNKNOWN, ean, link, pack, speech, weight_label
from tests.flows.packs import DAY, TOMORROW, YESTERDAY, recalled, records
from tests.flows.world import World, labels, texts_in

APPLES = ean("220000100000")  # sold by weight


@pytest.fixture
def world() -> World:
    """A till that sells."""
    return World().open_shift()


def test_what_the_code_says_goes_the_whole_way(world: World) -> None:
    outcome = world.scan(pack(COLA, ai17=TOMORROW, ai10="A12", ai21="S-1"))
    wanted = PackData(COLA.zfill(14), "A12", "S-1", expires_on="2026-05-30")
    assert world.desk.cart.lines[0].pack == wanted
    draft = next(effect for effect in outcome.effects if isinstance(effect, SaveDraft))
    assert cart_from_bytes(draft.cart) == world.desk.cart
    assert "序列号 S-1 · 批号 A12 · 有效期至 2026-05-30" in labels(world.terminal.view())
    world.pay()
    (sale,) = world.store.sales()
    assert sale.lines[0].pack == wanted
    assert sale.lines[0].code == COLA.zfill(14)
    paper = texts_in(tuple(receipt(sale, SHOP, speech("en")).rows))
    assert "  Serial S-1 · Lot A12" in paper


def test_a_plain_number_says_nothing_more(world: World) -> None:
    world.scan(COLA, pack(MILK))
    assert [line.pack for line in world.desk.cart.lines] == [None, None]


def test_packs_that_say_different_things_never_share_a_line(world: World) -> None:
    world.scan(*(pack(COLA, ai10=lot) for lot in ("A", "A", "B")), COLA)
    world.hands.pass_by(5000)
    world.scan(COLA)
    assert [line.quantity.value for line in world.desk.cart.lines] == [2, 1, 1]


def test_a_link_in_a_qr_code_sells(world: World) -> None:
    world.scan(link(COLA, lot="A1", serial="7"))
    assert world.lines() == [("cola", 1, 350)]
    assert world.desk.cart.lines[0].pack == PackData(COLA.zfill(14), "A1", "7")


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({"ai30": "6"}, ("cola", 6, 2100)),
        ({"ai3103": "001286"}, ("cola", 1, 350)),
        ({"ai3922": "1234", "ai30": "1"}, ("cola", 1, 1234)),
        ({"ai3932": "1561234", "ai30": "1"}, ("cola", 1, 1234)),
    ],
)
def test_count_weight_and_price_of_the_code(
    world: World, more: dict[str, str], line: tuple[str, int, int]
) -> None:
    world.scan(pack(COLA, **more))
    assert world.lines() == [line]


def test_a_weight_in_the_code_needs_no_scale(world: World) -> None:
    world.catalogue.keys[MILK.zfill(14)] = item("ham", 9900, unit="g")
    world.scan(pack(MILK, ai3103="000250"))
    assert world.lines() == [("ham", 250, 2475)]
    assert world.desk.cart.lines[0].pack is None


def test_the_net_weight_of_a_piece_is_told(world: World) -> None:
    world.scan(pack(COLA, ai3103="001286"))
    assert "1.286 kg" in world.terminal.view().main.lines[0].second


def test_a_price_no_goods_can_have_is_refused(world: World) -> None:
    world.scan(pack(COLA, ai3920="9" * 10, ai30="1"), pack(COLA, ai3920="9" * 15, ai30="1"))
    assert world.lines() == [("cola", 1, 999_999_999_900)]
    assert world.refused == Refusal.NotSellable.sentence


def test_a_price_in_other_money_is_refused(world: World) -> None:
    world.scan(pack(COLA, ai3932="9781234", ai30="1"))
    assert world.lines() == []
    assert (world.refused, records(world)) == (Refusal.OtherCurrency.sentence, [(None, "OtherCurrency")])


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"ai17": YESTERDAY}, Refusal.Expired),
        ({"ai17": DAY}, None),
        ({"ai16": YESTERDAY}, Refusal.SellByPassed),
        ({"ai16": DAY}, None),
        ({"ai17": "260500"}, None),  # the month's last day
        ({"ai17": "260400"}, Refusal.Expired),
    ],
)
def test_days_are_those_of_the_shop(world: World, more: dict[str, str], why: Refusal | None) -> None:
    world.scan(pack(COLA, **more))
    assert records(world) == [(None, why.name) if why else (1, None)]
    assert world.refused == (why.sentence if why else "")


def test_the_day_ends_at_midnight_in_the_shop(world: World) -> None:
    world.hands.wall_ms += 19 * 3_600_000 + 33 * 60_000  # 23:59:40 on the wall, 15:59 UTC
    world.scan(pack(COLA, ai17=DAY))
    world.hands.wall_ms += 30_000
    world.scan(pack(MILK, ai17=DAY))
    assert records(world) == [(1, None), (None, "Expired")]


def test_nobody_can_lift_an_expired_pack(world: World) -> None:
    world.scan(COLA, pack(MILK, ai17=YESTERDAY))
    assert world.at == "Selling"
    assert world.terminal.view().main.note.action is None


def test_best_before_warns_and_sells(world: World) -> None:
    outcome = world.scan(pack(COLA, ai15=YESTERDAY))
    assert Beep("warn") in outcome.effects
    view = world.terminal.view()
    assert view.main.lines[0].warns
    assert view.main.lines[0].second == "已过最佳食用日期 2026-05-28"
    assert (view.top.echo.good, view.top.echo.warns) == (True, True)
    assert world.lines() == [("cola", 1, 350)]
    world.scan(pack(COLA, ai15=TOMORROW))
    line = world.terminal.view().main.lines[1]
    assert (line.second, line.warns) == ("最佳食用至 2026-05-30", False)


def test_recalled_lots_are_stopped_with_the_reason(world: World) -> None:
    recalled(world, f"{COLA},A1*,Glass splinters", f"{MILK},,Wrong label")
    world.scan(pack(COLA, ai10="A12"), pack(COLA, ai10="B1"), MILK, pack(MILK, ai10="Z"))
    assert records(world) == [(None, "Recalled"), (1, None), (None, "Recalled"), (None, "Recalled")]
    assert world.desk.refusal.params["reason"] == "Wrong label"


def test_a_pack_of_an_unknown_lot_needs_a_look(world: World) -> None:
    recalled(world, f"{COLA},A1*,Glass splinters")
    outcome = world.scan(COLA)
    assert Beep("warn") in outcome.effects
    assert world.terminal.view().main.lines[0].second == "部分批次已召回：请看批号"
    world.scan(pack(COLA, ai10="B7"))  # the data of this very pack
    assert [line.notice for line in world.desk.cart.lines] == [""]
    assert world.lines() == [("cola", 1, 350)]


def test_a_recalled_lot_comes_before_a_day_that_warns(world: World) -> None:
    recalled(world, f"{COLA},A1*,Glass splinters")
    world.scan(pack(COLA, ai15=YESTERDAY))
    assert [line.notice for line in world.desk.cart.lines] == ["some_lots"]


def test_a_label_of_the_scale_is_recalled_by_its_number_without_the_value(world: World) -> None:
    world.scan(weight_label(500))
    recalled(world, f"{weight_label(0)},,Listeria")
    world.scan(weight_label(500), weight_label(1250))
    assert records(world) == [(1, None), (None, "Recalled"), (None, "Recalled")]


def test_goods_recalled_meanwhile_leave_a_suspended_sale(world: World) -> None:
    world.scan(COLA, weight_label(500), MILK)
    world.do(AddItem("bag"), Suspend())
    recalled(world, f"{COLA},,Glass splinters", f"{weight_label(0)},,Listeria", f"{MILK},B*,Wrong label")
    world.do(Resume(world.desk.parked[0].transaction_id))
    assert world.lines() == [("milk", 1, 1295), ("bag", 1, 100)]
    assert [line.line_no for line in world.desk.cart.voided] == [1, 2]
    assert world.refused == Refusal.Recalled.sentence


def test_a_typed_code_is_held_to_the_same_rules(world: World) -> None:
    recalled(world, f"{MILK},,Wrong label")
    world.do(EnterText(MILK))
    assert world.refused == Refusal.Recalled.sentence
    world.do(EnterText(f"2*{pack(COLA, ai21='S').removeprefix(']d2')}"))
    assert world.lines() == []


def test_a_serial_number_sells_once(world: World) -> None:
    world.scan(pack(COLA, ai21="S1"), pack(COLA, ai21="S1"), pack(COLA, ai21="S2"), pack(MILK, ai21="S1"))
    assert records(world) == [(1, None), (None, "SerialInSale"), (2, None), (3, None)]
    world.pay()
    world.hands.pass_by(86_400_000)
    world.scan(pack(COLA, ai21="S1"))
    assert world.desk.refusal.params["day"] == TODAY
    assert world.refused == Refusal.SerialSold.sentence
    world.scan(link(COLA, serial="S2"), pack(COLA, ai21="S3"))
    assert [scan.refusal for scan in list(world.scans().values())[-2:]] == ["SerialSold", None]


def test_a_piece_that_was_put_back_can_be_sold(world: World) -> None:
    world.scan(pack(COLA, ai21="S1"))
    world.do(VoidLine())
    world.scan(pack(COLA, ai21="S1"))
    assert world.lines() == [("cola", 1, 350)]


def test_a_suspended_sale_does_not_hold_a_piece(world: World) -> None:
    world.scan(pack(COLA, ai21="S1"), MILK)
    world.do(Suspend())
    world.scan(pack(COLA, ai21="S1"))
    world.pay()
    (parked,) = world.desk.parked
    world.do(Resume(parked.transaction_id))
    assert world.lines() == [("milk", 1, 1295)]
    assert world.refused == Refusal.SerialSold.sentence
    assert [line.line_no for line in world.desk.cart.voided] == [1]


def test_a_piece_with_a_serial_cannot_be_counted_up(world: World) -> None:
    world.scan(pack(COLA, ai21="S1"))
    for wish in (ChangeQuantity(1), ChangeQuantity(-1), EnterText("3*")):
        world.do(wish)
        assert world.refused == Refusal.OneOfAKind.sentence
    assert not world.terminal.view().main.lines[0].steps
    assert world.lines() == [("cola", 1, 350)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("134567890123456789", Refusal.PayCode),
        ("https://example.com/x", CodeRefusal.NotAProduct),
        (COLA[:-1] + "3", CodeRefusal.BadCheckDigit),
        ("]E0" + COLA[:-1] + "3", CodeRefusal.BadCheckDigit),
        (f"]d201{COLA.zfill(14)}17269999", CodeRefusal.NotGs1),
        (pack(UNKNOWN, ai10="A"), Refusal.UnknownCode),
    ],
)
def test_other_codes_say_what_they_are(world: World, text: str, why: Refusal | CodeRefusal) -> None:
    world.scan(text)
    (record,) = world.scans().values()
    assert (record.refusal, world.refused) == (why.name, why.sentence)
    shown = labels(world.terminal.view())
    assert GS not in shown


def test_an_unknown_product_of_a_link_is_named_by_its_number(world: World) -> None:
    world.scan(link(UNKNOWN))
    assert world.desk.refusal.params["code"] == UNKNOWN.zfill(14)


def test_what_is_wrong_with_a_code_is_said_in_the_language_of_the_till(world: World) -> None:
    world.scan(pack(COLA, ai17="261131"))
    assert "格式不对（AI 17 没有这一天）" in " ".join(texts_in(world.terminal.view()))
    world.do(SwitchLanguage("en"))
    assert "well formed (AI 17 has no such day)" in " ".join(texts_in(world.terminal.view()))


def test_a_wrong_check_digit_sells_where_the_catalogue_has_it(world: World) -> None:
    wrong = COLA[:-1] + "3"
    world.catalogue.keys["=" + wrong] = item("dirty", 700)
    world.scan(wrong, "]E0" + wrong)
    assert world.lines() == [("dirty", 2, 1400)]


# --- two items behind one text -------------------------------------------------------------------

TWICE = "01234565"


@pytest.fixture
def twice(world: World) -> World:
    """A shop in which eight digits are an EAN-8 and a UPC-E."""
    world.catalogue.keys["00000001234565"] = item("gum", 300, names={"en": "Gum", "zh_CN": "口香糖"})
    world.catalogue.keys["00012345000065"] = item("soup", 900, names={"en": "Soup", "zh_CN": "汤"})
    return world


def test_two_items_are_never_guessed_between(twice: World) -> None:
    twice.scan(TWICE)
    assert (twice.at, twice.lines()) == ("Choosing", [])
    view = twice.terminal.view()
    assert [row.name for row in view.main.rows] == ["口香糖", "汤"]
    assert ["EAN-8" in view.main.rows[0].detail, "UPC-E" in view.main.rows[1].detail] == [True, True]
    assert not view.main.enter_takes
    assert not view.anchor.primary.enabled
    twice.scan(COLA)
    twice.do(StartTender(), EnterText(""))
    assert twice.refused == Refusal.ChoiceOpen.sentence
    twice.do(ChooseItem("?"), ChooseItem("soup"))
    assert (twice.at, twice.lines()) == ("Selling", [("soup", 1, 900)])
    assert records(twice) == [(1, None), (None, "ChoiceOpen")]


def test_a_choice_that_is_left_is_a_refusal_on_record(twice: World) -> None:
    twice.scan(COLA, TWICE, MILK)
    twice.do(Lock())
    twice.sign_on()
    twice.do(Back())
    assert records(twice) == [(1, None), (None, "NotChosen"), (None, "ChoiceOpen")]
    twice.do(EnterText("3*" + TWICE), ChooseItem("gum"))
    assert twice.lines() == [("cola", 1, 350), ("gum", 3, 900)]
    twice.do(EnterText(TWICE), Back())
    assert len(twice.scans()) == 3


def test_one_of_both_in_the_catalogue_is_no_question(twice: World) -> None:
    del twice.catalogue.keys["00000001234565"]
    twice.scan(TWICE)
    assert twice.lines() == [("soup", 1, 900)]


def test_a_recalled_choice_is_stopped(twice: World) -> None:
    recalled(twice, "012345000065,,Metal")
    twice.scan(TWICE)
    twice.do(ChooseItem("soup"))
    assert (twice.at, records(twice)) == ("Selling", [(None, "Recalled")])


def test_other_shops_other_days() -> None:
    world = World(shop(time_zone="America/Los_Angeles")).open_shift()  # still the day before there
    world.scan(pack(COLA, ai17=YESTERDAY))
    assert world.lines() == [("cola", 1, 350)]
    assert ScanCode("x").source == "keyboard"


# --- the recall list on the status page ------------------------------------------------------------


def test_without_a_list_the_status_page_says_nothing_of_it(world: World) -> None:
    world.do(GoTo("status"))
    assert "召回" not in labels(world.terminal.view())


def test_a_wrong_list_is_named_by_its_line_and_the_old_one_holds(world: World) -> None:
    recalled(world, f"{MILK},,Wrong label")
    world.do(GoTo("status"), SwitchLanguage("en"))
    assert "Recalls · 1" in labels(world.terminal.view())
    problem = RecallProblem(RecallFault.BadGtin, 7, "6901")
    world.do(RecallsRead(RecallsTrouble("recalls.csv", problem)))
    view = world.terminal.view()
    sentence = (
        "recalls.csv, line 7: 6901 is not a product number with a right check digit. Correct its digits."
    )
    assert sentence in labels(view)
    assert "the list of 04:26 holds" in labels(view)
    assert view.anchor.figure == "1 to mend"
    world.do(Back())
    world.scan(MILK)
    assert world.refused == Refusal.Recalled.sentence
    recalled(world, f"{COLA},,Metal")
    world.scan(MILK)
    assert world.lines() == [("milk", 1, 1295)]


def test_a_list_that_is_not_there_is_said_so(world: World) -> None:
    world.do(RecallsRead(RecallsTrouble("recalls.csv")), GoTo("status"), SwitchLanguage("en"))
    shown = labels(world.terminal.view())
    assert "The recall list recalls.csv cannot be read. See that it is there." in shown
    assert "no list yet" in shown
