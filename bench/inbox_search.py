"""What it costs to look for words in the inbox: the first page of what holds them, for each of three people.

``python -m bench.inbox --search …`` runs it in the same filled database and adds "search" to the object printed:
{who: {words: p95 in ms}}. Some words stand in nearly every task, some in a few, some in none.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from time import perf_counter

from engine.app import Engine
from engine.domain.access import Actor
from engine.domain.filters import Wanted
from engine.domain.questions import ListTasks

ROUNDS = 20
#: What is looked for. Tasks are of "Customer 0" to "Customer 4999", every seventh of "客户… 上海"; keys are K-0, K-1 …
WORDS = {
    "one that all have": "work",
    "one that few have": "4242",
    "a key": "k-777",
    "two": "customer 4242",
    "two that seldom meet": "上海 4242",
    "two Chinese characters": "上海",
    "Chinese that few have": "户4243",
    "one letter": "q",
    "one nobody has": "zebra",
    "Chinese nobody has": "线索",
}


def searched(engine: Engine, actor: Actor, rounds: int = ROUNDS) -> dict[str, float]:
    """Milliseconds of the first page for each of the words, 95th percentile."""
    took: dict[str, list[float]] = {name: [] for name in WORDS}
    for number in range(rounds + 12):  # a statement is prepared at its fifth use, with a generic plan at its tenth
        for name, words in WORDS.items():
            wanted = Wanted(box="all" if actor.id == "all" else "visible", search=words)
            begun = perf_counter()
            engine.ask(ListTasks(actor, wanted=wanted, limit=50))
            if number >= 12:
                took[name].append((perf_counter() - begun) * 1000)
    return {name: round(sorted(times)[int(len(times) * 0.95)], 2) for name, times in took.items()}


def all_searched(engine: Engine, people: Mapping[str, Actor]) -> dict[str, dict[str, float]]:
    """The same for each of the people, told on standard error as well."""
    found = {}
    for who, actor in people.items():
        found[who] = searched(engine, actor)
        told = ", ".join(f"{name} {took} ms" for name, took in found[who].items())
        print(f"{who} looks for {told}", file=sys.stderr)
    return found
