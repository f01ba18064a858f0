from __future__ import annotations

import pytest

from posapp.domain.cart import LINES_MAX, Cart, NewLine, add_line
from posapp.domain.cart_record import cart_from_bytes, cart_to_bytes
from posapp.domain.codes.reading import CodeRefusal
from posapp.domain.quantity import PIECES_MAX, Quantity
from posapp.flows.effects import Beep, PrintCopy, SaveDraft, Search
from posapp.flows.intents import (
    AddItem,
    Back,
    ChangeQuantity,
    ConfirmWeight,
    DraftFailed,
    EnterText,
    FindByName,
    ItemsFound,
    KeyIn,
    Lock,
    MarkLine,
    MoveMark,
    NextSale,
    Reprint,
    Resume,
    ScanCode,
    SearchText,
    ShowTab,
    StartTender,
    Suspend,
    VoidLine,
)
from posapp.flows.refusals import Refusal
from tests.domain.shops import LIN, item
from tests.flows.fakes import (
    APPLE_PLU,
    COLA,
    LIKE_A_LABEL,
    MILK,
    NO_PRICE,
    UNKNOWN,
    ean,
    price_label,
    weight_label,
)
from tests.flows.world import World, intents_in, labels


@pytest.fixture
def world() -> World:
    """A till that sells."""
    return World().open_shift()


def test_a_scan_becomes_a_line_and_a_draft(world: World) -> None:
    outcome = world.scan(COLA)
    assert world.lines() == [("cola", 1, 350)]
    draft = next(effect for effect in outcome.effects if isinstance(effect, SaveDraft))
    assert cart_from_bytes(draft.cart) == world.desk.cart
    assert Beep("ok") in outcome.effects
    assert "可乐 已加入" in labels(world.terminal.view())
    record = world.scans()[1]
    assert (record.code, record.line_no, record.refusal) == (COLA, 1, None)


def test_one_code_in_every_spelling(world: World) -> None:
    world.scan(COLA, "0" + COLA, f"]E0{COLA}", f" {COLA}\r")
    assert world.lines() == [("cola", 4, 1400)]


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (UNKNOWN, Refusal.UnknownCode),
        (NO_PRICE, Refusal.NoPrice),
        ("", CodeRefusal.Empty),
        (LIN.badge, Refusal.BadgeHere),
        (ean("220000300500"), Refusal.NotSellable),  # a weight for goods by the piece
        (ean("220000400500"), Refusal.NoPrice),
        (ean("220000100000")[:-1] + "x", Refusal.UnknownCode),
    ],
)
def test_a_refused_scan_is_on_record(world: World, code: str, why: Refusal) -> None:
    outcome = world.scan(code)
    assert outcome.effects[0] == Beep("refuse")
    assert world.refused == why.sentence
    (record,) = world.scans().values()
    assert (record.line_no, record.refusal) == (None, why.name)
    assert record.code == ("badge" if code == LIN.badge else code)
    assert LIN.badge not in labels(world.terminal.view())
    world.scan(COLA)
    assert world.refused == ""  # going on clears the sentence


def test_a_refusal_during_a_sale_is_kept_with_it(world: World) -> None:
    world.scan(COLA, UNKNOWN)
    assert [scan.scan_no for scan in world.desk.cart.scans] == [1, 2]
    world.pay()
    assert [scan.refusal for scan in world.store.sales()[0].scans] == [None, "UnknownCode"]


def test_only_so_much_of_a_refused_code_is_kept(world: World) -> None:
    world.scan("Q" * 5000)
    assert world.scans()[1].code == "Q" * 160


def test_labels_of_the_scale(world: World) -> None:
    world.scan(weight_label(1286), price_label(777))
    assert world.lines() == [("apple", 1286, 1646), ("cheese", 1, 777)]
    assert "标签价" in labels(world.terminal.view())


def test_an_exact_hit_comes_before_any_pattern(world: World) -> None:
    world.scan(LIKE_A_LABEL)
    assert world.lines() == [("like-a-label", 1, 9900)]


def test_weighed_goods_ask_for_their_weight(world: World) -> None:
    world.scan(APPLE_PLU)
    assert world.at == "Weighing"
    world.do(ConfirmWeight())
    assert world.refused == Refusal.BadWeight.sentence
    world.scan(COLA)
    assert world.scans()[2].refusal == "WeightOpen"
    world.key("1.286")
    world.do(KeyIn("back"), KeyIn("7"), ConfirmWeight())
    assert world.lines() == [("apple", 1287, 1647)]
    assert world.scans()[1].line_no == 1
    assert list(world.scans()) == [2, 1] or list(world.scans()) == [1, 2]


def test_goods_left_unweighed_are_a_refusal(world: World) -> None:
    world.scan(MILK, APPLE_PLU, UNKNOWN)
    world.do(Back())
    assert (world.at, world.refused) == ("Selling", Refusal.NotWeighed.sentence)
    assert [scan.refusal for scan in world.desk.cart.scans] == [None, "NotWeighed", "WeightOpen"]
    world.scan(COLA)
    assert [scan.scan_no for scan in world.desk.cart.scans] == [1, 2, 3, 4]


