"""The status page: the queue, this PC, the devices, and the one thing to do."""

from __future__ import annotations

from posapp.domain.shop import Permission
from posapp.flows.blocks import Action, Actions, Block, Fact, Facts, Note, Spring
from posapp.flows.formatting import N_
from posapp.flows.intents import Back, PrintTestPage, ResumePrinting, SignOff, TryScanner
from posapp.flows.mains import StatusGroup, StatusMain, StatusRow
from posapp.flows.presenters.leases import lease_rows
from posapp.flows.presenters.recalls import recalls_need, recalls_rows
from posapp.flows.presenters.scanners import scanner_needs, scanner_rows
from posapp.flows.presenters.words import Scene
from posapp.flows.views import Anchor

_PRINTER_TROUBLE = ("paper_out", "cover_open", "offline")
#: A clock this far off makes time codes and business dates doubtful.
CLOCK_OFF_MS = 60_000
DISK_LOW_BYTES = 1 << 30

#: What a refusing link means: on its row, and as the thing to do.
_REFUSED = {
    "no_key": (
        N_("this till has no key; selling goes on"),
        N_("This till has no key. Selling goes on, sales wait here. Shop IT: enrol it."),
    ),
    "old_key": (
        N_("this till's key is of an earlier version; selling goes on"),
        N_("This till's key is of an earlier version. Selling goes on, sales wait here. Shop IT: enrol it."),
    ),
    "key_refused": (
        N_("the hub refuses this till's key; selling goes on"),
        N_("The hub refuses this till. Ask shop IT to enrol it; sales are kept here."),
    ),
    "revoked": (
        N_("this till's key was revoked; selling goes on"),
        N_("This till's key was revoked. Selling goes on; waiting to be sent: {n}. Shop IT: enrol it again."),
    ),
    "terminal_removed": (
        N_("the shop file names this till no longer"),
        N_("The shop file names this till no longer. Ask shop IT to look at it; sales are kept here."),
    ),
    "store_refused": (
        N_("the key belongs to another store or terminal"),
        N_("The key of this till belongs to another one. Ask shop IT to enrol it; sales are kept here."),
    ),
    "certificate": (
        N_("the hub's certificate is from an unknown authority"),
        N_("The hub's certificate is from an unknown authority. Shop IT: give its ca.pem as hub_ca_file."),
    ),
    "certificate_name": (
        N_("the hub's certificate was made for another name"),
        N_("The hub's certificate was made for another name. Shop IT: use that name, or make another one."),
    ),
    "certificate_time": (
        N_("the hub's certificate is over or not yet good"),
        N_("The hub's certificate is over or not yet good. Check this clock, or shop IT: renew it."),
    ),
    "upgrade": (
        N_("the hub speaks another version"),
        N_("The hub speaks another version. Ask shop IT to update this till; sales are kept here."),
    ),
    "batch_refused": (
        N_("the hub did not take what was sent"),
        N_("The hub did not take what was sent. Ask shop IT to look at the hub's log; sales are kept here."),
    ),
    "hub_behind": (
        N_("the hub holds less than it once had"),
        N_("The hub holds less than it once had. Ask shop IT to look at it; sales are kept here."),
    ),
}


def status_main(scene: Scene) -> StatusMain:
    """Everything and how it is."""
    return StatusMain(
        title=scene.t("Sync and devices"),
        detail=f"{scene.terminal()} · {scene.t('version {v}', v=scene.version)}",
        left=(
            StatusGroup(
                scene.t("Sync"),
                (
                    _to_send(scene),
                    _received(scene),
                    _at_hub(scene),
                    _prices(scene),
                    *recalls_rows(scene),
                    _set_aside(scene),
                ),
            ),
            StatusGroup(scene.t("This PC"), (_clock(scene), _disk(scene))),
        ),
        right=(
            StatusGroup(scene.t("Devices"), (_printer(scene), *scanner_rows(scene))),
            *_members(scene),
        ),
    )


def _members(scene: Scene) -> tuple[StatusGroup, ...]:
    """What can be lost without the hub; it is told to who may answer for it."""
    who = scene.desk.operator
    if who is None or not scene.shop.allows(who, Permission.APPROVE):
        return ()
    rows = lease_rows(scene)
    return (StatusGroup(scene.t("Members"), rows),) if rows else ()


def _to_send(scene: Scene) -> StatusRow:
    link = scene.desk.link
    title = f"{scene.t('To send')} · {link.to_send:,}"
    if link.state == "refused":
        detail = scene.t(_REFUSED.get(link.detail, _REFUSED["key_refused"])[0])
        if link.oldest_ms is not None and link.to_send:
            detail += " · " + scene.t("oldest {age}", age=_age(scene, link.oldest_ms))
        return StatusRow("cloud-upload", title, detail, scene.t("Needs you"), "danger")
    if link.oldest_ms is not None and link.to_send:
        age = _age(scene, link.oldest_ms)
        detail = scene.t("oldest {age} · tried again by itself", age=age)
    else:
        detail = scene.t("everything is sent") if link.to_send == 0 else scene.t("tried again by itself")
    if link.state == "offline":
        return StatusRow("cloud-off", title, detail, scene.t("Offline"), "quiet")
    return StatusRow("cloud-upload", title, detail, scene.t("Fine"), "done")


