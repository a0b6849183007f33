"""A process begins when a record comes to be as its condition says: once per time it becomes true (B1, dialect)."""

from __future__ import annotations

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import Deploy, SaveRecord, SendMessage
from engine.domain.errors import Refused
from engine.domain.questions import GetInstance, ListInstances
from engine.jobs import drain
from tests.store.drawing import END, flow, model

TASK = '<bpmn:userTask id="call" name="Call" />'


def _when(*conditions: str, key: str = "hot"):
    starts = "".join(
        f'<bpmn:startEvent id="s{n}" name="Hot"><bpmn:conditionalEventDefinition id="c{n}"><bpmn:condition>{text}'
        f"</bpmn:condition></bpmn:conditionalEventDefinition></bpmn:startEvent>" + flow(f"s{n}>call")
        for n, text in enumerate(conditions)
    )
    return model(key, starts + TASK + END + flow("call>end"))


def _begun(engine, key: str = "hot") -> list[str]:
    drain(engine)
    return [row.id for row in engine.ask(ListInstances(SYSTEM, definition_key=key)).items]


def _save(engine, id: str | None = None, **data):
    fields = {"name": "Ada", "company": "Analytical Engines", **data}
    return engine.do(SaveRecord("lead", SYSTEM, data=fields, id=id)).id


def test_a_record_that_becomes_so_begins_an_instance_with_it(engine, bench):
    engine.do(Deploy((_when("=lead.score &gt; 80"),), SYSTEM, publish=True))
    lead = _save(engine, score=50)
    assert _begun(engine) == []
    _save(engine, lead, score=90)
    (one,) = _begun(engine)
    found = engine.ask(GetInstance(one, SYSTEM))
    assert found.variables["lead"]["$record"] == ["lead", lead]


def test_it_begins_again_only_after_it_was_false(engine, bench):
    engine.do(Deploy((_when("=lead.score &gt; 80"),), SYSTEM, publish=True))
    lead = _save(engine, score=90)
    assert len(_begun(engine)) == 1  # a new record counts as one that was not so
    _save(engine, lead, score=95)
    _save(engine, lead, score=95, name="Ada L.")
    assert len(_begun(engine)) == 1
    _save(engine, lead, score=10)
    _save(engine, lead, score=81)
    assert len(_begun(engine)) == 2


def test_records_of_other_kinds_and_conditions_that_are_not_told_begin_nothing(engine, bench):
    engine.do(Deploy((_when("=lead.score &gt; 80 and lead.source = &quot;fair&quot;"),), SYSTEM, publish=True))
    engine.do(SaveRecord("account", SYSTEM, data={"name": "Analytical Engines"}))
    _save(engine)
    _save(engine, score=90)
    assert _begun(engine) == []


def test_a_new_version_takes_over_the_condition(engine, bench):
    engine.do(Deploy((_when("=lead.score &gt; 80"),), SYSTEM, publish=True))
    engine.do(Deploy((_when("=lead.score &gt; 20"),), SYSTEM, publish=True))
    _save(engine, score=50)
    (one,) = engine.ask(ListInstances(SYSTEM)).items if _begun(engine) else ()
    assert one.version == 2


def test_two_conditions_of_a_process_are_both_looked_at(engine, bench):
    engine.do(Deploy((_when("=lead.score &gt; 80", "=lead.score &lt; 5"),), SYSTEM, publish=True))
    _save(engine, score=1)
    _save(engine, score=99)
    assert len(_begun(engine)) == 2


@pytest.mark.parametrize("text", ["=amount &gt; 3", "=true", "=lead.score &gt; account.score"])
def test_a_condition_that_looks_at_no_single_record_cannot_be_published(engine, bench, text):
    with pytest.raises(Refused) as refused:
        engine.do(Deploy((_when(text),), SYSTEM, publish=True))
    assert refused.value.code == "CRM-896"
    assert [f.element for f in refused.value.findings] == ["s0"]
    assert all(f.message_zh and f.fix_zh for f in refused.value.findings)


