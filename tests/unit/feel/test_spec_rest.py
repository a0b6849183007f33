"""The tables of DMN 1.5, 10.3, line by line: time, logic, loops, filters, ranges. Each is FEEL and true."""

from __future__ import annotations

import pytest

from engine import feel
from engine.feel.program import WARM

STATEMENTS = r"""
date("2012-12-25") = @"2012-12-25"
date("2012-13-25") = null
date("12012-12-25") = date(12012,12,25)
date("-0001-12-25").year = -1
date("+2012-12-25") = null
date("012-12-25") = null
date(2012,12,25) = date("2012-12-25")
date(2012,2,30) = null
date(date and time("2012-12-24T23:59:00")) = date("2012-12-24")
date(from: "2012-12-24") = date("2012-12-24")
date("2012-12-24T00:00:00") = null
(date and time("2012-12-24T23:59:00").minute) = 59
date and time("2012-12-24") = date and time("2012-12-24T00:00:00")
date and time(date("2012-12-24"), time("23:59:00")) = date and time("2012-12-24T23:59:00")
date and time(date and time("2012-12-24T23:59:00Z"), time("10:00:00")) = date and time("2012-12-24T10:00:00")
date and time("2012-12-24T24:00:00") = date and time("2012-12-25T00:00:00")
date and time(2012,12,24,23,59,0) = date and time("2012-12-24T23:59:00")
date and time(2012,12,24,23,59,0,"Europe/Paris") = date and time("2012-12-24T23:59:00@Europe/Paris")
time("23:59:00z") = time("23:59:00Z")
time("23:59:00") = time(23,59,0)
time(23,59,0,duration("PT1H")) = time("23:59:00+01:00")
time(23,59,0,null) = time("23:59:00")
time(24,0,0) = null
time(date and time("2012-12-24T23:59:00")) = time("23:59:00")
time(date("2012-12-24")) = time("00:00:00Z")
time("7:00:00") = null
time("10:20") = null
duration("P1Y2M") = duration("P14M")
duration("P1Y2D") = null
duration("PT1H") < duration("P1D")
duration("P") = null
duration("PT") = null
duration("P1DT") = null
duration("-P2DT3H").days = -2
duration("P1.5D") = null
duration("PT1.5S").seconds = 1.5
duration("PT1.5M") = null
years and months duration(date("2013-08-24"), date("2011-12-22")) = duration("-P1Y8M")
years and months duration(date("2011-01-31"), date("2011-02-28")) = duration("P0M")
years and months duration(date and time("2011-12-22T10:00:00"), date("2013-08-24")) = duration("P1Y8M")
day of year(date(2019,9,17)) = 260
day of week(date(2019,9,17)) = "Tuesday"
month of year(date(2019,9,17)) = "September"
week of year(date(2019,9,17)) = 38
week of year(date(2003,12,29)) = 1
week of year(date(2005,1,1)) = 53
(day of week(date and time("2019-09-17T00:00:00"))) = "Tuesday"
date("2020-01-31") + duration("P1M") = date("2020-02-29")
date("2020-03-31") - duration("P1M") = date("2020-02-29")
date("2020-01-01") + duration("PT36H") = date("2020-01-02")
date("2020-01-01") - date("2019-12-31") = duration("P1D")
date("2020-01-01") - date and time("2019-12-31T00:00:00Z") = duration("P1D")
(date and time("2020-01-01T00:00:00") - date and time("2019-12-31T00:00:00Z")) = null
time("10:00:00") - time("09:00:00") = duration("PT1H")
time("10:00:00") + duration("PT15H") = time("01:00:00")
time("10:00:00") + duration("P1D") = time("10:00:00")
time("10:00:00") + duration("P1M") = null
duration("P1D") + duration("P1M") = null
duration("P1Y") + duration("P1M") = duration("P13M")
duration("P1D") * 2 = duration("P2D")
2 * duration("P1Y") = duration("P2Y")
duration("P1D") / 2 = duration("PT12H")
duration("P1D") / duration("PT12H") = 2
duration("P1Y") / duration("P6M") = 2
duration("P1Y") / duration("P1D") = null
duration("P5M") / 2 = duration("P2M")
duration("P1D") ** 2 = null
date("2020-01-01") + 1 = null
duration("P1D") + date("2020-01-01") = date("2020-01-02")
duration("P1D") - date("2020-01-01") = null
-duration("P1D") = duration("-P1D")
date("2020-01-01").weekday = 3
(date and time("2020-01-01T10:00:00@Europe/Paris").timezone) = "Europe/Paris"
date and time("2020-01-01T10:00:00+02:00").time offset = duration("PT2H")
(date and time("2020-01-01T10:00:00").time offset) = null
time("10:00:00@Europe/Paris").timezone = "Europe/Paris"
(date and time("2020-01-01T10:00:00@foo/bar")) = null
date and time("2020-01-01T10:00:00+01:00") = date and time("2020-01-01T09:00:00Z")
(is(date and time("2020-01-01T10:00:00+01:00"), date and time("2020-01-01T09:00:00Z"))) = false
is(date("2012-12-25"), time("23:00:50")) = false
is(date("2012-12-25"), date("2012-12-25"))
is(time("23:00:50z"), time("23:00:50")) = false
is(time("23:00:50z"), time("23:00:50+00:00"))
is(null, null)
is(1, 1.0)
is([1],[1])
1 = 1.0
(1 = "1") = null
null = null
1 != null
(null != null) = false
[1,2] = [1,2]
([1,2] = [2,1]) = false
[] = []
([] = null) = false
{a:1,b:2} = {b:2,a:1}
({a:1} = {a:1,b:null}) = false
(date("2020-01-01") = date and time("2020-01-01T00:00:00")) = null
duration("P1Y") = duration("P12M")
duration("P1D") = duration("PT24H")
(duration("P0Y") = duration("P0D")) = null
(time("10:00:00") = time("10:00:00Z")) = false
(1 < "a") = null
(null < 1) = null
(true < false) = null
([1] < [2]) = null
(1 between null and 2) = null
(5 between 6 and null) = false
1 in [1,2,3]
1 in (1,2,3)
1 in [1..3]
(1 in (1..3]) = false
(1 in ]1..3]) = false
(3 in [1..3[) = false
1 in (> 0)
1 in > 0
1 in (> 5, < 2)
null in null
(1 in null) = false
(1 in []) = false
[1,2] in [[1,2],[3]]
[1] in [1]
("a" in ("b","c")) = false
1 in [[0..2], [5..6]]
date("2020-01-01") in [date("2019-01-01")..date("2021-01-01")]
(null instance of number) = false
(null instance of Any) = false
null instance of Null
"a" instance of string
true instance of boolean
@"2020-01-01" instance of date
date and time("2020-01-01T00:00:00") instance of date and time
(date and time("2020-01-01T00:00:00") instance of date) = false
@"P1D" instance of days and time duration
@"P1Y" instance of years and months duration
(@"P1Y" instance of days and time duration) = false
[1,2] instance of list<number>
([1,"a"] instance of list<number>) = false
[] instance of list<number>
[1,null] instance of list<number>
{a:1} instance of context<a: number>
{a:1,b:2} instance of context<a: number>
({a:"x"} instance of context<a: number>) = false
({} instance of context<a: number>) = false
[1..2] instance of range<number>
([1..2] instance of range<string>) = false
(function(x) x) instance of function<Any> -> Any
(function(x: number) x+1) instance of function<number> -> number
abs instance of function<number> -> number
[1] instance of list<Any>
(1 instance of list<number>) = false
1 instance of Any
({a: 1} instance of context) = null
([1] instance of list) = null
(true and null) = null
(false and null) = false
true or null
(false or null) = null
(null and null) = null
(1 and true) = null
1 or true
not(true) = false
not(null) = null
not(1) = null
(true and 1) = null
(if null then 1 else 2) = 2
(if 1 then 1 else 2) = 2
(if true then 1 else 2) = 1
(for i in [1,2,3] return i*2) = [2,4,6]
(for i in 1..3 return i) = [1,2,3]
(for i in 3..1 return i) = [3,2,1]
(for i in [1..3] return i) = [1,2,3]
(for i in (1..3] return i) = [2,3]
(for i in @"2020-01-01"..@"2020-01-03" return i)[2] = @"2020-01-02"
(for i in [1,2], j in [10,20] return i+j) = [11,21,12,22]
(for i in [[1,2],[3]], j in i return j) = [1,2,3]
(for i in 0..4 return if i = 0 then 1 else i * partial[-1]) = [1,1,2,6,24]
((for i in null return i)) = null
(for i in 5 return i) = [5]
(for i in [] return i) = []
(for i in ["a","b"]  return i) = ["a","b"]
(some x in [1,2,3] satisfies x > 2) = true
(every x in [1,2,3] satisfies x > 2) = false
(some x in [] satisfies x > 2) = false
(every x in [] satisfies x > 2) = true
(some x in null satisfies x > 2) = null
(some x in [1,2], y in [2,3] satisfies x = y) = true
(every x in [1,null] satisfies x > 0) = null
(some x in [false, null] satisfies x) = null
(some x in 5 satisfies x = 5) = true
[1,2,3][2] = 2
[1,2,3][-1] = 3
[1,2,3][4] = null
[1,2,3][0] = null
[1,2,3][item > 1] = [2,3]
[{x:1,y:2},{x:2,y:3}][x=1] = [{x:1,y:2}]
[{x:1,y:2},{x:null,y:3}][x<2] = [{x:1,y:2}]
[1,2,3][true] = [1,2,3]
[1,2,3][false] = []
[1,2,3][null] = []
5[1] = 5
5[2] = null
"a"[1] = "a"
null[1] = null
[{item: 2}][item > 1] = [{item:2}]
[{item: 2}][item.item > 1] = []
[{x:1},{y:2}].x = [1,null]
[1,2].x = [null,null]
[[1,2],[3]][1] = [1,2]
{a:{b:1}}.a.b = 1
{a:1}.b = null
null.a = null
"a".b = null
[1,2,3][1.5] = null
[1,2,3][item >= 2][1] = 2
(function(x,y) x+y)(1,2) = 3
{f: function(x) x*2, r: f(3)}.r = 6
{f: function(x) x*2, r: f(x: 3)}.r = 6
{f: function(x) x*2, r: f(y: 3)}.r = null
{f: function(x) x*2, r: f(1,2)}.r = null
{f: function(x: string) x, r: f(1)}.r = null
{f: function(x: list<number>) x, r: f(1)}.r = [1]
{f: function(x: number) x, r: f([1])}.r = 1
{f: function(n) if n <= 1 then 1 else n * f(n-1), r: f(5)}.r = 120
{a: 1, b: a + 1, c: b + 1}.c = 3
{"a b": 1, c: a b + 1}.c = 2
foo(1) = null
1 + 1 = 2
"a" + "b" = "ab"
"a" + 1 = null
1 / 0 = null
10 ** 2 = 100
2 ** 3 ** 2 = 64
-2 ** 2 = 4
2 ** -1 = 0.5
--1 = 1
1 - -1 = 2
4 / 2 * 2 = 4
1/3 = 0.3333333333333333333333333333333333
0.1 + 0.2 = 0.3
10 ** 7000 = null
1 + null = null
true + true = null
before(1, 10)
before([1..10], 10) = false
before([1..10), 10)
before([1..5], [6..10])
after(10, 1)
after([6..10], 5)
meets([1..5],[5..10])
meets([1..5),[5..10]) = false
met by([5..10],[1..5])
overlaps([1..5],[3..8])
overlaps([1..5],[6..8]) = false
overlaps([1..5),[5..8]) = false
overlaps before([1..5],[3..8])
overlaps before([1..5],[1..8]) = false
overlaps before([1..5],[1..5]) = false
overlaps before([1..5),[1..5]) = false
overlaps after([3..8],[1..5])
overlaps after([4..10],[1..5))
finishes(10,[1..10])
finishes(10,[1..10)) = false
finishes([5..10],[1..10])
finished by([1..10],10)
finished by([1..10],[5..10])
includes([1..10],5)
includes([1..10],[4..6])
includes((1..10],1) = false
includes([1..10],[1..10))
during(5,[1..10])
during([4..6],[1..10])
starts(1,[1..10])
starts([1..5],[1..10])
started by([1..10],1)
started by([1..10],[1..5])
coincides(5,5)
coincides([1..5],[1..5])
coincides([1..5),[1..5]) = false
before(@"2020-01-01",@"2020-01-02")
[1..5].start = 1
[1..5).end included = false
(>5).start = 5
(>5).end = null
(>5).start included = false
(<=5).end included
range("[18..21)") = [18..21)
range("(..2]") = (<= 2)
range("[@\"2020-01-01\"..@\"2021-01-01\"]").start = @"2020-01-01"
range("[1+1..3]") = null
range("x") = null
range("[3..1]") = null
(5 in (>5)) = false
(> 5) = (> 5)
[1..5] = [1..5]
([1..5] = [1..5)) = false
is([1..5],[1..5])
@"2020-01-01T10:00:00" instance of date and time
@"10:00:00" instance of time
@"P1D" = duration("P1D")
@"foo" = null
"\u00e9" = "é"
"\"" = "\""
string length("\\") = 1
{"été": 1}.été = 1
boolean("x") = null
(for my item in [1,2] return my item + 1) = [2,3]
(function(a b) a b + 1)(1) = 2
(some my x in [1,2] satisfies my x > 1) = true
{my key: 1, other key: my key + 1}.other key = 2
{"my-key": 1, r: my-key + 1}.r = 2
{a+b: 1, r: a+b}.r = 1
{a: 1, b: 2, r: a+b}.r = 3
{if x: 1}.if x = 1
{for: 1}.for = 1
{date: 1, r: date + 1}.r = 2
{a: {b c: 2}}.a.b c = 2
([{a b: 1},{a b: 2}][a b > 1].a b) = [2]
(if 1 > 0 then if 2 > 3 then "a" else "b" else "c") = "b"
([1,2,3][if item > 1 then true else false]) = [2,3]
1 + /* c */ 2 = 3
"a\tb" = "a\tb"
"\u0041" = "A"
"\uD83D\uDC0E" = "\U01F40E"
{ "a" : 1 , "b" : [ 1 , { c : 2 } ] }.b[2].c = 2
[1..3][2] = null
{a: 1}.a.b = null
-(1 + 2) * 3 = -9
2 * -3 = -6
not(1 > 2) and not(false)
5 in (>1, <0)
5 in [(>1), (<0)]
(every x in [1,2], y in [3] satisfies x < y) = true
(1 in [1,2]) = true
(x between 1 and 3 and true) = null
2 between 1 and 3 and true
1 < 2 = true
1 = 1 and 2 = 2
date("2020-01-01").year + 1 = 2021
@"2020-01-01".year = 2020
{a: function(x) x + 1}.a(2) = 3
[function(x) x + 1][1](2) = 3
substring before("a b", " ") + "c" = "ac"
time("10:00:00").hour = 10
(date and time("2020-01-01T00:00:00").date and time) = null
({x: [1,2,3]}.x[item > 1]) = [2,3]
{x: 1, y: {x: 2, z: x + 1}}.y.z = 3
{x: 1, y: {z: x + 1}}.y.z = 2
((for x in [1,2] return {v: x})[v = 2].v) = [2]
[1 .. 3] = [1..3]
(1..3) = ]1..3[
"a" in ["a".."c"]
1 +2 = 3
1+2-3 = 0
1 - 1 = 0
[] instance of list<string>
null in [null]
{} = {}
{}.x = null
{a: null}.a = null
[null][1] = null
01 = 1
.5 + .5 = 1
true = not(false)
null != 1
([[1,2],[3,4]][item[1] = 3]) = [[3,4]]
[{a:[1,2]}].a = [[1,2]]
[{a:[1,2]},{a:[3]}].a[1] = [1,2]
(count([1,2,3][item > 5])) = 0
(sum([1,2,3][item > 1])) = 5
{a: 1}.a = 1
date("2020-01-01") < date("2020-01-02") and true
duration("P1D") >= duration("PT24H")
@"P1D" + @"P1D" = @"P2D"
(years and months duration(@"2020-01-01", @"2021-01-01").years) = 1
string length("a" + "b") = 2
string(1) + "a" = "1a"
10 / 4 = 2.5
10 - 4 - 3 = 3
2 ** 2 ** 3 = 64
(-2) ** 2 = 4
3 - 2 ** 2 = -1
1 in [1] and 2 in [2]
{a: 1, a: 2} = null
x.y.z = null
[1,2,3] [2] = 2
abs (-1) = 1
[1,2] = [1,2] and [1] != [2]
1 instance of number and true
@"2020-01-01T10:00:00@Europe/Berlin" = date and time("2020-01-01T09:00:00Z")
{a b c: 1}.a b c + 1 = 2
(for i in 1..2, j in i..2 return i * 10 + j) = [11,12,22]
(for i in 1..3 return partial) = [[],[[]],[[],[[]]]]
{list: [1,2], count: count(list)}.count = 2
{ü: 1}.ü = 1
{_a1: 1}._a1 = 1
{a': 1}.a' = 1
{価格: 2, r: 価格 * 2}.r = 4
range("[1..)") = (>= 1)
range("]..2[") = (< 2)
range("[..2]") = null
range("[1..]") = null
range("(..)") = null
range("(@\"2020-01-01\"..)").start = @"2020-01-01"
"""


@pytest.mark.parametrize("text", [line for line in STATEMENTS.splitlines() if line])
def test_the_rest_of_the_specification_hold(text: str) -> None:
    """Run as closures and, once warm, as generated code. (C3)"""
    program = feel.compile(text)
    results = {str(program.evaluate({})) for _ in range(WARM + 3)}
    assert results == {"True"}
