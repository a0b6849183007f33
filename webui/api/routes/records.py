"""CRM records of the kinds that the packs declare, and imports of them."""

from __future__ import annotations

from typing import Any

from engine.domain.access import Right
from engine.domain.commands import ImportChunkDone, ImportRow, RetryQuarantine, SaveRecord
from engine.domain.questions import GetImport, GetRecord, ListQuarantine, ListRecords, RecordKinds
from engine.domain.values import ImportReport, Page, RecordRow
from webui.api.models import Paging, RecordBody, RecordPatch, RecordQuery
from webui.api.operating_models import MendedBody
from webui.api.routing import Call, Route, Tag


def list_kinds(call: Call) -> Any:
    return call.engine.ask(RecordKinds(call.by))


def list_records(call: Call) -> Page[RecordRow]:
    query = call.query
    return call.engine.ask(
        ListRecords(
            call.by,
            query.kind,
            search=query.search,
            state=query.state,
            owner=query.owner,
            linked_to=query.linked_to,
            limit=query.limit,
            cursor=query.cursor,
        )
    )


def get_record(call: Call) -> RecordRow:
    return call.engine.ask(GetRecord(call.path["record_id"], by=call.by))


def create_record(call: Call) -> RecordRow:
    body = call.body
    return call.engine.do(
        SaveRecord(
            body.kind,
            by=call.by,
            data=body.data,
            owner=body.owner,
            links=body.links,
            state=body.state,
            idempotency_key=call.idempotency_key,
        )
    )


def patch_record(call: Call) -> RecordRow:
    body = call.body
    present = call.engine.ask(GetRecord(call.path["record_id"], by=call.by))
    return call.engine.do(
        SaveRecord(
            present.kind,
            by=call.by,
            data=body.data,
            id=present.id,
            revision=call.revision,
            owner=body.owner,
            links=body.links,
            state=body.state,
        )
    )


def get_import(call: Call) -> ImportReport:
    return call.engine.ask(GetImport(call.path["import_id"], by=call.by))


def retry_quarantine(call: Call) -> ImportChunkDone:
    body = call.body
    rows = tuple(ImportRow(row.row, row.data, row.external_id) for row in body.rows)
    return call.engine.do(RetryQuarantine(call.path["import_id"], call.by, rows, body.start))


def list_quarantine(call: Call) -> Any:
    query = call.query
    return call.engine.ask(ListQuarantine(call.path["import_id"], by=call.by, limit=query.limit, cursor=query.cursor))


TAG = Tag(
    "records",
    "Accounts, contacts, leads … as the packs declare them.",
    "客户、联系人、线索等，由流程包声明。",
    (
        Route(
            "GET", "/record-kinds", list_kinds, "records", "Kinds and their fields", "记录类型及其字段",
            answer=tuple[dict[str, Any], ...], right=Right.RECORD_READ,
        ),
        Route(
            "GET", "/records", list_records, "records", "List and search records", "列出与搜索记录",
            answer=Page[RecordRow], right=Right.RECORD_READ, query=RecordQuery,
        ),
        Route(
            "GET", "/records/{record_id}", get_record, "records", "One record with its links", "一条记录及其关联",
            answer=RecordRow, right=Right.RECORD_READ,
        ),
        Route(
            "POST", "/records", create_record, "records", "Create a record", "新建记录",
            answer=RecordRow, right=Right.RECORD_WRITE, body=RecordBody, status=201, repeatable=True,
            errors=(404, 409, 422),
        ),
        Route(
            "PATCH", "/records/{record_id}", patch_record, "records", "Change some fields", "修改部分字段",
            answer=RecordRow, right=Right.RECORD_WRITE, body=RecordPatch, guarded="must", errors=(409, 422),
            about="Its owner and (of the kind's states) its state, too.",
        ),
        Route(
            "GET", "/imports/{import_id}", get_import, "records", "Where an import stands", "导入进度",
            answer=ImportReport, right=Right.RECORD_IMPORT,
        ),
        Route(
            "GET", "/imports/{import_id}/quarantine", list_quarantine, "records",
            "Rows that were put aside, with reasons", "被隔离的行及原因",
            answer=Page[dict[str, Any]], right=Right.RECORD_IMPORT, query=Paging,
        ),
        Route(
            "POST", "/imports/{import_id}/quarantine/retry", retry_quarantine, "records",
            "Take in mended rows", "导入已修正的行",
            answer=ImportChunkDone, right=Right.RECORD_IMPORT, body=MendedBody, errors=(409, 422),
            about="Rows that still do not fit stay, with the new reason.",
        ),
    ),
)  # fmt: skip
