"""The files of a deployment or a lint: what each is, what it holds, and every finding about them together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from engine import bpmn, dmn, forms
from engine.domain.errors import Refused
from engine.domain.states import Severity
from engine.domain.values import FileIn, Finding
from engine.model.xml import BadXml, read, space
from engine.services import bindings, dmn_imports, kits, labels, sla_files, start_files
from engine.services.context import Context
from engine.store import models

_DMN = "omg.org/spec/DMN"


@dataclass(frozen=True, slots=True)
class Process:
    """One executable process of a file."""

    file: str
    xml: bytes
    info: bpmn.ProcessInfo
    findings: tuple[Finding, ...]

    @property
    def digest(self) -> str:
        return sha256(self.xml).hexdigest()


@dataclass(frozen=True, slots=True)
class Rules:
    """What is known of a DMN model beyond its text."""

    namespace: str
    imported: tuple[bytes, ...]  # the models it imports, direct or not
    imports: tuple[str, ...]  # the same: the id of the deployed one, or the key of one that comes with it
    tags: Mapping[str, str]  # decision → zeebe:versionTag
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A DMN model or a form."""

    file: str
    kind: str  # dmn, form, scenario, sla
    key: str
    name: str
    content: bytes
    provides: tuple[str, ...]  # decisions (ids and names), or the form's id
    rules: Rules | None = None  # of a DMN model

    @property
    def digest(self) -> str:
        imported = [sha256(xml).hexdigest() for xml in self.rules.imported] if self.rules else []
        return sha256(self.content + "".join(f"\n{one}" for one in imported).encode()).hexdigest()


@dataclass(slots=True)
class Sources:
    """Everything read; ``findings`` holds all of them, files in the order given."""

    processes: list[Process] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    labels: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)  # model id → locale → element → text
    promises: dict[str, sla_files.Promises] = field(default_factory=dict)  # by file

    @property
    def refused(self) -> bool:
        return any(f.severity is Severity.ERROR for f in self.findings)


def gather(ctx: Context, files: Iterable[FileIn]) -> Sources:
    """Read the files and check them against each other and against what is deployed. Never raises for a file."""
    found = Sources()
    drawn: list[FileIn] = []
    tables: list[FileIn] = []
    for file in files:
        kind = "labels" if labels.locale_of(file.name) else _kind(file)
        if kind == "labels":
            _labels(found, file)
        elif kind == kits.KIND:
            _scenarios(found, file)
        elif kind == sla_files.KIND:
            _promises(found, file)
        elif kind == "form":
            _form(found, file)
        elif kind == "dmn":
            tables.append(file)
        else:
            drawn.append(file)
    _tables(ctx, found, tables)
    infos = {file.name: _inspect(file) for file in drawn}
    catalogue = _catalogue(ctx, found, [info for some in infos.values() for info in some])
    for file in drawn:
        _drawing(found, file, infos[file.name], catalogue)
    found.findings.extend(_twice(found))
    found.findings.extend(_strangers(ctx, found))
    found.findings.extend(start_files.refused(ctx, found))
    return found


def _kind(file: FileIn) -> str:
    """scenario and sla by their names, else form, dmn, or bpmn, whose reader says what is none of them."""
    content = file.content
    if file.name.endswith(kits.SUFFIX):
        return kits.KIND
    if file.name.endswith(sla_files.SUFFIX):
        return sla_files.KIND
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return "form"
    try:
        return "dmn" if _DMN in space(read(content)) else "bpmn"
    except BadXml:
        return "bpmn"


def _labels(found: Sources, file: FileIn) -> None:
    texts, findings = labels.read(file)
    found.findings.extend(findings)
    for model, elements in texts.items():
        found.labels.setdefault(model, {}).setdefault(labels.locale_of(file.name) or "", {}).update(elements)


def _scenarios(found: Sources, file: FileIn) -> None:
    processes, findings = kits.about(file)
    found.findings.extend(findings)
    if not findings:
        key = file.name.rsplit("/", 1)[-1].removesuffix(kits.SUFFIX)
        found.parts.append(Part(file.name, kits.KIND, key, file.name, file.content, processes))


def _promises(found: Sources, file: FileIn) -> None:
    promises, findings = sla_files.about(file)
    found.findings.extend(findings)
    if promises is not None:
        key = file.name.rsplit("/", 1)[-1].removesuffix(sla_files.SUFFIX)
        found.parts.append(Part(file.name, sla_files.KIND, key, file.name, file.content, promises.provides))
        found.promises[file.name] = promises


def _strangers(ctx: Context, found: Sources) -> Iterator[Finding]:
    """Policies and calendars that are named and not there; no statement where nothing is named."""
    coming = {name for promises in found.promises.values() for name in promises.provides}
    for process in found.processes:
        yield from sla_files.strangers(ctx, process.file, sla_files.named_in(process.info.time), coming)


