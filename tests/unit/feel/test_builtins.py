"""Every built-in of DMN 1.5 (10.3.4), by example: ``call => FEEL literal``."""

from __future__ import annotations

import pytest

from engine import feel
from engine.feel.builtins import REGISTRY

CASES = r"""
string(1.50) => "1.50"
string("a") => "a"
string([1, "a", {b: null}]) => "[1, \"a\", {b: null}]"
string(@"P1DT2H") => "P1DT2H"
string([1..3)) => "[1..3)"
string(null) => null
number("1 000,5", " ", ",") => 1000.5
number("1,000.5", ",", ".") => 1000.5
number("-1.5e2") => -150
number("1,5") => null
number("1.5", ".", ".") => null
not(false) => true
not(null) => null
not(1) => null
substring("foobar", 3) => "obar"
substring("foobar", -2, 1) => "a"
substring("foobar", 0) => null
substring("🐎bar", 2, 1) => "b"
string length("🐎") => 1
upper case("aß") => "ASS"
lower case("ABC") => "abc"
substring before("foobar", "bar") => "foo"
substring before("foobar", "x") => ""
substring after("foobar", "ob") => "ar"
substring after("foobar", "") => "foobar"
contains("foobar", "of") => false
starts with("foobar", "fo") => true
ends with("foobar", "r") => true
matches("foobar", "^fo*b") => true
matches("FOO", "o", "i") => true
matches("a", "(", "") => null
matches("a", "a", "z") => null
replace("abcd", "(ab)|(a)", "[1=$1][2=$2]") => "[1=ab][2=]cd"
replace("abc", "b", "$") => null
replace("abc", "x*", "-") => null
replace("a.b", ".", "-", "q") => "a-b"
split("John Doe", "\\s") => ["John", "Doe"]
split("a;b;;", ";") => ["a", "b", "", ""]
string join(["a", null, "b"], "-") => "a-b"
string join(["a", "b"]) => "ab"
string join([1]) => null
list contains([1, null], null) => true
count([1, 2, 3]) => 3
count([]) => 0
count(null) => null
min(3, 1, 2) => 1
max(["a", "c", "b"]) => "c"
max([]) => null
max(1, "a") => null
min(@"2020-01-01", @"2019-01-01") => @"2019-01-01"
sum(1, 2, 3) => 6
sum([]) => null
mean([1, 2, 6]) => 3
product([2, 3, 4]) => 24
median(8, 2, 5, 3, 4) => 4
median([6, 1, 2, 3]) => 2.5
stddev(2, 4, 7, 5) => 2.081665999466132735282297706979931
stddev([47]) => null
mode([6, 1, 9, 6, 1]) => [1, 6]
mode([]) => []
all([true, null]) => null
all([false, null]) => false
all([]) => true
any([true, null]) => true
any([]) => false
any([1]) => null
sublist([4, 5, 6], 1, 2) => [4, 5]
sublist([4, 5, 6], -1) => [6]
sublist([4, 5, 6], 3, 2) => null
append([1], 2, [3]) => [1, 2, [3]]
concatenate([1, 2], [3]) => [1, 2, 3]
insert before([1, 3], 1, 2) => [2, 1, 3]
insert before([1], 3, 2) => null
remove([1, 2, 3], 2) => [1, 3]
list replace([2, 4, 7], 2, 9) => [2, 9, 7]
list replace([2, 4, 7, 8], function(item, newItem) item < newItem, 5) => [5, 5, 7, 8]
reverse([1, 2]) => [2, 1]
index of([1, 2, 3, 2], 2) => [2, 4]
union([1, 2], [2, 3]) => [1, 2, 3]
distinct values([1, 2, 1.0, {a: 1}, {a: 1}]) => [1, 2, {a: 1}]
flatten([[1, [2]], 3]) => [1, 2, 3]
sort([3, 1, 2], function(x, y) x < y) => [1, 2, 3]
sort(["b", "a"]) => ["a", "b"]
decimal(1 / 3, 2) => 0.33
decimal(1.5, 0) => 2
decimal(2.5, 0) => 2
decimal(1234.5, -2) => 1200
floor(-1.5) => -2
floor(1.59, 1) => 1.5
ceiling(-1.5) => -1
round up(5.5, 0) => 6
round down(-5.5, 0) => -5
round half up(-2.5, 0) => -3
round half down(2.5, 0) => 2
round up(5.5, 7000) => null
abs(-10) => 10
abs(@"-PT5H") => @"PT5H"
sublist([1, 2, 3], 1, 0) => null
modulo(-12, 5) => 3
modulo(10.1, -4.5) => -3.4
modulo(1, 0) => null
sqrt(16) => 4
sqrt(-1) => null
log(1) => 0
log(0) => null
exp(0) => 1
odd(5) => true
even(-2) => true
odd(1.5) => false
is(@"10:00:00Z", @"10:00:00+00:00") => true
is(@"10:00:00Z", @"10:00:00") => false
is(1, "1") => false
get value({a: 1}, "a") => 1
get value({a: {b: 2}}, ["a", "b"]) => 2
get value({a: 1}, "b") => null
get entries({a: 1}) => [{key: "a", value: 1}]
context([{key: "a", value: 1}]) => {a: 1}
context([{key: "a", value: 1}, {key: "a", value: 2}]) => null
context put({a: 1}, "b", 2) => {a: 1, b: 2}
context put({a: {b: 1}}, ["a", "b"], 2) => {a: {b: 2}}
context put({a: 1}, [], 2) => null
context merge([{a: 1}, {a: 2, b: 3}]) => {a: 2, b: 3}
date("2020-02-30") => null
date(2020, 2, 29) => @"2020-02-29"
date(@"2020-01-31T10:00:00") => @"2020-01-31"
time("10:15:30+01:00").time offset => @"PT1H"
time(10, 15, 30) => @"10:15:30"
time(10, 15, 30, @"-PT2H") => @"10:15:30-02:00"
time(24, 0, 0) => null
date and time("2020-01-31") => @"2020-01-31T00:00:00"
date and time(@"2020-01-31", @"10:00:00Z") => @"2020-01-31T10:00:00Z"
date and time(2020, 1, 31, 10, 0, 0) => @"2020-01-31T10:00:00"
duration("P1Y14M") => @"P2Y2M"
duration("P1Y1D") => null
years and months duration(@"2016-09-30", @"2017-12-28") => @"P1Y2M"
years and months duration(@"2017-12-28", @"2016-09-30") => @"-P1Y2M"
day of year(@"2020-12-31") => 366
day of week(@"2019-09-17") => "Tuesday"
month of year(@"2019-09-17") => "September"
week of year(@"2005-01-01") => 53
now() instance of date and time => true
today() instance of date => true
range("[1..3]") => [1..3]
range("[3..1]") => null
before(1, [2..3]) => true
before([1..2), [2..3]) => true
after(5, [1..5)) => true
meets([1..5], [5..10]) => true
met by([5..10], [1..5)) => false
overlaps([1..5], [3..8]) => true
overlaps([1..5), [5..8]) => false
overlaps before([1..5], [3..8]) => true
overlaps after([3..8], [1..5]) => true
finishes(10, [1..10]) => true
finishes([5..10], [1..10]) => true
finished by([1..10], 10) => true
includes([1..10], 5) => true
includes((1..10], [1..10]) => false
during(5, (5..10)) => false
starts([1..5], [1..10]) => true
started by([1..10], 1) => true
coincides([1..5], [1..5]) => true
coincides(1, "a") => null
is defined(null) => false
is defined({a: 0}.a) => true
is defined(nobody) => false
get or else(null, 1) => 1
get or else(2, 1) => 2
if get or else(null, false) or true then 1 else 2 => 1
is blank(" ") => true
is blank("a") => false
is blank(null) => null
is empty([]) => true
is empty([null]) => false
trim("  a b ") => "a b"
extract("references are 1234, 1256, 1378", "12[0-9]*") => ["1234", "1256"]
extract("a", "(") => null
string join(["a", "b"], ", ", "[", "]") => "[a, b]"
string join(["a", "b"], null, "<", ">") => "<ab>"
partition([1, 2, 3, 4, 5], 2) => [[1, 2], [3, 4], [5]]
partition([1], 0) => null
put all({x: 1, y: 2}, {y: 3}) => {x: 1, y: 3}
last day of month(date("2024-02-01")) => date("2024-02-29")
last day of month(@"2025-12-31T10:00:00") => date("2025-12-31")
cycle(3, duration("PT1H")) => "R3/PT1H"
cycle(duration("P7D")) => "R/P7D"
cycle(duration("P1M")) => "R/P1M"
"""