def _received(scene: Scene) -> StatusRow:
    link, title = scene.desk.link, scene.t("From the hub")
    at = link.last_received_ms
    if link.state == "refused":
        detail = scene.t("nothing new comes; what is here goes on")
        return StatusRow("cloud-download", title, detail, scene.t("Note"), "warn")
    if at is None:
        return StatusRow("cloud-download", title, scene.t("no answer yet"), scene.t("Note"), "warn")
    if link.state == "offline":
        detail = scene.t("last answer {age} ago", age=_age(scene, at))
        return StatusRow("cloud-download", title, detail, scene.t("Offline"), "quiet")
    detail = scene.t("last answer {time}", time=scene.clock(at))
    return StatusRow("cloud-download", title, detail, scene.t("Fine"), "done")


def _at_hub(scene: Scene) -> StatusRow:
    """What the hub knows of this till; what waits there is for the office, not for the cashier."""
    hub, link = scene.desk.hub, scene.desk.link
    title = scene.t("At the hub")
    told = [scene.t("revoked there")] if link.detail == "revoked" else []
    if hub.heard_ms is None:
        # Since this start: what it knew before that is not remembered here.
        told.append(scene.t("no answer since this start") if told else scene.t("no answer yet"))
        return StatusRow("cloud-check", title, " · ".join(told), scene.t("Note"), "warn")
    waiting = ""
    if hub.quarantined or hub.exceptions:
        waiting = scene.t(
            "for the office: {n} unreadable, {m} doubtful", n=str(hub.quarantined), m=str(hub.exceptions)
        )
    if link.state in ("offline", "refused"):
        # What it said then: whether it still holds is not known here.
        told.append(scene.t("last saw this till {age} ago", age=_age(scene, hub.heard_ms)))
        detail = " · ".join([*told, waiting] if waiting else told)
        if waiting or link.state == "refused":
            return StatusRow("cloud-check", title, detail, scene.t("Note"), "warn")
        return StatusRow("cloud-check", title, detail, scene.t("Offline"), "quiet")
    told.append(waiting or scene.t("saw this till {time}", time=scene.clock(hub.heard_ms)))
    if hub.seq:
        told.append(scene.t("backed up {n} of {m}", n=f"{hub.backed_up:,}", m=f"{hub.seq:,}"))
    detail = " · ".join(told)
    if waiting:
        return StatusRow("cloud-check", title, detail, scene.t("Note"), "warn")
    return StatusRow("cloud-check", title, detail, scene.t("Fine"), "done")