def _form(found: Sources, file: FileIn) -> None:
    try:
        form = forms.load(file.content)
    except Refused as refused:
        found.findings.extend(_of(file, refused.findings))
        return
    found.findings.extend(_of(file, form.findings))
    name = str(form.schema.get("name") or form.schema.get("title") or form.id)
    found.parts.append(Part(file.name, "form", form.id, name, file.content, (form.id,)))


def _tables(ctx: Context, found: Sources, files: list[FileIn]) -> None:
    """DMN models, each read together with what it imports: from these files, else from what is deployed."""
    for file, read_with in zip(files, dmn_imports.gather(ctx, files), strict=True):
        try:
            model = dmn.Model.load(file.content, imports=[one.content for one in read_with], file=file.name)
        except Refused as refused:
            found.findings.extend(_of(file, refused.findings))
            continue
        findings = tuple(_of(file, [*model.findings, *dmn.check_model(model)]))
        found.findings.extend(findings)
        about = Rules(
            model.namespace,
            tuple(one.content for one in read_with),
            tuple(one.resource_id or one.key for one in read_with),
            dmn_imports.tags_of(file.content),
            findings,
        )
        names = tuple(sorted(model.decisions))
        found.parts.append(Part(file.name, "dmn", model.id, model.name, file.content, names, about))


def _inspect(file: FileIn) -> tuple[bpmn.ProcessInfo, ...]:
    try:
        return bpmn.inspect(file.content)
    except BadXml:
        return ()  # ``bpmn.check`` says why, with the line


def _catalogue(ctx: Context, found: Sources, infos: list[bpmn.ProcessInfo]) -> bpmn.Catalogue:
    """What models may refer to: what is deployed and what comes with them."""
    known = models.latest_resources(ctx.conn)
    return bpmn.Catalogue(
        forms={key for part in found.parts if part.kind == "form" for key in part.provides}
        | {key for row in known if row.kind == "form" for key in row.provides},
        decisions={key for part in found.parts if part.kind == "dmn" for key in part.provides}
        | {key for row in known if row.kind == "dmn" for key in row.provides},
        processes={info.key for info in infos} | {row.key for row in models.latest(ctx.conn)},
        groups=set(models.group_keys(ctx.conn)) or None,
        tags=bindings.found(ctx, found.parts, infos),
    )


def _drawing(found: Sources, file: FileIn, infos: tuple[bpmn.ProcessInfo, ...], catalogue: bpmn.Catalogue) -> None:
    findings = tuple(_of(file, bpmn.check(file.content, catalogue)))
    found.findings.extend(findings)
    for info in infos:
        if info.executable:
            found.processes.append(Process(file.name, file.content, info, findings))


def _twice(found: Sources) -> list[Finding]:
    """Ids that two of the files use."""
    holders: dict[tuple[str, str], list[str]] = {}
    # Twice in one file is a finding of its own: CRM-106.
    once = {(process.info.key, process.file, id(process.xml)): process for process in found.processes}
    for process in once.values():
        holders.setdefault(("process", process.info.key), []).append(process.file)
    for part in found.parts:
        holders.setdefault((part.kind, part.key), []).append(part.file)
    chinese = {"process": "流程", "dmn": "决策模型", "form": "表单", "scenario": "场景", "sla": "日历与 SLA 策略"}
    return [
        Finding(
            "CRM-840",
            Severity.ERROR,
            f"Two files hold the {kind} '{key}': {', '.join(sorted(set(names)))}.",
            element=key,
            file=names[-1],
            why="Nobody could tell which one is meant.",
            fix="Deploy one of them, or give the other another id.",
            message_zh=f"有两个文件包含{chinese[kind]}“{key}”：{'、'.join(sorted(set(names)))}。",
            why_zh="无法判断应使用哪一个。",
            fix_zh="只部署其中一个，或为另一个换一个 id。",
        )
        for (kind, key), names in holders.items()
        if len(names) > 1
    ]


def _of(file: FileIn, findings: Iterable[Finding]) -> list[Finding]:
    return [f if f.file else replace(f, file=file.name) for f in findings]


def describe(info: bpmn.ProcessInfo, digest: str) -> dict[str, Any]:
    """``definition.info``: what lists, pages and the runtime's callers need without reading the XML again."""
    return {
        "owner": info.owner,
        "goal": info.goal,
        "kpi": info.kpi,
        "kind": info.kind,
        "stage": info.stage,
        "version_tag": info.version_tag,
        "variant_of": info.variant_of,
        "variants": info.variants,
        "start_form": info.start_form,
        "documentation": info.documentation,
        "messages_start": [list(pair) for pair in info.messages_start],
        "source": digest,
        "links": [[link.element, link.decision, link.binding, link.tag] for link in info.links],
        "time": dict(info.time),
        "elements": {
            element.id: {"name": element.name, "kind": element.kind}
            | ({"documentation": element.documentation} if element.documentation else {})
            for element in info.elements.values()
        },
    }
