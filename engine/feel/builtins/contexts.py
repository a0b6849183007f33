"""Built-ins on contexts (DMN 1.5, 10.3.4.7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.feel.builtins.base import builtin
from engine.feel.faults import Unfit
from engine.feel.values import Entries, adopt, kind_of


@builtin("get value(m: context, key: string)", "get value(context: context, keys: list)")
def get_value(context: Mapping[str, Any], key: str | list[Any]) -> Any:
    """The value of a key, or at the end of a path of keys; null if there is none."""
    here: Any = context
    for step in [key] if isinstance(key, str) else key:
        if not isinstance(here, Mapping) or not isinstance(step, str) or step not in here:
            raise Unfit(f"the context has no entry {key!r}" if isinstance(key, str) else "the path leads nowhere")
        here = adopt(here[step])
    return here if key != [] else None


@builtin("get entries(m: context)")
def get_entries(context: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [Entries(key=key, value=adopt(context[key])) for key in context]


@builtin("context(entries: list)")
def make_context(entries: list[Any]) -> dict[str, Any]:
    """From a list of ``{key, value}``; a key twice is null."""
    out = Entries()
    for entry in entries:
        if not isinstance(entry, Mapping) or "value" not in entry or not isinstance(entry.get("key"), str):
            raise Unfit("each entry must be a context with a string 'key' and a 'value'")
        key = entry["key"]
        if key in out:
            raise Unfit(f"the key {key!r} is given twice")
        out[key] = adopt(entry["value"])
    return out


@builtin(
    "context put(context: context, key: string, value: any)",
    "context put(context: context, keys: list, value: any)",
)
def context_put(context: Mapping[str, Any], key: str | list[Any], value: Any) -> dict[str, Any]:
    """A copy with one entry set, at a key or at the end of a path of keys."""
    path = [key] if isinstance(key, str) else key
    if not path:
        raise Unfit("the list of keys is empty")
    head = path[0]
    if not isinstance(head, str):
        raise Unfit(f"a key is a {kind_of(head)}, it must be a string")
    out = Entries((name, adopt(context[name])) for name in context)
    if len(path) > 1:
        inner = out.get(head)
        if not isinstance(inner, Mapping):
            raise Unfit(f"the context has no context at {head!r}")
        value = context_put(inner, path[1:], value)
    out[head] = value
    return out


@builtin("context merge(contexts: list)")
def context_merge(contexts: list[Any]) -> dict[str, Any]:
    """All entries; later contexts win."""
    out = Entries()
    for context in contexts:
        if not isinstance(context, Mapping):
            raise Unfit(f"the list holds a {kind_of(context)}, all must be contexts")
        out.update((key, adopt(context[key])) for key in context)
    return out
