"""The decision requirement graph made runnable: what each element sees, and the order of evaluation (DMN 1.5, 10.4).

A decision sees the variables of what it requires and nothing else of the graph. Inputs that are no element of the
graph (a modeler need not draw input data) are seen everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.dmn import bridge, tree
from engine.dmn.logic import Builder, Logic, cast, nothing
from engine.dmn.logics import MAKERS
from engine.dmn.notes import Notes
from engine.dmn.run import Run, Scope
from engine.dmn.types import MISFIT, Types, coerce

Element = tree.InputData | tree.Decision | tree.Bkm | tree.Service
Key = tuple[str, str]


class Graph:
    """One file's elements, compiled. ``imports`` are the graphs of imported files by their name here."""

    def __init__(self, definitions: tree.Definitions, notes: Notes, imports: Mapping[str, Graph]) -> None:
        self.tree = definitions
        self.notes = notes
        self.imports = dict(imports)
        self.by_space = {graph.tree.namespace: (name, graph) for name, graph in imports.items()}
        self.types: Types = Types(definitions.items, {name: graph.types for name, graph in imports.items()})
        self.drawn = {element.variable.name for element in definitions.elements.values()} | set(imports)
        self.builder = Builder(self.types, notes, self._members(), MAKERS)
        self.logic: dict[str, Logic] = {}
        for key, element in definitions.elements.items():
            self.logic[key] = self._compile(element)
        self._tell_types()

    def _members(self) -> set[str]:
        """Names that may follow a dot: components, entries of contexts, columns, outputs, elements of imports."""
        names = self.types.member_names()
        for element in self.tree.elements.values():
            if isinstance(element, (tree.Decision, tree.Bkm)):
                names |= bridge.inner_names(element.logic)
        for graph in self.imports.values():
            names |= graph.drawn | graph.builder.members
        return names

    def _tell_types(self) -> None:
        for item in self.tree.items:
            self.types.get(item.name)
        for code, item, culprit in self.types.problems:
            self.notes.add(
                code,
                f"type '{item.name}': '{culprit}' is not known or cannot be read",
                f"类型“{item.name}”：“{culprit}”未定义或无法解析",
                at=item,
            )

    # --- references -----------------------------------------------------------------------------------

    def resolve(self, ref: tree.Ref) -> tuple[str | None, Graph, str] | None:
        """(name of the import or None, graph, key) of a reference; None when it points nowhere."""
        if ref.namespace is None:
            return (None, self, ref.id) if ref.id in self.tree.elements else None
        name, graph = self.by_space.get(ref.namespace, (None, None))
        return (name, graph, ref.id) if graph is not None and ref.id in graph.tree.elements else None

    def required(self, refs: tuple[tree.Ref, ...], at: tree.Node) -> list[tuple[str | None, Graph, str]]:
        """The elements referred to; dangling references become findings CRM-151."""
        found = []
        for ref in refs:
            target = self.resolve(ref)
            if target is None:
                self.notes.add(
                    "CRM-151",
                    f"'{at.label}' refers to '{ref.id}', which does not exist",
                    f"“{at.label}”引用了不存在的“{ref.id}”",
                    at=at,
                    line=ref.line,
                )
            else:
                found.append(target)
        return found

    def element(self, key: str) -> Element:
        return self.tree.elements[key]

    # --- compiling ------------------------------------------------------------------------------------

    def _compile(self, element: Element) -> Logic:
        if isinstance(element, tree.InputData):
            self.builder.typed(nothing, element.variable.type_ref, element.name, element)
            return nothing
        if isinstance(element, tree.Service):
            return self._service(element)
        refs = element.knowledge
        if isinstance(element, tree.Decision):
            refs = (*element.inputs, *element.decisions, *refs)
        needs = self.required(refs, element)
        names = frozenset(name or graph.element(key).variable.name for name, graph, key in needs)
        names |= frozenset(graph.element(key).variable.name for name, graph, key in needs if name == "")
        recursive = isinstance(element, tree.Bkm)
        if recursive:
            names |= {element.variable.name}
        body = self.builder.build(element.logic, names, element.name)
        kind = self.types.get(element.variable.type_ref)
        if isinstance(element, tree.Decision):
            self.builder.typed(nothing, element.variable.type_ref, element.name, element.variable)
            if kind is not None and element.logic is not None:
                body = cast(body, kind, element.name)
        elif kind is not None:
            body = self._typed_bkm(body, element)

        def evaluate(scope: Scope, run: Run) -> Any:
            seen = self._scope(scope, needs, run) if needs or recursive else scope
            value = body(seen, run)
            if recursive:
                seen[element.variable.name] = value  # a function may call itself
            return value

        return evaluate

    def _typed_bkm(self, body: Logic, element: tree.Decision | tree.Bkm) -> Logic:
        """A function whose results are coerced to the variable's type (or the result of its function type)."""
        kind = self.types.get(element.variable.type_ref)
        result = kind.result if kind is not None and kind.kind == "function" else kind
        if result is None:
            return body
        final = result

        def typed(scope: Scope, run: Run) -> Any:
            function = body(scope, run)
            return bridge.retyped(function, lambda value: cast(lambda _s, _r: value, final, element.name)({}, run))

        return typed

    def _scope(self, base: Scope, needs: list[tuple[str | None, Graph, str]], run: Run) -> Scope:
        scope = dict(base)
        for name, graph, key in needs:
            value = graph.value(key, run)
            own = graph.element(key).variable.name
            if not name:
                scope[own] = value
            else:
                scope[name] = {**scope.get(name, {}), own: value}
        return scope

    def _service(self, service: tree.Service) -> Logic:
        """A function over inputs and input decisions, in the order they are listed: input data, then decisions."""
        self.required(service.encapsulated, service)
        given = self.required((*service.inputs, *service.decisions), service)
        outputs = self.required(service.outputs, service)
        params = tuple(graph.element(key).variable.name for _, graph, key in given)
        kind = self.types.get(service.variable.type_ref)
        result = kind.result if kind is not None and kind.kind == "function" else kind

        def make(scope: Scope, run: Run) -> Any:
            def call(*values: Any) -> Any:
                inner = Run({}, run.steps)
                inner.problems, inner.depth = run.problems, run.depth
                for (_, graph, key), value in zip(given, values, strict=True):
                    variable = graph.element(key).variable
                    fitted = coerce(value, graph.types.get(variable.type_ref))
                    if fitted is MISFIT:
                        run.note(service.name, f"'{variable.name}' has another type", f"“{variable.name}”类型不符")
                        return None
                    inner.values[(graph.tree.namespace, key)] = fitted
                made = {graph.element(key).variable.name: graph.value(key, inner) for _, graph, key in outputs}
                value = next(iter(made.values())) if len(made) == 1 else made
                return value if result is None else cast(lambda _s, _r: value, result, service.name)({}, run)

            return bridge.function(params, call, service.name)

        return make

    # --- evaluating -----------------------------------------------------------------------------------

    def value(self, key: str, run: Run) -> Any:
        """The value of an element in a run, computed once."""
        place = (self.tree.namespace, key)
        if place in run.values:
            return run.values[place]
        element = self.tree.elements[key]
        if isinstance(element, tree.InputData):
            value = self._input(element, run)
        elif isinstance(element, tree.Decision) and element.logic is None:
            value = run.inputs.get(element.variable.name)
        else:
            run.enter(element.name)
            value = self.logic[key](self.undrawn(run), run)
            run.leave()
        run.values[place] = value
        return value

    def undrawn(self, run: Run) -> Scope:
        """Inputs that are not drawn; nobody changes the answer."""
        given = run.inputs
        if type(given) is dict and self.drawn.isdisjoint(given):
            return given
        return {name: value for name, value in given.items() if name not in self.drawn}

    def _input(self, element: tree.InputData, run: Run) -> Any:
        name = element.variable.name
        value = run.inputs.get(name, run.inputs.get(element.name))
        if value is None:
            return None
        fitted = coerce(value, self.types.get(element.variable.type_ref))
        if fitted is MISFIT:
            shown, kind = bridge.show(value), element.variable.type_ref
            run.note(name, f"input {shown} is not of type '{kind}'", f"输入 {shown} 不属于类型“{kind}”")
            return None
        return fitted


def cycles(graph: Graph, report: Callable[[tree.Decision], None]) -> None:
    """Report every decision that requires itself, directly or not."""
    done: set[str] = set()
    for start, element in graph.tree.elements.items():
        if not isinstance(element, tree.Decision) or start in done:
            continue
        path: list[str] = []
        stack: list[tuple[str, bool]] = [(start, False)]
        while stack:
            key, leaving = stack.pop()
            if leaving:
                path.pop()
                done.add(key)
                continue
            here = graph.tree.elements.get(key)
            if key in path and isinstance(here, tree.Decision):
                report(here)
                continue
            if key in done or not isinstance(here, tree.Decision):
                continue
            path.append(key)
            stack.append((key, True))
            stack.extend((ref.id, False) for ref in here.decisions if ref.namespace is None)
