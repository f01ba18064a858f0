"""`poshub programme`, `member`, `coupon` and `points`, as their words are typed and what they answer."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from posapp.domain.codes.own import read_own
from sync.hub.commands import cli
from sync.hub.database import Database
from sync.hub.feeds.streams import held_bodies
from sync.protocol.codec import decode_message
from sync.protocol.loyalty import MemberBody

DEMO = Path(__file__).parents[2] / "resources" / "demo"
CHEN = "M0CHENS1YV286"

Said = tuple[int, str, str]
Hub = Callable[..., Said]


@pytest.fixture
def hub(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Hub:
    """The demo's hub with its programme and members; words in, (code, output, complaint) out."""

    def run(*words: str) -> Said:
        code = cli([*words, "--database", str(tmp_path / "hub.db")])
        told = capsys.readouterr()
        return code, told.out, told.err

    assert run("init", "--shop", str(DEMO / "shop.toml"))[0] == 0
    assert run("programme", "put", str(DEMO / "programme.json"))[1] == "revision 1; 1 store(s) get it\n"
    put = run("member", "import", str(DEMO / "members.json"), "--store", "S0217")
    assert put[1] == "made: 3, changed: 0, unchanged: 0\n"
    return run


def row(tmp_path: Path, member_id: str) -> MemberBody | None:
    database = Database(tmp_path / "hub.db")
    try:
        with database.reading() as connection:
            held = held_bodies(connection, "S0217", "members", [member_id])
    finally:
        database.close()
    return decode_message(held[member_id], MemberBody) if held else None


def test_a_programme_is_checked_put_and_printed(hub: Hub, tmp_path: Path) -> None:
    assert (
        hub("programme", "put", str(DEMO / "programme.json"))[1]
        == "unchanged, revision 1; 0 store(s) get it\n"
    )
    code, printed, _ = hub("programme", "show")
    assert code == 0
    again = tmp_path / "again.json"
    again.write_text(printed, "utf-8")
    assert cli(["programme", "check", str(again)]) == 0
    assert "lookup_key" not in printed
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps({"points_days": -1, "colour": 1}), "utf-8")
    code, _, complaint = hub("programme", "put", str(wrong))
    assert code == 1
    assert "points_days" in complaint
    assert "colour" in complaint
    assert complaint.endswith("nothing was put\n")


def test_members_are_put_from_csv_and_each_wrong_one_is_named(hub: Hub, tmp_path: Path) -> None:
    file = tmp_path / "members.csv"
    file.write_text(
        "phone,name,level,tags,cards,consents\n"
        "13700000001,Li Lei,silver,vip;staff,MC00000009,terms=2026-11;marketing=2026-11\n",
        "utf-8",
    )
    assert hub("member", "import", str(file))[1] == "made: 1, changed: 0, unchanged: 0\n"
    assert hub("member", "import", str(file))[1] == "made: 0, changed: 0, unchanged: 1\n"
    assert "Li Lei" in hub("member", "find", "MC00000009", "--by", "card")[1]
    file.write_text("phone,colour\n13700000002,red\n", "utf-8")
    code, _, complaint = hub("member", "import", str(file))
    assert code == 1
    assert "member 1: 'colour' is nothing of a member" in complaint
    # The second is wrong, so the first is not there either.
    file.write_text("phone,name\n13700000003,A\n12,B\n", "utf-8")
    code, _, complaint = hub("member", "import", str(file))
    assert (code, "member 2: a phone number has" in complaint) == (1, True)
    assert hub("member", "find", "13700000003")[0] == 1
    (tmp_path / "twice.json").write_text('[{"phone": "1", "phone": "2"}]', "utf-8")
    assert "stands twice" in hub("member", "import", str(tmp_path / "twice.json"))[2]
    assert "no store 'S9'" in hub("member", "import", str(DEMO / "members.json"), "--store", "S9")[2]


def test_a_code_is_printed_and_drawn(hub: Hub, tmp_path: Path) -> None:
    picture = tmp_path / "code.png"
    code, printed, told = hub("member", "code", CHEN, "--count", "2", "--qr", str(picture))
    assert code == 0
    lines = printed.split()
    assert len(lines) == 2
    sealed = read_own(lines[0])
    assert sealed is not None
    assert (sealed.code.kind, sealed.code.subject) == ("member", CHEN)
    assert told.startswith("2 code(s) for ")
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert hub("member", "code", CHEN, "--qr", str(tmp_path / "code.txt"))[0] == 1
    assert hub("member", "code", "M000000000000")[2] == (
        "there is no member 'M000000000000'; nothing was changed\n"
    )
    assert hub("member", "revoke", CHEN, "--reason", "phone lost")[0] == 0
    assert hub("member", "block", CHEN)[0] == 0
    assert "blocked" in hub("member", "code", CHEN)[2]
    known = row(tmp_path, CHEN)
    assert known is not None
    assert known.is_blocked
    assert hub("member", "unblock", CHEN)[0] == 0


