"""A team lead's and a manager's full day by keyboard alone: on a desk and on a phone, in English and in Chinese."""

from __future__ import annotations

import csv
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from stage import Site, Visit, each_way, heard
from test_rooms import violations

from engine.domain.access import SYSTEM
from engine.domain.commands import ClaimTask, CompleteTask, Deploy, StartInstance
from engine.domain.questions import ListTasks
from engine.domain.sla_values import PauseClocks, SavePolicy
from engine.domain.staff import AddAbsence, ChangeTeam
from engine.domain.values import TaskRow
from engine.jobs import drain
from tests.store.drawing import END, START, flow, model, user

pytestmark = pytest.mark.browser
LADDER = [
    {"at": "75%", "acts": [{"do": "notify", "to": ["lead"]}]},
    {"at": "100%", "acts": [{"do": "priority", "to": 90}]},
]


@pytest.fixture
def promised(site: Site) -> dict[str, TaskRow]:
    """A team with a lead and somebody away; promises of eight hours: broken, at risk, paused and fresh, by key."""
    engine = site.engine
    engine.do(ChangeTeam("sales", SYSTEM, lead="maria"))
    engine.do(SavePolicy("support", {"targets": {"resolve": "PT8H"}, "name": "Support", "ladder": LADDER}, SYSTEM))
    mark = '<crmflow:sla metric="resolve" policy="support"/>'
    inner = START + user("answer", "sales", more=mark) + END + flow("start>answer", "answer>end")
    engine.do(Deploy((model("help", inner, about='owner="team:sales" goal="g" kpi="k"'),), SYSTEM, publish=True))
    for key, wait in (("broken", 2), ("risk", 6.5), ("paused", 0), ("fresh", 0)):
        engine.do(StartInstance("help", SYSTEM, business_key=key))
        site.clock.move(timedelta(hours=wait))
        drain(engine)
    tasks = {row.business_key or "": row for row in engine.ask(ListTasks(SYSTEM, "all")).items}
    engine.do(PauseClocks(tasks["paused"].instance_id, site.actor("maria"), "the supplier"))
    for number in (1, 2):
        tasks[f"loan-{number}"] = site.task(key=f"loan-{number}")
        engine.do(ClaimTask(tasks[f"loan-{number}"].id, site.actor("alice")))
    tasks["approval"] = site.task(key="approval")
    now = site.clock.now()
    engine.do(AddAbsence("alice", SYSTEM, now - timedelta(hours=1), now + timedelta(days=2), "bob", reason="ill"))
    return tasks


def opened(page: Page, task: TaskRow) -> None:
    """Wait until the task is there and hears keys."""
    expect(page.locator(f'.task[data-task="{task.id}"]')).to_be_visible()
    heard(page)
    expect(page.locator(".task [role=tablist][data-ready]")).to_be_visible()
    page.locator("#task-title").focus()


def accessible(page: Page) -> None:
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def told(page: Page) -> None:
    """What was done is said."""
    expect(page.locator(".toast-note").first).to_be_visible()


def holder(site: Site, task: TaskRow) -> Any:
    (row,) = site.engine.ask(ListTasks(SYSTEM, "all", instance_id=task.instance_id)).items
    return row.assignee


