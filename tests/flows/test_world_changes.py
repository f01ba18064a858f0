from __future__ import annotations

from dataclasses import replace

import pytest

from posapp.flows.effects import AskDevices, PrintNow, ReadRules, SetLanguage
from posapp.flows.intents import (
    Back,
    CatalogueChanged,
    CatalogueStatus,
    DeviceTold,
    GoTo,
    HubHeard,
    HubStatus,
    ItemsFound,
    LinkChanged,
    LinkStatus,
    Lock,
    NumbersRaised,
    Printed,
    PrinterChanged,
    PrinterStatus,
    PrintTestPage,
    Recovered,
    ScanCode,
    SearchText,
    ShopChanged,
    SwitchLanguage,
    Tick,
)
from posapp.flows.mains import StatusMain
from posapp.flows.refusals import Refusal
from tests.domain.shops import LIN, SHOP, SUN, ZHOU, shop
from tests.flows.fakes import COLA, MILK, START_MS, UNKNOWN
from tests.flows.world import World, labels


def test_a_till_without_a_shop_waits_for_it() -> None:
    world = World(None)
    assert world.at == "SettingUp"
    assert "本机在等门店设置" in labels(world.terminal.view())
    world.scan(COLA)
    assert world.scans()[1].refusal == "NotReady"
    world.do(Lock(), GoTo("sell"))
    assert world.refused == Refusal.NotReady.sentence
    world.do(ShopChanged(shop(languages=("en", "zh_CN"))))
    assert (world.at, world.desk.language) == ("SignedOff", "en")


def test_numbers_that_another_life_gave_out_are_not_given_again() -> None:
    world = World()
    before = world.terminal.state.desk.next_shift_number
    world.do(NumbersRaised(before + 40))
    assert world.terminal.state.desk.next_shift_number == before + 40
    world.do(NumbersRaised(1))
    assert world.terminal.state.desk.next_shift_number == before + 40


def test_scans_before_the_store_was_read_are_counted_after_it() -> None:
    world = World(recover=False)
    assert "请稍等" in labels(world.terminal.view())
    world.scan(COLA, LIN.badge)
    assert world.refused == Refusal.NotReady.sentence
    world.do(Recovered(SHOP, None, scan_no=41))
    assert {n: (scan.code, scan.refusal) for n, scan in world.scans().items()} == {
        42: (COLA, "NotReady"),
        43: ("badge", "NotReady"),
    }
    world.do(Recovered(None, None))
    assert world.at == "SignedOff"


def test_a_sale_and_its_scans_survive_the_power() -> None:
    world = World().open_shift()
    world.scan(COLA, UNKNOWN, MILK)
    cart = world.desk.cart
    world.restart()
    assert world.desk.cart == cart
    assert "2 行" in labels(world.terminal.view())
    world.sign_on()
    assert (world.at, world.desk.marked) == ("Selling", 2)
    world.scan(COLA)
    assert sorted(world.scans()) == [1, 2, 3, 4]


def test_a_sale_that_cannot_be_read_back_is_said() -> None:
    world = World().open_shift()
    world.scan(COLA)
    world.store.draft = ("t", b"\x00")
    world.restart()
    assert "读不出来" in labels(world.terminal.view())
    world.sign_on()
    assert "读不出来" in labels(world.terminal.view())
    assert world.desk.cart is None


def test_the_last_sale_is_told_after_a_restart() -> None:
    world = World().open_shift()
    world.scan(COLA)
    world.pay("10")
    world.restart()
    world.sign_on()
    assert "上一单 T03-000001：合计 ¥3.50，找零 ¥6.50。" in labels(world.terminal.view())


def test_both_languages() -> None:
    world = World().open_shift()
    world.scan(COLA)
    outcome = world.do(SwitchLanguage("en"))
    assert outcome.effects == (SetLanguage("en"),)
    assert "Take payment" in labels(world.terminal.view())
    assert "Cola" in labels(world.terminal.view())
    world.pay("5")
    assert "Payment complete" in labels(world.terminal.view())
    slip = world.commits[world.store.sales()[0].transaction_id].prints[0].document
    assert slip.title == "Receipt {receipt_number}"
    world.do(SwitchLanguage("fr"))
    assert world.desk.language == "en"
    world.do(SwitchLanguage("zh_CN"))
    assert "收款完成" in labels(world.terminal.view())
    assert world.terminal.view().top.language is not None


def test_a_shop_of_one_language_has_no_switch() -> None:
    world = World(shop(languages=("zh_CN",)))
    assert world.terminal.view().top.language is None


