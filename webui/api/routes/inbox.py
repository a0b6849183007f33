"""The inbox's boxes and filters: what a person sees, how many of it, and how they have set it up."""

from __future__ import annotations

from engine.domain.access import Right
from engine.domain.desk import (
    ChooseColumns,
    DoneRow,
    DropFilter,
    FilterRow,
    GetColumns,
    ListDone,
    ListFilters,
    SaveFilter,
)
from engine.domain.questions import CountFilters
from engine.domain.values import Page
from webui.api.inbox_models import Columns, ColumnsBody, Conditions, FilterBody
from webui.api.models import Paging
from webui.api.routing import Call, Route, Tag


def list_done(call: Call) -> Page[DoneRow]:
    return call.engine.ask(ListDone(call.by, call.query.limit, call.query.cursor))


def list_filters(call: Call) -> tuple[FilterRow, ...]:
    return call.engine.ask(ListFilters(call.by))


def save_filter(call: Call) -> FilterRow:
    return _save(call, None)


def change_filter(call: Call) -> FilterRow:
    return _save(call, call.path["filter_id"])


def drop_filter(call: Call) -> None:
    call.engine.do(DropFilter(call.path["filter_id"], call.by))


def count_wanted(call: Call) -> dict[str, int]:
    (number,) = call.engine.ask(CountFilters(call.by, (call.query.wanted(),)))
    return {"count": number}


def get_columns(call: Call) -> Columns:
    return {"columns": list(call.engine.ask(GetColumns(call.by)))}


def choose_columns(call: Call) -> Columns:
    return {"columns": list(call.engine.do(ChooseColumns(call.by, tuple(call.body.columns))))}


def _save(call: Call, filter_id: str | None) -> FilterRow:
    body = call.body
    made = call.engine.do(SaveFilter(call.by, body.name, body.wanted.wanted(), body.colour, body.team, filter_id))
    return next((row for row in call.engine.ask(ListFilters(call.by)) if row.id == made.id), made)


TAG = Tag(
    "inbox",
    "How a person has set up their inbox: filters with live counts, columns, what they have done.",
    "个人待办的设置：带实时数量的筛选器、显示列，以及已办任务。",
    (
        Route(
            "GET", "/tasks/done", list_done, "inbox", "What I have completed, newest first",
            "我已完成的任务（最新在前）",
            answer=Page[DoneRow], right=Right.TASK_WORK, query=Paging,
        ),
        Route(
            "GET", "/tasks/count", count_wanted, "inbox", "How many tasks meet some conditions", "符合条件的任务数量",
            answer=dict[str, int], right=Right.TASK_WORK, query=Conditions,
            about="Exact to 999; 1000 stands for more.",
        ),
        Route(
            "GET", "/filters", list_filters, "inbox", "My filters and my teams', with live counts",
            "我的与团队共享的筛选器及实时数量",
            answer=tuple[FilterRow, ...], right=Right.TASK_WORK,
            about="Counts are your own: exact to 999; 1000 stands for more.",
        ),
        Route(
            "POST", "/filters", save_filter, "inbox", "Save a filter", "保存筛选器",
            answer=FilterRow, right=Right.TASK_WORK, body=FilterBody, status=201,
        ),
        Route(
            "PUT", "/filters/{filter_id}", change_filter, "inbox", "Change my filter", "修改我的筛选器",
            answer=FilterRow, right=Right.TASK_WORK, body=FilterBody,
        ),
        Route(
            "DELETE", "/filters/{filter_id}", drop_filter, "inbox", "Remove my filter", "删除我的筛选器",
            right=Right.TASK_WORK, status=204,
        ),
        Route(
            "GET", "/inbox/columns", get_columns, "inbox", "What each row of my list tells", "我的列表显示的列",
            answer=Columns, right=Right.TASK_WORK,
        ),
        Route(
            "PUT", "/inbox/columns", choose_columns, "inbox", "Choose the columns", "选择显示列",
            answer=Columns, right=Right.TASK_WORK, body=ColumnsBody,
        ),
    ),
)  # fmt: skip
