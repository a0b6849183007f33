"""The parts of the grammar with a shape of their own: if, for, some, functions, lists, contexts, ranges, tests."""

from __future__ import annotations

from engine.domain.errors import ExpressionError
from engine.feel import tree as t
from engine.feel.builtins.base import REGISTRY
from engine.feel.faults import syntax_error
from engine.feel.grammar import Names
from engine.feel.kinds import Type
from engine.feel.lexer import unquote
from engine.feel.typetext import read_type

_OPS = frozenset(("=", "!=", "<", "<=", ">", ">="))
_GOES_ON = frozenset((".", "[", "(", "+", "-", "*", "/", "**"))


class Phrases(Names):
    """Expressions that begin with a word."""

    def expression(self) -> t.Node:
        raise self.wrong("an expression")  # the parser's own; here for the checker's sake

    def if_(self) -> t.If:
        """``if a then b else if c then d else e`` as one node."""
        pos = self.take("if").start
        branches: list[tuple[t.Node, t.Node]] = []
        while True:
            condition = self.expression()
            self.take("then")
            branches.append((condition, self.expression()))
            self.take("else")
            if not self.accept("if"):
                return t.If(tuple(branches), self.expression(), pos=pos)

    def for_(self) -> t.For:
        """``for x in a, y in 1..5 return …``."""
        pos = self.take("for").start
        with self.scope() as scope:
            scope.add("partial")
            iterators = self._iterators(spans=True)
            self.take("return")
            return t.For(iterators, self.expression(), pos=pos)

    def quantified(self) -> t.Quantified:
        """``some x in a satisfies …``, ``every …``."""
        word = self.token
        self.at += 1
        with self.scope():
            iterators = self._iterators(spans=True)
            self.take("satisfies")
            return t.Quantified(word.text, iterators, self.expression(), pos=word.start)

    def _iterators(self, spans: bool) -> tuple[tuple[str, t.Node], ...]:
        out: list[tuple[str, t.Node]] = []
        while True:
            name = self.declared("in")
            self.take("in")
            low = self.expression()
            if spans and self.token.text == "..":
                pos = self.token.start
                self.at += 1
                low = t.Span(low, self.expression(), pos=pos)
            out.append((name, low))
            self.known.add(name)
            if not self.accept(","):
                return tuple(out)

    def lambda_(self) -> t.Lambda:
        """``function(a: number, b) body``; an external one is refused by name."""
        pos = self.take("function").start
        self.take("(")
        params: list[tuple[str, Type | None]] = []
        with self.scope() as scope:
            while self.token.text != ")":
                name = self.declared(":", ",", ")")
                params.append((name, read_type(self) if self.accept(":") else None))
                scope.add(name)
                if not self.accept(","):
                    break
            self.take(")")
            if self.accept(":"):
                read_type(self)
            if self.token.text == "external":
                raise syntax_error(
                    "CRM-505",
                    "external functions (Java, PMML) are refused: nothing in an expression leaves FEEL",
                    self.text,
                    self.token.start,
                    expected="a FEEL body",
                )
            return t.Lambda(tuple(params), self.expression(), pos=pos)


class Tests(Phrases):
    """Ranges and unary tests: what follows ``in``, and the cells of a table."""

    def interval(self, low: t.Node, *, low_in: bool, pos: int) -> t.Interval:
        """The rest of a range, from its dots."""
        self.take("..")
        high = self.expression()
        closing = self.token
        if closing.kind != "op" or closing.text not in ("]", ")", "["):
            raise self.wrong("']', ')' or '[' at the end of the range")
        self.at += 1
        return t.Interval(low, high, low_in, closing.text == "]", pos=pos)

    def test(self) -> t.Node:
        """A positive unary test: ``< 5``, a range, or any expression."""
        token = self.token
        if token.kind == "op" and token.text in _OPS:
            self.at += 1
            with self.nested():
                return t.Test(token.text, self.expression(), pos=token.start)
        return self.expression()

    def in_tests(self) -> tuple[t.Node, ...]:
        """What follows ``in``: one test, or several in parentheses."""
        start = self.at
        token = self.token
        if token.kind == "op" and token.text in _OPS:
            self.at += 1
            return (t.Test(token.text, self.arithmetic(0), pos=token.start),)
        if token.text == "(" and token.kind == "op":
            self.at += 1
            with self.nested():
                tests = [self.test()]
                if self.token.text == "..":
                    return (self.interval(tests[0], low_in=False, pos=token.start),)
                while self.accept(","):
                    tests.append(self.test())
                self.take(")", "',' or ')'")
            if len(tests) > 1 or self.token.text not in _GOES_ON or self.token.kind != "op":
                return tuple(tests)
            self.at = start
        return (self.arithmetic(0),)

    def arithmetic(self, level: int) -> t.Node:
        raise self.wrong("an expression")  # the parser's own; here for the checker's sake

    def unary_tests(self) -> t.UnaryTests:
        """The whole text of an input entry."""
        if self.token.text == "-" and self.peek() == "":
            self.at += 1
            return t.UnaryTests((), pos=0)
        if self.token.text == "not" and self.peek() == "(":
            negated = self._negated()
            if negated is not None:
                return negated
        return t.UnaryTests(self._tests(), pos=self.token.start)

    def _tests(self) -> tuple[t.Node, ...]:
        tests = [self.test()]
        while self.accept(","):
            tests.append(self.test())
        return tuple(tests)

    def _negated(self) -> t.UnaryTests | None:
        """``not(…)`` around all tests; None if the parenthesis closes before the end."""
        start = self.at
        pos = self.take("not").start
        self.take("(")
        try:
            tests = self._tests()
            self.take(")")
        except ExpressionError as error:
            if error.code == "CRM-503" or self.tokens[-2].text == ")":
                raise
            self.at = start
            return None
        if self.token.kind == "end":
            return t.UnaryTests(tests, negated=True, pos=pos)
        self.at = start
        return None


