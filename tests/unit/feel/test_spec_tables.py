"""The tables of DMN 1.5, 10.3, line by line: built-ins of contexts, texts, lists and numbers. Each is FEEL and true."""

from __future__ import annotations

import pytest

from engine import feel
from engine.feel.program import WARM

STATEMENTS = r"""
context([{key: "a", value: 1}, {key: "b", value: 2}]) = {a: 1, b: 2}
context([{key: "a", value: 1}, {key: "a", value: 2}]) = null
context([{key: "a"}]) = null
context([{value: 1}]) = null
context([{key: 1, value: 1}]) = null
context({key: "a", value: 1}) = {a: 1}
context(entries: [{key:"a", value: null}]) = {a: null}
context([]) = {}
context(null) = null
context([{key: "a", value: 1, b: 3}]) = {a: 1}
context merge([{a:1}, {b:2}]) = {a:1,b:2}
context merge([{a:1}, {a:2}]) = {a:2}
context merge([{x:1, y:{a:1}}, {y:{b:2}}]) = {x:1, y:{b:2}}
context merge(contexts: {a:1}) = {a:1}
context merge([]) = {}
context merge([{a:1}, null]) = null
context put({x:1}, "y", 2) = {x:1,y:2}
context put({x:1, y:{a:0}}, ["y","a"], 2) = {x:1,y:{a:2}}
context put({x:1}, [], 2) = null
context put({x:1}, ["y","a"], 2) = null
get value({a: {b: 1}}, ["a","b"]) = 1
get value({a: 1}, ["a","b"]) = null
get value({a: 1}, []) = null
get entries({a: 1}) = [{key: "a", value: 1}]
number("1 000,0", " ", ",") = 1000
number("1,000.5", ",", ".") = 1000.5
number("1.000", ".", null) = 1000
number("1,000.0", ",", ",") = null
number("x") = null
number(null) = null
number("1.5e3") = 1500
number("-.5") = -0.5
number("1.") = null
number("+1") = null
number(from: "1", grouping separator: null, decimal separator: null) = 1
number("1 000", " ", null) = 1000
string(1.10) = "1.10"
string("a") = "a"
string(null) = null
string(true) = "true"
string(@"2020-01-01") = "2020-01-01"
(string(date and time("2020-01-01T10:00:00@Europe/Paris"))) = "2020-01-01T10:00:00@Europe/Paris"
string([1,2,"a"]) = "[1, 2, \"a\"]"
string({a: "x", b: 1}) = "{a: \"x\", b: 1}"
string({"a b": "x"}) = "{a b: \"x\"}"
string(duration("P1D")) = "P1D"
string(duration("PT36H")) = "P1DT12H"
string(duration("P14M")) = "P1Y2M"
string(duration("-P14M")) = "-P1Y2M"
string(duration("PT0S")) = "PT0S"
string(duration("P0M")) = "P0M"
string([1..3]) = "[1..3]"
string(time("10:00:00Z")) = "10:00:00Z"
string(time("10:00:00+01:00")) = "10:00:00+01:00"
string(time("10:00:00.5")) = "10:00:00.5"
string(1e10) = "10000000000"
string(0.00000001) = "0.00000001"
substring("foobar", 3) = "obar"
substring("foobar", 3, 3) = "oba"
substring("foobar", -2, 1) = "a"
substring("foobar", 0) = null
substring("foobar", 7) = null
substring("foobar", 1, 0) = null
substring(string: "foobar", start position: 3) = "obar"
string length("\U01F40Eab") = 3
string length("") = 0
upper case("aBc4") = "ABC4"
upper case("ß") = "SS"
lower case("ABC") = "abc"
substring before("foobar", "bar") = "foo"
substring before("foobar", "xyz") = ""
substring before("foobar", "") = ""
substring after("foobar", "ob") = "ar"
substring after("", "a") = ""
substring after("foo", "") = "foo"
replace("abcd", "(ab)|(a)", "[1=$1][2=$2]") = "[1=ab][2=]cd"
replace("abracadabra", "bra", "*") = "a*cada*"
replace("abracadabra", "a.*a", "*") = "*"
replace("abracadabra", "a.*?a", "*") = "*c*bra"
replace("abracadabra", "a", "") = "brcdbr"
replace("abracadabra", "a(.)", "a$1$1") = "abbraccaddabbra"
replace("AAAA", "A+", "b") = "b"
replace("AAAA", "A+?", "b") = "bbbb"
replace("darted", "^(.*?)d(.*)$", "$1c$2") = "carted"
replace("reluctant", "r.*?t", "X") = "Xant"
replace("0123456789", "(\\d{3})(\\d{3})(\\d{4})", "($1) $2-$3") = "(012) 345-6789"
replace("foobar", "[a-z", "#") = null
replace("foobar", "^fo*b*?.*", "X", "g") = null
contains("foobar", "of") = false
contains("foobar", "")
starts with("foobar", "fo")
ends with("foobar", "r")
matches("foobar", "^fo*b")
matches("abracadabra", "^a.*a$")
matches("abracadabra", "^bra") = false
matches("foo\nbar", "foo.bar") = false
matches("foo\nbar", "foo.bar", "s")
matches("FoO", "foo", "i")
matches("helloworld", "hello world", "x")
matches("a\nb", "^b$", "m")
matches("a.b", "a.b", "q")
matches("abc", "\\p{Lu}") = false
matches("-", "[a-]")
matches("b", "[a-z-[b]]") = false
matches("aa", "(a)\\1")
split("John Doe", "\\s") = ["John", "Doe"]
split("a;b;c;;", ";") = ["a","b","c","",""]
string join(["a","b","c"], "_and_") = "a_and_b_and_c"
string join(["a",null,"c"]) = "ac"
string join([]) = ""
string join(["a"], null) = "a"
string join("a") = "a"
string join([1]) = null
list contains([1,2,3], 2)
list contains([1, null], null)
list contains(null, null) = null
count([1,2,3]) = 3
count([]) = 0
count(null) = null
count(1,2,3) = 3
min([1,2,3]) = 1
min("a","b") = "a"
min([]) = null
max(@"2020-01-01", @"2021-01-01") = @"2021-01-01"
max([1,"a"]) = null
sum([1,2,3]) = 6
sum(1) = 1
sum([]) = null
sum([1, null]) = null
sum(duration("P1D"), duration("P2D")) = null
mean([1,2,3]) = 2
mean([]) = null
all([true, false]) = false
all([])
all(true)
all([true, null]) = null
all(false, null, true) = false
any([true, false])
any([]) = false
any([false, null]) = null
any([true, null, 1])
any("a") = null
sublist([4,5,6], 1, 2) = [4,5]
sublist([4,5,6], -1) = [6]
sublist([4,5,6], 4) = null
append([1], 2, 3) = [1,2,3]
concatenate([1,2],[3]) = [1,2,3]
concatenate([1],2) = [1,2]
insert before([1,3],1,2) = [2,1,3]
insert before([1,3],-1,2) = [1,2,3]
insert before([1,3],3,2) = null
insert before([1,3],0,2) = null
remove([1,2,3], 2) = [1,3]
remove([1,2,3], -1) = [1,2]
remove([1,2,3], 4) = null
reverse([1,2,3]) = [3,2,1]
index of([1,2,3,2],2) = [2,4]
index of([1,null],null) = [2]
union([1,2],[2,3]) = [1,2,3]
distinct values([1,2,3,2,1]) = [1,2,3]
distinct values([1,null,null]) = [1,null]
flatten([[1,2],[[3]], 4]) = [1,2,3,4]
product([2,3,4]) = 24
product(2,3) = 6
median(8,2,5,3,4) = 4
median([6,1,2,3]) = 2.5
median([]) = null
stddev(2,4,7,5) = 2.081665999466132735282297706979931
stddev([47]) = null
stddev([]) = null
mode(6,3,9,6,6) = [6]
mode([6,1,9,6,1]) = [1,6]
mode([]) = []
mode([1,null]) = null
mode(null) = null
list replace([2,4,7,8],3,6) = [2,4,6,8]
list replace([2,4,7,8], function(item, newItem) item < newItem, 5) = [5,5,7,8]
list replace([1], 0, 5) = null
sort([3,1,2], function(x,y) x<y) = [1,2,3]
sort(list: [3,1,2], precedes: function(x,y) x>y) = [3,2,1]
sort([3,1,2]) = [1,2,3]
decimal(1/3, 2) = 0.33
decimal(1.5, 0) = 2
decimal(2.5, 0) = 2
decimal(0.505, 2) = 0.50
decimal(1234.5678, -2) = 1200
decimal(null, 1) = null
decimal(1, 7000) = null
floor(1.5) = 1
floor(-1.5) = -2
ceiling(1.5) = 2
ceiling(-1.5) = -1
round up(5.5, 0) = 6
round up(-5.5, 0) = -6
round up(1.121, 2) = 1.13
round up(-1.126, 2) = -1.13
round down(5.5, 0) = 5
round down(-5.5, 0) = -5
round down(1.121, 2) = 1.12
round half up(5.5,0) = 6
round half up(-5.5,0) = -6
round half up(1.125, 2) = 1.13
round half down(5.5,0) = 5
round half down(-5.5,0) = -5
round half down(1.126, 2) = 1.13
round up(5.5) = null
abs(-10) = 10
abs(@"PT5H") = @"PT5H"
abs(@"-PT5H") = @"PT5H"
abs(@"-P1Y") = @"P1Y"
abs("a") = null
modulo(12,5) = 2
modulo(-12,5) = 3
modulo(12,-5) = -3
modulo(-12,-5) = -2
modulo(10.1,4.5) = 1.1
modulo(-10.1,4.5) = 3.4
modulo(10.1,-4.5) = -3.4
modulo(1,0) = null
sqrt(16) = 4
sqrt(-1) = null
log(10) = 2.302585092994045684017991454684364
log(0) = null
exp(5) = 148.4131591025766034211155800405523
odd(5)
odd(2) = false
even(2)
even(0)
odd(-1)
"""


@pytest.mark.parametrize("text", [line for line in STATEMENTS.splitlines() if line])
def test_the_tables_of_the_specification_hold(text: str) -> None:
    """Run as closures and, once warm, as generated code. (C3)"""
    program = feel.compile(text)
    results = {str(program.evaluate({})) for _ in range(WARM + 3)}
    assert results == {"True"}