def test_a_quick_key_for_weighed_goods_leaves_no_scan(world: World) -> None:
    world.do(AddItem("apple"), Back(), AddItem("apple"))
    world.key("0.5")
    world.do(ConfirmWeight())
    assert world.lines() == [("apple", 500, 640)]
    assert world.scans() == {}


def test_quick_keys(world: World) -> None:
    view = world.terminal.view()
    assert AddItem("bag") in intents_in(view)
    assert AddItem("free-soon") not in intents_in(view)  # shown, but not to be pressed
    world.do(ShowTab(1))
    assert AddItem("bag") not in intents_in(world.terminal.view())
    world.do(ShowTab(99), AddItem("bag"))
    assert world.lines() == [("bag", 1, 100)]
    world.do(AddItem("free-soon"))
    assert world.refused == Refusal.NoPrice.sentence
    world.do(AddItem("no such thing"))
    assert world.refused == Refusal.UnknownCode.sentence


@pytest.mark.parametrize(
    ("typed", "lines"),
    [
        (COLA, [("cola", 1, 350)]),
        (f"3*{COLA}", [("cola", 3, 1050)]),
        (f"12 X {COLA}", [("cola", 12, 4200)]),
        (f"2×{COLA}", [("cola", 2, 700)]),
        ("12X34", [("rope", 1, 800)]),  # a code before a quantity
        ("2*12X34", [("rope", 2, 1600)]),
        (f"1*{weight_label(500)}", [("apple", 500, 640)]),
        ("  ", []),
    ],
)
def test_typed(world: World, typed: str, lines: list[tuple[str, int, int]]) -> None:
    world.do(EnterText(typed))
    assert world.lines() == lines
    assert world.scans() == {}


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        (f"0*{COLA}", Refusal.BadQuantity),
        (f"{PIECES_MAX + 1}*{COLA}", Refusal.BadQuantity),
        (f"2*{weight_label(500)}", Refusal.NotByPiece),
        (f"2*{price_label(500)}", Refusal.NotByPiece),
        ("5*", Refusal.NothingMarked),
        ("no such code", Refusal.UnknownCode),
    ],
)
def test_typed_in_vain(world: World, typed: str, why: Refusal) -> None:
    world.do(EnterText(typed))
    assert (world.refused, world.lines()) == (why.sentence, [])


def test_typed_goods_by_weight_ask_too(world: World) -> None:
    world.do(EnterText(APPLE_PLU))
    assert world.at == "Weighing"


def test_times_for_the_marked_line(world: World) -> None:
    world.scan(COLA, MILK)
    world.do(MarkLine(1), EnterText("12*"))
    assert world.lines() == [("cola", 12, 4200), ("milk", 1, 1295)]
    world.do(EnterText("0*"))
    assert world.refused == Refusal.BadQuantity.sentence


def test_finding_by_name(world: World) -> None:
    world.scan(UNKNOWN)
    assert FindByName() in intents_in(world.terminal.view())
    outcome = world.do(FindByName(), SearchText("ap"))
    assert outcome.effects == (Search("ap"),)
    assert "Apple" not in labels(world.terminal.view())
    assert "苹果" in labels(world.terminal.view())
    world.do(EnterText("ap"))
    assert world.at == "Weighing"


def test_a_search_ends(world: World) -> None:
    world.do(SearchText("co"), SearchText("c"))
    assert world.desk.found is None
    world.do(SearchText("可"))
    assert world.desk.found is not None
    world.do(Back())
    assert world.desk.found is None
    world.do(SearchText("3*40"))
    assert world.desk.found is None
    world.do(SearchText("nothing like it"))
    assert "没有这样的品名" in labels(world.terminal.view())
    world.do(EnterText("nothing like it"))
    assert world.refused == Refusal.UnknownCode.sentence


def test_enter_never_takes_what_an_older_search_found(world: World) -> None:
    world.do(SearchText("cola"))
    world.holds_answers = True
    world.do(SearchText("apple"), EnterText("apple"))
    assert (world.lines(), world.refused) == ([], Refusal.StillSearching.sentence)
    world.do(ItemsFound("cola", ()))  # an answer that came late changes nothing
    world.do(world.answer(world.asked[0]), EnterText("apple"))
    assert world.at == "Weighing"


def test_enter_asks_for_what_was_typed_since(world: World) -> None:
    world.do(SearchText("cola"))
    world.do(EnterText("apple"))  # the field was faster than its own search
    assert world.refused == Refusal.StillSearching.sentence
    world.do(EnterText("apple"))
    assert world.at == "Weighing"