@pytest.mark.parametrize("case", [line for line in CASES.splitlines() if line])
def test_example(case: str) -> None:
    text, expected = case.rsplit(" => ", 1)
    assert feel.evaluate(text) == feel.evaluate(expected)


def test_every_built_in_has_an_example() -> None:
    missing = [name for name in REGISTRY if f"{name}(" not in CASES]
    assert missing == []


STANDARD = """string number not substring string length upper case lower case substring before substring after replace
contains starts with ends with matches split string join list contains count min max sum mean all any sublist append
concatenate insert before remove list replace reverse index of union distinct values flatten product median stddev mode
decimal floor ceiling round up round down round half up round half down abs modulo sqrt log exp odd even
before after meets met by overlaps overlaps before overlaps after finishes finished by includes during starts
started by coincides day of year day of week month of year week of year sort get value get entries context context put
context merge date time date and time duration years and months duration now today is range"""


#: What models drawn for Camunda 8 call besides.
BEYOND = """is defined get or else is blank is empty trim extract partition put all
last day of month cycle"""


def test_the_registry_is_the_whole_of_dmn_1_5_and_what_is_named_beyond_it() -> None:
    words = f"{STANDARD} {BEYOND}".split()
    assert sorted(" ".join(sorted(REGISTRY)).split()) == sorted(words)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("substring(1, 2)", "argument 'string' is a number"),
        ("sqrt()", "takes 1 argument, not 0"),
        ("sqrt(numbr: 4)", "needs an argument named 'number'"),
        ("sum([1, null])", "the list holds a null"),
        ("date(2020, 13, 1)", "there is no month 13"),
        ("x(1)", "there is no function 'x'"),
    ],
)
def test_a_null_is_explained(text: str, why: str) -> None:
    value, notes = feel.compile(text).diagnose({})
    assert value is None
    assert any(why in str(note) for note in notes)


def test_single_elements_and_lists_convert_into_each_other() -> None:
    assert feel.evaluate('string length(["abc"])') == 3
    assert feel.evaluate("count(5)") == 1
    assert feel.evaluate('date and time(@"2020-01-01", @"10:00:00")') == feel.evaluate('@"2020-01-01T10:00:00"')
