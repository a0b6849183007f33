"""Reads a DMN file into ``tree.Definitions`` and notes everything that is wrong with it.

Sources: DMN 1.5 chapters 6 (graph), 7 (expressions), 8 (tables), 10 (types, functions), and the schemas of 1.1 to 1.5.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.dmn import tree, xml
from engine.dmn.boxes import Boxes
from engine.dmn.notes import Notes
from engine.dmn.xml import Element


def parse(content: bytes, notes: Notes) -> tree.Definitions | None:
    """The file as a tree; None (with a finding CRM-150) when it is not DMN at all."""
    root = xml.read(content, notes)
    return None if root is None else _Reader(root, notes).definitions()


class _Reader:
    def __init__(self, root: Element, notes: Notes) -> None:
        self.root = root
        self.notes = notes
        self.namespace = root.get("namespace") or ""
        self.boxes = Boxes(notes, self.type_ref)
        self.imports: dict[str, str] = {}  # namespace → name

    def definitions(self) -> tree.Definitions:
        imports = tuple(self._import(e) for e in xml.children(self.root, "import"))
        self.imports = {i.namespace: i.name for i in imports}
        items = tuple(self._item(e) for e in xml.children(self.root, "itemDefinition"))
        elements: dict[str, tree.InputData | tree.Decision | tree.Bkm | tree.Service] = {}
        for element in xml.children(self.root, "inputData", "decision", "businessKnowledgeModel", "decisionService"):
            node = self._drg(element)
            key = node.id or f"#{node.name}"
            if key in elements:
                self.notes.add("CRM-151", f"id '{key}' is used twice", f"标识“{key}”重复", at=node)
            elements[key] = node
        return tree.Definitions(
            id=self.root.get("id"),
            line=xml.line(self.root),
            name=self.root.get("name") or "",
            namespace=self.namespace,
            items=items,
            imports=imports,
            elements=elements,
        )

    def type_ref(self, element: Element) -> str | None:
        """The type's name as FEEL writes it; prefixes of XML are resolved (DMN 1.1 wrote QNames)."""
        raw = element.get("typeRef")
        inner = xml.child(element, "typeRef")
        if raw is None and inner is not None:
            raw = inner.text
        raw = (raw or "").strip()
        if raw.startswith("{"):
            space, _, raw = raw[1:].partition("}")
            return self._qualified(space, raw)
        prefix, colon, name = raw.partition(":")
        if colon:
            return self._qualified(element.nsmap.get(prefix) or prefix, name)
        return raw or None

    def _qualified(self, space: str, name: str) -> str:
        if space in xml.FEEL or space == self.namespace or space not in self.imports:
            return name
        return f"{self.imports[space]}.{name}" if self.imports[space] else name

    def _import(self, element: Element) -> tree.Import:
        return tree.Import(
            name=element.get("name") or "",
            namespace=element.get("namespace") or "",
            kind=element.get("importType") or "",
            line=xml.line(element),
        )

    def _item(self, element: Element) -> tree.Item:
        function = xml.child(element, "functionItem")
        signature = None
        if function is not None:
            signature = tree.FunctionType(
                params=tuple(self.type_ref(p) for p in xml.children(function, "parameters")),
                result=function.get("outputTypeRef"),
            )
        base = self.boxes.base(element)
        base["label"] = element.get("name")
        return tree.Item(
            name=element.get("name") or "",
            collection=element.get("isCollection") in ("true", "1"),
            parts=tuple(self._item(e) for e in xml.children(element, "itemComponent")),
            allowed=xml.text(xml.child(element, "allowedValues")) or None,
            constraint=xml.text(xml.child(element, "typeConstraint")) or None,
            function=signature,
            **base,
        )

    def _drg(self, element: Element) -> tree.InputData | tree.Decision | tree.Bkm | tree.Service:
        kind = xml.local(element)
        base = self.boxes.base(element)
        name = " ".join((element.get("name") or "").split())
        if not name:
            self.notes.add("CRM-151", f"a {kind} has no name", f"{kind} 没有名称", line=xml.line(element))
        given = xml.child(element, "variable")
        variable = self.boxes.variable(given) if given is not None else tree.Variable(name=name)
        if not variable.name:
            variable = tree.Variable(name=name, type_ref=variable.type_ref)
        base |= {"name": name, "variable": variable, "label": name}
        if kind == "inputData":
            return tree.InputData(**base)
        if kind == "decision":
            information = list(xml.children(element, "informationRequirement"))
            return tree.Decision(
                inputs=self._refs(information, "requiredInput"),
                decisions=self._refs(information, "requiredDecision"),
                knowledge=self._refs(xml.children(element, "knowledgeRequirement"), "requiredKnowledge"),
                logic=self.boxes.inside(element),
                **base,
            )
        if kind == "businessKnowledgeModel":
            logic = xml.child(element, "encapsulatedLogic")
            return tree.Bkm(
                knowledge=self._refs(xml.children(element, "knowledgeRequirement"), "requiredKnowledge"),
                logic=None if logic is None else self.boxes.function(logic),
                **base,
            )
        return tree.Service(
            outputs=self._refs([element], "outputDecision"),
            encapsulated=self._refs([element], "encapsulatedDecision"),
            decisions=self._refs([element], "inputDecision"),
            inputs=self._refs([element], "inputData"),
            **base,
        )

    def _refs(self, parents: Iterable[Element], name: str) -> tuple[tree.Ref, ...]:
        found = []
        for parent in parents:
            for element in xml.children(parent, name):
                space, hash_, key = (element.get("href") or "").rpartition("#")
                own = not hash_ or not space or space == self.namespace
                found.append(tree.Ref(key, None if own else space, xml.line(element)))
        return tuple(found)
