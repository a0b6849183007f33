"""Rules: what decides, and why did it decide so? Tables to view, edit, try, check, compare and publish."""

from __future__ import annotations

import secrets

from flask import Blueprint, flash, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from engine.domain.access import Right
from engine.domain.errors import Conflict, Invalid
from engine.domain.rules import CompareRules, GetRules, GetRulesText, ListRules, PublishRules, RestoreRules, RulesRow
from webui import security
from webui.door import ask, cursor_of, do, json_body, need
from webui.pages.rules_words import starter
from webui.said import worded_error

room = Blueprint("rules", __name__, url_prefix="/rules")


@room.get("")
def show() -> ResponseReturnValue:
    """The newest version of each model, with who asks it and what its check found."""
    actor = need(Right.MODEL_READ)
    search = request.args.get("q", "").strip()[:200]
    page = ask(ListRules(actor, search, cursor=cursor_of()))
    return render_template("rules/list.html", page=page, q=search)


@room.get("/<key>")
def one(key: str) -> ResponseReturnValue:
    """A model at work: its tables, the try-it panel, the check, versions and users."""
    actor = need(Right.MODEL_READ)
    view = ask(GetRules(key, actor, number_of("version")))
    return desk(view=view, key=key, base=view.newest, version=view.row.version, name=named(view.row))


@room.get("/new")
def new() -> ResponseReturnValue:
    """An empty table to begin with; nothing is stored until it is published."""
    need(Right.MODEL_DEPLOY)
    key, name = request.args.get("key", "").strip(), request.args.get("name", "").strip()[:200]
    if not key:
        return render_template("rules/new.html")
    starter(key, name)  # a key that cannot be one is refused now
    return desk(view=None, key=key, base=0, version=0, name=name or key)


@room.get("/new/xml")
def new_text() -> ResponseReturnValue:
    """The text a new table begins with."""
    need(Right.MODEL_DEPLOY)
    answer = make_response(starter(request.args.get("key", ""), request.args.get("name", "")))
    answer.headers["Content-Type"] = "application/xml; charset=utf-8"
    return answer


@room.get("/<key>/xml")
def text(key: str) -> ResponseReturnValue:
    """The DMN of a version, byte for byte."""
    actor = need(Right.MODEL_READ)
    answer = make_response(ask(GetRulesText(key, actor, number_of("version"))))
    answer.headers["Content-Type"] = "application/xml; charset=utf-8"
    if "download" in request.args:
        answer.headers["Content-Disposition"] = f'attachment; filename="{ascii_name(key)}.dmn"'
    return answer


@room.get("/<key>/diff")
def diff(key: str) -> ResponseReturnValue:
    """Two versions side by side: rules, cells, inputs, outputs."""
    actor = need(Right.MODEL_READ)
    view = ask(GetRules(key, actor))
    after = number_of("after") or view.newest
    before = number_of("before") or max(1, after - 1)
    changes = ask(CompareRules(key, before, after, actor))
    return render_template("rules/diff.html", view=view, before=before, after=after, changes=changes)


@room.post("/<key>/publish")
def publish(key: str) -> ResponseReturnValue:
    """Publish what was edited; the script keeps the text until this has succeeded."""
    actor = need(Right.MODEL_DEPLOY)
    body = json_body()
    xml, base = body.get("xml"), body.get("base")
    if not isinstance(xml, str) or not isinstance(base, int):
        raise Invalid("CRM-053", "The edited rules did not come with this.", fix="Reload the page and try again.")
    try:
        row = do(PublishRules(key, xml.encode(), actor, base, str(body.get("reason") or "")))
    except Conflict as error:
        return conflict(error)
    note = gettext("Version %(version)s of “%(name)s” is published.", version=row.version, name=named(row))
    return jsonify(note=note, version=row.version, address=url_for("rules.one", key=key))


@room.post("/<key>/restore")
def restore(key: str) -> ResponseReturnValue:
    """Publish an old version again, as a new one."""
    actor = need(Right.MODEL_DEPLOY)
    version, base = number_of("version", form=True), number_of("base", form=True)
    if version is None or base is None:
        raise Invalid("CRM-053", "Which version to restore did not come with this.", fix="Reload the page.")
    row = do(RestoreRules(key, version, actor, base, request.form.get("reason", "")))
    flash(gettext("Version %(old)s is back, as version %(version)s.", old=version, version=row.version))
    return redirect(url_for("rules.one", key=key))


def conflict(error: Conflict) -> ResponseReturnValue:
    """Somebody published meanwhile: the script needs to know which version, to compare and to go on top of it."""
    message, fix, original = worded_error(error.code, error.message, error.fix)
    told = {
        "code": error.code,
        "message": message,
        "original": original,
        "fix": fix,
        "version": error.context.get("version"),
    }
    return jsonify(title=gettext("Somebody was quicker"), **told), error.status


def desk(**what: object) -> ResponseReturnValue:
    """The working page. The editor's cells bring style sheets of their own: they carry this answer's nonce."""
    nonce = secrets.token_urlsafe(16)
    answer = make_response(render_template("rules/one.html", nonce=nonce, **what))
    policy = security.POLICY.replace("style-src 'self'", f"style-src 'self' 'nonce-{nonce}'", 1)
    answer.headers["Content-Security-Policy"] = policy
    return answer


def named(row: RulesRow) -> str:
    """What a model is called in the reader's language."""
    return row.text(row.key, row.name, str(get_locale()))


def number_of(name: str, *, form: bool = False) -> int | None:
    """A positive whole number of the address or the form; None where there is none."""
    given = (request.form if form else request.args).get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None


def ascii_name(key: str) -> str:
    """A key as a file name that every header can carry."""
    return "".join(char if char.isascii() and (char.isalnum() or char in "-_.") else "_" for char in key)
