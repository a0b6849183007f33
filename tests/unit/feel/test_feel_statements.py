"""Statements of the specification's own kind that must hold: each line is FEEL and true."""

from __future__ import annotations

import pytest

from engine import feel
from engine.feel.program import WARM, Program

STATEMENTS = r"""
number("1 000,0", " ", ",") = number("1,000.0", ",", ".")
date(2012, 12, 25) = date("2012-12-25")
date("2012-12-25") - date("2012-12-24") = duration("P1D")
date(date and time("2012-12-25T11:00:00Z")) = date("2012-12-25")
date and time("2012-12-24T23:59:00") = date and time(date("2012-12-24"), time("23:59:00"))
date and time("2012-12-24T23:59:00") + duration("PT1M") = date and time("2012-12-25T00:00:00")
time("23:59:00z") + duration("PT2M") = time("00:01:00@Etc/UTC")
time(date and time("2012-12-25T11:00:00Z")) = time("11:00:00Z")
time("23:59:00z") = time(23, 59, 0, duration("PT0H"))
string(1.1) = "1.1"
date and time("2012-12-24T23:59:00") - date and time("2012-12-22T03:45:00") = duration("P2DT20H14M")
duration("P2Y2M") = duration("P26M")
years and months duration(date("2011-12-22"), date("2013-08-24")) = duration("P1Y8M")
substring("\U01F40Eab", 2) = "ab"
replace("banana", "a", "o") = "bonono"
count([1, [2, 3]]) = 2
min(1) = min([1])
all([false, null, true]) = false
all(0) = null
flatten([[1, 2], [[3]], 4]) = [1, 2, 3, 4]
product([]) = null
mode(6, 3, 9, 6, 6) = [6]
floor(-1.56, 1) = -1.6
ceiling(-1.56, 1) = -1.5
round half up(1.121, 2) = 1.12
modulo(-12, -5) = -2
modulo(-10.1, 4.5) = 3.4
decimal(log(10), 11) = 2.30258509299
decimal(exp(5), 12) = 148.413159102577
week of year(date(2004, 1, 4)) = 1
sort(list: [3, 1, 4, 5, 2], precedes: function(x, y) x < y) = [1, 2, 3, 4, 5]
get value({key1: "value1"}, "unexistent-key") = null
get entries({key1: "value1"})[key = "key1"].value = ["value1"]
context([{key: "a", value: 1}, {key: "b", value: 2, something: "else"}]) = {a: 1, b: 2}
context([{key: "a", value: 1}, {key: "b"}]) = null
context put({x: 1, y: {a: 0}}, ["y", "a"], 2) = {x: 1, y: {a: 2}}
context put({x: 1}, ["y"], 2) = context put({x: 1}, "y", 2)
[{a: {b: [1]}}, {a: {b: [2.1, 2.2]}}, {a: {b: [3]}}].a.b = [[1], [2.1, 2.2], [3]]
3[item > 2] = [3]
contains(["foobar"], "of") = false
{isPositive: function(x) x > 0, isNotNegative: function(x) isPositive(x + 1), result: isNotNegative(0)}.result
("1" = 1) = null
(1 instance of number) and not(1 instance of string)
1.2*10**3 = 1200
(>= @"2019-01-01") instance of range<date>
["a", true, 123] instance of list<Any>
(function(x: number, y: number) x + y) instance of function<number, number> -> number
every i in [] satisfies null
concatenate([1], [null]) = [1, null]
[1, 2, 3][item > 5] = []
"b" in ("a".."c")
{x: 5, r: x in (< 10)}.r
{x: 5, r: x in (? > 1, 3)}.r
{x: "abc", r: x in (contains(?, "b"))}.r
null in (null, 1)
not(null in [1])
(null = 1) = false
if null then false else true
{a: [1, 2, 3], b: for x in a, y in [10] return x * y}.b = [10, 20, 30]
some x in [{a: 1}, {a: 2}].a satisfies x = 2
"a" < "b" and "a" < "aa" and "Z" < "a"
@"2020-01-01" < @"2020-01-02" and @"PT1H" < @"P1D"
abs(-1) + abs(@"-P1Y").years = 2
"""


@pytest.mark.parametrize("text", STATEMENTS.strip().splitlines())
def test_holds(text: str) -> None:
    assert feel.evaluate(text) is True


@pytest.mark.parametrize("text", STATEMENTS.strip().splitlines())
def test_holds_as_well_once_it_is_generated(text: str) -> None:
    program = Program(text, "expression", feel.parse(text))
    assert {program.evaluate() for _ in range(WARM + 10)} == {True}
