"""Pictures of the time when nobody works here: signing on, locked, setting up, stuck."""

from __future__ import annotations

from posapp.flows.blocks import Action, Block, Field, Note, Person, Spring
from posapp.flows.intents import SelectOperator, SignOn
from posapp.flows.mains import Check, MessageMain, OperatorTile, SignOnMain
from posapp.flows.presenters.pads import pin_pad
from posapp.flows.presenters.words import Scene, initial
from posapp.flows.sign_on import locked_time
from posapp.flows.state import Locked, SignedOff
from posapp.flows.views import Anchor, Main

PIN_DOTS = 4


def sign_on_main(scene: Scene, phase: SignedOff | Locked) -> Main:
    """Store, clock and the people who may sign on."""
    moment = scene.local(scene.now_ms)
    return SignOnMain(
        store=scene.word(scene.shop.names),
        terminal=scene.terminal(),
        clock=f"{moment:%H:%M}",
        date=f"{scene.speech.date(moment)} · {_day(scene)}",
        badge_title=scene.t("Scan your badge, then enter your PIN"),
        badge_hint=scene.t("No badge? Tap your name."),
        operators=tuple(_tiles(scene, phase)),
        checks=_checks(scene),
        note=_note(scene, phase),
    )


def _day(scene: Scene) -> str:
    shift = scene.desk.shift
    if shift is None:
        return scene.t("No shift is open")
    return scene.t("Shift {n} is open", n=str(shift.number))


def _tiles(scene: Scene, phase: SignedOff | Locked) -> list[OperatorTile]:
    tiles = []
    for who in scene.shop.operators:
        until = locked_time(scene.desk, who.operator_id, scene.now_ms)
        pin = scene.shop.demo_pins.get(who.operator_id, "")
        tiles.append(
            OperatorTile(
                operator_id=who.operator_id,
                name=who.name,
                role=scene.role(who.role),
                initial=initial(who.name),
                chosen=who.operator_id == phase.chosen,
                locked=scene.t("Locked until {time}", time=until) if until else "",
                pin_hint=scene.t("PIN {pin}", pin=pin) if pin else "",
                intent=SelectOperator(who.operator_id),
            )
        )
    return tiles


def _note(scene: Scene, phase: SignedOff | Locked) -> Note | None:
    if scene.desk.refusal is not None:
        told = scene.desk.refusal
        return Note(scene.t(told.msgid, **told.params), "danger", "circle-alert")
    if isinstance(phase, Locked):
        text = scene.t("Locked. The sale is kept; key your PIN to go on.")
        return Note(text, "info", "lock")
    if scene.desk.draft_trouble == "unreadable":
        text = scene.t("The sale that was open could not be read back. Scan its goods again.")
        return Note(text, "warn", "triangle-alert")
    if scene.desk.cart is not None:
        text = scene.t("An open sale is kept (lines: {n}). Sign on to go on.", n=_lines(scene))
        return Note(text, "info", "receipt")
    return None


def _lines(scene: Scene) -> str:
    return str(len(scene.desk.cart.lines)) if scene.desk.cart else "0"


def _checks(scene: Scene) -> tuple[Check, ...]:
    desk = scene.desk
    printer = {
        "ready": scene.t("OK"),
        "paper_out": scene.t("out of paper"),
        "cover_open": scene.t("cover open"),
        "offline": scene.t("no answer"),
        "unknown": "—",
    }[desk.printer.state]
    bad = desk.printer.state in ("paper_out", "cover_open", "offline")
    updated = desk.catalogue.updated_ms
    offset = desk.link.clock_offset_ms
    off = "—"
    if offset is not None:
        off = scene.t("{gap} off", gap=scene.clock_gap(offset))
    return (
        Check("printer", scene.t("Receipt printer"), printer, "danger" if bad else "plain"),
        Check("tag", scene.t("Prices"), scene.clock(updated) if updated else "—", "plain"),
        Check("cloud-upload", scene.t("To send"), str(desk.link.to_send), "plain"),
        Check("clock", scene.t("Clock"), off, "warn" if offset and abs(offset) > 60_000 else "plain"),
    )


def sign_on_side(scene: Scene, phase: SignedOff | Locked) -> tuple[Block, ...]:
    """Who is chosen, and the keys for the PIN."""
    who = scene.shop.operator(phase.chosen or "")
    if who is None:
        person = Person("?", scene.t("Nobody chosen"), scene.t("Scan a badge or tap a name"))
    else:
        person = Person(initial(who.name), who.name, scene.role(who.role))
    return (person, Spring(), pin_pad(scene))


def sign_on_anchor(scene: Scene, phase: SignedOff | Locked) -> Anchor:
    """PIN dots and the one act."""
    label = scene.t("Sign on") if isinstance(phase, SignedOff) else scene.t("Unlock")
    ready = phase.chosen is not None and len(phase.pin) >= PIN_DOTS
    primary = Action(label, SignOn(), "Enter", "", "primary", enabled=ready, busy=phase.checking)
    dots = (len(phase.pin), max(PIN_DOTS, len(phase.pin)))
    return Anchor((), scene.t("PIN"), "", "", "", "plain", primary, dots)


def pin_field(scene: Scene, pin: str) -> Field:
    """The PIN as dots, for a sheet."""
    return Field(scene.t("PIN"), "", dots=(len(pin), max(PIN_DOTS, len(pin))))


def waiting_main(scene: Scene, refused: str) -> MessageMain:
    """The first picture of a till without a shop; `refused` is what the hub's refusal means, or ""."""
    return MessageMain(
        icon="store",
        title=scene.t("This till waits for its shop"),
        hint=scene.t("The set-up comes from the hub by itself. Check that the hub runs."),
        note=Note(refused, "danger", "circle-alert", big=True) if refused else None,
    )
