"""Flows, upload, instances, engine room, records, languages: the designer's and manager's pages."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from pages_house import MODELS, House

from engine.domain.questions import ListDefinitions, ListRecords, ListTasks

Enter = Callable[[str], FlaskClient]
GARBAGE = {
    "empty": b"",
    "png": b"\x89PNG\r\n\x1a\n" + bytes(64),
    "broken": b"<definitions><process></definitions>",
    "entities": b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><a>&d;</a>',
    "outside": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "text": "只是文字".encode(),
}


def send(browser: FlaskClient, do: str, *parts: tuple[str, bytes], **form: str):  # type: ignore[no-untyped-def]
    data = {"do": do, "files": [(BytesIO(content), name) for name, content in parts], **form}
    return browser.post("/upload", data=data, content_type="multipart/form-data")


@pytest.mark.parametrize("kind", GARBAGE)
@pytest.mark.parametrize("do", ["check", "deploy"])
def test_garbage_gets_findings_and_nothing_else(kind: str, do: str, house: House, enter: Enter) -> None:  # G6
    before = house.engine.ask(ListDefinitions(house.actor("ada"))).items
    answer = send(enter("dora"), do, ("thing.bpmn", GARBAGE[kind]))
    assert answer.status_code == 422
    assert 'class="finding finding-error"' in answer.text
    assert "thing.bpmn" in answer.text
    assert "passwd" not in answer.text
    assert house.engine.ask(ListDefinitions(house.actor("ada"))).items == before


def send_large(browser: FlaskClient, size: int):  # type: ignore[no-untyped-def]
    """A large file, encoded by hand: the test client would leave a temporary file open."""
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="huge.bpmn"\r\n\r\n<a>'
    return browser.post(
        "/upload", data=head + bytes(size) + b"\r\n--x--\r\n", content_type="multipart/form-data; boundary=x"
    )


def test_fifty_megabytes_get_a_finding(enter: Enter) -> None:
    answer = send_large(enter("dora"), 50_000_000)
    assert answer.status_code == 422
    assert "huge.bpmn" in answer.text


def test_more_than_the_limit_is_refused_kindly(enter: Enter) -> None:
    answer = send_large(enter("dora"), 70_000_000)
    assert answer.status_code == 413
    assert "CRM-003" in answer.text


def test_upload_without_files_says_so(enter: Enter) -> None:
    answer = enter("dora").post("/upload", data={"do": "deploy"})
    assert answer.status_code == 400
    assert "CRM-007" in answer.text


def test_findings_name_the_element(house: House, enter: Enter) -> None:
    model = (MODELS / "loan.bpmn").read_bytes().replace(b"loan-handover", b"no-such-form")
    answer = send(enter("dora"), "check", ("loan.bpmn", model))
    assert answer.status_code == 422
    assert 'data-zoom="Handover"' in answer.text
    assert "no-such-form" in answer.text


def test_an_unseen_model_runs_in_the_same_inbox(house: House, enter: Enter) -> None:  # E14
    parts = []
    for path in sorted(MODELS.glob("loan*")):
        content = path.read_bytes().replace(b"equipment-loan", b"unseen-thing").replace(b"Equipment loan", b"Unseen")
        parts.append((path.name, content.replace(b"Approve the loan", b"Ponder the unseen")))
    carl = enter("carl")
    answer = send(carl, "deploy", *parts, publish="1")
    assert answer.status_code == 200, answer.text
    assert "Deployed" in answer.text
    new = next(d for d in house.engine.ask(ListDefinitions(house.actor("carl"))).items if d.key == "unseen-thing")
    started = carl.post(f"/start/{new.id}?key=k1", json={"device": "lab", "days": 2}, headers={"Accept": "text/json"})
    assert started.status_code == 200
    assert "Ponder the unseen" in enter("alice").get("/inbox?box=teams").text


def test_definition_page_shows_heat_versions_and_model(house: House, enter: Enter) -> None:
    house.start()
    house.start(key="LN-2")
    flow = house.engine.ask(ListDefinitions(house.actor("dora"))).items[0]
    text = enter("dora").get(f"/flows/{flow.id}").text
    assert '{"active": 2, "completed": 0, "id": "Approve", "incidents": 0}' in text
    assert "Nobody waits for a demo device longer than a day" in text
    model = enter("alice").get(f"/flows/{flow.id}/model")
    assert model.mimetype == "application/xml"
    assert b"BPMNDiagram" in model.data
    download = enter("alice").get(f"/flows/{flow.id}/model?download=1")
    assert download.data == (MODELS / "loan.bpmn").read_bytes()


def test_models_without_diagram_are_drawn(house: House, enter: Enter) -> None:
    text = (MODELS / "loan.bpmn").read_text()
    bare = text[: text.index("<bpmndi:BPMNDiagram")] + "</bpmn:definitions>"
    bare = bare.replace("equipment-loan", "bare-loan")
    rest = [(p.name, p.read_bytes()) for p in sorted(MODELS.glob("loan*")) if p.suffix != ".bpmn"]
    assert send(enter("dora"), "deploy", ("bare.bpmn", bare.encode()), *rest).status_code == 200
    flow = next(d for d in house.engine.ask(ListDefinitions(house.actor("dora"))).items if d.key == "bare-loan")
    assert b"BPMNShape" in enter("dora").get(f"/flows/{flow.id}/model").data


def test_diagrams_speak_the_reader_s_language(house: House, enter: Enter) -> None:  # N1
    model = (MODELS / "loan.bpmn").read_bytes().replace(b"equipment-loan", b"zh-loan")
    rest = [(p.name, p.read_bytes()) for p in sorted(MODELS.glob("loan*")) if p.suffix != ".bpmn"]
    labels = ("labels.zh_Hans.yaml", "zh-loan: {Approve: 审批借用, zh-loan: 设备借用}".encode())
    assert send(enter("dora"), "deploy", ("loan.bpmn", model), labels, *rest).status_code == 200
    flow = next(d for d in house.engine.ask(ListDefinitions(house.actor("dora"))).items if d.key == "zh-loan")
    browser = enter("dora")
    assert "审批借用" not in browser.get(f"/flows/{flow.id}/model").text
    browser.post("/language", data={"locale": "zh_Hans"})
    drawn = browser.get(f"/flows/{flow.id}/model").text
    assert "审批借用" in drawn
    assert "Hand over the device" in drawn
    assert "设备借用" in browser.get(f"/flows/{flow.id}").text


def test_publish_needs_the_right(house: House, enter: Enter) -> None:
    model = (MODELS / "loan.bpmn").read_bytes().replace(b"PT15M", b"PT20M")
    rest = [(p.name, p.read_bytes()) for p in sorted(MODELS.glob("loan*")) if p.suffix != ".bpmn"]
    assert send(enter("dora"), "deploy", ("loan.bpmn", model), *rest).status_code == 200
    newest = house.engine.ask(ListDefinitions(house.actor("dora"))).items[0]
    assert (newest.version, newest.state.value) == (2, "deployed")
    assert enter("dora").post(f"/flows/{newest.id}/publish").status_code == 403
    assert enter("carl").post(f"/flows/{newest.id}/publish").status_code == 302
    assert house.engine.ask(ListDefinitions(house.actor("dora"))).items[0].state.value == "published"


def test_instance_page_and_cancel(house: House, enter: Enter) -> None:
    account = house.account()
    started = house.start(customer={"$record": ["account", account.id]})
    maria = enter("maria")
    text = maria.get(f"/instances/{started.instance_id}").text
    for expected in ("LN-1", "Approve the loan", "15 minutes", "Nordlicht Robotics", "route"):
        assert expected in text
    history = maria.get(f"/instances/{started.instance_id}/history").text
    assert "A long loan ties up a device" in history
    assert maria.post(f"/instances/{started.instance_id}/cancel", data={"reason": " "}).status_code == 400
    assert enter("alice").post(f"/instances/{started.instance_id}/cancel", data={"reason": "x"}).status_code == 403
    assert maria.post(f"/instances/{started.instance_id}/cancel", data={"reason": "twice"}).status_code == 302
    assert "LN-1" in maria.get("/instances?state=cancelled").text
    assert not house.engine.ask(ListTasks(house.actor("maria"), "all")).items
    assert started.instance_id in enter("ada").get("/instances?state=any").text


def test_timers_are_listed_with_their_case(house: House, enter: Enter) -> None:
    house.start()
    text = enter("maria").get("/timers").text
    assert "15 minutes" in text
    assert "LN-1" in text


def test_record_is_made_changed_and_told(house: House, enter: Enter) -> None:
    browser = enter("alice")
    form = {"name": "Fjord", "phone": "+47 22 12 34 56", "revenue": "1200.50", "revenue:currency": "NOK"}
    made = browser.post("/records/account", data=form)
    assert made.status_code == 302
    record = house.engine.ask(ListRecords(house.actor("alice"), kind="account")).items[0]
    assert record.data["revenue"] == {"amount": "1200.50", "currency": "NOK"}
    page = browser.get(made.location).text
    assert "Fjord" in page
    bad = browser.post(f"/records/account/{record.id}", data={**form, "phone": "???", "revision": record.revision})
    assert bad.status_code == 422
    assert "???" in bad.text
    assert "CRM-215" in bad.text
    assert "NOK" in bad.text
    stale = browser.post(f"/records/account/{record.id}", data={**form, "revision": record.revision - 1})
    assert stale.status_code in (409, 412)
    assert enter("dora").post("/records/account", data=form).status_code == 403


def test_record_page_tells_its_flows(house: House, enter: Enter) -> None:  # A10
    account = house.account()
    house.start(customer={"$record": ["account", account.id]})
    text = enter("maria").get(f"/records/account/{account.id}").text
    assert "Equipment loan" in text
    assert "Decide who must agree" in text


def test_language_switches_at_once_and_stays(house: House, enter: Enter) -> None:  # N1
    browser = enter("alice")
    assert "Inbox" in browser.get("/inbox").text
    assert browser.post("/language", data={"locale": "zh_Hans", "next": "/inbox"}).location == "/inbox"
    text = browser.get("/inbox").text
    assert 'lang="zh-Hans"' in text
    assert "收件箱" in text
    assert house.actor("alice").locale == "zh_Hans"
    assert browser.post("/language", data={"locale": "xx"}).status_code == 400


def test_findings_speak_chinese(house: House, enter: Enter) -> None:
    browser = enter("dora")
    browser.post("/language", data={"locale": "zh_Hans", "next": "/"})
    answer = send(browser, "check", ("x.bpmn", b"<definitions>"))
    assert any("\u4e00" <= c <= "\u9fff" for c in answer.text.split('class="finding-what">')[1][:60])


def test_long_lists_have_a_next_page(house: House, enter: Enter) -> None:
    for number in range(53):
        house.account(f"Account {number:02d}")
    browser = enter("alice")
    first = browser.get("/records/account?state=prospect").text
    onward = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert "state=prospect" in onward
    second = browser.get(onward).text
    shown = {n for n in range(53) if f"Account {n:02d}<" in first} ^ {
        n for n in range(53) if f"Account {n:02d}<" in second
    }
    assert shown == set(range(53))
    assert 'rel="next"' not in second


def test_incidents_are_told_and_tried_again(house: House, enter: Enter) -> None:  # G6
    model = (MODELS / "loan.bpmn").read_bytes().replace(b"<bpmn:timeDuration>PT15M", b"<bpmn:timeDuration>=patience")
    rest = [(p.name, p.read_bytes()) for p in sorted(MODELS.glob("loan*")) if p.suffix != ".bpmn"]
    assert send(enter("carl"), "deploy", ("loan.bpmn", model), *rest, publish="1").status_code == 200
    started = house.start(key="LN-9")
    maria = enter("maria")
    page = maria.get("/incidents").text
    assert "LN-9" in page
    assert "CRM-6" in page
    assert "LN-9" in maria.get(f"/instances/{started.instance_id}").text
    address = page.split('action="/incidents/')[1].split('"')[0]
    assert enter("alice").post(f"/incidents/{address}").status_code == 403
    assert maria.post(f"/incidents/{address}").status_code == 302
    assert "LN-9" in maria.get("/incidents").text  # the cause is not mended: a new incident says so


NOTIFY = b"""<bpmn:serviceTask id="Tell" name="Tell bob">
<bpmn:extensionElements>
<zeebe:taskDefinition type="crmflow:notify" />
<zeebe:ioMapping><zeebe:input source="=&quot;bob&quot;" target="to" />
<zeebe:input source="=&quot;A device was &lt;asked&gt; for&quot;" target="title" />
</zeebe:ioMapping></bpmn:extensionElements>
<bpmn:incoming>F1</bpmn:incoming><bpmn:outgoing>F0</bpmn:outgoing></bpmn:serviceTask>
<bpmn:sequenceFlow id="F0" sourceRef="Tell" targetRef="Route" />"""


def test_notifications_are_listed_and_read(house: House, enter: Enter) -> None:  # G1
    model = (
        (MODELS / "loan.bpmn")
        .read_bytes()
        .replace(b'sourceRef="Asked" targetRef="Route"', b'sourceRef="Asked" targetRef="Tell"')
    )
    model = model.replace(b"<bpmn:incoming>F1</bpmn:incoming>", b"<bpmn:incoming>F0</bpmn:incoming>")
    model = model.replace(b"<bpmn:businessRuleTask", NOTIFY + b"<bpmn:businessRuleTask", 1)
    rest = [(p.name, p.read_bytes()) for p in sorted(MODELS.glob("loan*")) if p.suffix != ".bpmn"]
    assert send(enter("carl"), "deploy", ("loan.bpmn", model), *rest, publish="1").status_code == 200
    house.start()
    house.start(key="LN-2")
    bob = enter("bob")
    assert bob.get("/notifications/count").text.strip().startswith('<b class="bell-count">2')
    assert "A device was &lt;asked&gt; for" in bob.get("/notifications").text
    assert bob.post("/notifications/read").status_code == 302
    assert bob.get("/notifications/count").text.strip() == ""
