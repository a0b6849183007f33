"""Calendars and SLA policies as files of a pack (``*.sla.yaml``): read, checked, and saved by a deployment.

A file holds ``calendars`` and ``policies``, each by its key, as the settings keep them. What people changed in the
settings stays until the file itself says something else: only entries that differ from the file's deployed version,
or are not there at all, are saved.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

import yaml
from sqlalchemy import select

from engine.domain import yamls
from engine.domain.access import Actor, Right, ensure
from engine.domain.errors import CrmflowError, Invalid
from engine.domain.sla_values import PreviewCalendar, PreviewPolicy, Put, PutPromises, SaveCalendar, SavePolicy
from engine.domain.states import Severity
from engine.domain.values import FileIn, Finding
from engine.services import calendars, sla_desk, sla_terms
from engine.services.context import Context
from engine.services.registry import handles
from engine.store.tables_time import calendar, sla_policy

SUFFIX = ".sla.yaml"
KIND = "sla"
_SECTIONS = ("calendars", "policies")


@dataclass(frozen=True, slots=True)
class Promises:
    """What one file holds, normalised as the settings keep it."""

    calendars: Mapping[str, Mapping[str, Any]]
    policies: Mapping[str, Mapping[str, Any]]

    @property
    def provides(self) -> tuple[str, ...]:
        return (*(f"calendar {key}" for key in self.calendars), *(f"policy {key}" for key in self.policies))


def read(content: bytes) -> Promises:
    """Raises ``Invalid``: CRM-866 (shape), CRM-070 … CRM-074 (a calendar), CRM-077, CRM-078, CRM-080 (a policy)."""
    try:
        data = yamls.load(content) or {}
    except yaml.YAMLError as error:
        raise Invalid("CRM-866", "The file is not YAML.", fix="Mend the text.") from error
    sections = isinstance(data, Mapping) and data.keys() <= set(_SECTIONS)
    if not sections or not all(isinstance(each, Mapping) for each in data.values()):
        fix = "Write calendars: and policies:, each with its entries by key."
        raise Invalid("CRM-866", "The file holds something else than calendars and policies.", fix=fix)
    given = {name: {str(key): each for key, each in (data.get(name) or {}).items()} for name in _SECTIONS}
    for key in given["calendars"]:
        calendars.ensure_key(key)
    for key in given["policies"]:
        sla_terms.ensure_key(key)
    return Promises(
        {key: calendars.content_of(each) for key, each in given["calendars"].items()},
        {key: sla_terms.content_of(each) for key, each in given["policies"].items()},
    )


def about(file: FileIn) -> tuple[Promises | None, list[Finding]]:
    """What a file holds, or the finding that says why it cannot be read."""
    try:
        return read(file.content), []
    except CrmflowError as error:
        message = f"Calendars and policies: {error.message}"
        finding = Finding(
            "CRM-866",
            Severity.ERROR,
            message,
            file=file.name,
            why=f"Nobody could reckon with it ({error.code}).",
            fix=error.fix or "Mend the file.",
            message_zh=f"无法读取日历与 SLA 策略：{error.message}",
            why_zh=f"无法据此计算时限（{error.code}）。",
            fix_zh="请修正该文件。",
        )
        return None, [finding]


def put_all(ctx: Context, files: Iterable[tuple[Promises, bytes | None]], by: Actor) -> list[str]:
    """Save what is new in files since their deployed versions; what was saved, for the audit. Calendars come first."""
    pairs = [(found, read(before) if before is not None else Promises({}, {})) for found, before in files]
    saved = []
    for found, old in pairs:
        for key in _new(ctx, calendar, found.calendars, old.calendars):
            sla_desk.save_calendar(ctx, SaveCalendar(key, found.calendars[key], by))
            saved.append(f"calendar {key}")
    for found, old in pairs:
        for key in _new(ctx, sla_policy, found.policies, old.policies):
            sla_desk.save_policy(ctx, SavePolicy(key, found.policies[key], by))
            saved.append(f"policy {key}")
    return saved


@handles(PutPromises)
def put(ctx: Context, cmd: PutPromises) -> tuple[Put, ...]:
    """On somebody's word: all that the files say, whatever was there. A policy may name a calendar beside it."""
    ensure(cmd.by, Right.TIME_MANAGE)
    found = [read(content) for content in cmd.files]
    with ctx.trial() if cmd.trial else nullcontext():
        done = [_put(ctx, "calendar", *pair, cmd.by) for one in found for pair in one.calendars.items()]
        done += [_put(ctx, "policy", *pair, cmd.by) for one in found for pair in one.policies.items()]
    return tuple(replace(one, version=None) for one in done) if cmd.trial else tuple(done)