class Boxed(Tests):
    """Expressions in brackets, calls and paths."""

    def step(self, source: t.Node) -> t.Node:
        """The name after a dot."""
        with self.nested():
            name, pos = self.name(step=True) if self.token.kind == "name" else (self._forced(), self.token.start)
            return t.Path(source, name, pos=pos)

    def _forced(self) -> str:
        raise self.wrong("a name")

    def call(self, function: t.Node) -> t.Node:
        """``f(1, 2)`` or ``f(a: 1, b: 2)``."""
        pos = self.take("(").start
        args: list[t.Node] = []
        names: list[str] = []
        named = self.label_ahead() > 0
        while self.token.text != ")" or self.token.kind == "str":
            if named:
                names.append(self.declared(":"))
                self.take(":")
            args.append(self.expression())
            if not self.accept(","):
                break
        self.take(")", "',' or ')'")
        named_call = tuple(names) if named else None
        if not isinstance(function, t.Name):
            return t.Call(function, tuple(args), named_call, pos=pos)
        builtin = function.name in REGISTRY and not self.known.has(function.name)
        return t.Call(function, tuple(args), named_call, builtin=builtin, pos=function.pos)

    def filter(self, source: t.Node) -> t.Node | None:
        """``a[…]``; None if the bracket rather closes a range such as ``]1..2[``."""
        start = self.at
        known = self.known
        pos = self.take("[").start
        try:
            with self.scope() as scope:
                scope.add("item")
                condition = self.expression()
            self.take("]")
        except ExpressionError as error:
            if error.code == "CRM-503" or not self._open_range(start):
                raise
            self.at, self.known = start, known
            return None
        return t.Filter(source, condition, pos=pos)

    def _open_range(self, at: int) -> bool:
        """Whether the bracket at ``at`` may close a range: there is a ``..`` before it."""
        return any(token.text == ".." and token.kind == "op" for token in self.tokens[:at])

    def parenthesis(self) -> t.Node:
        """``(a)``, ``(a..b]``, ``(< a)``."""
        token = self.take("(")
        with self.nested():
            if self.token.kind == "op" and self.token.text in _OPS:
                test = self.test()
                self.take(")")
                return test
            inner = self.expression()
            if self.token.text == "..":
                return self.interval(inner, low_in=False, pos=token.start)
            self.take(")")
            return inner

    def bracket(self) -> t.Node:
        """A list, or a range that begins with a bracket."""
        token = self.token
        self.at += 1
        with self.nested():
            if token.text == "[" and self.accept("]"):
                return t.ListOf((), pos=token.start)
            first = self.test()
            if self.token.text == "..":
                return self.interval(first, low_in=token.text == "[", pos=token.start)
            if token.text == "]":
                raise self.wrong("'..' of a range")
            items = [first]
            while self.accept(","):
                items.append(self.test())
            self.take("]", "',' or ']'")
            return t.ListOf(tuple(items), pos=token.start)

    def context(self) -> t.Context:
        """``{a: 1, "b c": a + 1}``; earlier entries are known in later ones."""
        pos = self.take("{").start
        entries: list[tuple[str, t.Node]] = []
        with self.nested(), self.scope() as scope:
            while self.token.text != "}" or self.token.kind == "str":
                if self.token.kind == "str":
                    key = unquote(self.token.text)
                    self.at += 1
                else:
                    key = self.declared(":")
                self.take(":")
                entries.append((key, self.expression()))
                scope.add(key)
                self.keys.add(key)
                if not self.accept(","):
                    break
            self.take("}", "',' or '}'")
        return t.Context(tuple(entries), pos=pos)
