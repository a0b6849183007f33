"""Settings, packs, languages and the registry: what every use case stands on."""

from __future__ import annotations

import pytest

from engine import i18n
from engine.domain.errors import Invalid, RunError
from engine.domain.values import RecordRef
from engine.packs import Packs
from engine.services import registry
from engine.services.edges import inward, outward, references
from engine.services.labels import locale_of
from engine.services.timers import backoff
from engine.settings import Settings
from engine.store.queries import seal, unseal


def test_settings_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("CRMFLOW_ALLOW_HOSTS", "ERP.example, mail.example ,")
    monkeypatch.setenv("CRMFLOW_SECRET_KEY", "hush")
    settings = Settings()
    assert settings.allowed_hosts == {"erp.example", "mail.example"}
    assert "hush" not in repr(settings)


def test_the_first_pack_folder_wins(tmp_path):
    for name, text in (("mine", "1"), ("theirs", "2")):
        (tmp_path / name / "rules").mkdir(parents=True)
        (tmp_path / name / "rules" / "a.dmn").write_text(text)
    packs = Packs(f"{tmp_path / 'mine'}:{tmp_path / 'theirs'}")
    assert packs.find("rules/a.dmn").read() == b"1"
    assert [file.read() for file in packs.files("rules", "a.dmn")] == [b"1"]
    (tmp_path / "secret").write_text("x")
    assert packs.find("../secret") is None


@pytest.mark.parametrize(
    ("locale", "language"), [("zh-CN", "zh_Hans"), ("zh_Hans", "zh_Hans"), ("de", "en"), (None, "en")]
)
def test_nearest_language(locale, language):
    assert i18n.language(locale) == language


def test_record_references_cross_the_edge_both_ways():
    inside = inward({"lead": {"$record": ["lead", "7"]}, "all": [{"$record": ["case", "8"]}], "n": 1})
    assert inside["lead"] == RecordRef("lead", "7")
    assert references(inside) == {RecordRef("lead", "7"), RecordRef("case", "8")}
    assert outward(inside) == {"lead": {"$record": ["lead", "7"]}, "all": [{"$record": ["case", "8"]}], "n": 1}
    with pytest.raises(Invalid, match="record reference"):
        inward({"lead": {"$record": "7"}})


def test_a_command_has_one_handler():
    registry.load_all()
    with pytest.raises(ValueError, match="two handlers"):
        registry.handles(next(iter(registry.commands)))(lambda ctx, cmd: None)
    with pytest.raises(ValueError, match="unknown port"):
        registry.provides("record.eat")
    with pytest.raises(RunError, match="nothing for"):
        registry.port("record.eat")


def test_every_command_and_question_is_handled():
    from engine.domain import commands, questions

    registry.load_all()
    for base, table in ((commands.Command, registry.commands), (questions.Question, registry.questions)):
        ours = {kind.__name__ for kind in base.__subclasses__() if kind.__module__.startswith("engine.")}
        assert ours <= {kind.__name__ for kind in table}


def test_backoff_doubles_up_to_an_hour():
    assert [backoff(10, n).total_seconds() for n in (0, 1, 2, 3, 50)] == [10, 20, 40, 80, 3600]


@pytest.mark.parametrize("cursor", ["", "x", "e30", "!!!!", seal([1])[:-1], seal([2**31])])
def test_cursors_of_others_are_refused(cursor):
    with pytest.raises(Invalid) as error:
        unseal(cursor, [int])
    assert error.value.code == "CRM-012"


def test_labels_are_told_by_the_name_of_the_file():
    assert locale_of("a/labels.zh_Hans.yaml") == "zh_Hans"
    assert locale_of("records.yaml") is None
