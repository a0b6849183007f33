"""Operating cases on the pages: one instance, many by a filter, messages nobody wanted, incidents by cause."""

from __future__ import annotations

import re
from typing import Any

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import Deploy, SaveRecord, SendMessage, StartInstance
from engine.domain.operating import ListBulk, ListEdits
from engine.domain.questions import GetInstance, GetRecord, ListIncidents, ListTasks
from engine.jobs import drain
from tests.store.drawing import END, START, flow, model, service


def open_at(house: Any, instance_id: str) -> list[str]:
    return sorted(t.element_id for t in house.engine.ask(ListTasks(SYSTEM, "all", instance_id=instance_id)).items)


def test_a_manager_suspends_and_resumes_a_case(house: Any, enter: Any) -> None:
    case = house.start().instance_id
    maria = enter("maria")
    page = maria.get(f"/instances/{case}").text
    for sheet in ("suspend", "move", "leave", "edit-data", "restart"):
        assert f'id="{sheet}"' in page
    maria.post(f"/instances/{case}/suspend", data={"reason": "wait"})
    assert "This case stands still." in maria.get(f"/instances/{case}").text
    assert "suspended" in maria.get("/instances?state=suspended").text
    maria.post(f"/instances/{case}/resume", data={})
    assert house.engine.ask(GetInstance(case, SYSTEM)).row.state == "active"
    page = enter("dora").get(f"/instances/{case}").text  # a designer may look
    assert 'id="move"' not in page
    assert enter("dora").post(f"/instances/{case}/suspend", data={"reason": "x"}).status_code == 403


def test_going_to_a_step_is_previewed_and_done(house: Any, enter: Any) -> None:
    case = house.start(days=3).instance_id
    (here,) = open_at(house, case)
    page = enter("maria").get(f"/instances/{case}").text
    places = re.search(r'<select class="form-select" id="move-to".*?</select>', page, re.DOTALL)
    assert places
    others = [one for one in re.findall(r'option value="([^"]+)"', places[0]) if one != here]
    form = {"to": here, "leave": "*", "data": "now"}
    shown = enter("maria").post(f"/instances/{case}/move/preview", data=form, headers={"HX-Request": "true"}).text
    assert "1 case is meant." in shown
    assert "opens" in shown
    got = enter("maria").post(f"/instances/{case}/move", data={**form, "reason": "again"})
    assert got.status_code == 302
    assert open_at(house, case) == [here]
    assert others
    wrong = enter("maria").post(f"/instances/{case}/move", data={**form, "to": "nowhere", "reason": "x"})
    assert wrong.status_code == 400
    assert "CRM-031" in wrong.text


def test_data_is_changed_told_and_put_back(house: Any, enter: Any) -> None:
    case = house.start(days=3).instance_id
    form = {
        "name": ["device", "days", ""],
        "value": ["tablet", "5", ""],
        "was": ["tablet", "3", ""],
        "type": ["", "", ""],
        "reason": "typo",
    }
    maria = enter("maria")
    assert maria.post(f"/instances/{case}/data", data=form).status_code == 302
    assert house.engine.ask(GetInstance(case, SYSTEM)).variables["days"] == 5
    told = maria.get(f"/instances/{case}/edits").text
    assert "changed by hand" in told
    undo = re.search(r'action="([^"]+/undo)"', told)
    assert undo
    maria.post(undo[1])
    assert house.engine.ask(GetInstance(case, SYSTEM)).variables["days"] == 3
    wrong = maria.post(f"/instances/{case}/data", data={**form, "value": ["tablet", "many", ""]})
    assert wrong.status_code == 422
    assert "CRM-212" in wrong.text


def test_a_text_of_many_lines_stays_as_it_is(house: Any, enter: Any) -> None:
    case = house.start(purpose="\nfirst\nsecond", days=3).instance_id
    maria = enter("maria")
    assert re.search(
        r'<textarea[^>]*name="value"[^>]*>\n\nfirst\nsecond</textarea>', maria.get(f"/instances/{case}").text
    )
    form = {"name": ["purpose", "days"], "was": ["\nfirst\nsecond", "3"], "type": ["", ""], "reason": "typo"}
    maria.post(f"/instances/{case}/data", data={**form, "value": ["\r\nfirst\r\nsecond", "5"]})
    after = house.engine.ask(GetInstance(case, SYSTEM)).variables
    assert (after["purpose"], after["days"]) == ("\nfirst\nsecond", 5)
    (edit,) = (edit for edit in house.engine.ask(ListEdits(case, SYSTEM)) if edit.kind == "dataEdit")
    assert set(edit.after) == {"days"}, "what was not touched is no change"
    maria.post(f"/instances/{case}/data", data={**form, "was": ["\nfirst", "5"], "value": ["one\r\ntwo", "5"]})
    assert house.engine.ask(GetInstance(case, SYSTEM)).variables["purpose"] == "one\ntwo"


