"""Lengths of time in a record are read in words, in the reader's language, as long as they were written."""

from __future__ import annotations

import pytest
from flask_babel import force_locale
from pages_house import House

from webui.parts import shown_field


@pytest.mark.parametrize(
    ("span", "english", "chinese"),
    [
        ("PT8H", "8 hours", "8小时"),
        ("PT36H", "36 hours", "36小时"),  # not two days: whoever promised hours counts hours
        ("P1DT2H30M", "1 day 2 hours 30 minutes", "1天 2小时 30分钟"),
        ("1 business day", "1 business day", "1 个工作日"),
        ("PT1.5S", "1.5 seconds", "1.5秒"),
        ("as agreed", "as agreed", "as agreed"),  # kept from before the field had this type
    ],
)
def test_a_length_of_time_is_told_in_words(house: House, span: str, english: str, chinese: str) -> None:
    field = {"type": "duration", "choices": []}
    with house.app.test_request_context():
        for locale, told in (("en", english), ("zh_Hans", chinese)):
            with force_locale(locale):
                assert shown_field(span, field) == told
        assert shown_field(None, field) == "–"
