"""What the inbox costs at a million open tasks: a first page and twelve filter counts, rights included.

``python -m bench.inbox [--db sqlite|postgresql|URL] [--tasks N] [--search] --json``; the last line of standard output
is one JSON object: {"tasks", "p95_ms", "floor_p95_ms", "ratio_to_floor", "ratio_to_small"}. Three people look: one who
may see 50 tasks, one who may see 5,000, one who may see all; the worst of them is reported. The floor is fetching the
same 50 rows by primary key through the same stack (``Engine.ask``); "small" is the same page in a database of 10,000
open tasks. ``--search`` looks for words as well (``bench.inbox_search``).
"""

from __future__ import annotations

import gc
import json
import random
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

import click
import psycopg
from sqlalchemy import make_url

from bench.inbox_search import all_searched
from bench.measure import raw_connection
from engine.app import Engine
from engine.domain.access import Actor, Role
from engine.domain.clock import FixedClock
from engine.domain.filters import Wanted
from engine.domain.finding import grams, kept
from engine.domain.questions import CountFilters, ListTasks, TasksNamed

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
USERS, TEAMS, FLOWS = 10_000, 2_000, 20
SMALL = 10_000
ROUNDS = 60
PER_CASE = 10  # tasks of one instance
_NEVER = datetime(9999, 12, 31, tzinfo=UTC)
SEGMENTS = ("strategic", "growth", "mass", "dormant", "new")
STAGES = ("qualify", "propose", "negotiate", "order", "service", "renew", "win back", "close")
FEW, SOME = 50, 5_000
#: Twelve filters as people save them: boxes, times, business facts and mixtures of these.
FILTERS = (
    Wanted(box="mine"),
    Wanted(box="teams"),
    Wanted(box="visible", due="overdue"),
    Wanted(box="visible", due="today"),
    Wanted(box="visible", due="week"),
    Wanted(box="visible", priority=80),
    Wanted(box="visible", flow="flow-3"),
    Wanted(box="visible", stage="order"),
    Wanted(box="visible", segment="strategic"),
    Wanted(box="visible", amount_from=90_000.0),
    Wanted(box="visible", segment="growth", stage="renew"),
    Wanted(box="visible", flow="flow-7", due="overdue", priority=60),
)


@dataclass(frozen=True, slots=True)
class Look:
    """Milliseconds of one person's look at the inbox, 95th percentile, and of the floor."""

    who: str
    page: float
    floor: float


def people() -> dict[str, Actor]:
    """Who looks: with few tasks, with some thousands, and a manager who may see all."""
    return {
        "few": Actor("few", "Few", frozenset({Role.EMPLOYEE}), frozenset({"few"})),
        "some": Actor("some", "Some", frozenset({Role.EMPLOYEE}), frozenset(f"some{n}" for n in range(10))),
        "all": Actor("all", "All", frozenset({Role.MANAGER}), frozenset({"team0"})),
    }


def filters_for(actor: Actor) -> tuple[Wanted, ...]:
    """The twelve filters over everything this person may see."""
    if Role.MANAGER not in actor.roles:
        return FILTERS
    return tuple(
        Wanted(**{**each.plain(), "box": "all" if each.box == "visible" else each.box})  # type: ignore[arg-type]
        for each in FILTERS
    )


def fill(url: str, tasks: int) -> None:
    """Users, teams, definitions, cases and open tasks, in bulk; statistics are brought up to date."""
    raw = raw_connection(url)
    lite = not isinstance(raw, psycopg.Connection)
    if lite:
        raw.execute("PRAGMA foreign_keys=OFF")
        triggers = raw.execute("select name, sql from sqlite_master where type = 'trigger'").fetchall()
        for name, _ in triggers:
            raw.execute(f"DROP TRIGGER {name}")
    else:
        raw.execute("SET session_replication_role = replica")  # rows come with what triggers would fill
        raw.execute("SET synchronous_commit = off")
        raw.execute("SET maintenance_work_mem = '256MB'")
    dropped = _drop_indexes(raw, lite)
    put: Callable[[Any, str, Iterable[tuple[Any, ...]]], None] = _insert if lite else _copy
    if lite:
        raw.execute("BEGIN")
    put(raw, "principal", _principals())
    put(raw, "membership", ((f"user{n}", f"team{n % TEAMS}", None) for n in range(USERS)))
    put(raw, "definition", _definitions())
    put(raw, "instance", _instances(tasks))
    put(raw, "task", (_worded(row, lite) for row, _ in _tasks(tasks)))
    put(raw, "task_candidate", (row for _, candidacy in _tasks(tasks) for row in candidacy))
    raw.execute("COMMIT") if lite else raw.commit()
    for statement in dropped:
        raw.execute(statement)
    if lite:
        for _, sql in triggers:
            raw.execute(sql)
        raw.execute("ANALYZE")
    else:
        raw.commit()
        raw.autocommit = True
        raw.execute("VACUUM ANALYZE")
    raw.close()