def test_a_case_is_started_anew_from_a_step(house: Any, enter: Any) -> None:
    case = house.start(days=3).instance_id
    (here,) = open_at(house, case)
    form = {"element": here, "data": "now", "reason": "again"}
    got = enter("maria").post(f"/instances/{case}/restart", data=form)
    new = got.headers["Location"].rsplit("/", 1)[1]
    assert new != case
    assert open_at(house, new) == [here]


def test_many_are_chosen_tried_out_done_and_told(house: Any, enter: Any) -> None:
    cases = [house.start(key=f"LN-{n}").instance_id for n in range(3)]
    maria = enter("maria")
    page = maria.get("/instances").text
    assert "Do it to all 3 that fit" in page
    page = maria.get("/bulk/new?flow=equipment-loan&state=active&scope=all").text
    assert "3 are meant now" in page
    form = {"action": "suspend", "flow": "equipment-loan", "state": "active"}
    shown = maria.post("/bulk/preview", data=form, headers={"HX-Request": "true"}).text
    assert "3 cases are meant." in shown
    assert "LN-1" in shown
    assert "LN-1" in maria.post("/bulk/preview", data=form).text  # without scripts, too
    got = maria.post("/bulk", data={**form, "reason": "stock-taking"})
    place = got.headers["Location"]
    page = maria.get(place).text
    assert "You can leave this page; it goes on." in page
    assert 'hx-trigger="every 2s"' in page
    drain(house.engine)
    part = maria.get(place, headers={"HX-Request": "true"})
    assert part.status_code == 286, "htmx asks no more"
    assert "LN-2" not in part.text, "the list is left to who reads it"
    assert "Finished: 3 done, 0 failed." in part.text
    page = maria.get(place).text
    assert 'hx-trigger="every 2s"' not in page
    assert "LN-2" in page
    assert "stock-taking" in maria.get("/bulk").text
    assert {house.engine.ask(GetInstance(case, SYSTEM)).row.state for case in cases} == {"suspended"}
    got = maria.post("/bulk", data={"action": "resume", "id": cases[:2], "reason": "go"})
    stopped = maria.post(f"{got.headers['Location']}/cancel")
    assert stopped.status_code == 302
    assert "left alone" in maria.get(got.headers["Location"]).text
    assert len(house.engine.ask(ListBulk(SYSTEM)).items) == 2


def test_a_second_click_begins_nothing_a_second_time(house: Any, enter: Any) -> None:
    case = house.start(key="LN-1").instance_id
    maria = enter("maria")
    page = maria.get("/bulk/new?flow=equipment-loan&state=active&scope=all&action=suspend").text
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key
    form = {"action": "suspend", "flow": "equipment-loan", "state": "active", "reason": "once", "key": key[1]}
    again = maria.post("/bulk/preview", data=form).text  # without scripts the page is drawn anew, with the same key
    assert f'name="key" value="{key[1]}"' in again
    first, second = (maria.post("/bulk", data=form).headers["Location"] for _ in range(2))
    assert first == second
    other = maria.post("/bulk", data={**form, "reason": "once more"}).headers["Location"]
    assert other != first, "other words are another operation"
    page = maria.get(f"/instances/{case}").text
    drawn = re.search(r'/restart".*?name="key" value="([^"]+)"', page, re.DOTALL)
    assert drawn
    form = {"element": open_at(house, case)[0], "data": "now", "reason": "again", "key": drawn[1]}
    first, second = (maria.post(f"/instances/{case}/restart", data=form).headers["Location"] for _ in range(2))
    assert first == second


def test_what_failed_is_said_in_the_readers_language(house: Any, enter: Any) -> None:
    case = house.start(key="LN-1").instance_id
    maria = enter("maria")
    form = {"action": "move", "id": case, "to": "nowhere", "reason": "x"}
    place = maria.post("/bulk", data=form).headers["Location"]
    drain(house.engine)
    assert "nowhere" in maria.get(place).text
    maria.post("/language", data={"locale": "zh_Hans"})
    for text in (maria.get(place).text, maria.post("/bulk/preview", data=form).text):
        assert "CRM-031" in text
        assert "流程中没有该步骤" in text
        assert re.search(r'<small[^>]*lang="en"[^>]*>[^<]*nowhere', text), "the engine's words name the culprit"


