"""What changed between two versions, in the words of tables: rules, cells, columns, texts."""

from __future__ import annotations

from typing import Any

from dmn_texts import decision, definitions, literal

from engine.dmn import Model
from engine.dmn.compare import compare


def table(*rules: tuple[str, str], hit: str = "UNIQUE", label: str = "Amount", more: str = "", ids: bool = True) -> str:
    """One input, one output (and ``more`` columns); rules are (cell, result), named by their cell."""
    rows = "".join(
        f"<rule {f'id={chr(34)}r{cell}{chr(34)}' if ids else ''}><inputEntry><text>{cell}</text></inputEntry>"
        f"{'<inputEntry><text>-</text></inputEntry>' if more else ''}"
        f"<outputEntry><text>{result}</text></outputEntry></rule>"
        for cell, result in rules
    )
    head = f'<input id="i" label="{label}"><inputExpression typeRef="number"><text>a</text></inputExpression></input>'
    return f'<decisionTable id="t" hitPolicy="{hit}">{head}{more}<output id="o" name="out"/>{rows}</decisionTable>'


def changes(before: str, after: str) -> dict[str, Any]:
    old, new = (Model.load(definitions(decision("d", logic)), strict=False).graph.tree for logic in (before, after))
    (told,) = compare(old, new)
    return told


def states(told: dict[str, Any]) -> list[tuple[str, int | None, int | None]]:
    return [(rule["state"], rule["before"], rule["after"]) for rule in told["rules"]]


def test_the_same_is_the_same_whatever_the_ids() -> None:
    one, other = table(("1", "5"), ("2", "6")), table(("1", "5"), ("2", "6"), ids=False)
    assert changes(one, one)["state"] == "same"
    assert changes(one, other)["state"] == "same"


def test_a_changed_cell_is_told_with_both_texts() -> None:
    told = changes(table(("1", "5"), ("2", "6")), table(("1", "5"), ("2", "7")))
    assert states(told) == [("same", 1, 1), ("changed", 2, 2)]
    (cell,) = [cell for cell in told["rules"][1]["cells"] if cell["changed"]]
    assert (cell["part"], cell["label"], cell["before"], cell["after"]) == ("output", "out", "6", "7")


def test_added_removed_and_moved_rules_keep_their_numbers() -> None:
    told = changes(table(("1", "5"), ("2", "6"), ("3", "7")), table(("3", "7"), ("1", "5"), ("4", "8")))
    assert states(told) == [("moved", 3, 1), ("same", 1, 2), ("removed", 2, None), ("added", None, 3)]


def test_columns_and_hit_policy_are_told() -> None:
    extra = '<input id="j" label="Region"><inputExpression><text>region</text></inputExpression></input>'
    told = changes(table(("1", "5")), table(("1", "5"), hit="FIRST", label="Sum", more=extra))
    assert told["facts"] == [{"what": "hit policy", "before": "U", "after": "F"}]
    columns = [(column["part"], column["label"], column["state"]) for column in told["columns"]]
    assert columns == [("input", "Sum", "changed"), ("input", "Region", "added"), ("output", "out", "same")]
    assert states(told) == [("same", 1, 1)]  # an empty cell of a new column changes no rule


def test_expressions_are_told_text_by_text_and_elements_by_name() -> None:
    told = changes(literal("a + 1"), literal("a + 2"))
    assert told["facts"] == [{"what": "text", "before": "a + 1", "after": "a + 2"}]
    kinds = changes(literal("a"), table(("1", "5")))["facts"]
    assert kinds == [{"what": "logic", "before": "literal", "after": "table"}]
    old = Model.load(definitions(decision("d", literal("1")))).graph.tree
    new = Model.load(definitions(decision("e", literal("1")))).graph.tree
    assert [(one["name"], one["state"]) for one in compare(old, new)] == [("d", "removed"), ("e", "added")]
