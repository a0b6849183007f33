"""The grammar of FEEL (DMN 1.5, 10.3.1.2) by recursive descent: text in, typed tree out."""

from __future__ import annotations

from collections.abc import Collection
from decimal import DecimalException

from engine.feel import tree as t
from engine.feel.boxed import Boxed
from engine.feel.builtins.base import KNOWN
from engine.feel.decimals import CONTEXT
from engine.feel.faults import failure, syntax_error
from engine.feel.kinds import Type
from engine.feel.lexer import tokenise, unquote
from engine.feel.names import RESERVED, Known
from engine.feel.typetext import read_type

_COMPARISONS = frozenset(("=", "!=", "<", "<=", ">", ">="))
_LEVELS = {"+": 0, "-": 0, "*": 1, "/": 1, "**": 2}  # how tightly operators bind
_HINTS = {"=": "a value; equality is a single '='", "'": 'a value; text is written in double quotes "…"'}
_CONSTANTS = {"true": True, "false": False, "null": None}


class Parser(Boxed):
    """Reads one text; ``known`` resolves names with spaces and operators."""

    def expression(self) -> t.Node:
        """Any expression."""
        with self.nested():
            word = self.token.text
            if self.token.kind == "name":
                if word == "if":
                    return self.if_()
                if word == "for":
                    return self.for_()
                if word in ("some", "every") and not self._plain_use():
                    return self.quantified()
            return self.logic("or")

    def _plain_use(self) -> bool:
        """``some`` and ``every`` may also be the first word of a known name."""
        found = self.known.match(self.tokens, self.at)
        return found is not None and found[0] > 1

    def logic(self, op: str) -> t.Node:
        """``or`` over ``and`` over comparisons."""
        first = self._below(op)
        if self.token.text != op or self.token.kind != "name":
            return first
        pos = self.token.start
        items = [first]
        while self.token.kind == "name" and self.accept(op):
            items.append(self._below(op))
        return t.Logic(op, tuple(items), pos=pos)

    def _below(self, op: str) -> t.Node:
        return self.logic("and") if op == "or" else self.comparison()

    def comparison(self) -> t.Node:
        """``=``, ``<`` …, ``between``, ``in`` and ``instance of``."""
        left = self.arithmetic(0)
        for _ in range(50):
            token = self.token
            if token.kind == "op" and token.text in _COMPARISONS:
                self.at += 1
                left = t.Compare(token.text, left, self.arithmetic(0), pos=token.start)
            elif token.kind != "name":
                return left
            elif token.text == "between":
                self.at += 1
                low = self.arithmetic(0)
                self.take("and")
                left = t.Between(left, low, self.arithmetic(0), pos=token.start)
            elif token.text == "in":
                self.at += 1
                left = t.In(left, self.in_tests(), pos=token.start)
            elif token.text == "instance":
                self.at += 1
                self.take("of")
                left = t.InstanceOf(left, read_type(self), pos=token.start)
            else:
                return left
        raise self.wrong("fewer comparisons in a row")

    def arithmetic(self, level: int) -> t.Node:
        """Sums of products of powers, each level applied from the left."""
        left = self.unary()
        while True:
            here = _LEVELS.get(self.token.text, -1)
            if here < level:
                return left
            pos = self.token.start
            rest: list[tuple[str, t.Node]] = []
            while _LEVELS.get(self.token.text, -1) == here:
                op = self.token.text
                self.at += 1
                rest.append((op, self.arithmetic(here + 1)))
            left = t.Chain(left, tuple(rest), pos=pos)

    def unary(self) -> t.Node:
        """A sign, or an operand with its paths, filters and calls."""
        token = self.token
        if token.kind == "op" and token.text == "-":
            self.at += 1
            with self.nested():
                return t.Neg(self.unary(), pos=token.start)
        return self.postfix()

    def postfix(self) -> t.Node:
        """``a.b``, ``a[…]`` and ``a(…)`` in any order."""
        node = self.primary()
        for _ in range(100):
            token = self.token
            if token.kind != "op":
                return node
            if token.text == ".":
                self.at += 1
                node = self.step(node)
            elif token.text == "(":
                node = self.call(node)
            elif token.text == "[":
                filtered = self.filter(node)
                if filtered is None:
                    return node
                node = filtered
            else:
                return node
        raise self.wrong("fewer steps in a row")

    def primary(self) -> t.Node:
        """Literals, names, and everything in brackets."""
        token = self.token
        if token.kind == "num":
            return self._number()
        if token.kind == "str":
            self.at += 1
            return t.Literal(unquote(token.text), pos=token.start)
        if token.kind == "name":
            return self._word()
        if token.text == "(":
            return self.parenthesis()
        if token.text in ("[", "]"):
            return self.bracket()
        if token.text == "{":
            return self.context()
        if token.text == "@" and self.tokens[self.at + 1].kind == "str":
            self.at += 2
            return t.At(unquote(self.tokens[self.at - 1].text), pos=token.start)
        raise self.wrong(_HINTS.get(token.text, "a value"))

    def _number(self) -> t.Node:
        token = self.token
        try:
            value = CONTEXT.create_decimal(token.text)
        except DecimalException as error:
            message = "the number is out of range"
            raise syntax_error("CRM-501", message, self.text, token.start, expected="a smaller number") from error
        self.at += 1
        return t.Literal(value, pos=token.start)

    def _word(self) -> t.Node:
        token = self.token
        word = token.text
        known = self.known.match(self.tokens, self.at)
        if word not in RESERVED:
            if word == "not" and self.tokens[self.at + 1].kind == "name" and (known is None or known[0] == 1):
                self.at += 1
                raise self.wrong("'(' as in not(a)")
            name, pos = self.name()
            return t.Name(name, pos=pos)
        if known is None or known[0] == 1:
            if word in _CONSTANTS:
                self.at += 1
                return t.Literal(_CONSTANTS[word], pos=token.start)
            if word == "function":
                return self.lambda_()
            if word in ("if", "for", "some", "every"):
                return self.expression()
        else:
            self.at += known[0]
            return t.Name(known[1], pos=token.start)
        name, pos = self.name()
        return t.Name(name, pos=pos)

    def text_end(self) -> None:
        """Nothing may follow."""
        if self.token.kind != "end":
            raise self.wrong("an operator or the end of the text")


def parse(text: str, kind: str = "expression", names: Collection[str] = ()) -> t.Node:
    """The tree of ``text``. Raises ExpressionError CRM-50x with line, column and what was expected."""
    parser = Parser(text, Known(names, up=KNOWN))
    try:
        node = parser.unary_tests() if kind == "unary-tests" else parser.expression()
    except RecursionError as error:
        raise failure("CRM-503", "FEEL: the text is nested too deeply.", fix="Split it.") from error
    parser.text_end()
    return node


def parse_type(text: str) -> Type:
    """A type expression on its own, as in a ``typeRef``."""
    parser = Parser(text, Known())
    result = read_type(parser)
    parser.text_end()
    return result


__all__ = ["Parser", "parse", "parse_type", "tokenise"]
