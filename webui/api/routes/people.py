"""Who I am, who there is, and what I was told."""

from __future__ import annotations

from engine.domain.access import Right
from engine.domain.commands import ChangeMembers, MarkRead
from engine.domain.questions import ListNotifications, ListPeople
from engine.domain.staff import FindPeople, PersonName
from engine.domain.values import NotificationRow, Page, PrincipalRow
from webui.api.models import Marked, Me, NamedQuery, NotificationQuery, PeopleQuery, ReadBody
from webui.api.operating_models import MembersBody
from webui.api.routing import Call, Route, Tag


def get_me(call: Call) -> Me:
    by = call.by
    return {
        "login": by.id,
        "name": by.name,
        "roles": sorted(by.roles),
        "teams": sorted(by.teams),
        "rights": sorted(by.rights),
        "locale": by.locale,
        "timezone": by.timezone,
    }


def list_people(call: Call) -> Page[PrincipalRow]:
    query = call.query
    return call.engine.ask(ListPeople(call.by, query.kind, search=query.search, limit=query.limit, cursor=query.cursor))


def change_members(call: Call) -> PrincipalRow:
    body = call.body
    return call.engine.do(ChangeMembers(call.path["key"], call.by, add=tuple(body.add), remove=tuple(body.remove)))


def list_notifications(call: Call) -> Page[NotificationRow]:
    query = call.query
    return call.engine.ask(ListNotifications(call.by, query.unread, limit=query.limit, cursor=query.cursor))


def find_people(call: Call) -> tuple[PersonName, ...]:
    query = call.query
    return call.engine.ask(FindPeople(call.by, query.text, query.kind, query.limit))


def mark_read(call: Call) -> Marked:
    return {"marked": call.engine.do(MarkRead(call.by, tuple(call.body.ids)))}


TAG = Tag(
    "people",
    "Users and teams, and what you were told.",
    "用户与团队，以及发给您的通知。",
    (
        Route("GET", "/me", get_me, "people", "Who I am and what I may", "我是谁，有哪些权限", answer=Me),
        Route(
            "GET", "/people", list_people, "people", "Users and teams", "用户与团队",
            answer=Page[PrincipalRow], right=Right.PEOPLE_READ, query=PeopleQuery,
        ),
        Route(
            "GET", "/choices/people", find_people, "people", "Whom a few letters may mean, the likeliest first",
            "几个字符可能指谁，最可能的在前", answer=tuple[PersonName, ...], right=Right.PEOPLE_READ, query=NamedQuery,
        ),
        Route(
            "POST", "/teams/{key}/members", change_members, "people", "Who belongs to a team", "增减团队成员",
            answer=PrincipalRow, right=Right.PEOPLE_MANAGE, body=MembersBody, errors=(409,),
        ),
        Route(
            "GET", "/notifications", list_notifications, "people", "What I was told", "我的通知",
            answer=Page[NotificationRow], query=NotificationQuery,
        ),
        Route(
            "POST", "/notifications/read", mark_read, "people", "Mark as read", "标为已读",
            answer=Marked, body=ReadBody,
        ),
    ),
)  # fmt: skip
