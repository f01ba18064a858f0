"""The picture of a till that cannot open: one sentence, one button, no shop and no clock needed."""

from __future__ import annotations

from posapp.flows.blocks import Action, Note
from posapp.flows.formatting import N_, Speech
from posapp.flows.intents import StoreAgain
from posapp.flows.mains import MessageMain
from posapp.flows.views import Anchor, SyncChip, TopBar, View

#: By the store's own word for a trouble.
SENTENCES = {
    "disk_full": N_("The till cannot open: the disk is full. Free some space, then try again."),
    "locked": N_("The till cannot open: another program holds its ledger. Close it, then try again."),
    "read_only": N_("The till cannot open: its folder cannot be written. Make it writable, then try again."),
    "io_error": N_("The till cannot open: the disk reports errors. Call shop IT; nothing is deleted."),
    "integrity": N_("The till cannot open: its ledger is damaged. Call shop IT; nothing is deleted."),
}
TOO_NEW = N_("The till cannot open: its ledger was written by a newer version. Install that version again.")
UNSAFE = N_("The till cannot open: its database library may damage data. Install the till again.")
FAULTS = N_("The till stopped three times in a minute. Call shop IT; every stored sale is safe.")
FOREIGN = N_("The till cannot open: its ledger belongs to another terminal. Give this one its own folder.")


def trouble_view(speech: Speech, sentence: str) -> View:
    """The whole window for a sentence (a msgid) that says what is wrong and what mends it."""
    again = Action(speech.t("Try again"), StoreAgain(), "F12", "rotate-ccw", "primary")
    top = TopBar(
        scan_hint="",
        scan_enabled=False,
        echo=None,
        chip=SyncChip(speech.t("Offline"), "cloud-off", True, None),
        clock="",
        operator=None,
        language=None,
        scan_name=speech.t("Scan field"),
    )
    return View(
        language=speech.language,
        state="NotOpened",
        top=top,
        rail=(),
        main=MessageMain(
            icon="hard-drive",
            title=speech.t("The till cannot open"),
            hint=speech.t("What is stored stays stored."),
            note=Note(speech.t(sentence), "danger", "circle-alert", big=True),
        ),
        side=(),
        sheet=None,
        anchor=Anchor((), "", "", "", "", "zero", again),
        typing="scan",
        clear_scan=0,
    )