def test_points_and_coupons_reach_the_tills(hub: Hub, tmp_path: Path) -> None:
    assert hub("points", "adjust", CHEN, "2860", "--reason", "opening")[1] == f"+2,860 point(s) for {CHEN}\n"
    name = ("--name", "en=20 off 200", "--value", "20", "--until", "2099-12-31")
    assert hub("coupon", "batch", "add", "SPRING20", *name)[0] == 0
    code, printed, told = hub("coupon", "issue", "SPRING20", "--member", CHEN)
    assert (code, told) == (0, "issued 1 coupon(s) of SPRING20\n")
    coupon_id = printed.strip()
    known = row(tmp_path, CHEN)
    assert known is not None
    assert (known.points, known.coupons[0].coupon_id, known.coupons[0].value_minor) == (2860, coupon_id, 2000)
    assert "issued 1" in hub("coupon", "batch", "list")[1]
    assert "P1C." in hub("coupon", "show", coupon_id)[1]
    assert hub("coupon", "void", coupon_id)[1] == "voided: 1\n"
    code, _, complaint = hub("coupon", "void", coupon_id)
    assert (code, complaint) == (1, f"left as they are: {coupon_id} (voided)\n")
    assert "P1C." not in hub("coupon", "show", coupon_id)[1]
    after = row(tmp_path, CHEN)
    assert after is not None
    assert after.coupons == ()
    papers = tmp_path / "papers.csv"
    assert hub("coupon", "issue", "SPRING20", "--count", "2", "--codes", str(papers))[0] == 0
    with papers.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["code"].startswith("P1C.") for line in lines] == [True, True]
    assert papers.stat().st_mode & 0o077 == 0
    assert "opening" in hub("points", "show", CHEN)[1]
    month = hub("points", "months")[1].splitlines()
    assert month[1].split()[1:] == ["2,860", "0", "0", "2,860", "0", "0"]
    code, _, complaint = hub("points", "adjust", CHEN, "-9999", "--reason", "x")
    assert (code, "not there" in complaint) == (1, True)
    assert hub("coupon", "issue", "NONE", "--count", "1")[2] == (
        "there is no batch 'NONE'; nothing was changed\n"
    )
    assert hub("coupon", "issue", "SPRING20")[0] == 1


def test_one_member_is_exported_and_erased(hub: Hub, tmp_path: Path) -> None:
    code, printed, _ = hub("member", "export", CHEN)
    assert code == 0
    assert json.loads(printed)["member"]["cards"] == ["MC00000001"]
    assert "陈**" in hub("member", "show", CHEN)[1]
    assert hub("member", "erase", CHEN)[0] == 1
    assert hub("member", "erase", CHEN, "--yes")[0] == 0
    assert row(tmp_path, CHEN) is None
    for words in (("show", CHEN), ("export", CHEN), ("find", "13800136027")):
        assert hub("member", *words)[0] == 1
    wang, maria = "M0WANGX1A0M1N", "M0MAR1AG0NZA1"
    assert hub("member", "merge", wang, maria)[1] == f"one member now: {wang}\n"
    assert wang in hub("member", "find", maria, "--by", "id")[1]


def test_coupons_that_nobody_has_a_list_of_are_not_issued(hub: Hub, tmp_path: Path) -> None:
    assert hub("coupon", "batch", "add", "SPRING", "--name", "en=20 off", "--value", "20")[0] == 0
    code, _, complaint = hub(
        "coupon", "issue", "SPRING", "--count", "2", "--codes", str(tmp_path / "no" / "x")
    )
    assert code == 1
    assert "does not exist" in complaint
    assert "none yet" in hub("coupon", "batch", "list")[1]


def test_what_is_typed_wrong_is_said_with_what_to_do(hub: Hub, tmp_path: Path) -> None:
    file = tmp_path / "members.csv"
    file.write_bytes(b"phone\n\xff\n")
    assert "save it as UTF-8" in hub("member", "import", str(file))[2]
    for count in ("0", "-5", "99999"):
        assert "--count is from 1" in hub("member", "code", CHEN, "--count", count)[2]
