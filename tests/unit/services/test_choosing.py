"""The pure choice of who gets work: fair by capacity, skilled, present; replayed to the same result."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from engine.domain.choosing import STRATEGIES, Asked, Person, choose, inputs_of, next_turn, replay, score_of
from engine.domain.errors import Invalid

TEAM = ("team:sales",)


def share(strategy: str, weights: list[int], rounds: int) -> list[float]:
    """Hand out ``rounds`` pieces one after the other; each one's share of them."""
    crew = [Person(f"p{n}", via="sales", weight=w) for n, w in enumerate(weights)]
    got = dict.fromkeys((p.login for p in crew), 0)
    for _ in range(rounds):
        found = choose(Asked(strategy, TEAM), crew)
        assert found.login is not None
        got[found.login] += 1
        moved = next_turn(next(p for p in crew if p.login == found.login), crew)
        crew = [replace(p, load=p.load + 1, turn=moved) if p.login == found.login else p for p in crew]
    return [got[p.login] / rounds for p in crew]


@pytest.mark.parametrize("weights", [[100, 100, 100], [100, 50, 100, 80], [300, 100, 33, 7], [100] * 20])
@pytest.mark.parametrize("strategy", ["round-robin", "least-loaded"])
def test_shares_match_capacities(strategy: str, weights: list[int]) -> None:
    """Over 10,000 assignments every share is within 2 % of the whole of the capacity's."""
    found = share(strategy, weights, 10_000)
    for weight, part in zip(weights, found, strict=True):
        assert abs(part - weight / sum(weights)) <= 0.02 * weight / sum(weights) + 1e-4, (weights, found)


@pytest.mark.parametrize(
    "asked",
    [
        Asked("skills", TEAM, skills={"german": 2}),
        Asked("territory", TEAM, territory="cn/south"),
        Asked("owner", TEAM, owner="gone"),
        Asked("least-loaded", TEAM, eyes=("p0",), language="de"),
    ],
    ids=lambda asked: asked.strategy,
)
def test_shares_among_those_who_fit_match_their_capacities(asked: Asked) -> None:
    """Skilled, in the territory, after the owner has left, with four eyes: who fits shares as by load."""
    weights = [100, 50, 80, 120]
    about = {"skills": {"german": 3}, "territories": ("cn",), "languages": ("de",)}
    crew = [Person(f"p{n}", weight=w, **about) for n, w in enumerate(weights)] + [Person("q", weight=500)]  # type: ignore
    if asked.strategy == "owner":
        crew[-1] = replace(crew[-1], active=False)
    got = dict.fromkeys((p.login for p in crew), 0)
    for _ in range(10_000):
        login = str(choose(asked, crew).login)
        got[login] += 1
        crew = [replace(p, load=p.load + 1) if p.login == login else p for p in crew]
    fit = {p.login: p.weight for p in crew if p.login not in ("q", *asked.eyes)}
    assert set(got) - set(fit) == {login for login, count in got.items() if not count}
    for login, weight in fit.items():
        part = weight / sum(fit.values())
        assert abs(got[login] / 10_000 - part) <= 0.02 * part + 1e-4


def test_everybody_away_in_a_ring_of_stand_ins_is_nobody_but_never_nowhere() -> None:
    away = "2026-03-06T09:00+00:00"
    ring = [Person("ann", away=away, delegate="ben"), Person("ben", away=away, delegate="cai"),
            Person("cai", away=away, delegate="ann")]  # fmt: skip
    for strategy in STRATEGIES:
        found = choose(Asked(strategy, TEAM, owner="ann"), ring)
        assert (found.login, found.full, dict(found.excluded)) == (
            None,
            False,
            dict.fromkeys(("ann", "ben", "cai"), "away"),
        )
        outside = {"dan": Person("dan")}
        assert choose(Asked(strategy, TEAM, default="dan"), ring, outside).login == "dan"
        chain = [replace(ring[0]), replace(ring[1], delegate="dan"), ring[2]]
        assert choose(Asked(strategy, TEAM), chain, outside).login == "dan", "through two who are away"
        barred = choose(Asked(strategy, TEAM, eyes=("dan",), default="dan"), chain, outside)
        assert barred.login is None, "who must not, does not stand in either"


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=8))
def test_turns_are_fair_at_every_moment(weights: list[int]) -> None:
    """Nobody is ever ahead of or behind their share by more than a few pieces."""
    crew = [Person(f"p{n:02}", via="sales", weight=w) for n, w in enumerate(weights)]
    got = dict.fromkeys((p.login for p in crew), 0)
    for number in range(1, 120):
        login = str(choose(Asked("round-robin", TEAM), crew).login)
        got[login] += 1
        moved = next_turn(next(p for p in crew if p.login == login), crew)
        crew = [replace(p, turn=moved) if p.login == login else p for p in crew]
        for p in crew:
            assert abs(got[p.login] - number * p.weight / sum(weights)) <= len(weights)


def test_who_comes_back_does_not_get_all_they_missed() -> None:
    crew = [Person("ann", via="s", turn=500_000), Person("ben", via="s", turn=500_000), Person("cai", via="s")]
    row = []
    for _ in range(6):
        login = str(choose(Asked("round-robin", TEAM), crew).login)
        row.append(login)
        moved = next_turn(next(p for p in crew if p.login == login), crew)
        crew = [replace(p, turn=moved) if p.login == login else p for p in crew]
    assert row.count("cai") <= 3