@pytest.mark.parametrize(
    "query",
    ["version=1", "element=nothing", "incidents=1", "before=2020-01-01", "after=2020-01-01"],
)
def test_every_filter_of_the_list_is_understood(house: Any, enter: Any, query: str) -> None:
    house.start(key="LN-9")
    got = enter("maria").get(f"/instances?{query}")
    assert got.status_code == 200
    assert ("LN-9" in got.text) is (query.split("=")[0] in ("version", "after"))


def test_a_filter_that_is_none_is_refused_instead_of_choosing_more(enter: Any) -> None:
    got = enter("maria").get("/instances?version=99999999999")
    assert got.status_code == 400
    assert "CRM-" in got.text


def test_incidents_by_cause_lead_to_trying_all_again(house: Any, enter: Any) -> None:
    call = START + service("call", "http", retries=1) + END + flow("start>call", "call>end")
    house.engine.do(
        Deploy((model("calling", call, about='owner="team:sales" goal="g" kpi="k"'),), SYSTEM, publish=True)
    )
    for _ in range(2):
        case = house.engine.do(StartInstance("calling", SYSTEM)).instance_id
    drain(house.engine)
    maria = enter("maria")
    page = maria.get("/incidents").text
    assert "By cause" in page
    link = re.search(r'href="(/bulk/new[^"]+)"', page)
    assert link
    assert "2 are meant now" in maria.get(link[1].replace("&amp;", "&")).text
    skip = re.search(r'href="(/bulk/new[^"]+action=skip[^"]+)"', page)
    assert skip
    place = skip[1].replace("&amp;", "&")
    assert "2 are meant now" in maria.get(place).text
    assert "action=skip" not in enter("dora").get("/incidents").text, "who may not operate is not offered it"
    first = next(i for i in house.engine.ask(ListIncidents(SYSTEM)).items if i.instance_id == case)
    assert f'id="skip-{first.id}"' in maria.get(f"/instances/{case}").text
    bad = maria.post(f"/instances/{case}/incidents/{first.id}/skip", data={"reason": "x", "result": "{"})
    assert bad.status_code == 400
    maria.post(f"/instances/{case}/incidents/{first.id}/skip", data={"reason": "by hand", "result": '{"n": 1}'})
    assert house.engine.ask(GetInstance(case, SYSTEM)).variables == {"n": 1}


def test_messages_nobody_wanted_are_a_page(house: Any, enter: Any) -> None:
    house.engine.do(SendMessage("reply", SYSTEM, "T-7", {"said": "yes"}))
    maria = enter("maria")
    page = maria.get("/messages?state=waiting&q=reply").text
    assert "T-7" in page
    drop, send = (re.search(rf'action="([^"]+/{word})"', page) for word in ("drop", "send"))
    assert drop
    assert send
    assert "kept for an hour" in maria.post(send[1], follow_redirects=True).text
    again = re.search(r'action="([^"]+/drop)"', maria.get("/messages").text)
    assert again
    maria.post(again[1])
    assert "Every message found somebody" in maria.get("/messages").text


def test_versions_stand_side_by_side_with_their_counts(house: Any, enter: Any) -> None:
    started = house.start()
    page = enter("dora").get(f"/flows/{started.definition_id}").text
    assert "state=active" in page
    assert "version=1" in page


def test_owner_and_state_of_a_record_are_changed_in_its_form(house: Any, enter: Any) -> None:
    lead = house.engine.do(SaveRecord("lead", SYSTEM, {"name": "Mia", "company": "Acme"}, owner="alice"))
    alice = enter("alice")
    page = alice.get(f"/records/lead/{lead.id}/edit").text
    states = re.search(r'id="f-state".*?</select>', page, re.DOTALL)
    assert states
    last = re.findall(r'option value="([^"]+)"', states[0])[-1]
    form = {"name": "Mia", "company": "Acme", "revision": lead.revision, "owner": "bob", "state": last}
    assert alice.post(f"/records/lead/{lead.id}", data=form).status_code == 302
    row = house.engine.ask(GetRecord(lead.id, SYSTEM))
    assert (row.owner, row.state) == ("bob", last)
