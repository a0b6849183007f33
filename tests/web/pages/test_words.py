"""Every text of the pages is in the Chinese catalogue, placeholders and all."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import webui
from webui.i18n import compiled

HOME = Path(webui.__file__).parent
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "_l": None, "gettext": None, "ngettext": (1, 2)}
OPTIONS = {"templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true"}}


def texts() -> set[str]:
    """All texts that people read, as the code has them."""
    found = set()
    for _, _, text, _, _ in extract_from_dir(HOME, METHODS, OPTIONS, KEYWORDS):
        found.add(text if isinstance(text, str) else text[0])
    return found


def test_nothing_is_left_untranslated() -> None:  # N1
    with (HOME / "translations/zh_Hans/LC_MESSAGES/messages.po").open("rb") as source:
        catalogue = read_po(source)
    known = {}
    for message in catalogue:
        key = message.id if isinstance(message.id, str) else message.id[0]
        known[key] = message.string if isinstance(message.string, str) else message.string[0]
    wanted = texts()
    assert len(wanted) > 250
    assert wanted - set(known) == set()
    for text in wanted:
        assert known[text], text
        places = re.compile(r"%\(\w+\)s|\{\w+\}")
        assert sorted(places.findall(text)) == sorted(places.findall(known[text])), text


def test_catalogue_is_compiled_where_it_can_be(tmp_path: Path) -> None:
    po = tmp_path / "zh_Hans/LC_MESSAGES/messages.po"
    po.parent.mkdir(parents=True)
    po.write_bytes((HOME / "translations/zh_Hans/LC_MESSAGES/messages.po").read_bytes())
    assert (compiled(tmp_path) / "zh_Hans/LC_MESSAGES/messages.mo").stat().st_size > 1000