def _put(ctx: Context, kind: str, key: str, content: Mapping[str, Any], by: Actor) -> Put:
    if kind == "calendar":
        moves = sla_desk.preview_calendar(ctx, PreviewCalendar(key, content, by)).moves
        return Put(kind, key, sla_desk.save_calendar(ctx, SaveCalendar(key, content, by)).version, len(moves))
    moves = sla_desk.preview_policy(ctx, PreviewPolicy(key, content, by)).moves
    return Put(kind, key, sla_desk.save_policy(ctx, SavePolicy(key, content, by)).version, len(moves))


def _new(ctx: Context, table: Any, entries: Mapping[str, Any], old: Mapping[str, Any]) -> list[str]:
    """Keys of entries that the file says otherwise than before, or that nobody has.

    What people made before the file's first deployment, or its deployment under another name, stays theirs.
    """
    known = there(ctx, table, entries) if entries else set()
    return [key for key, content in entries.items() if key not in known or (key in old and content != old[key])]


def there(ctx: Context, table: Any, keys: Collection[str]) -> set[str]:
    """Which of the keys there are."""
    return set(ctx.conn.scalars(select(table.c.key).where(table.c.key.in_(sorted(keys))).distinct()))


def unknown(ctx: Context, wanted: Iterable[tuple[str, str]], coming: Collection[str]) -> list[tuple[str, str]]:
    """Of (who names it, "policy KEY" or "calendar KEY"), those that neither come along nor are there."""
    missing = [(who, name) for who, name in dict.fromkeys(wanted) if name not in coming]
    for kind, table in (("calendar", calendar), ("policy", sla_policy)):
        keys = {name.partition(" ")[2] for _, name in missing if name.startswith(f"{kind} ")}
        known = {f"{kind} {key}" for key in there(ctx, table, keys)} if keys else set()
        missing = [(who, name) for who, name in missing if name not in known]
    return missing


def strangers(ctx: Context, file: str, wanted: Iterable[tuple[str, str]], coming: Collection[str]) -> list[Finding]:
    """Warnings about policies and calendars that a model or a policy names and nobody has."""
    return [
        Finding(
            "CRM-867",
            Severity.WARNING,
            f"There is no {name.replace(' ', ' ' + chr(39), 1)}' yet, which '{who}' names.",
            element=who,
            file=file,
            why="Until it is there, work that needs it cannot begin.",
            fix="Deploy the *.sla.yaml that holds it, or make it in the settings.",
            message_zh=f"“{who}”引用的{_CHINESE[name.partition(' ')[0]]}“{name.partition(' ')[2]}”尚不存在。",
            why_zh="在它建立之前，依赖它的工作无法开始。",
            fix_zh="部署包含它的 *.sla.yaml，或在设置中建立。",
        )
        for who, name in unknown(ctx, wanted, coming)
    ]


_CHINESE = {"calendar": "日历", "policy": "SLA 策略"}


def named_in(time: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """(element or process, "policy KEY" or "calendar KEY") that a process's marks name."""
    for element, marks in time.items():
        for mark in marks.get("sla", ()):
            for kind in ("policy", "calendar"):
                if mark.get(kind):
                    yield (element, f"{kind} {mark[kind]}")
