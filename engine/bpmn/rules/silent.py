"""What would be passed over silently at run time: counts that are none, handlers never asked, calls in a circle."""

from __future__ import annotations

from collections.abc import Iterator

from engine import feel
from engine.bpmn.dialect import called_by, condition_text, loop_of, static
from engine.bpmn.rules.base import ERROR, WARNING, Context, Hit, hit, rule
from engine.bpmn.rules.supported import running
from engine.domain.errors import ExpressionError
from engine.model.graph import Event, Node, Scope, local_ref
from engine.model.soundness import handlers, successors
from engine.model.vocabulary import ACTIVITIES
from engine.model.xml import BPMN, line_of, text_of


@rule("CRM-890", ERROR)
def no_count(c: Context) -> Iterator[Hit]:
    """How often a loop runs is a whole number, not below 0 (10.3.7, Tables 10.26 and 10.27)."""
    for scope in running(c):
        for node in scope.nodes:
            loop = loop_of(node)
            if loop is None:
                continue
            most = (loop.get("loopMaximum") or "0").strip()
            if most.startswith("-"):
                yield hit(node.xml, line_of(loop), value=most)
            drawn = loop.find(f"{{{BPMN}}}loopCardinality")
            text = "" if drawn is None else condition_text(text_of(drawn))
            if drawn is not None and text and _never_count(text):
                yield hit(node.xml, line_of(drawn), value=text[:60])


def _never_count(text: str) -> bool:
    """Whether a text is a constant that counts nothing; what reads variables may give anything."""
    if text.startswith(("${", "#{")):
        return False
    try:
        program = feel.compile(text)
        value = None if program.names else program.evaluate({})
    except ExpressionError:
        return False  # told by CRM-176
    if program.names:
        return False
    if isinstance(value, str):
        return not value.isdigit()
    if isinstance(value, bool) or value is None:
        return value is not None
    try:
        return bool(value < 0 or value != int(value))
    except (TypeError, ValueError):
        return True


@rule("CRM-891", ERROR)
def compensates_unseen(c: Context) -> Iterator[Hit]:
    """What a compensation names is in sight: beside it, or beside the event sub-process it stands in (10.5.1)."""
    for scope in running(c):
        for node in scope.nodes:
            if node.kind not in ("intermediateThrowEvent", "endEvent"):
                continue
            for event in node.events:
                named = c.model.nodes.get(local_ref(event.xml.get("activityRef")) or "")
                if event.kind == "compensate" and named is not None and named.scope not in _in_sight(node):
                    yield hit(node.xml, event.line, ref=named.name or named.id)


def _in_sight(node: Node) -> list[Scope]:
    """The scopes whose activities an event may compensate: its own; from an event sub-process also those around."""
    seen, owner = [node.scope], node.scope.owner
    while owner is not None:
        seen.append(owner.scope)
        owner = owner.scope.owner
    return seen


@rule("CRM-892", ERROR)
def undone_twice(c: Context) -> Iterator[Hit]:
    """An activity is undone in one way: one compensation boundary event, one handler (10.7)."""
    for scope in running(c):
        for node in scope.nodes:
            undoing = [b for b in node.boundary if any(e.kind == "compensate" for e in b.events)]
            if len(undoing) > 1:
                yield hit(undoing[1].xml, activity=node.name or node.id, first=undoing[0].name or undoing[0].id)


@rule("CRM-893", WARNING)
def never_asked(c: Context) -> Iterator[Hit]:
    """Of several events that catch the same error or escalation at one place, only the first is asked."""
    for scope in running(c):
        listening = [n.body.starts()[0] for n in scope.nodes if n.event_scope and n.body and n.body.starts()]
        for group in (*(n.boundary for n in scope.nodes), listening):
            seen: dict[tuple[str, str], Node] = {}
            for node in group:
                for event in node.events:
                    if event.kind not in ("error", "escalation"):
                        continue
                    first = seen.setdefault((event.kind, _code(c, event)), node)
                    if first is not node:
                        yield hit(node.xml, event.line, first=first.name or first.id)