def _drop_indexes(raw: Any, lite: bool) -> list[str]:
    """Take the two big tables' indexes away; the statements that bring them back."""
    if lite:
        query = "select name, sql from sqlite_master where type = 'index' and sql is not null and tbl_name in "
    else:
        query = "select indexname, indexdef from pg_indexes where indexdef not like '%UNIQUE%' and tablename in "
    found = raw.execute(query + "('task', 'task_candidate')").fetchall()
    for name, _ in found:
        raw.execute(f"DROP INDEX {name}")
    return [sql for _, sql in found]


_COLUMNS = {
    "principal": "id kind name active roles locale timezone stamp created_at",
    "membership": "member team turn",
    "definition": "id key version name state hash xml pins info findings deployed_at deployed_by",
    "instance": "id definition_id state business_key revision codec blob started_at started_by",
    "task": (
        "id instance_id node element_id definition_id scope name kind assignee candidates priority due_at created_at "
        "subject stage business_key revision breach_at rank segment amount words grams"
    ),
    "task_candidate": "candidate task_id free breach_at rank definition_id stage segment amount lone",
}


def _copy(raw: Any, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    columns = ", ".join(f'"{name}"' for name in _COLUMNS[table].split())
    with raw.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as into:
        for row in rows:
            into.write_row(row)


def _insert(raw: Any, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    names = _COLUMNS[table].split()
    columns, marks = ", ".join(f'"{name}"' for name in names), ", ".join("?" * len(names))
    plain = (tuple(_lite_time(v) if isinstance(v, datetime) else v for v in row) for row in rows)
    raw.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", plain)


def _lite_time(value: datetime) -> str:
    return value.isoformat(sep=" ", timespec="microseconds")


def _principals() -> Iterator[tuple[Any, ...]]:
    for kind, number in (("team", TEAMS), ("user", USERS)):
        for n in range(number):
            yield (f"{kind}{n}", kind, f"{kind.title()} {n}", True, '["employee"]', "en", "UTC", 0, NOW)


def _definitions() -> Iterator[tuple[Any, ...]]:
    for n in range(FLOWS):
        yield (f"def{n}", f"flow-{n}", 1, f"Flow {n}", "published", f"h{n}", b"<x/>", "{}", "{}", "[]", NOW, "system")


def _instances(tasks: int) -> Iterator[tuple[Any, ...]]:
    for n in range((tasks + PER_CASE - 1) // PER_CASE):
        yield (f"case{n:012d}", f"def{n % FLOWS}", "active", f"K-{n}", 0, 1, b"", NOW, "system")


def _tasks(tasks: int) -> Iterator[tuple[tuple[Any, ...], list[tuple[Any, ...]]]]:
    """Rows of tasks with their candidacies: a third has an assignee; every task has a team, some a second one.

    The first 40 + 10 are of the person with few, the next 5,000 of the one with some thousands.
    """
    chance = random.Random(5)
    for n in range(tasks):
        assignee, teams = _whose(n, chance)
        due = NOW + timedelta(minutes=chance.randrange(-20_000, 60_000)) if chance.random() < 0.9 else None
        priority = chance.choice((20, 50, 50, 50, 60, 80, 90))
        stage, segment = chance.choice(STAGES), chance.choice(SEGMENTS)
        amount = float(round(chance.paretovariate(1.2) * 1000))
        case = n // PER_CASE
        task_id, flow = f"task{n:012d}", f"def{case % FLOWS}"
        candidates = list(dict.fromkeys(f"team:{team}" for team in teams))
        facts = (due or _NEVER, 100 - priority)
        row = (
            *(task_id, f"case{case:012d}", n % PER_CASE, "Work", flow, "", "Work on it", "userTask", assignee),
            *(json.dumps(candidates), priority, due, NOW - timedelta(minutes=n % 9999), _subject(n)),
            *(stage, f"K-{case}", 0, *facts, segment, amount),
        )
        rest = (assignee is None, *facts, flow, stage, segment, amount, len(candidates) < 2)
        yield row, [(candidate, task_id, *rest) for candidate in candidates]


def _worded(row: tuple[Any, ...], lite: bool) -> tuple[Any, ...]:
    """A task with what it is found by: its name, customer and key."""
    columns = _COLUMNS["task"].split()
    words = kept(row[columns.index(name)] for name in ("name", "subject", "business_key"))
    return (*row, words, None if lite else grams((words,)))


def _subject(n: int) -> str:
    """A customer's name, every seventh in Chinese."""
    return f"Customer {n % 5000}" if n % 7 else f"客户{n % 5000} 上海"


def _whose(n: int, chance: random.Random) -> tuple[str | None, list[str]]:
    if n < FEW:
        return ("few" if n < 10 else None), ["few"]
    if n < FEW + SOME:
        first = f"some{n % 10}"
        return ("some" if n % 100 == 0 else None), [first] if n % 4 else [first, f"some{(n + 1) % 10}"]
    team = chance.randrange(TEAMS)
    assignee = f"user{team + TEAMS * chance.randrange(USERS // TEAMS)}" if chance.random() < 0.33 else None
    return assignee, [f"team{team}"] if chance.random() < 0.8 else [f"team{team}", f"team{chance.randrange(TEAMS)}"]


def look(engines: tuple[Engine, ...], name: str, actor: Actor, rounds: int = ROUNDS) -> list[Look]:
    """Time a person's first page with counts, and the floor, in each database by turns: noise meets all alike."""
    pages: list[list[float]] = [[] for _ in engines]
    floors: list[list[float]] = [[] for _ in engines]
    gc.disable()
    for number in range(rounds + 12):
        for engine, page, floor in zip(engines, pages, floors, strict=True):
            took, least = _once(engine, actor)
            if number >= 12:  # a statement is prepared at its fifth use, with a generic plan at its tenth
                page.append(took)
                floor.append(least)
    gc.enable()
    return [Look(name, _p95(page), _p95(floor)) for page, floor in zip(pages, floors, strict=True)]


def _once(engine: Engine, actor: Actor) -> tuple[float, float]:
    """Milliseconds of a page with its counts, and of the floor."""
    wanted = Wanted(box="all" if actor.id == "all" else "visible")
    filters = filters_for(actor)
    begun = perf_counter()
    page = engine.ask(ListTasks(actor, wanted=wanted, limit=50))
    numbers = engine.ask(CountFilters(actor, filters))
    between = perf_counter()
    rows = engine.ask(TasksNamed(actor, tuple(row.id for row in page.items)))
    ended = perf_counter()
    if len(rows) != len(page.items) or len(numbers) != len(FILTERS):
        raise SystemExit("the floor fetched other rows than the page")
    return (between - begun) * 1000, (ended - between) * 1000


def _p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


def prepare(db: str, tasks: int) -> Engine:
    """A filled database."""
    engine = Engine.open(db, clock=FixedClock(NOW))
    engine.migrate()
    begun = perf_counter()
    fill(engine.url, tasks)
    print(f"{tasks} open tasks written in {perf_counter() - begun:.0f} s", file=sys.stderr)
    return engine


def another(url: str) -> str:
    """A second database beside the first, for the small one."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return str(parsed.set(database=f"{parsed.database}.small").render_as_string(hide_password=False))
    name = f"{parsed.database}_small"
    plain = parsed.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}"')
        admin.execute(f'CREATE DATABASE "{name}"')
    return str(parsed.set(database=name).render_as_string(hide_password=False))


@click.command(help=__doc__)
@click.option("--db", default="sqlite", show_default=True, help="sqlite, postgresql (a private server) or a URL")
@click.option("--tasks", default=100_000, show_default=True, help="open tasks")
@click.option("--search", is_flag=True, help="look for words, too")
@click.option("--json", "_as_json", is_flag=True, help="one JSON object (always so; kept for symmetry)")
def main(db: str, tasks: int, search: bool, _as_json: bool) -> None:
    engine = prepare(db, tasks)
    more = {"search": all_searched(engine, people())} if search else {}
    other = prepare(another(engine.url), min(SMALL, tasks))
    ratios = []
    for name, actor in people().items():
        big, little = look((engine, other), name, actor)
        ratios.append((big.page / big.floor, big.page / little.page, big))
        print(
            f"{big.who}: p95 {big.page:.2f} ms, floor {big.floor:.2f} ms; "
            f"of {min(SMALL, tasks)}: {little.page:.2f} ms, floor {little.floor:.2f} ms",
            file=sys.stderr,
        )
    other.close()
    engine.close()
    worst = max(ratios, key=lambda ratio: ratio[0])
    result = {
        "tasks": tasks,
        "p95_ms": round(worst[2].page, 3),
        "floor_p95_ms": round(worst[2].floor, 3),
        "ratio_to_floor": round(worst[0], 2),
        "ratio_to_small": round(max(ratio[1] for ratio in ratios), 2),
    }
    print(json.dumps({**result, **more}))


if __name__ == "__main__":
    main()
