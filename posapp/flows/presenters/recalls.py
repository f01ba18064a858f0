"""The recall list on the status page: how many it holds, and what keeps a newer one out."""

from __future__ import annotations

from posapp.flows.mains import StatusRow
from posapp.flows.presenters.words import Scene


def recalls_rows(scene: Scene) -> tuple[StatusRow, ...]:
    """One row where a list is set up, none where there is none."""
    recalls = scene.desk.recalls
    if recalls.read_ms is None and recalls.trouble is None:
        return ()
    title = scene.t("Recalls · {n}", n=str(recalls.list.count))
    if recalls.trouble is not None:
        detail = (
            scene.t("the list of {time} holds", time=scene.clock(recalls.read_ms)) if recalls.read_ms else ""
        )
        return (
            StatusRow(
                "triangle-alert", title, detail or scene.t("no list yet"), scene.t("Needs you"), "danger"
            ),
        )
    detail = scene.t("read at {time}", time=scene.clock(recalls.read_ms or 0))
    return (StatusRow("shield-check", title, detail, scene.t("Fine"), "done"),)


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
