"""Files in forms: stored, limited, refused, and shown to nobody who may not look. (C9)"""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from engine.domain.access import SYSTEM
from engine.domain.commands import CompleteTask, Deploy, StartInstance
from engine.domain.errors import BadForm, Forbidden, NotFound
from engine.domain.files import MOST_BYTES, GetFile, StoreFile
from engine.domain.questions import GetAudit, GetTask
from engine.domain.values import FileIn
from engine.services.trail import digest
from engine.store import tables as t

MODELS = Path(__file__).parents[1] / "models"
PDF = "application/pdf"


@pytest.fixture
def task_id(engine, alice, two_tasks):
    files = tuple(FileIn(name, (MODELS / name).read_bytes()) for name in ("contract.bpmn", "contract-form.json"))
    engine.do(Deploy(files, SYSTEM, publish=True))
    return engine.do(StartInstance("contract", alice)).tasks[0]


def kept(engine, by, task_id, **more):
    given = {"field": "scan", "name": "C:\\scans\\a.PDF", "media_type": PDF, "content": b"%PDF"} | more
    file = engine.do(StoreFile(task_id, by, **given))
    return {"id": file.id, "name": file.name, "type": file.type, "size": file.size}


def test_a_file_is_stored_named_in_the_data_and_handed_out(engine, alice, bob, task_id):
    file = kept(engine, alice, task_id)
    assert (file["name"], file["size"]) == ("a.PDF", 4)
    assert kept(engine, bob, task_id) == file  # the same file is kept once
    done = engine.do(CompleteTask(task_id, alice, data={"scan": file, "pages": [{"image": [file]}]}))
    view = engine.ask(GetTask(done.next_task.id, alice))
    assert view.data["scan"] == file
    found = engine.ask(GetFile(done.instance_id, file["id"], bob))
    assert (found.name, found.type, found.content) == ("a.PDF", PDF, b"%PDF")
    assert [row.action for row in engine.ask(GetAudit(SYSTEM, instance_id=done.instance_id)).items].count(
        "file.store"
    ) == 1


def test_the_audit_of_a_file_is_a_link_of_the_instances_chain(engine, alice, task_id):
    file = kept(engine, alice, task_id)
    done = engine.do(CompleteTask(task_id, alice, data={"scan": file}))
    query = select(t.audit).where(t.audit.c.instance_id == done.instance_id).order_by(t.audit.c.id)
    with engine._db.connect() as conn:
        rows = conn.execute(query).mappings().all()
    assert "file.store" in [row["action"] for row in rows[:-1]]
    previous = None
    for row in rows:
        assert row["digest"] == digest(row, previous), row["action"]
        previous = row["digest"]


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"name": "a.exe", "media_type": "application/x-dosexec"}, "not of an accepted type"),
        ({"content": b"%PDF-1.7 and more"}, "larger than 10 bytes"),
        ({"content": b"0" * (MOST_BYTES + 1)}, "larger than"),
        ({"field": "other"}, "takes no file"),
        ({"field": "pages[3].image", "name": "a.txt"}, "not of an accepted type"),
    ],
)
def test_what_the_field_does_not_take_is_refused_before_it_is_stored(engine, alice, task_id, wrong, text):
    with pytest.raises(BadForm) as caught:
        kept(engine, alice, task_id, **wrong)
    assert text in str(caught.value)


def test_claims_about_a_file_count_for_nothing(engine, alice, task_id):
    other = engine.do(StartInstance("contract", alice)).tasks[0]
    foreign = kept(engine, alice, other)
    file = kept(engine, alice, task_id)
    for claimed in ("files::1", {"id": "made-up", "name": "a.pdf", "size": 1}, foreign, [file, file], None):
        with pytest.raises(BadForm) as caught:
            engine.do(CompleteTask(task_id, alice, data={"scan": claimed}))
        assert list(caught.value.fields) == ["scan"]
    lie = {**file, "name": "b.pdf", "size": 1}
    done = engine.do(CompleteTask(task_id, alice, data={"scan": lie}))
    assert engine.ask(GetTask(done.next_task.id, alice)).data["scan"] == file


def test_strangers_neither_store_nor_read(engine, alice, carol, task_id):
    with pytest.raises(Forbidden):
        kept(engine, carol, task_id)
    file = kept(engine, alice, task_id)
    instance = engine.ask(GetTask(task_id, alice)).row.instance_id
    with pytest.raises(NotFound):
        engine.ask(GetFile(instance, file["id"], carol))
    with pytest.raises(NotFound) as caught:
        engine.ask(GetFile(instance, f"{instance}-0", alice))
    assert caught.value.code == "CRM-418"