def test_marks_and_quantities(world: World) -> None:
    world.do(MoveMark(1), ChangeQuantity(1))
    assert world.refused == Refusal.NothingMarked.sentence
    world.scan(COLA, MILK, "BAG")
    world.do(MoveMark(-1), MoveMark(-5), ChangeQuantity(1), MoveMark(1), ChangeQuantity(1, 3))
    assert world.lines() == [("cola", 2, 700), ("milk", 1, 1295), ("bag", 2, 200)]
    world.do(MarkLine(99), ChangeQuantity(-1))
    assert world.lines()[2] == ("bag", 1, 100)
    world.do(ChangeQuantity(-1))
    assert world.lines() == [("cola", 2, 700), ("milk", 1, 1295)]
    world.do(ChangeQuantity(PIECES_MAX, 1))
    assert world.refused == Refusal.BadQuantity.sentence
    world.scan(weight_label(500))
    world.do(ChangeQuantity(-1))
    assert world.refused == Refusal.NotByPiece.sentence
    world.do(EnterText("2*"))
    assert world.refused == Refusal.NotByPiece.sentence


def test_a_voided_line_is_on_record(world: World) -> None:
    world.do(VoidLine())
    assert world.refused == Refusal.NothingMarked.sentence
    world.scan(COLA, MILK)
    world.do(VoidLine())
    assert world.lines() == [("cola", 1, 350)]
    assert "已删" in labels(world.terminal.view())
    world.do(VoidLine(1), StartTender())
    assert (world.at, world.refused) == ("Selling", Refusal.EmptyCart.sentence)
    world.do(Suspend())
    assert world.refused == Refusal.NothingToSuspend.sentence
    world.scan("BAG")
    world.pay()
    sale = world.store.sales()[0]
    assert [(gone.line_no, gone.sku) for gone in sale.voided] == [(2, "milk"), (1, "cola")]
    assert [line.line_no for line in sale.lines] == [3]


def test_a_full_line_and_a_full_sale(world: World) -> None:
    world.do(EnterText(f"{PIECES_MAX}*{COLA}"))
    world.scan(COLA)
    assert world.refused == Refusal.LineFull.sentence
    world.do(EnterText(COLA))
    assert world.refused == Refusal.LineFull.sentence
    cart = Cart("t-1", 1)
    for n in range(LINES_MAX):
        added = add_line(cart, NewLine(item(str(n)), "c", Quantity(1)))
        assert added is not None
        cart = added[0]
    world.store.draft = ("t-1", cart_to_bytes(cart))
    world.restart()
    world.sign_on()
    world.scan(COLA, APPLE_PLU)
    assert world.scans()[1].refusal == "CartFull"
    world.key("1")
    world.do(ConfirmWeight())
    assert (world.at, world.refused) == ("Weighing", Refusal.CartFull.sentence)


def test_suspend_and_resume(world: World) -> None:
    world.scan(COLA, UNKNOWN)
    first = world.desk.cart
    world.do(Suspend())
    assert world.desk.cart is None
    world.scan(MILK)
    world.do(Suspend())
    assert [cart.label for cart in world.desk.parked] == ["A-01", "A-02"]
    assert "A-02" in labels(world.terminal.view())
    world.restart()
    world.sign_on()
    world.do(Resume("who knows"))
    assert world.refused == Refusal.NoSuchSale.sentence
    world.do(Resume(first.transaction_id))
    assert world.desk.cart == first
    world.do(Resume(world.desk.parked[0].transaction_id))
    assert world.refused == Refusal.SaleOpen.sentence
    world.scan(COLA)
    assert world.scans()[4].line_no == 1
    world.do(Suspend())
    assert [cart.label for cart in world.desk.parked] == ["A-02", "A-01"]


def test_a_parked_sale_that_cannot_be_read(world: World) -> None:
    world.scan(COLA)
    world.do(Suspend())
    (key,) = world.store.parked
    world.restart()
    parked = world.desk.parked[0]
    world.store.parked[key] = type(parked)(key, "A-01", 1, "林晓", 350, 1, b"broken")
    world.restart()
    world.sign_on()
    world.do(Resume(key))
    assert world.refused == Refusal.NoSuchSale.sentence


def test_goods_while_a_draft_cannot_be_kept(world: World) -> None:
    world.scan(COLA)
    world.do(DraftFailed("disk_full"))
    assert "存不进磁盘" in labels(world.terminal.view())
    world.pay()
    assert world.desk.draft_trouble == ""


def test_after_a_sale_the_next_scan_begins_a_new_one(world: World) -> None:
    world.do(Reprint())
    assert world.refused == Refusal.NothingToReprint.sentence
    world.scan(COLA)
    world.pay("10")
    outcome = world.do(Reprint())
    assert outcome.effects == (PrintCopy(world.store.sales()[0].transaction_id, "zh_CN"),)
    world.do(SearchText("milk"))
    assert world.at == "Done"
    world.do(AddItem("milk"))
    assert (world.at, world.lines()) == ("Selling", [("milk", 1, 1295)])
    world.pay()
    world.do(NextSale(), Lock())
    assert world.at == "Locked"


def test_without_a_shift_nothing_is_sold() -> None:
    world = World()
    world.sign_on()
    world.do(ScanCode(COLA))
    assert (world.at, world.refused) == ("ShiftClosed", Refusal.NoOpenShift.sentence)
    assert world.scans()[1].refusal == "NoOpenShift"