@each_way("desk-en")
def test_a_team_leads_day(site: Site, visit: Visit, promised: dict[str, TaskRow], language: str, size: Any) -> None:
    page = visit("maria", "/team?team=sales", language=language, size=size)
    # Who is away, and who stands in? What if she stays away?
    away = page.locator("tr", has=page.locator("a[href$='/people/alice']"))
    expect(away).to_contain_text(re.compile("bob", re.IGNORECASE))
    accessible(page)
    page.locator("input[name=away][value=alice]").press("Space")
    page.locator("form:has(input[type=checkbox][name=away]) .acts button").first.press("Enter")
    expect(page).to_have_url(re.compile("away=alice"))
    expect(page.locator("input[name=away][value=alice][type=checkbox]")).to_be_checked()
    expect(page.locator("tr", has=page.locator("a[href$='/people/bob']"))).to_contain_text("+")
    # Part of her work goes to him.
    page.goto(f"{site.url}/team?team=sales")
    page.locator("#m-from").select_option("alice")
    page.locator("#m-number").fill("1")
    page.locator("#m-to").select_option("bob")
    page.locator("#m-reason").fill("Alice is ill")
    page.locator("#m-reason").press("Enter")
    told(page)
    assert sorted(holder(site, promised[f"loan-{n}"]) for n in (1, 2)) == ["alice", "bob"]
    # The team's queue: one is given to somebody.
    page.goto(f"{site.url}/inbox?box=teams")
    row = page.locator(f'.task-row[data-task="{promised["fresh"].id}"]')
    row.press("Enter")
    opened(page, promised["fresh"])
    page.keyboard.press("r")
    expect(page.locator("dialog[open] #to")).to_be_visible()
    accessible(page)
    page.locator("dialog[open] #to").select_option("bob")
    page.locator("dialog[open] #reason").fill("You know them")
    page.locator("dialog[open] #reason").press("Enter")
    told(page)
    assert holder(site, promised["fresh"]) == "bob"
    # An approval is claimed, then delegated; a sheet that is left gives the focus back.
    page.goto(f"{site.url}/tasks/{promised['approval'].id}")
    opened(page, promised["approval"])
    page.keyboard.press("c")
    expect(page.locator('.task [data-act="release"]')).to_be_visible()
    opened(page, promised["approval"])
    page.keyboard.press("d")
    expect(page.locator("dialog[open] #delegate-to")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator("#task-title")).to_be_focused()
    page.keyboard.press("d")
    expect(page.locator("dialog[open] #delegate-to")).to_be_visible()
    page.locator("#delegate-to").select_option("bob")
    page.locator("#delegate-reason").fill("Is the device worth it?")
    page.locator("#delegate-reason").press("Enter")
    told(page)
    waiting = site.engine.ask(ListTasks(site.actor("bob"), "delegated")).items
    assert [row.id for row in waiting] == [promised["approval"].id]
    # Many at once, told one by one, and taken back.
    page.goto(f"{site.url}/inbox?box=all")
    chosen = [promised["loan-1"], promised["loan-2"]]
    for task in chosen:
        page.locator(f'.task-tick[value^="{task.id}"]').press("Space")
    expect(page.locator("[data-many-count]")).to_have_text("2")
    page.keyboard.press("Shift+X")
    expect(page.locator("#many-to")).to_be_visible()
    page.locator("#many-to").select_option("maria")
    page.locator("form:has(#many-to) button").first.press("Enter")
    expect(page.locator(".mark-done")).to_have_count(2)
    assert {holder(site, task) for task in chosen} == {"maria"}
    page.locator("form[action$='/undo'] button").press("Enter")
    expect(page.locator("form[action$='/undo']")).to_have_count(0)
    assert sorted(holder(site, task) for task in chosen) == ["alice", "bob"]
    # What if two of the queue were completed by one form? Tried out, nothing is done.
    queue = [promised["risk"], promised["paused"]]
    page.goto(f"{site.url}/inbox/many?" + "&".join(f"task={task.id}" for task in queue))
    expect(page.locator("[data-form][data-ready]")).to_be_attached()
    page.locator("[data-attempt]").press("Enter")
    expect(page.locator("[data-tried] li .mark-done")).to_have_count(2)
    assert {holder(site, task) for task in queue} == {None}
    accessible(page)
    # The ladder told the lead; the answer is with the task.
    heard(page)
    page.locator("[data-bell]").press("Enter")
    news = page.locator(f'#bell-menu a[href$="/tasks/{promised["risk"].id}"]').first
    expect(news).to_be_visible()
    accessible(page)
    news.press("Enter")
    opened(page, promised["risk"])
    page.keyboard.press("m")
    expect(page.locator("#comment-text")).to_be_visible()
    page.locator("#comment-text").fill("@bob I called them; please answer by four")
    page.locator("#comment-text").press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".talk-text")).to_contain_text("I called them")


def finish(site: Site, task: TaskRow, login: str) -> None:
    """Somebody does the case's one task."""
    if holder(site, task) is None:
        site.engine.do(ClaimTask(task.id, site.actor(login)))
    site.engine.do(CompleteTask(task.id, site.actor(login)))