def test_new_rights_and_names_while_signed_on() -> None:
    world = World().open_shift()
    renamed = replace(LIN, name="林小晓")
    world.do(ShopChanged(replace(SHOP, operators=(renamed, SUN, ZHOU))))
    assert world.desk.operator == renamed
    world.do(ShopChanged(replace(SHOP, operators=(SUN, ZHOU))))
    assert world.desk.operator == renamed  # who sells goes on until they sign off
    world.scan(COLA)
    world.pay()
    assert world.at == "Done"


def test_the_status_page_asks_the_devices() -> None:
    world = World().open_shift()
    world.do(GoTo("status"))
    asked = []
    for second in range(10):
        world.hands.steady_ms = second * 1000
        asked += world.do(Tick()).effects
    assert asked == [AskDevices(), ReadRules(), AskDevices()]
    world.do(Back())
    world.hands.steady_ms = 25_000
    assert world.do(Tick()).effects == ()
    world.hands.steady_ms = 30_000
    assert world.do(Tick()).effects == (ReadRules(),)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (PrinterChanged(PrinterStatus("paper_out", 2)), "等着的 2 张会接着出"),
        (PrinterChanged(PrinterStatus("cover_open")), "合上盖子"),
        (PrinterChanged(PrinterStatus("offline")), "检查电源和连线"),
        (PrinterChanged(PrinterStatus("ready")), "就绪"),
        (DeviceTold(1 << 20), "磁盘快满了"),
        (DeviceTold(61 << 30), "还有 61.0 GB"),
        (LinkChanged(LinkStatus("refused", 3)), "中心不认"),
        (LinkChanged(LinkStatus("refused", 3, detail="revoked")), "密钥已被吊销。照常销售；待上传 3 条"),
        (LinkChanged(LinkStatus("refused", 1234, START_MS - 125_000, detail="revoked")), "最旧 2 分钟"),
        (LinkChanged(LinkStatus("refused", 1234, detail="revoked")), "待上传 1,234 条"),
        (LinkChanged(LinkStatus("refused", 3, detail="no_key")), "没有密钥"),
        (LinkChanged(LinkStatus("refused", 3, detail="old_key")), "旧版本"),
        (LinkChanged(LinkStatus("refused", 3, detail="terminal_removed")), "门店文件里已没有本机"),
        (LinkChanged(LinkStatus("refused", 3, detail="certificate")), "由未知机构签发"),
        (LinkChanged(LinkStatus("refused", 3, detail="certificate_name")), "与名称不符"),
        (LinkChanged(LinkStatus("refused", 3, detail="certificate_time")), "已过期或尚未生效"),
        (LinkChanged(LinkStatus("offline", 3, START_MS - 125_000)), "最旧 2 分钟"),
        (LinkChanged(LinkStatus("online", 0, None, START_MS - 1)), "全部传完"),
        (LinkChanged(LinkStatus("online", 2)), "会自动再传"),
        (LinkChanged(LinkStatus("online", 0, None, None, -180_000)), "比中心慢 3 分钟"),
        (LinkChanged(LinkStatus("online", 0, None, None, 86_400_000)), "比中心快 1 天 0 小时"),
        (LinkChanged(LinkStatus("online", 0, None, None, 400)), "比中心快 0.4 秒"),
        (HubHeard(HubStatus()), "还没有回答"),
        (HubHeard(HubStatus(START_MS, 0, 0, 130, 120)), "已备份 120/130"),
        (HubHeard(HubStatus(START_MS, 2, 3, 130, 0)), "待办公室处理：2 条读不出，3 条存疑 · 已备份 0/130"),
        (CatalogueChanged(CatalogueStatus(1_000_000, START_MS - 13_860_000)), "3 小时 51 分钟前"),
        (CatalogueChanged(CatalogueStatus(5, START_MS - 90_000_000)), "1 天 1 小时前"),
        (CatalogueChanged(CatalogueStatus(5, START_MS - 5000)), "5 秒前"),
        (CatalogueChanged(CatalogueStatus(0, None, 43)), "正在接收全部商品：43%"),
        (CatalogueChanged(CatalogueStatus(5, START_MS, 0)), "正在接收全部商品：0%"),
    ],
)
def test_status_says_how_it_is(told: PrinterChanged, words: str) -> None:
    world = World().open_shift()
    world.do(GoTo("status"), told)
    assert words in labels(world.terminal.view())
    world.do(SwitchLanguage("en"), Back())
    assert world.at == "Selling"


