"""Languages of the pages: English and Simplified Chinese, chosen by profile, cookie or browser, switched at once."""

from __future__ import annotations

import tempfile
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, g, request
from flask_babel import Babel, get_locale
from flask_login import current_user

from engine.i18n import LANGUAGES, language

HOME = Path(__file__).parent / "translations"
COOKIE = "lang"


def locale() -> str:
    """The language of this request: a person's own, else as chosen on the log-in page, else the browser's."""
    known = not g.get("bare") and current_user.is_authenticated
    if known and current_user.actor.locale in LANGUAGES:
        return str(current_user.actor.locale)
    chosen = request.cookies.get(COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    return language(request.accept_languages.best_match(["en", "zh-Hans", "zh-CN", "zh"]))


def timezone() -> str | None:
    """The time zone of whoever is logged in."""
    known = not g.get("bare") and current_user.is_authenticated
    return str(current_user.actor.timezone) if known else None


def is_chinese() -> bool:
    """Whether this request is answered in Chinese."""
    return str(get_locale()).startswith("zh")


def compiled(home: Path = HOME) -> Path:
    """The folder with compiled catalogues; compiles what is missing or old, in a scratch folder if need be."""
    stale = [po for po in home.glob("*/LC_MESSAGES/*.po") if not is_fresh(po)]
    try:
        for po in stale:
            compile_catalogue(po, po.with_suffix(".mo"))
        return home
    except OSError:  # installed read-only
        scratch = Path(tempfile.mkdtemp(prefix="crmflow-translations-"))
        for po in home.glob("*/LC_MESSAGES/*.po"):
            compile_catalogue(po, scratch / po.relative_to(home).with_suffix(".mo"))
        return scratch


def is_fresh(po: Path) -> bool:
    """Whether the compiled catalogue is there and not older than its source."""
    mo = po.with_suffix(".mo")
    return mo.exists() and mo.stat().st_mtime >= po.stat().st_mtime


def compile_catalogue(po: Path, mo: Path) -> None:
    """Write the binary form of a catalogue."""
    with po.open("rb") as source:
        catalogue = read_po(source)
    mo.parent.mkdir(parents=True, exist_ok=True)
    part = mo.with_suffix(".part")
    with part.open("wb") as target:
        write_mo(target, catalogue)
    part.replace(mo)  # another process may read it just now


def set_up(app: Flask) -> None:
    """Attach Flask-Babel."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(compiled())
    Babel(app, locale_selector=locale, timezone_selector=timezone)
    app.jinja_env.globals.update(is_chinese=is_chinese, LANGUAGES=LANGUAGES, language=lambda: str(get_locale()))