def test_the_absent_the_full_and_the_unskilled_are_left_out_each_for_their_reason() -> None:
    crew = [
        Person("ann", away="2026-03-06T09:00+00:00", skills={"german": 5}),
        Person("ben", skills={"german": 2}),
        Person("cai", skills={"german": 4}, load=3, most=3),
        Person("dan", active=False, skills={"german": 5}),
        Person("eve", skills={"german": 4}, load=9),
    ]
    found = choose(Asked("skills", TEAM, skills={"german": 4}, passing=80), crew)
    assert found.login == "eve"
    assert found.excluded == {"ann": "away", "ben": "skills", "dan": "inactive"}
    assert {row["login"]: row["score"] for row in found.candidates} == {"cai": 100, "eve": 100}
    crew[4] = replace(crew[4], most=9)
    waits = choose(Asked("skills", TEAM, skills={"german": 4}, passing=80), crew)
    assert (waits.login, waits.full) == (None, True)
    assert waits.excluded["cai"] == "full"


@pytest.mark.parametrize(
    ("has", "score"), [({}, 0), ({"a": 1}, 25), ({"a": 2}, 50), ({"a": 5, "b": 1}, 66), ({"a": 2, "b": 3}, 100)]
)
def test_scores(has: dict[str, int], score: int) -> None:
    assert score_of({"a": 2, "b": 3}, has) == score


def test_territories_cover_what_is_in_them() -> None:
    crew = [Person("ann", territories=("cn",)), Person("ben", territories=("cn/south",)), Person("cai")]
    assert choose(Asked("territory", TEAM, territory="cn/north"), crew).login == "ann"
    assert choose(Asked("territory", TEAM, territory="cn/southwest"), crew).excluded["ben"] == "territory"
    nobody = choose(Asked("territory", TEAM, territory="us", default="dan"), crew, {"dan": Person("dan")})
    assert (nobody.login, nobody.reason) == ("dan", "nobody fits; it goes to the default person")


def test_a_customer_keeps_their_person_or_who_stands_in() -> None:
    asked = Asked("owner", TEAM, owner="ann")
    away = Person("ann", away="2026-03-06T09:00+00:00", delegate="ben")
    assert choose(asked, [Person("cai")], {"ann": Person("ann")}).login == "ann"
    assert choose(asked, [Person("cai")], {"ann": away, "ben": Person("ben")}).login == "ben"
    chain = {"ann": away, "ben": replace(away, login="ben", delegate="dan"), "dan": Person("dan")}
    assert choose(asked, [Person("cai")], chain).login == "dan"
    ring = {"ann": away, "ben": replace(away, login="ben", delegate="ann")}
    assert choose(asked, [Person("cai")], ring).login == "cai"


def test_four_eyes() -> None:
    found = choose(Asked(among=TEAM, eyes=("ann",)), [Person("ann"), Person("ben", load=50)])
    assert (found.login, found.excluded) == ("ben", {"ann": "four eyes"})


@given(
    st.sampled_from(STRATEGIES),
    st.lists(
        st.builds(
            Person,
            login=st.sampled_from(["ann", "ben", "cai", "dan"]),
            active=st.booleans(),
            away=st.sampled_from([None, "2026-03-06T09:00+00:00"]),
            delegate=st.sampled_from([None, "ann", "ben", "eve"]),
            turn=st.integers(0, 5),
            load=st.integers(0, 5),
            weight=st.integers(1, 200),
            most=st.sampled_from([None, 0, 3]),
            skills=st.dictionaries(st.sampled_from(["a", "b"]), st.integers(1, 5)),
            territories=st.sampled_from([(), ("cn",)]),
            languages=st.sampled_from([(), ("de", "zh")]),
        ),
        unique_by=lambda p: p.login,
    ),
    st.sampled_from([None, "ann", "eve"]),
    st.builds(
        Asked,
        territory=st.sampled_from([None, "cn/south"]),
        language=st.sampled_from([None, "zh"]),
        eyes=st.sampled_from([(), ("ann",), ("eve", "ben")]),
        exclude=st.sampled_from([(), ("cai",)]),
        skills=st.sampled_from([{}, {"a": 2}, {"a": 1, "b": 5}]),
        default=st.sampled_from([None, "eve", "ann"]),
    ),
)
def test_every_choice_replays(strategy: str, crew: list[Person], owner: str | None, asked: Asked) -> None:
    """Every strategy, with stickiness, four eyes, hold queue, skills, language and territory; through JSON."""
    asked = replace(asked, strategy=strategy, among=TEAM, owner=owner, passing=50)
    extra = {"eve": Person("eve")}
    first = choose(asked, crew, extra)
    assert replay(json.loads(json.dumps({"inputs": inputs_of(asked, crew, extra)}))) == first
    assert first.login not in asked.eyes
    if first.login in first.excluded:
        assert first.reason.startswith(("stands in", "nobody fits"))


def test_an_unknown_strategy_is_refused() -> None:
    with pytest.raises(Invalid, match="CRM-653"):
        choose(Asked("by shouting"), [])
