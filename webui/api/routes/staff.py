"""People beyond log-in over REST: capacity, skills, absences, how they are told, who has how much work."""

from __future__ import annotations

from hashlib import sha256

from engine.domain.access import Right
from engine.domain.staff import (
    AbsenceRow,
    AddAbsence,
    ChangePerson,
    DeliveryRow,
    EndAbsence,
    EndFeed,
    GetPerson,
    ImportPeople,
    ListDeliveries,
    MakeFeed,
    MoveWork,
    PeopleImported,
    PersonRow,
    ReportBounce,
    SendAgain,
    SetWishes,
    Workload,
    WorkloadRow,
    WorkMoved,
)
from engine.domain.values import Page
from webui.api.routing import Call, Route, Tag
from webui.api.staff_models import (
    AbsenceBody,
    BounceBody,
    Bounced,
    DeliveryQuery,
    Feed,
    ImportBody,
    MoveBody,
    PersonBody,
    SentAgain,
    WishesBody,
    WorkloadQuery,
    given,
)


def get_person(call: Call) -> PersonRow:
    return call.engine.ask(GetPerson(call.path["login"], call.by))


def change_person(call: Call) -> PersonRow:
    return call.engine.do(ChangePerson(call.path["login"], call.by, **given(call.body)))


def set_wishes(call: Call) -> PersonRow:
    return call.engine.do(SetWishes(call.by, call.body.model_dump()))


def add_absence(call: Call) -> AbsenceRow:
    body = call.body
    about = {"delegate": body.delegate, "hand_over": body.hand_over, "reason": body.reason}
    return call.engine.do(AddAbsence(call.path["login"], call.by, body.since, body.until, **about))


def end_absence(call: Call) -> None:
    call.engine.do(EndAbsence(call.path["absence_id"], call.by))


def make_feed(call: Call) -> Feed:
    base = call.engine.settings.base_url.rstrip("/")
    return {"address": f"{base}/feed/{call.engine.do(MakeFeed(call.by))}.ics"}


def end_feed(call: Call) -> None:
    call.engine.do(EndFeed(call.by))


def list_deliveries(call: Call) -> Page[DeliveryRow]:
    query = call.query
    return call.engine.ask(ListDeliveries(call.by, query.login, query.failed, limit=query.limit, cursor=query.cursor))


def report_bounce(call: Call) -> Bounced:
    return {"mails": call.engine.do(ReportBounce(call.body.message_id, call.by, call.body.reason))}


def send_again(call: Call) -> SentAgain:
    return {"notifications": call.engine.do(SendAgain(call.path["delivery_id"], call.by))}


def import_people(call: Call) -> PeopleImported:
    rows = tuple(enumerate(call.body.rows, 1))
    known = sha256(repr(rows).encode()).hexdigest()[:16]
    return call.engine.do(ImportPeople(call.body.file, known, rows, call.by))


def get_workload(call: Call) -> list[WorkloadRow]:
    away = tuple(login.strip() for login in call.query.away.split(",") if login.strip())
    return list(call.engine.ask(Workload(call.by, call.query.team, away, call.query.until)))


def move_work(call: Call) -> WorkMoved:
    body = call.body
    about = {"number": body.number, "reason": body.reason, "trial": body.trial}
    return call.engine.do(MoveWork(tuple(body.givers), body.to, call.by, **about))


TAG = Tag(
    "staff",
    "What people can take and do, absences, how they are told, who has how much work.",
    "人员的产能、技能与缺勤，通知方式，以及工作量。",
    (
        Route(
            "GET", "/people/{login}", get_person, "staff", "One person", "人员详情",
            answer=PersonRow, right=Right.PEOPLE_READ,
        ),
        Route(
            "PATCH", "/people/{login}", change_person, "staff", "Change what a person can take and do",
            "修改人员的产能与技能", answer=PersonRow, right=Right.PEOPLE_MANAGE, body=PersonBody,
        ),
        Route(
            "POST", "/people/{login}/absences", add_absence, "staff", "Be away", "登记缺勤",
            answer=AbsenceRow, body=AbsenceBody,
        ),
        Route("DELETE", "/absences/{absence_id}", end_absence, "staff", "Come back", "结束缺勤", status=204),
        Route("PUT", "/me/wishes", set_wishes, "staff", "How I am told", "我的通知方式", answer=PersonRow,
              body=WishesBody, errors=(404,)),
        Route("POST", "/me/feed", make_feed, "staff", "A new address of my calendar feed", "生成日历订阅地址",
              answer=Feed),
        Route("DELETE", "/me/feed", end_feed, "staff", "End my calendar feed", "停用日历订阅", status=204),
        Route(
            "GET", "/deliveries", list_deliveries, "staff", "What was sent to whom", "发送记录",
            answer=Page[DeliveryRow], query=DeliveryQuery,
        ),
        Route(
            "POST", "/deliveries/bounce", report_bounce, "staff", "Report a mail that came back", "登记退信",
            answer=Bounced, right=Right.PEOPLE_MANAGE, body=BounceBody, errors=(404,),
        ),
        Route(
            "POST", "/deliveries/{delivery_id}/again", send_again, "staff", "Send again what failed",
            "重新发送失败的通知", answer=SentAgain, errors=(404, 409),
        ),
        Route(
            "POST", "/people/import", import_people, "staff", "Import people", "导入人员",
            answer=PeopleImported, right=Right.PEOPLE_MANAGE, body=ImportBody,
        ),
        Route("GET", "/workload", get_workload, "staff", "Who has how much work", "工作量",
              answer=list[WorkloadRow], query=WorkloadQuery),
        Route(
            "POST", "/workload/move", move_work, "staff", "Move work of people, or see what would move",
            "转移人员的工作，或预览转移结果", answer=WorkMoved, body=MoveBody, errors=(404,),
        ),
    ),
)  # fmt: skip
