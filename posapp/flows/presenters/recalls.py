"""Recalls, markdowns and promotions on the status page: how many, and what keeps newer ones out."""

from __future__ import annotations

from posapp.flows.formatting import N_
from posapp.flows.mains import StatusRow
from posapp.flows.presenters.words import Scene


def recalls_rows(scene: Scene) -> tuple[StatusRow, ...]:
    """A row each for recalls, markdown rules and promotions, none for what this shop does not have."""
    return (*_recalls(scene), *_markdowns(scene), *_promotions(scene))


def _recalls(scene: Scene) -> tuple[StatusRow, ...]:
    recalls = scene.desk.recalls
    title = scene.t("Recalls · {n}", n=str(recalls.list.count))
    if recalls.trouble is not None:
        detail = scene.t("no list yet")
        if recalls.read_ms:
            detail = scene.t("the list of {time} holds", time=scene.clock(recalls.read_ms))
        return (StatusRow("triangle-alert", title, detail, scene.t("Needs you"), "danger"),)
    if recalls.unreadable:
        return (_unreadable(scene, title, recalls.unreadable),)
    if recalls.read_ms is not None:
        detail = scene.t("read at {time}", time=scene.clock(recalls.read_ms))
        return (StatusRow("shield-check", title, detail, scene.t("Fine"), "done"),)
    if recalls.of_hub.by_gtin14:
        return (StatusRow("shield-check", title, scene.t("from the hub"), scene.t("Fine"), "done"),)
    return ()


def _markdowns(scene: Scene) -> tuple[StatusRow, ...]:
    markdowns = scene.desk.markdowns
    title = scene.t("Markdown rules · {n}", n=str(markdowns.rules.count))
    if markdowns.unreadable:
        return (_unreadable(scene, title, markdowns.unreadable),)
    if markdowns.rules.count:
        return (StatusRow("clock", title, scene.t("from the hub"), scene.t("Fine"), "done"),)
    return ()


def _promotions(scene: Scene) -> tuple[StatusRow, ...]:
    promotions = scene.desk.promotions
    count = len(promotions.index)
    title = scene.t("Offers · {n}", n=f"{count:,}")
    unread, faulty = promotions.unreadable, scene.desk.faulty_offers
    if unread or faulty:
        words = "{n} of the hub cannot be read; goods are sold without them"
        if not unread:
            words = N_("{n} of the hub cannot be computed; goods are sold without them")
        detail = scene.t(words, n=str(unread or faulty))
        return (StatusRow("triangle-alert", title, detail, scene.t("Note"), "warn"),)
    if count:
        return (StatusRow("badge-percent", title, scene.t("from the hub"), scene.t("Fine"), "done"),)
    return ()


def _unreadable(scene: Scene, title: str, count: int) -> StatusRow:
    detail = scene.t("{n} of the hub cannot be read", n=str(count))
    return StatusRow("triangle-alert", title, detail, scene.t("Note"), "warn")


def recalls_need(scene: Scene) -> str:
    """What is wrong with the list's file and how to mend it, or ""."""
    trouble = scene.desk.recalls.trouble
    if trouble is None:
        return ""
    if trouble.problem is None:
        return scene.t("The recall list {file} cannot be read. See that it is there.", file=trouble.file)
    problem = trouble.problem
    why = scene.t(problem.fault.sentence, text=problem.text)
    return scene.t("{file}, line {n}: {why}", file=trouble.file, n=str(problem.line), why=why)
