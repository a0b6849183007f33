"""Writes ``docs/errors.md`` from the source: ``python -m tests.house.error_codes > docs/errors.md``."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"CRM-\d{3}\Z")
AREAS = {
    "0": "Input",
    "1": "Models, tables and forms (every finding: [findings.md](findings.md), [dmn.md](dmn.md), [forms.md](forms.md))",
    "2": "Conflicts and form data",
    "3": "Who is asking, and what they may",
    "4": "Not found",
    "5": "FEEL and decisions",
    "6": "Instances at run time",
    "7": "What crmflow depends on",
}


@dataclass(frozen=True, order=True)
class Use:
    """A place that raises or reports a code."""

    code: str
    kind: str  # the error's class, or the function that reports it
    message: str
    fix: str
    module: str


def text(node: ast.expr | None) -> str:
    """A literal or f-string as text, what varies as ``…``."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
    if isinstance(node, ast.BinOp):
        return text(node.left) + text(node.right)
    return ""


@cache
def uses() -> tuple[Use, ...]:
    """Every call in the product whose first argument is a code."""
    return tuple(_uses())


def _uses() -> Iterator[Use]:
    for top in ("engine", "webui"):
        for path in sorted((ROOT / top).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call):
                    continue
                found = [i for i, arg in enumerate(node.args) if CODE.match(text(arg))]
                if not found:
                    continue
                at = found[0]
                message = text(node.args[at + 1]) if len(node.args) > at + 1 else ""
                fix = next((text(k.value) for k in node.keywords if k.arg == "fix"), "")
                kind = ast.unparse(node.func).rsplit(".", 1)[-1]
                yield Use(text(node.args[at]), kind, message, fix, str(path.relative_to(ROOT)))


def findings() -> dict[str, tuple[str, str]]:
    """Code → (what, fix) of the rules for models, from their own page."""
    told: dict[str, tuple[str, str]] = {}
    for part in (ROOT / "docs" / "findings.md").read_text(encoding="utf-8").split("\n## ")[1:]:
        said = [line[2:] for line in part.splitlines() if line.startswith("- ")]
        fix = next((line.removeprefix("Fix: ") for line in said if line.startswith("Fix: ")), "")
        told[part[:7]] = (said[0] if said else "", fix)
    return told


def translated() -> dict[str, tuple[str, str]]:
    """Code → (what, fix) as the pages say it, for codes that reach the error through a name."""
    tree = ast.parse((ROOT / "webui" / "said.py").read_text(encoding="utf-8"))
    table = next(node.value for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict))
    pairs = zip(table.keys, table.values, strict=True)
    return {
        text(key): (text(both.elts[0].args[0]), text(both.elts[1].args[0]))
        for key, both in pairs
        if isinstance(both, ast.Tuple) and all(isinstance(part, ast.Call) for part in both.elts)
    }


def page() -> str:
    """The whole page."""
    known = findings() | translated()
    by_code: dict[str, list[Use]] = defaultdict(list)
    for use in sorted(set(uses())):
        by_code[use.code].append(use)
    lines = [
        "# Errors",
        "",
        "Made from the source by `python -m tests.house.error_codes`; a test keeps it true. Every error names the",
        "culprit (`…` below) and says the way out. Codes are stable: quote them to whoever helps you.",
    ]
    area = ""
    for code, found in sorted(by_code.items()):
        if code[4] != area:
            area = code[4]
            lines += ["", f"## {AREAS.get(area, 'Others')}", "", "| code | what | way out |", "|---|---|---|"]
        what = list(dict.fromkeys(u.message for u in found if u.message))
        fix = list(dict.fromkeys(u.fix for u in found if u.fix))
        said, way = known.get(code, ("", ""))
        what, fix = what or [said or found[0].kind], fix or [way]
        lines.append(f"| {code} | {cell(what)} | {cell(fix)} |")
    return "\n".join(lines) + "\n"


def cell(texts: list[str]) -> str:
    return "<br>".join(t.replace("|", "\\|").replace("\n", " ").strip() for t in texts)


if __name__ == "__main__":
    print(page(), end="")
