"""What notifications look like as mail: plain and HTML, in the reader's language and time zone. Pure text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from engine.i18n import register, text

register(
    {
        "mail.hello": ("Hello {name},", "{name}，您好："),
        "mail.open": ("Open it", "打开"),
        "mail.due": ("Due: {at} ({zone})", "截止：{at}（{zone}）"),
        "mail.when": ("{at} ({zone})", "{at}（{zone}）"),
        "mail.why": (
            "You get this mail because crmflow tells you about your work. Change how: {url}",
            "您收到此邮件，是因为 crmflow 会通知您的工作。如需更改通知方式：{url}",
        ),
        "mail.digest": ("{count} notifications from crmflow", "crmflow：{count} 条通知"),
    }
)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads it."""

    name: str
    locale: str
    zone: str


@dataclass(frozen=True, slots=True)
class News:
    """One notification: title and body are in the reader's language already."""

    title: str
    body: str
    at: datetime
    link: str | None = None
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    subject: str
    text: str
    html: str


def letter(reader: Reader, news: Sequence[News], settings_url: str) -> Letter:
    """One mail for one or several pieces of news."""
    title = news[0].title if len(news) == 1 else text("mail.digest", reader.locale, count=len(news))
    hello = text("mail.hello", reader.locale, name=reader.name)
    why = text("mail.why", reader.locale, url=settings_url)
    plain = [hello, ""]
    parts = []
    for each in news:
        plain += [*_plain(reader, each), ""]
        parts.append(_html(reader, each))
    plain += ["-- ", why]
    html = _PAGE.format(
        lang=reader.locale.replace("_", "-"), title=escape(title), hello=escape(hello), parts="".join(parts),
        why=escape(why),
    )  # fmt: skip
    return Letter(title, "\n".join(plain), html)


def moment(reader: Reader, at: datetime) -> str:
    """A time as the reader's calendar and clock show it."""
    return str(format_datetime(at, "medium", tzinfo=ZoneInfo(reader.zone), locale=reader.locale))


def _plain(reader: Reader, news: News) -> list[str]:
    lines = [news.title]
    if news.body:
        lines.append(news.body)
    if news.due is not None:
        lines.append(text("mail.due", reader.locale, at=moment(reader, news.due), zone=reader.zone))
    lines.append(text("mail.when", reader.locale, at=moment(reader, news.at), zone=reader.zone))
    if news.link:
        lines.append(f"{text('mail.open', reader.locale)}: {news.link}")
    return lines


def _html(reader: Reader, news: News) -> str:
    body = f"<p>{escape(news.body)}</p>" if news.body else ""
    due = ""
    if news.due is not None:
        told = text("mail.due", reader.locale, at=moment(reader, news.due), zone=reader.zone)
        due = f'<p style="font-weight:600">{escape(told)}</p>'
    at = text("mail.when", reader.locale, at=moment(reader, news.at), zone=reader.zone)
    link = ""
    if news.link:
        link = _LINK.format(url=escape(news.link, quote=True), word=escape(text("mail.open", reader.locale)))
    title = f'<h2 style="font-size:17px;margin:0 0 8px">{escape(news.title)}</h2>'
    return f'{_BOX}{title}{body}{due}<p style="color:#5b6472;font-size:13px">{escape(at)}</p>{link}</div>'


_BOX = '<div style="border:1px solid #d9dee5;border-radius:8px;padding:16px;margin:0 0 12px">'
_LINK = (
    '<p><a href="{url}" style="display:inline-block;background:#1d4ed8;color:#ffffff;padding:8px 14px;'
    'border-radius:6px;text-decoration:none">{word}</a></p>'
)
_PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title></head>
<body style="font-family:system-ui,'Segoe UI','PingFang SC','Noto Sans CJK SC',sans-serif;color:#1b2430;\
max-width:600px;margin:0 auto;padding:16px">
<p>{hello}</p>
{parts}
<p style="color:#5b6472;font-size:12px">{why}</p>
</body></html>
"""
