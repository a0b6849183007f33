"""Uploads that are not BPMN get a finding with a line; nothing else happens. (Issue 1, show 6)"""

from __future__ import annotations

import io
import re
import time
import zipfile

import pytest
from lint_models import END, START, file, flow, flows, process, user

from bench.player import Player
from engine.bpmn import check, inspect
from engine.domain.states import InstanceState, Severity
from engine.domain.values import Finding
from engine.model.xml import BadXml, read

LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">
<!ENTITY lol3 "&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;">]>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">&lol3;</definitions>"""
XXE = b"""<?xml version="1.0"?>

<!DOCTYPE d [<!ENTITY xxe SYSTEM "file:///etc/passwd">]>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d">&xxe;</definitions>"""


def archive() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as z:
        z.writestr("a.bpmn", "<x/>")
    return data.getvalue()


def only(xml: bytes) -> Finding:
    (found,) = check(xml)
    assert found.severity is Severity.ERROR
    return found


@pytest.mark.parametrize("xml", [b"", b"  \n\t ", b"\x00\x00"])
def test_empty(xml: bytes) -> None:  # J6
    assert only(xml).code == "CRM-100"


def test_fifty_megabytes_are_refused_at_once() -> None:
    began = time.process_time()
    assert only(b"<definitions>" + b"x" * 50_000_000).code == "CRM-101"
    assert time.process_time() - began < 1


def test_millions_of_tiny_elements_are_refused() -> None:
    assert only(b"<a>" + b"<b/>" * 400_000 + b"</a>").code == "CRM-101"


@pytest.mark.parametrize(("xml", "line"), [(LAUGHS, 2), (XXE, 3)], ids=["billion laughs", "external entity"])
def test_document_types_are_refused_before_any_entity_is_read(xml: bytes, line: int) -> None:
    found = only(xml)
    assert (found.code, found.line) == ("CRM-102", line)
    assert "root:" not in str(found)


def test_a_document_type_in_another_encoding_is_seen() -> None:
    assert only(XXE.decode().replace('<?xml version="1.0"?>', "").strip().encode("utf-16")).code == "CRM-102"
    assert only(b'<?xml version="1.0" encoding="GBK"?>\n' + XXE[22:]).code == "CRM-102"


def test_a_document_type_inside_text_is_no_document_type() -> None:
    xml = process(START, user("<documentation><![CDATA[<!DOCTYPE x>]]></documentation>"), END, flows("s", "t", "e"))
    assert "CRM-102" not in {f.code for f in check(xml)}


def test_broken_xml_has_line_and_reason() -> None:
    found = only(b"<definitions>\n  <process>\n</definitions>")
    assert (found.code, found.line) == ("CRM-103", 3)
    assert "process" in found.message


@pytest.mark.parametrize("xml", [b"hello", b"{}", b"\xff\xfe\x00", bytes(range(1, 256)), b"<" * 1000, b"<a>" * 5000])
def test_rubbish_is_not_well_formed(xml: bytes) -> None:
    assert only(xml).code == "CRM-103"


@pytest.mark.parametrize("xml", [b"\x89PNG\r\n\x1a\n0000", b"%PDF-1.7", b"\xff\xd8\xff\xe0", archive()])
def test_other_kinds_of_files_are_called_by_name(xml: bytes) -> None:
    found = only(xml)
    assert found.code == "CRM-104"
    assert found.params["what"] in found.message


@pytest.mark.parametrize("xml", [b"<html/>", b'<svg xmlns="http://www.w3.org/2000/svg"/>', b"<definitions/>"])
def test_other_xml_is_not_bpmn(xml: bytes) -> None:
    assert only(xml).code == "CRM-105"


def test_nesting_beyond_all_measure_is_refused() -> None:
    deep = b'<subProcess xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">' * 3000
    assert only(deep).code == "CRM-103"


def test_a_chain_of_a_thousand_steps_is_read() -> None:
    ids = [f"t{i}" for i in range(1000)]
    xml = process(START, *(f'<task id="{i}" name="T"/>' for i in ids), END, flows("s", *ids, "e"))
    began = time.process_time()
    assert not [f for f in check(xml) if f.severity is Severity.ERROR]
    assert time.process_time() - began < 2


def test_gbk_and_utf16_models_are_read() -> None:  # C-language files come in many encodings
    text = process(START, user(attributes='name="联系线索"'), END, flows("s", "t", "e")).decode()
    for encoding in ("gb18030", "utf-16"):
        xml = text.replace("UTF-8", encoding.upper()).encode(encoding)
        (info,) = inspect(xml)
        assert info.elements["t"].name == "联系线索"


def test_two_processes_of_one_id_and_unknown_elements_are_named_with_lines() -> None:
    one = f'<process id="p" isExecutable="true">\n{START}\n<blink/>\n</process>'
    found = {f.code: f for f in check(file(one, one))}
    assert found["CRM-106"].element == "p"
    assert found["CRM-110"].line is not None
    assert "<blink>" in found["CRM-110"].message


def test_inspect_refuses_with_a_code_what_it_cannot_read() -> None:
    with pytest.raises(BadXml) as caught:
        inspect(XXE)
    assert caught.value.code == "CRM-102"
    with pytest.raises(BadXml):
        read(b"x" * 100, limit=50)


def test_references_by_qualified_names_run_as_those_without() -> None:
    plain = process(
        START,
        user(),
        '<boundaryEvent id="b" attachedToRef="t"><timerEventDefinition><timeDuration>PT1H</timeDuration>'
        "</timerEventDefinition></boundaryEvent>",
        '<exclusiveGateway id="g" default="f_g_e"/>',
        END,
        flows("s", "t", "g", "e"),
        flow("g", "t", "again"),
        flow("b", "e"),
    )
    qualified = re.sub(rb'(sourceRef|targetRef|default|attachedToRef)="', rb'\1="tns:', plain)
    assert not [f for f in check(qualified) if f.severity is Severity.ERROR]
    player = Player(qualified)
    player.start()
    assert player.open == ["b", "t"]
    player.do("t", again=False)
    assert player.status is InstanceState.COMPLETED