@pytest.mark.parametrize(
    ("link", "hub", "words"),
    [
        (
            LinkStatus("refused", 7, detail="revoked"),
            HubStatus(START_MS - 7_200_000, 0, 0, 130, 120),
            "本机密钥已被吊销 · 2 小时 0 分钟前最后收到本机消息",
        ),
        (LinkStatus("refused", 7, detail="revoked"), HubStatus(), "本机密钥已被吊销 · 本次启动后还没有回答"),
        (LinkStatus("refused", 7, detail="upgrade"), HubStatus(), "还没有回答"),
        (
            LinkStatus("offline", 7, None, START_MS - 90_000),
            HubStatus(START_MS - 90_000, 2, 3, 130, 0),
            "1 分钟前最后收到本机消息 · 待办公室处理：2 条读不出，3 条存疑",
        ),
        (
            LinkStatus("refused", 7, None, START_MS, detail="revoked"),
            HubStatus(START_MS),
            "收不到新内容；已有的照常用",
        ),
        (LinkStatus("offline", 7, None, START_MS - 90_000), HubStatus(), "1 分钟前有回答"),
    ],
)
def test_what_the_hub_said_before_it_was_out_of_reach_is_told_as_that(
    link: LinkStatus, hub: HubStatus, words: str
) -> None:
    world = World().open_shift()
    world.do(GoTo("status"), HubHeard(hub), LinkChanged(link))
    main = world.terminal.view().main
    assert isinstance(main, StatusMain)
    rows = {row.title: row for row in main.left[0].rows}
    assert words in (rows["中心端"].detail, rows["接收"].detail)
    assert "正常" not in (rows["中心端"].state, rows["接收"].state)


def test_a_till_that_has_written_nothing_has_nothing_to_back_up() -> None:
    world = World().open_shift()
    world.do(GoTo("status"), HubHeard(HubStatus(START_MS)), LinkChanged(LinkStatus("online", 0)))
    text = labels(world.terminal.view())
    assert "收到本机消息" in text
    assert "已备份" not in text


def test_the_sign_on_page_checks_the_devices() -> None:
    world = World()
    world.do(
        PrinterChanged(PrinterStatus("offline")),
        LinkChanged(LinkStatus("online", 1, None, None, 2300)),
        CatalogueChanged(CatalogueStatus(5, START_MS)),
    )
    text = labels(world.terminal.view())
    assert "没有回答" in text
    assert "差 2.3 秒" in text
    assert "待传 1" in text
    assert "5 月 29 日 周五" in text
    world.do(SwitchLanguage("en"))
    assert "Fri 29 May" in labels(world.terminal.view())


def test_a_revoked_till_says_so_and_sells_on() -> None:
    world = World().open_shift()
    world.do(SwitchLanguage("en"), GoTo("status"), LinkChanged(LinkStatus("refused", 7, detail="revoked")))
    assert (
        "This till's key was revoked. Selling goes on; waiting to be sent: 7. Shop IT: enrol it again."
        in labels(world.terminal.view())
    )
    world.do(Back())
    world.scan(COLA)
    assert world.at == "Selling"
    assert world.refused == ""


def test_a_badge_of_the_rail_counts_what_needs_a_person() -> None:
    world = World().open_shift()
    world.do(PrinterChanged(PrinterStatus("paper_out", 1)), DeviceTold(1))
    assert [item.badge for item in world.terminal.view().rail] == ["", "", "", "2"]


def test_a_test_page() -> None:
    world = World().open_shift()
    world.do(GoTo("status"))
    (effect,) = world.do(PrintTestPage()).effects
    assert isinstance(effect, PrintNow)
    assert effect.request.kind == "test"


def test_answers_that_come_too_late_change_nothing() -> None:
    world = World().open_shift()
    world.do(SearchText("cola"), Lock())
    before = world.terminal.state
    world.do(ItemsFound("cola", ()))
    assert world.terminal.state == before
    world.do(Printed("x"), Recovered(None, None))
    assert world.at == "Locked"


def test_a_scan_is_told_on_the_status_page() -> None:
    world = World().open_shift()
    world.do(ScanCode(COLA), GoTo("status"))
    assert "最后一码" in labels(world.terminal.view())


def test_a_sale_is_not_said_to_be_sent_before_somebody_counted_the_queue() -> None:
    world = World().open_shift()
    world.do(LinkChanged(LinkStatus("online", 0, last_received_ms=START_MS)))
    world.scan(COLA)
    world.pay()
    assert world.at == "Done"
    assert "已存在本机，1 条待传" in labels(world.terminal.view())
    world.do(LinkChanged(LinkStatus("online", 0, last_received_ms=START_MS + 1)))
    assert "已存在本机，也已上传" in labels(world.terminal.view())