CONDITION = "<bpmn:conditionalEventDefinition><bpmn:condition>{}</bpmn:condition></bpmn:conditionalEventDefinition>"


def _contact(engine, id: str | None = None, name: str = "Ada", **links: str) -> str:
    return engine.do(SaveRecord("contact", SYSTEM, data={"name": name}, links=links, id=id)).id


def _linked_when(text: str):
    start = f'<bpmn:startEvent id="s0">{CONDITION.format(text)}</bpmn:startEvent>'
    return model("hot", start + TASK + END + flow("s0>call", "call>end"))


def test_a_condition_reads_where_a_relation_leads(engine, bench):
    text = "=contact.account.name = &quot;Engines&quot; and contact.kind = &quot;contact&quot; and contact.id != null"
    engine.do(Deploy((_linked_when(text),), SYSTEM, publish=True))
    account = engine.do(SaveRecord("account", SYSTEM, data={"name": "Engines"})).id
    _contact(engine)
    assert _begun(engine) == []
    contact = _contact(engine, account=account)
    assert len(_begun(engine)) == 1
    _contact(engine, contact, name="Ada L.")
    assert len(_begun(engine)) == 1  # it was so before


@pytest.mark.parametrize("field", ["Ada", "Ada L."])
def test_a_record_that_is_linked_later_begins_by_what_its_relation_has_become(engine, bench, field):
    engine.do(Deploy((_linked_when("=contact.account != null"),), SYSTEM, publish=True))
    account = engine.do(SaveRecord("account", SYSTEM, data={"name": "Engines"})).id
    contact = _contact(engine)
    assert _begun(engine) == []
    _contact(engine, contact, name=field, account=account)
    assert len(_begun(engine)) == 1
    _contact(engine, contact, name=field, account=account)
    assert len(_begun(engine)) == 1


def test_a_change_where_a_relation_leads_begins_for_each_record_that_it_makes_so(engine, bench):
    text = "=contact.account.segment = &quot;strategic&quot; and contact.name != &quot;Bob&quot;"
    engine.do(Deploy((_linked_when(text),), SYSTEM, publish=True))
    account = engine.do(SaveRecord("account", SYSTEM, data={"name": "Engines", "segment": "mass"})).id
    linked = {_contact(engine, name=name, account=account) for name in ("Ada", "Eve")}
    _contact(engine, name="Bob", account=account)
    _contact(engine, name="Zoe")
    assert _begun(engine) == []
    engine.do(SaveRecord("account", SYSTEM, data={"segment": "strategic"}, id=account))
    begun = [engine.ask(GetInstance(one, SYSTEM)).variables["contact"]["$record"][1] for one in _begun(engine)]
    assert sorted(begun) == sorted(linked)
    engine.do(SaveRecord("account", SYSTEM, data={"name": "Engines Ltd"}, id=account))
    assert len(_begun(engine)) == 2  # they were so before


def test_it_is_seen_over_several_relations_and_when_a_link_between_changes(engine, bench):
    engine.do(
        Deploy((_linked_when("=contact.account.parent.parent.segment = &quot;strategic&quot;"),), SYSTEM, publish=True)
    )
    top = engine.do(SaveRecord("account", SYSTEM, data={"name": "Top", "segment": "mass"})).id
    middle = engine.do(SaveRecord("account", SYSTEM, data={"name": "Middle"}, links={"parent": top})).id
    low = engine.do(SaveRecord("account", SYSTEM, data={"name": "Low"}, links={"parent": middle})).id
    _contact(engine, account=low)
    engine.do(SaveRecord("account", SYSTEM, data={"segment": "strategic"}, id=top))
    assert len(_begun(engine)) == 1
    other = engine.do(SaveRecord("account", SYSTEM, data={"name": "Other", "segment": "mass"})).id
    engine.do(SaveRecord("account", SYSTEM, data={}, links={"parent": other}, id=middle))
    assert len(_begun(engine)) == 1
    engine.do(SaveRecord("account", SYSTEM, data={}, links={"parent": top}, id=middle))
    assert len(_begun(engine)) == 2


