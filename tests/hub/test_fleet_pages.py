"""What the fleet page shows of tills and stores, and that what tills send is words and nothing else."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

from sqlalchemy import update

from sync.hub.doubts.exception_list import note_exception
from sync.hub.doubts.lists import WORST_FIRST
from sync.hub.fleet.fleet_reading import PAGE_ROWS
from sync.hub.goods.shop_admin import put_shop
from sync.hub.schema.events import QUARANTINE, TERMINAL
from tests.hub.conftest import NOW_MS, shop_document
from tests.hub.fleet_visitor import PAGES, Fleet, note
from tests.hub.test_hub_routes import push

ALL_TILLS = {"S1/T1", "S1/T2", "S2/T1", "S2/T2"}
HOSTILE = "\"><script>alert(1)</script>'&{{7*7}}\u202e\u2066"


def test_a_till_is_shown_as_it_says_it_is(fleet: Fleet) -> None:
    fleet.report(
        queue_length=12,
        oldest_ms=NOW_MS - 240_000,
        app_version="1.4.2",
        printer="paper_out",
        printer_detail="Front",
        items=48_211,
        catalogue_updated_ms=NOW_MS - 7_200_000,
        system="Debian 12",
        clock_ms=NOW_MS + 2_400,
    )
    fleet.clock.ms += 5_000
    text = fleet.visitor().get("/fleet").text
    row = re.search(r'data-till="S1/T1".*?</tr>', text, re.DOTALL)
    assert row is not None
    for shown in (
        "Online",
        "5 s",
        "12",
        "4 min",
        "Out of paper",
        "Front",
        "+2.4 s",
        "48,211",
        "2 h old",
        "1.4.2",
    ):
        assert shown in row[0], shown
    assert "Enrolled" in row[0]
    silent = re.search(r'data-till="S1/T2".*?</tr>', text, re.DOTALL)
    assert silent is not None
    assert "Never seen" in silent[0]


def test_a_till_is_silent_after_half_a_minute(fleet: Fleet) -> None:
    fleet.report()
    visitor = fleet.visitor()
    fleet.clock.ms += 30_000
    assert "S1/T1" in visitor.get("/fleet?filter=online").text
    fleet.clock.ms += 1
    assert "S1/T1" not in visitor.get("/fleet?filter=online").text
    assert "S1/T1" in visitor.get("/fleet?filter=silent").text


def test_tills_are_found(fleet: Fleet) -> None:
    fleet.report(queue_length=3, oldest_ms=NOW_MS - 3_600_000, app_version="9.9")
    fleet.report("T2", printer="offline", clock_ms=NOW_MS + 999_999)
    note(fleet)
    visitor = fleet.visitor()
    for query, shown in {
        "": ALL_TILLS,
        "q=s2": {"S2/T1", "S2/T2"},
        "q=corner": ALL_TILLS,
        "q=%25": set(),
        "q=9.9": {"S1/T1"},
        "filter=online": {"S1/T1", "S1/T2"},
        "filter=silent": {"S2/T1", "S2/T2"},
        "filter=queue": {"S1/T1"},
        "filter=printer": {"S1/T2"},
        "filter=clock": {"S1/T2"},
        "filter=open": {"S1/T1", "S1/T2"},
        "filter=trouble": {"S1/T1", "S1/T2"},
        "store=S2": {"S2/T1", "S2/T2"},
        "store=S2&filter=trouble": set(),
        "store=S9": set(),
        "filter=removed": set(),
        "filter=nonsense&sort=nonsense&page=x": ALL_TILLS,
        "page=999999": set(),
    }.items():
        text = visitor.get(f"/fleet?{query}").text
        assert set(re.findall(r'data-till="([^"]*)"', text)) == shown, query


def test_the_longest_queue_comes_first_where_that_is_asked(fleet: Fleet) -> None:
    fleet.report("T2", queue_length=5, oldest_ms=NOW_MS)
    text = fleet.visitor().get("/fleet?sort=queue").text
    assert re.findall(r'data-till="([^"]*)"', text)[0] == "S1/T2"


def test_the_worst_come_first(fleet: Fleet) -> None:
    fleet.report("T1", clock_ms=NOW_MS + 999_999)
    fleet.report("T2", queue_length=5, oldest_ms=NOW_MS - 3_600_000)
    visitor = fleet.visitor()
    order = re.findall(r'data-till="([^"]*)"', visitor.get("/fleet").text)
    assert order == ["S1/T2", "S1/T1", "S2/T1", "S2/T2"], "an old queue, a clock, and those that never came"
    order = re.findall(r'data-till="([^"]*)"', visitor.get("/fleet/stores/S1?sort=place").text)
    assert order == ["S1/T1", "S1/T2"]
    # The later one is the worse one.
    with fleet.database.writing() as connection:
        for age, kind in enumerate(reversed(WORST_FIRST)):
            note_exception(connection, "S2", kind, kind, detail={}, now_ms=NOW_MS - age)
    for query, kinds in {"": list(WORST_FIRST), "?sort=newest": list(reversed(WORST_FIRST))}.items():
        text = visitor.get(f"/fleet/exceptions{query}").text
        shown = re.findall(r'data-kind="(\w+)"', text)
        assert [one for one in shown if one != "clock_off"] == [one for one in kinds if one != "clock_off"]


def test_what_waits_in_a_store_and_at_no_till_is_counted(fleet: Fleet) -> None:
    with fleet.database.writing() as connection:
        note_exception(connection, "S2", "stock_count", "a:1", detail={"sku": "a"}, now_ms=NOW_MS)
    visitor = fleet.visitor()
    for path, link in {
        "/fleet": "/fleet/exceptions",
        "/fleet/stores/S2": "/fleet/exceptions?store=S2",
    }.items():
        text = visitor.get(path).text
        assert "1 exceptions, 0 lines" in text, path
        assert f'href="{link}"><span class="label">To settle' in text, path
    assert "0 exceptions, 0 lines" in visitor.get("/fleet/stores/S1").text
    [row] = [one for one in visitor.get("/fleet/stores").text.split("<tr") if "/fleet/stores/S2" in one]
    assert re.findall(r'class="number">(\d+)<', row)[-1] == "1"


def test_many_tills_come_in_pages(fleet: Fleet) -> None:
    document = shop_document("S3", terminals=[{"id": f"K{n:04d}"} for n in range(2 * PAGE_ROWS + 7)])
    with fleet.database.writing() as connection:
        put_shop(connection, document, show_pins=False, now_ms=NOW_MS)
    visitor = fleet.visitor()
    seen: list[str] = []
    for page_no in (1, 2, 3):
        seen += re.findall(r'data-till="([^"]*)"', visitor.get(f"/fleet/stores/S3?page={page_no}").text)
    assert len(seen) == len(set(seen)) == 2 * PAGE_ROWS + 7
    assert seen == sorted(seen)


def test_what_does_not_exist_is_said_so(fleet: Fleet) -> None:
    visitor = fleet.visitor()
    for path in (
        "/fleet/stores/S9",
        "/fleet/stores/S1/tills/T9",
        "/fleet/stores/S1/statements/x",
        "/fleet/stores/S1/statements/x/file",
        "/fleet/quarantine/line",
        "/fleet/quarantine/line?key=WzEsMl0",
        "/fleet/quarantine/line/bytes?key=%00",
        "/fleet/stores/%00/tills/%00",
        "/fleet/assets/..%2fbase.html",
    ):
        assert visitor.get(path).status == 404, path


def test_what_tills_send_is_shown_and_never_run(fleet: Fleet) -> None:
    fleet.report(**dict.fromkeys(("app_version", "printer", "printer_detail", "system"), HOSTILE))
    note(fleet, key=f"k{HOSTILE}", **{HOSTILE: HOSTILE})
    line = json.dumps({"body": HOSTILE}).encode()
    assert push(fleet.url, fleet.key, [line, HOSTILE.encode(), b"\xff\xfe<script>"])[0] == 200
    with fleet.database.writing() as connection:
        connection.execute(update(QUARANTINE).values(reason=HOSTILE))
    visitor = fleet.visitor()
    handles = visitor.get("/fleet/quarantine").handles()
    assert len(handles) == 3
    key = visitor.get("/fleet/exceptions").handles()[0]
    visitor.act("/fleet/exceptions", "/fleet/exceptions/settle", {"key": key, "note": HOSTILE})
    paths = [*PAGES, *(f"/fleet/quarantine/line?key={one}" for one in handles)]
    paths += [f"/fleet?q={quote(HOSTILE)}", f"/fleet/exceptions?q={quote(HOSTILE)}&store={quote(HOSTILE)}"]
    paths += [f"/fleet/record?q={quote(HOSTILE)}&done={quote(HOSTILE)}", f"/fleet?page={quote(HOSTILE)}"]
    shown = 0
    for path in paths:
        text = visitor.get(path).text
        assert "<script>" not in text, path
        assert "alert(1)</script>" not in text, path
        assert "\u202e" not in text or "q=" in path, path
        assert "&#39;&amp;49" not in text, path
        shown += "&lt;script&gt;" in text
    assert shown >= 10, "the words are shown as words"


def test_the_names_of_stores_are_words_too(fleet: Fleet) -> None:
    document = shop_document("S1")
    document["store"]["names"] = "<b>Corner</b>"
    with fleet.database.writing() as connection:
        put_shop(connection, document, show_pins=False, now_ms=NOW_MS)
    for path in PAGES[:4]:
        assert "<b>Corner" not in fleet.visitor().get(path).text


def test_a_removed_terminal_is_not_among_the_tills(fleet: Fleet) -> None:
    with fleet.database.writing() as connection:
        connection.execute(update(TERMINAL).where(TERMINAL.c.terminal_id == "T2").values(is_set_up=0))
    visitor = fleet.visitor()
    assert "S1/T2" not in visitor.get("/fleet").text
    assert "S1/T2" in visitor.get("/fleet?filter=removed").text
    assert "Not in the shop file" in visitor.get("/fleet/stores/S1/tills/T2").text