def _code(c: Context, event: Event) -> str:
    """What it catches: two errors of one code are one to the engine; "" catches all."""
    ref = local_ref(event.ref) or ""
    named = c.model.globals(event.kind).get(ref)
    return ref if named is None else (named.get(f"{event.kind}Code") or named.get("name") or ref).strip()


@rule("CRM-895", ERROR)
def begun_twice(c: Context) -> Iterator[Hit]:
    """A message or signal begins a process at one place."""
    for process in c.model.processes:
        seen: dict[tuple[str, str], Node] = {}
        for node, kind, ref, line in _begun_by(process) if process.executable else ():
            named = c.model.globals(kind).get(local_ref(ref) or "")
            name = "" if named is None else (named.get("name") or "").strip()
            if name and (kind, name) in seen:
                first = seen[kind, name]
                yield hit(node.xml, line, name=name, first=first.name or first.id)
            elif name:
                seen[kind, name] = node


def _begun_by(process: Scope) -> Iterator[tuple[Node, str, str | None, int | None]]:
    """What begins a process by itself: (node, message or signal, its reference, line).

    Start events, receive tasks that instantiate, and what stands behind a gateway that does.
    """
    for node in process.nodes:
        behind = [f.target for f in node.outgoing] if node.kind == "eventBasedGateway" else []
        for one in behind if behind and node.flag("instantiate") else (node,):
            if one is None:
                continue
            if one.kind == "receiveTask" and (one is not node or one.flag("instantiate")):
                yield one, "message", one.xml.get("messageRef"), one.line
            elif one.kind == "startEvent" or one is not node:
                yield from ((one, e.kind, e.ref, e.line) for e in one.events if e.kind in ("message", "signal"))


@rule("CRM-894", ERROR)
def calls_itself(c: Context) -> Iterator[Hit]:
    """A process that calls itself, also by way of others, can come to its end without that call."""
    always = {p.id: _always_called(p, c) for p in c.model.processes if p.executable and p.id}
    for start, calls in always.items():
        for node, called in calls:
            if start in _reached(called, always):
                yield hit(node.xml, process=start)
                break


def _reached(first: str, always: dict[str, list[tuple[Node, str]]]) -> set[str]:
    """The processes that calling this one always comes to, itself included."""
    found: set[str] = set()
    todo = [first]
    while todo:
        at = todo.pop()
        if at not in found:
            found.add(at)
            todo += [called for _, called in always.get(at, ())]
    return found


def _always_called(process: Scope, c: Context) -> list[tuple[Node, str]]:
    """Calls that every way from the start to an end goes through: (call activity, process of this file)."""
    if any(n.event_scope for n in process.nodes):
        return []  # an event may end it before
    aside = handlers(c.model)
    free = [n for n in process.nodes if not n.incoming and n.kind != "boundaryEvent" and n not in aside]
    starts = process.starts() or free
    calls = [n for n in process.nodes if n.kind == "callActivity" and not n.boundary and loop_of(n) is None]
    found = []
    for node in calls:
        called = static(called_by(node))
        if called and c.model.process(called) is not None and not _avoidable(node, starts):
            found.append((node, called))
    return found


def _avoidable(node: Node, starts: list[Node]) -> bool:
    """Whether a token may come to rest or to an end without passing this node."""
    seen: set[Node] = set()
    todo = [n for n in starts if n is not node]
    while todo:
        at = todo.pop()
        if at in seen:
            continue
        seen.add(at)
        ahead = successors(at)
        if not ahead or (at.kind in ACTIVITIES and at.boundary) or _may_end(at):
            return True
        todo += [n for n in ahead if n is not node]
    return not starts


def _may_end(node: Node) -> bool:
    """Whether an error thrown inside a sub-process may end the case there."""
    inside = [n for scope in node.body.walk() for n in scope.nodes] if node.body is not None else []
    return any(n.kind == "endEvent" and any(e.kind == "error" for e in n.events) for n in inside)