def rows_of(path: Path) -> list[list[str]]:
    """A file as the browser kept it, without its heads."""
    return list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))[1:]


@each_way("phone-zh")
def test_a_managers_day(
    site: Site, visit: Visit, promised: dict[str, TaskRow], language: str, size: Any, tmp_path: Path
) -> None:
    page = visit("maria", "/sla", language=language, size=size)
    # What is broken, at risk, paused, on track? The wall as a file says the same.
    for state in ("breached", "risk", "paused", "running"):
        expect(page.locator(f".wall-{state} b")).to_have_text("1")
    accessible(page)
    shown = page.locator("section[aria-labelledby=wall-next] tbody tr")
    expect(shown).to_have_count(4)
    with page.expect_download() as loading:
        page.locator("a[href*='csv=1']").press("Enter")
    loading.value.save_as(tmp_path / "wall.csv")
    states = [words.strip() for words in shown.locator("td:nth-child(2) .mark").all_inner_texts()]
    assert len(set(states)) == 4
    for line, state in zip(rows_of(tmp_path / "wall.csv"), states, strict=True):
        assert state in line
    # What did the ladder do, and when?
    expect(page.locator("section[aria-labelledby=wall-log] tbody tr").first).to_be_visible()
    # The broken one: why is it due then? Its deadline explains itself.
    page.locator(".wall-breached a").press("Enter")
    expect(page).to_have_url(re.compile("state=breached"))
    expect(shown).to_have_count(1)
    shown.locator(f'a[href$="/tasks/{promised["broken"].id}"]').press("Enter")
    opened(page, promised["broken"])
    page.locator(".clock summary").first.press("Enter")
    expect(page.locator(".clock-why li").first).to_be_visible()
    expect(page.locator(".clock-why")).to_contain_text("support")
    accessible(page)
    # It is given to somebody from the wall itself.
    page.go_back()
    expect(shown).to_have_count(1)
    heard(page)
    shown.locator("a[data-sheet]").press("Enter")
    expect(page.locator("dialog[open] #to")).to_be_visible()
    page.locator("dialog[open] #to").select_option("bob")
    page.locator("dialog[open] #reason").fill("The customer waits")
    page.locator("dialog[open] #reason").press("Enter")
    told(page)
    assert holder(site, promised["broken"]) == "bob"
    # How did the work go that is over? Version by version, and the same as a file.
    finish(site, promised["broken"], "bob")
    finish(site, promised["fresh"], "alice")
    page.goto(f"{site.url}/sla")
    heard(page)
    page.locator("a[href$='/sla/figures']").press("Enter")
    cells = page.locator("[data-figures] tbody tr").filter(has_text="Help").locator("td")
    expect(cells.nth(5)).to_have_text("50 %")
    accessible(page)
    with page.expect_download() as loading:
        page.locator("a[href*='csv=1']").press("Enter")
    loading.value.save_as(tmp_path / "figures.csv")
    lines = page.locator("[data-figures] tbody tr").all()
    shown_there = [[cell.strip() for cell in line.locator("td").all_inner_texts()] for line in lines]
    assert rows_of(tmp_path / "figures.csv") == shown_there
    # Who has how much, what if bob were away, and the same as a file.
    page.goto(f"{site.url}/team?team=sales")
    people = page.locator("tr:has(input[type=checkbox][name=away])")
    expect(people).to_have_count(3)
    expect(page.locator("tr", has=page.locator("a[href$='/people/bob']")).locator("meter")).to_be_visible()
    page.locator("input[name=away][value=bob]").press("Space")
    page.locator("form:has(input[type=checkbox][name=away]) .acts button").first.press("Enter")
    expect(page).to_have_url(re.compile("away=bob"))
    expect(people.first).to_be_visible()
    accessible(page)
    with page.expect_download() as loading:
        page.locator("a[href*='export.csv']").press("Enter")
    loading.value.save_as(tmp_path / "team.csv")
    assert {line[1] for line in rows_of(tmp_path / "team.csv")} == {"alice", "bob", "maria"}
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