def test_a_record_made_with_a_link_is_not_without_one(engine, bench):
    engine.do(Deploy((_linked_when("=contact.account = null"),), SYSTEM, publish=True))
    account = engine.do(SaveRecord("account", SYSTEM, data={"name": "Engines"})).id
    _contact(engine, account=account)
    assert _begun(engine) == []
    _contact(engine)
    assert len(_begun(engine)) == 1


def test_what_a_filter_names_is_of_its_items(engine, bench):
    engine.do(Deploy((_linked_when("=count(quote.lines[quantity &gt; 3]) &gt; 0"),), SYSTEM, publish=True))
    for count in (1, 4):
        lines = [{"product": "Engine", "quantity": count, "price": 2}]
        engine.do(SaveRecord("quote", SYSTEM, data={"subject": "Engines", "lines": lines}))
    assert len(_begun(engine)) == 1


def test_each_condition_of_one_start_event_begins_one_instance(engine, bench):
    either = CONDITION.format("=lead.score &gt; 80") + CONDITION.format("=lead.score &lt; 5")
    start = f'<bpmn:startEvent id="s0">{either}</bpmn:startEvent>'
    engine.do(Deploy((model("hot", start + TASK + END + flow("s0>call", "call>end")),), SYSTEM, publish=True))
    lead = _save(engine, score=99)
    assert len(_begun(engine)) == 1
    _save(engine, lead, score=50)
    _save(engine, lead, score=1)
    assert len(_begun(engine)) == 2


def test_a_condition_behind_a_gateway_that_starts_the_process_begins_it(engine, bench):
    catch = f'<bpmn:intermediateCatchEvent id="hot1">{CONDITION.format("=lead.score &gt; 80")}'
    heard = '<bpmn:intermediateCatchEvent id="told"><bpmn:messageEventDefinition messageRef="m_hot"/>'
    gate = '<bpmn:eventBasedGateway id="g" instantiate="true"/>'
    inner = gate + catch + "</bpmn:intermediateCatchEvent>" + heard + "</bpmn:intermediateCatchEvent>" + TASK + END
    inner += flow("g>hot1", "g>told", "hot1>call", "told>call", "call>end")
    extra = '<bpmn:message id="m_hot" name="hot"/>'
    engine.do(Deploy((model("hot", inner, extra=extra),), SYSTEM, publish=True))
    _save(engine, score=90)
    (one,) = _begun(engine)
    assert [task.element_id for task in engine.ask(GetInstance(one, SYSTEM)).tasks] == ["call"]
    engine.do(SendMessage("hot", SYSTEM))
    assert len(_begun(engine)) == 2


def test_a_version_published_before_the_start_is_done_takes_it_over(engine, bench):
    engine.do(Deploy((_when("=lead.score &gt; 80"),), SYSTEM, publish=True))
    _save(engine, score=90)
    engine.do(Deploy((_when("=lead.score &gt; 85"),), SYSTEM, publish=True))
    (one,) = engine.ask(ListInstances(SYSTEM)).items if _begun(engine) else ()
    assert one.version == 2


def test_a_start_that_the_new_version_does_not_have_is_begun_as_it_was(engine, bench):
    engine.do(Deploy((_when("=lead.score &gt; 80"),), SYSTEM, publish=True))
    _save(engine, score=90)
    other = '<bpmn:startEvent id="other"/>' + TASK + END + flow("other>call", "call>end")
    engine.do(Deploy((model("hot", other),), SYSTEM, publish=True))
    (one,) = engine.ask(ListInstances(SYSTEM)).items if _begun(engine) else ()
    assert one.version == 1
