"""Reads FEEL's type expressions: ``list<number>``, ``context<a: string>``, ``function<number> -> string`` …"""

from __future__ import annotations

from engine.feel.grammar import Names
from engine.feel.kinds import ANY, BASIC, Type
from engine.feel.names import RESERVED

_PHRASES = sorted((tuple(name.split()), name) for name in BASIC if " " in name)
_ALIASES = {
    ("day", "time", "duration"): "days and time duration",
    ("year", "month", "duration"): "years and months duration",
    ("dateTime",): "date and time",
    ("dayTimeDuration",): "days and time duration",
    ("yearMonthDuration",): "years and months duration",
    ("Null",): "Null",
}


def read_type(cursor: Names) -> Type:
    """The type at the cursor."""
    with cursor.nested():
        for words, name in (*_PHRASES, *_ALIASES.items()):
            if all(cursor.peek(k) == word for k, word in enumerate(words)):
                cursor.at += len(words)
                return Type(name)
        word = cursor.token.text
        if cursor.peek() == "<" and word in ("list", "range", "context", "function"):
            cursor.at += 2
            return _compound(cursor, word)
        if word == "function":
            cursor.at += 1
            return Type("function")
        if word == "null":
            cursor.at += 1
            return Type("Null")
        return Type(_qualified(cursor))


def _compound(cursor: Names, word: str) -> Type:
    if word in ("list", "range"):
        inner = read_type(cursor)
        cursor.take(">")
        return Type(word, (inner,))
    parts: list[Type] = []
    keys: list[str] = []
    while cursor.token.text != ">":
        if word == "context":
            keys.append(cursor.declared(":"))
            cursor.take(":")
        parts.append(read_type(cursor))
        if not cursor.accept(","):
            break
    cursor.take(">")
    if word == "context":
        return Type("context", tuple(parts), tuple(keys))
    result = read_type(cursor) if cursor.accept("->") else ANY
    return Type("function", (*parts, result))


def _qualified(cursor: Names) -> str:
    """The name of an item definition, with spaces and dots; a basic type is one as well."""
    parts: list[str] = []
    while True:
        words: list[str] = []
        while cursor.token.kind == "name" and cursor.token.text not in RESERVED:
            words.append(cursor.token.text)
            cursor.at += 1
        if not words:
            raise cursor.wrong("a type such as number, string or list<number>")
        parts.append(" ".join(words))
        if not cursor.accept("."):
            return ".".join(parts)
