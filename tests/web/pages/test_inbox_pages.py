"""The inbox's pages beyond one task: filters checked at their fields, many tasks changed once, undone once."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from pages_house import House

from engine.domain.access import SYSTEM
from engine.domain.commands import ChangeUser, ClaimTask, CompleteTask, ReassignTask
from engine.domain.desk import AddComment, GetDesk, ListFilters, PrioritiseTask
from engine.domain.questions import GetTask
from webui.pages import inbox

Enter = Callable[[str], FlaskClient]


def hidden(page: str, form: str) -> list[tuple[str, str]]:
    """The hidden fields of the form that holds ``form``."""
    (found,) = [part for part in re.findall(r"<form.*?</form>", page, re.DOTALL) if form in part]
    return re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', found)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("priority=high", "priority"),
        ("priority=500", "priority"),
        ("amount_from=nan", "amount_from"),
        ("amount_from=9&amount_to=3", "amount_to"),
        ("due=soonish", "due"),
        ("customer=Nobody+Ltd", "customer"),
        ("stage=" + "x" * 300, "stage"),
    ],
)
def test_a_filter_that_does_not_fit_is_refused_at_its_field(query: str, field: str, house: House, enter: Enter) -> None:
    house.start()
    answer = enter("maria").get(f"/inbox?box=all&{query}")
    assert answer.status_code == 400
    assert f'aria-describedby="f-{field}-wrong"' in answer.text
    assert f'id="f-{field}-wrong"' in answer.text
    assert answer.text.count('class="task-row"') == 0, "what does not fit must not show more than was asked for"


def test_the_filter_finds_by_the_customers_name(house: House, enter: Enter) -> None:
    account = house.account("Nordlicht Robotics")
    house.account("Nordlicht Shipping")
    house.start(customer={"$record": ["account", account.id]})
    house.start(key="LN-2")
    browser = enter("maria")
    text = browser.get("/inbox?box=all&customer=nordlicht+robotics").text
    assert text.count('class="task-row"') == 1
    assert 'value="Nordlicht Robotics"' in text
    several = browser.get("/inbox?box=all&customer=nordlicht")
    assert (several.status_code, "Several are called like that" in several.text) == (400, True)
    options = browser.get("/inbox/filters/customers?customer=nordl").text
    assert options.count("<option") == 2


@pytest.mark.parametrize("query", ["before=soon", "after=2026-02-31", "version=first", "state=odd"])
def test_a_choice_of_many_cases_that_does_not_fit_chooses_none(query: str, house: House, enter: Enter) -> None:
    house.start()
    browser = enter("maria")
    answer = browser.get(f"/bulk/new?scope=all&{query}")
    assert (answer.status_code, "CRM-081" in answer.text) == (400, True)
    if not query.startswith("state"):
        assert browser.get(f"/instances?{query}").status_code == 400


def test_the_days_of_a_choice_are_the_readers_own(house: House, enter: Enter) -> None:
    house.start()  # Monday at nine in London: five in the afternoon in Shanghai, Sunday still in Honolulu
    browser = enter("maria")
    found = {}
    for zone in ("Asia/Shanghai", "Pacific/Honolulu"):
        browser.post("/profile", data={"timezone": zone, "email": "m@x.example"})
        found[zone] = "1 is meant now" in browser.get("/bulk/new?scope=all&before=2026-03-02").text
    assert found == {"Asia/Shanghai": False, "Pacific/Honolulu": True}


def test_saving_a_filter_is_a_form_of_its_own(house: House, enter: Enter) -> None:
    house.start()
    browser = enter("alice")
    page = browser.get("/inbox?box=teams&priority=40").text
    (shows,) = re.findall(r'<form class="filter-form".*?</form>', page, re.DOTALL)
    assert "csrf" not in shows, "a token in a GET form ends up in addresses and logs"
    saves = dict(hidden(page, 'id="filter-save"'))
    assert (saves["box"], saves["priority"]) == ("teams", "40")
    saves.pop("csrf_token")
    kept = browser.post("/inbox/filters", data={**saves, "name": "Soon", "colour": "red"})
    assert kept.status_code == 302
    (row,) = house.engine.ask(ListFilters(house.actor("alice")))
    assert (row.name, row.wanted.priority, row.count) == ("Soon", 40, 1)
    for wrong, field in (({"name": ""}, "name"), ({"name": "x", "priority": "many"}, "priority")):
        answer = browser.post("/inbox/filters", data={**saves, **wrong})
        assert (answer.status_code, f'id="f-{field}-wrong"' in answer.text) == (400, True)


def test_many_at_once_sent_twice_is_done_once(house: House, enter: Enter) -> None:
    task = house.task()
    browser = enter("maria")
    page = browser.get(f"/inbox/many?task={task.id}").text
    sent = hidden(page, 'name="text"')
    assert ("task", f"{task.id}:{task.revision}") in sent
    data = {**dict(sent), "text": "on it"}
    first = browser.post("/inbox/many", data=data)
    assert first.status_code == 303
    again = browser.post("/inbox/many", data=data)
    assert again.location == first.location
    assert [c.text for c in house.engine.ask(GetDesk(task.id, house.actor("maria"))).comments] == ["on it"]
    other = browser.post("/inbox/many", data={**data, "text": "something else"})
    assert other.location != first.location
    assert first.location is not None
    assert browser.get(first.location).status_code == 200
    assert browser.post(f"{first.location}/undo").status_code == 303
    twice = browser.post(f"{first.location}/undo")
    assert (twice.status_code, "CRM-218" in twice.text) == (409, True)


def test_many_at_once_leaves_alone_what_changed_since_the_page_was_drawn(house: House, enter: Enter) -> None:
    task = house.task()
    browser = enter("maria")
    data = dict(hidden(browser.get(f"/inbox/many?task={task.id}").text, 'name="priority"'))
    house.engine.do(PrioritiseTask(task.id, house.actor("alice"), 60))
    tried = browser.post("/inbox/many/try", data={**data, "priority": "90"}).text
    assert "would be refused" in tried
    assert "Changed since by Alice Meyer at" in tried
    result = browser.post("/inbox/many", data={**data, "priority": "90"}, follow_redirects=True).text
    assert "Changed since by Alice Meyer at" in result
    assert house.engine.ask(GetTask(task.id, house.actor("maria"))).row.priority == 60


def test_many_at_once_can_be_tried_first(house: House, enter: Enter) -> None:
    task = house.task()
    browser = enter("maria")
    data = dict(hidden(browser.get(f"/inbox/many?task={task.id}").text, 'name="priority"'))
    tried = browser.post("/inbox/many/try", data={**data, "priority": "90"}).text
    assert "would be done" in tried
    assert house.engine.ask(GetTask(task.id, house.actor("maria"))).row.priority == task.priority
    confirm = dict(hidden(tried, 'name="action"'))
    assert browser.post("/inbox/many", data=confirm).status_code == 303
    assert house.engine.ask(GetTask(task.id, house.actor("maria"))).row.priority == 90


def test_completing_many_by_one_form_can_be_tried_first(house: House, enter: Enter) -> None:
    tasks = [house.task(), house.task(key="LN-2")]
    browser = enter("maria")
    query = "&".join(f"task={task.id}" for task in tasks)
    page = browser.get(f"/inbox/many?{query}").text
    assert "data-attempt" in page
    token = dict(hidden(page, 'name="priority"'))["csrf_token"]
    given = [f"{task.id}:{task.revision}" for task in tasks]
    house.engine.do(PrioritiseTask(tasks[1].id, house.actor("alice"), 60))
    body = {"action": "complete", "tasks": given, "data": {"days": 20, "agreed": True}}
    tried = browser.post("/inbox/many/try", json=body, headers={"X-CSRFToken": token})
    assert tried.status_code == 200
    assert "1 of 2 would be completed" in tried.text
    assert "Changed since by" in tried.text
    assert house.engine.ask(GetTask(tasks[0].id, house.actor("maria"))).row.id == tasks[0].id, "it is still open"


def test_people_are_shown_by_their_names_for_no_statement_more(house: House, enter: Enter) -> None:
    task = house.task()
    house.engine.do(ReassignTask(task.id, "alice", house.actor("maria")))
    house.engine.do(AddComment(task.id, house.actor("alice"), "on it"))
    browser = enter("maria")
    for address in (f"/tasks/{task.id}", f"/instances/{task.instance_id}", "/inbox?box=all"):
        text = browser.get(address).text
        assert "Alice Meyer" in text, address
        assert ">alice<" not in text, address
    with house.statements() as seen:
        browser.get("/inbox?box=all")
    assert len(seen) <= 6, seen


def test_the_list_as_csv_is_in_the_readers_language_and_zone(house: House, enter: Enter) -> None:
    house.start(key="=1+1")
    house.start(key="LN-2")
    browser = enter("alice")
    browser.post("/inbox/filters/columns", data={"column": ["key", "created"]})
    browser.post("/profile", data={"timezone": "Asia/Shanghai", "email": "a@x.example"})
    browser.post("/language", data={"locale": "zh_Hans", "next": "/"})
    page = browser.get("/inbox?box=teams").text
    (address,) = re.findall(r'"(/inbox/export\.csv[^"]*)"', page)
    got = browser.get(address.replace("&amp;", "&"))
    rows = list(csv.reader(io.StringIO(got.get_data(as_text=True).lstrip("\ufeff"))))
    assert rows[0] == ["任务", "客户", "到期", "产生于", "业务编号"]
    assert sorted(row[4] for row in rows[1:]) == ["'=1+1", "LN-2"]
    assert {row[3] for row in rows[1:]} == {"2026-03-02 17:00"}  # nine o'clock UTC
    assert enter("eve").get("/inbox/export.csv?box=teams").text.count("\n") == 1


@pytest.mark.parametrize(
    ("locale", "over", "taken"),
    [
        ("en", "“Approve” was already completed by Bob Stone, Mar 2 17:00.", "was already claimed by Bob Stone."),
        ("zh_Hans", "”已由 Bob Stone 于 3月2日 17:00 完成。", "”已由 Bob Stone 领取。"),
    ],
)
def test_who_was_quicker_is_told_by_name_and_in_ones_own_time(
    house: House, enter: Enter, locale: str, over: str, taken: str
) -> None:
    task, other = house.task(), house.task(key="LN-2")
    bob, browser = house.actor("bob"), enter("alice")
    browser.post("/profile", data={"timezone": "Asia/Shanghai", "email": "a@x.example"})
    browser.post("/language", data={"locale": locale, "next": "/"})
    for one in (task, other):
        house.engine.do(ClaimTask(one.id, bob))
    assert taken in browser.post(f"/tasks/{task.id}/claim", follow_redirects=True).text
    house.engine.do(CompleteTask(task.id, bob, data={"agreed": True}))
    page = browser.get(f"/tasks/{task.id}").text
    assert over.replace("Approve", task.name) in page
    assert ">bob<" not in page


def test_a_sub_task_is_written_and_taken_away(house: House, enter: Enter) -> None:
    task, browser = house.task(), enter("alice")
    part = {"headers": {"HX-Request": "true"}}
    page = browser.post(f"/tasks/{task.id}/todos", data={"text": "Call <b>"}, **part).text
    assert "Remove “Call &lt;b&gt;”" in page
    (address,) = re.findall(r'action="(/tasks/[^"]+/drop)"', page)
    assert "Call &lt;b&gt;" not in browser.post(address, **part).text


def test_the_csv_is_the_whole_list_read_page_by_page(
    house: House, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [f"LN-{n}" for n in range(7)]
    for n, key in enumerate(keys):
        task = house.task(key=key)
        house.engine.do(ReassignTask(task.id, ("alice", "bob")[n % 2], SYSTEM))
    browser = enter("maria")
    browser.post("/inbox/filters/columns", data={"column": ["key", "assignee"]})
    monkeypatch.setattr(inbox, "CHUNK", 3)
    with house.statements() as seen:
        text = browser.get("/inbox/export.csv?box=all").get_data(as_text=True)
    rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))
    assert sorted(row[4] for row in rows[1:]) == keys
    assert {row[3] for row in rows[1:]} == {"Alice Meyer", "Bob Stone"}
    assert len([one for one in seen if "FROM task" in one.replace("\n", " ")]) == 3, "a statement a page"
    assert len(seen) <= 9, seen
    assert browser.get("/inbox/export.csv?box=all&due=sometime").status_code == 400, "told before the file begins"


def test_no_time_is_taken_that_somebodys_clock_cannot_tell(house: House, enter: Enter) -> None:
    task = house.start().tasks[0]
    browser = enter("maria")
    for text in ("9999-12-31T23:59", "9999-12-31T23:59-14:00", "0001-01-01T00:00", "0001-01-01T00:00+14:00"):
        end = {"since": "2026-03-03T00:00", "until": text}
        for path, given in (
            (f"/tasks/{task}/change", {"due": text}),
            (f"/tasks/{task}/later", {"until": text}),
            ("/absences/maria", end),
        ):
            assert browser.post(path, data=given).status_code == 400, (path, text)
    house.engine.do(ChangeUser("maria", SYSTEM, timezone="Asia/Shanghai"))
    for path in ("/team", "/profile", f"/tasks/{task}"):
        assert enter("maria").get(path).status_code == 200, path
