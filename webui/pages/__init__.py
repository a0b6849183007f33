"""The rooms: one blueprint each."""

from __future__ import annotations

from flask import Flask

from webui.pages import (
    bell,
    bulk,
    desk,
    figures,
    filters,
    flows,
    inbox,
    instances,
    kept,
    login,
    operate,
    people,
    profile,
    records,
    rules,
    rules_try,
    rules_words,
    scenarios,
    settings,
    sla,
    start,
    sweep,
    task,
    team,
    upload,
    watch,
)


def set_up(app: Flask) -> None:
    """Attach every room."""
    for room in (login, inbox, task, start, flows, upload, instances, watch, records, bell, people, profile):
        app.register_blueprint(room.room)
    for room in (rules_try, rules, scenarios):
        app.register_blueprint(room.room)
    for room in (operate, bulk, kept):
        app.register_blueprint(room.room)
    for room in (figures, sla, settings):
        app.register_blueprint(room.room)
    for room in (desk, filters, sweep):
        app.register_blueprint(room.room)
    app.register_blueprint(team.room)
    rules_words.set_up(app)