def _age(scene: Scene, at_ms: int) -> str:
    return scene.speech.age(max(0, scene.now_ms - at_ms) // 1000)


def _prices(scene: Scene) -> StatusRow:
    known = scene.desk.catalogue
    title = scene.t("Prices")
    loading = known.loading_percent
    new = "" if loading is None else scene.t("all items are coming: {n} %", n=str(loading))
    if not known.items:
        return StatusRow("tag", title, new or scene.t("no items yet"), scene.t("Note"), "warn")
    detail = scene.t("{n} items", n=f"{known.items:,}")
    if new:
        return StatusRow("tag", title, f"{detail} · {new}", scene.t("Fine"), "done")
    if known.updated_ms:
        age = _age(scene, known.updated_ms)
        detail += " · " + scene.t("updated {time}, {age} ago", time=scene.clock(known.updated_ms), age=age)
    return StatusRow("tag", title, detail, scene.t("Fine"), "done")


def _set_aside(scene: Scene) -> StatusRow:
    count = scene.desk.quarantined
    if not count:
        return StatusRow("inbox", scene.t("Set aside"), scene.t("nothing"), scene.t("Fine"), "done")
    detail = scene.t("{n} unreadable; sales go on", n=str(count))
    return StatusRow("inbox", scene.t("Set aside"), detail, scene.t("Note"), "warn")


def _clock(scene: Scene) -> StatusRow:
    offset = scene.desk.link.clock_offset_ms
    if offset is None:
        return StatusRow("clock", scene.t("Clock"), scene.t("not compared yet"), scene.t("Note"), "warn")
    gap = scene.clock_gap(offset)
    ahead = scene.t("{gap} ahead of the hub", gap=gap)
    words = ahead if offset > 0 else scene.t("{gap} behind the hub", gap=gap)
    if abs(offset) > CLOCK_OFF_MS:
        return StatusRow("clock", scene.t("Clock"), words, scene.t("Needs you"), "danger")
    return StatusRow("clock", scene.t("Clock"), words, scene.t("Fine"), "done")


def _disk(scene: Scene) -> StatusRow:
    free = scene.desk.devices.disk_free_bytes
    if free is None:
        return StatusRow("hard-drive", scene.t("Disk"), "—", scene.t("Note"), "warn")
    detail = scene.t("{n} GB free", n=f"{free // 2**30}.{free % 2**30 * 10 // 2**30}")
    if free < DISK_LOW_BYTES:
        return StatusRow("hard-drive", scene.t("Disk"), detail, scene.t("Needs you"), "danger")
    return StatusRow("hard-drive", scene.t("Disk"), detail, scene.t("Fine"), "done")


def _printer(scene: Scene) -> StatusRow:
    printer = scene.desk.printer
    words = {
        "ready": scene.t("ready"),
        "paper_out": scene.t("out of paper"),
        "cover_open": scene.t("cover open"),
        "offline": scene.t("no answer"),
        "unknown": scene.t("not asked yet"),
    }[printer.state]
    if printer.waiting:
        words += " · " + scene.t("{n} waiting", n=str(printer.waiting))
    bad = printer.state in _PRINTER_TROUBLE
    state = scene.t("Needs you") if bad else scene.t("Fine")
    return StatusRow("printer", scene.t("Receipt printer"), words, state, "danger" if bad else "done")


def refusal_of(scene: Scene) -> str:
    """What the hub's refusal asks a person to do; "" where it does not refuse."""
    link = scene.desk.link
    if link.state != "refused":
        return ""
    return scene.t(_REFUSED.get(link.detail, _REFUSED["key_refused"])[1], n=f"{link.to_send:,}")


def needs(scene: Scene) -> tuple[str, ...]:
    """What needs a person now, as sentences, worst first."""
    found = []
    printer = scene.desk.printer
    waiting = str(max(printer.waiting, 1))
    free = scene.desk.devices.disk_free_bytes
    if free is not None and free < DISK_LOW_BYTES:
        found.append(scene.t("The disk is nearly full. Free some space, or sales cannot be stored."))
    if printer.state == "paper_out":
        found.append(
            scene.t(
                "The receipt printer is out of paper. Load a roll, then press Resume printing. "
                "Slips waiting: {n}.",
                n=waiting,
            )
        )
    if printer.state == "cover_open":
        found.append(scene.t("The printer's cover is open. Close it, then press Resume printing."))
    if printer.state == "offline":
        found.append(
            scene.t("The printer does not answer. Check its cable and power, then press Resume printing.")
        )
    found += scanner_needs(scene)
    if scene.desk.link.state == "refused":
        found.append(refusal_of(scene))
    place = scene.shop.terminal(scene.desk.terminal_id)
    if place is not None and scene.desk.terminal_number not in (0, place.number):
        found.append(
            scene.t(
                "The shop calls this terminal {a}, its own settings {b}. Ask shop IT to make them agree.",
                a=str(place.number),
                b=str(scene.desk.terminal_number),
            )
        )
    if scene.desk.recalls.trouble is not None:
        found.append(recalls_need(scene))
    offset = scene.desk.link.clock_offset_ms
    if offset is not None and abs(offset) > CLOCK_OFF_MS:
        found.append(scene.t("This clock is far off. Set the PC's clock."))
    return tuple(found)


def status_side(scene: Scene) -> tuple[Block, ...]:
    """The one thing to do, and other ways."""
    open_things = needs(scene)
    blocks: list[Block] = []
    told = scene.desk.refusal
    if told is not None:
        blocks.append(Note(scene.t(told.msgid, **told.params), "danger", "circle-alert"))
    if open_things:
        blocks.append(Note(open_things[0], "danger", "circle-alert", big=True))
    else:
        blocks.append(Note(scene.t("All fine"), "saving", "circle-check", big=True))
    blocks.append(Facts((Fact(scene.t("Selling goes on all the same."), "info", "quiet"),)))
    blocks.append(Spring())
    blocks.append(
        Actions(
            (
                Action(scene.t("Print a test page"), PrintTestPage(), "F9", "file-check"),
                Action(scene.t("Test scanner"), TryScanner(), "F6", "scan-barcode"),
                Action(scene.t("Sign off"), SignOff(), "", "log-out"),
            )
        )
    )
    return tuple(blocks)


def status_anchor(scene: Scene) -> Anchor:
    """How many things need a person; the act that mends the worst."""
    count = len(needs(scene))
    if scene.desk.printer.state in _PRINTER_TROUBLE:
        primary = Action(scene.t("Resume printing"), ResumePrinting(), "Enter", "printer", "primary")
    else:
        primary = Action(scene.t("Back"), Back(), "Enter", "arrow-left", "primary")
    figure = scene.t("{n} to mend", n=str(count)) if count else scene.t("All fine")
    return Anchor((), scene.t("Needs you"), figure, "", "", "plain" if count else "zero", primary)
