"""A start form cannot take files: there is no case yet to hold them. Told at deployment, not to who starts one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from engine import forms
from engine.domain.states import Severity
from engine.domain.values import Finding
from engine.forms.files import pickers
from engine.services.context import Context
from engine.store import models

if TYPE_CHECKING:
    from engine.services.sources import Sources


def refused(ctx: Context, found: Sources) -> Iterator[Finding]:
    """A finding CRM-857 for each field for files of a start form; two statements where a deployed form is named."""
    starts = {process.info.start_form: process for process in found.processes if process.info.start_form}
    texts = _texts(ctx, found, set(starts))
    for key, process in starts.items():
        for path, _ in pickers(forms.load(texts[key]).fields) if key in texts else ():
            yield Finding(
                "CRM-857",
                Severity.ERROR,
                f"The start form '{key}' of '{process.info.key}' asks for a file at '{path}'.",
                element=process.info.key,
                file=process.file,
                why="Files belong to a case, and there is none before it is started.",
                fix="Put the field for the file into the form of the first task.",
                message_zh=f"“{process.info.key}”的启动表单“{key}”在“{path}”处要求上传文件。",
                why_zh="文件属于某个案例，而启动之前还没有案例。",
                fix_zh="请将上传文件的字段放到第一个任务的表单中。",
            )


def _texts(ctx: Context, found: Sources, wanted: set[str]) -> Mapping[str, bytes]:
    """The forms as they will stand: those that come along, else those deployed."""
    texts = {part.key: part.content for part in found.parts if part.kind == "form" and part.key in wanted}
    missing = wanted - texts.keys()
    known = models.latest_resources(ctx.conn) if missing else []
    ids = [row.id for row in known if row.kind == "form" and row.key in missing]
    return texts | {row.key: bytes(row.content) for row in models.resources(ctx.conn, ids)}
