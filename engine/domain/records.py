"""Typed CRM records: kinds and their fields are data (``records.yaml``); here a record's data is checked and read.

Stored form of a value: text, email, phone, choice, user: text · number: an int, else its exact text (``"12.5"``) ·
money: ``{"amount": "12.50", "currency": "EUR"}`` · date: ``"2026-01-31"`` ·
duration: ``"PT4H"`` · boolean · lines: a list of such mappings.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field as dataclass_field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from engine.domain.access import Role
from engine.domain.errors import BadForm, Invalid
from engine.domain.money import Money, exact, plain
from engine.domain.spans import units_of

TYPES = ("text", "number", "money", "date", "duration", "boolean", "email", "phone", "choice", "user", "lines")
SCOPES = ("own", "team", "territory", "all")  # whose records a role sees
RESERVED = frozenset({"id", "kind", "state", "owner", "revision", "links", "created", "changed"})
MAX_TEXT = 20_000
MAX_LINES = 500
_EMAIL = re.compile(r"[^@\s,;<>]{1,64}@[^@\s,;<>]{1,190}\.[^@\s.,;<>]{2,63}")
_PHONE = re.compile(r"\+?[\d\s().\-/·]{3,40}(?:(?:ext|x|#|转)\.?\s*\d{1,8})?", re.IGNORECASE)
_TRUE = frozenset({"true", "yes", "y", "1", "是"})
_FALSE = frozenset({"false", "no", "n", "0", "否"})


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    names: Mapping[str, str]  # locale → text


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind."""

    key: str
    type: str
    names: Mapping[str, str]
    required: bool = False
    choices: tuple[Choice, ...] = ()
    fields: tuple[Field, ...] = ()  # of a line
    formula: str | None = None  # FEEL: computed at every save, never typed in
    default: Any = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    hidden: tuple[str, ...] = ()  # roles that neither see nor write it

    def clean(self, value: Any, currency: str) -> Any:
        """The stored form of ``value``; raises ``Invalid`` with what is wrong with it."""
        return _CLEANERS[self.type](self, value, currency)

    def read(self, stored: Any) -> Any:
        """What FEEL sees: exact decimals, dates, money as a context."""
        if stored is None:
            return None
        if self.type == "number":
            return Decimal(stored)
        if self.type == "money":
            return {"amount": Decimal(stored["amount"]), "currency": stored["currency"]}
        if self.type == "date":
            return date.fromisoformat(stored)
        if self.type == "lines":
            return [{f.key: f.read(line.get(f.key)) for f in self.fields} for line in stored]
        return stored


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record: lead, account, quote …"""

    key: str
    names: Mapping[str, str]
    plurals: Mapping[str, str]
    icon: str
    title: tuple[str, ...]  # fields that make the record's name
    states: tuple[Choice, ...]
    fields: tuple[Field, ...]
    currency: str = "EUR"
    match: tuple[tuple[str, tuple[str, ...]], ...] = ()  # (mail | phone | name, fields): duplicates
    search: tuple[str, ...] = ()  # fields found by words
    relations: tuple[tuple[str, str], ...] = ()  # (relation, kind) of outgoing links
    segment: str = ""  # the field whose value lists of tasks filter by
    amount: str = ""  # the field of money that they filter by
    see: Mapping[str, str] = dataclass_field(default_factory=dict)  # role → own, team, territory, all
    territory: str = ""  # the field that holds it, for who sees by territory

    def field(self, key: str) -> Field | None:
        return next((f for f in self.fields if f.key == key), None)

    def name_of(self, data: Mapping[str, Any]) -> str:
        """The record's name, from the title fields that are filled."""
        return " · ".join(str(data[k]) for k in self.title if data.get(k) not in (None, "")) or self.names["en"]

    def facts_of(self, data: Mapping[str, Any]) -> tuple[str | None, float | None]:
        """(segment, amount in its own currency) by which lists of tasks are filtered; None where unknown."""
        segment, money = data.get(self.segment), data.get(self.amount) or {}
        amount = money.get("amount") if isinstance(money, Mapping) else money
        return (None if segment is None else str(segment)), (None if amount is None else float(amount))

    def clean(self, data: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """``before`` changed by ``data``, every value checked; an empty value removes a field.

        Computed fields are dropped from the input (the caller computes them). Raises ``BadForm`` CRM-215.
        """
        out: dict[str, Any] = dict(before or {})
        wrong: dict[str, list[str]] = {}
        currency = str(data.get("currency") or out.get("currency") or self.currency)
        for key, value in data.items():
            field = self.field(key)
            if field is None:
                wrong.setdefault(key, []).append(f"a {self.key} has no field '{key}'")
            elif field.formula is None:
                _put(out, field, value, _currency_of(out.get(key), currency), wrong)
        for field in self.fields:
            if before is None and field.default is not None and field.key not in data:
                out[field.key] = field.clean(field.default, currency)
            if field.required and out.get(field.key) is None:
                wrong.setdefault(field.key, []).append("is required")
        _refuse(self, wrong)
        return out

    def clean_state(self, state: str | None) -> str | None:
        """A state of this kind; the first one where none is named. Raises ``BadForm`` CRM-215."""
        if not self.states:
            return None
        if state is None:
            return self.states[0].value
        if state not in {s.value for s in self.states}:
            legal = ", ".join(s.value for s in self.states)
            _refuse(self, {"state": [f"'{state}' is not a state of a {self.key} ({legal})"]})
        return state


def _currency_of(money: Any, otherwise: str) -> str:
    return str(money["currency"]) if isinstance(money, Mapping) else otherwise


def _refuse(kind: Kind, wrong: Mapping[str, list[str]]) -> None:
    if wrong:
        told = "; ".join(f"{k}: {', '.join(v)}" for k, v in wrong.items())
        raise BadForm("CRM-215", f"The {kind.key} does not fit: {told}.", wrong, fix="Mend the fields named.")


def _put(out: dict[str, Any], field: Field, value: Any, currency: str, wrong: dict[str, list[str]]) -> None:
    nothing = value is None or (isinstance(value, str) and not value.strip()) or value == []
    if nothing or (field.type == "money" and isinstance(value, Mapping) and value.get("amount") in (None, "")):
        out.pop(field.key, None)
        return
    try:
        out[field.key] = field.clean(value, currency)
    except Invalid as error:
        wrong.setdefault(field.key, []).append(error.message.rstrip("."))


# --- one cleaner per type --------------------------------------------------------------------------


def _text(field: Field, value: Any, _: str) -> str:
    if isinstance(value, (Mapping, list, tuple)):
        raise Invalid("CRM-022", "a text is expected, not a structure.", fix="Send a text.")
    text = unicodedata.normalize("NFC", str(value)).strip()
    if len(text) > MAX_TEXT:
        raise Invalid("CRM-022", f"longer than {MAX_TEXT} characters.", fix="Shorten it.")
    if "\x00" in text:
        raise Invalid("CRM-022", "holds a NUL character.", fix="Remove it.")
    return text


def _number(field: Field, value: Any, _: str) -> int | str:
    number = exact(value)
    if field.minimum is not None and number < field.minimum:
        raise Invalid("CRM-022", f"{plain(number)} is below {plain(field.minimum)}.", fix="Raise it.")
    if field.maximum is not None and number > field.maximum:
        raise Invalid("CRM-022", f"{plain(number)} is above {plain(field.maximum)}.", fix="Lower it.")
    if number == number.to_integral_value() and abs(number) < 2**53:
        return int(number)
    return plain(number)


def _money(field: Field, value: Any, currency: str) -> dict[str, str]:
    money = Money.of(value, currency)
    if field.minimum is not None and money.amount < field.minimum:
        raise Invalid("CRM-022", f"{plain(money.amount)} is below {plain(field.minimum)}.", fix="Raise it.")
    return money.as_data()


def _duration(field: Field, value: Any, currency: str) -> str:
    text = _text(field, value, currency).upper()
    if units_of(text) is None:
        raise Invalid("CRM-022", f"'{text[:40]}' is no length of time.", fix="Write it as PT4H, PT30M or P3D.")
    return text


def _date(field: Field, value: Any, _: str) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    try:
        return date.fromisoformat(str(value).strip()[:10]).isoformat()
    except ValueError:
        raise Invalid("CRM-022", f"'{value}' is not a date.", fix="Write it as 2026-01-31.") from None


def _boolean(field: Field, value: Any, _: str) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().casefold()
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    raise Invalid("CRM-022", f"'{value}' is neither true nor false.", fix="Send true or false.")


def _email(field: Field, value: Any, currency: str) -> str:
    text = unicodedata.normalize("NFKC", _text(field, value, currency))
    if not _EMAIL.fullmatch(text):
        raise Invalid("CRM-022", f"'{text}' is not a mail address.", fix="Write it as name@example.com.")
    return text


def _phone(field: Field, value: Any, currency: str) -> str:
    text = unicodedata.normalize("NFKC", _text(field, value, currency))
    if not _PHONE.fullmatch(text) or not 3 <= sum(c.isdigit() for c in text) <= 24:
        raise Invalid("CRM-022", f"'{text}' is not a telephone number.", fix="Write it as +49 30 123456.")
    return text


def _choice(field: Field, value: Any, currency: str) -> str:
    text = _text(field, value, currency)
    legal = [c.value for c in field.choices]
    if text not in legal:
        raise Invalid("CRM-022", f"'{text}' is none of {', '.join(legal)}.", fix="Pick one of them.")
    return text


def _lines(field: Field, value: Any, currency: str) -> list[dict[str, Any]]:
    if not isinstance(value, (list, tuple)) or len(value) > MAX_LINES:
        raise Invalid("CRM-022", f"a list of at most {MAX_LINES} lines is expected.", fix="Send a list.")
    known = {f.key: f for f in field.fields}
    lines = []
    for number, line in enumerate(value, 1):
        if not isinstance(line, Mapping):
            raise Invalid("CRM-022", f"line {number} is not a mapping.", fix="Send fields by name.")
        wrong: dict[str, list[str]] = {k: ["is unknown"] for k in line if k not in known}
        out: dict[str, Any] = {}
        for part in field.fields:
            if part.formula is None:
                _put(out, part, line.get(part.key, part.default), currency, wrong)
            if part.required and part.formula is None and part.key not in out:
                wrong.setdefault(part.key, ["is required"])
        if wrong:
            told = "; ".join(f"{k} {', '.join(v)}" for k, v in wrong.items())
            raise Invalid("CRM-022", f"line {number}: {told}.", fix="Mend the line.")
        lines.append(out)
    return lines


_CLEANERS: dict[str, Callable[[Field, Any, str], Any]] = {
    "text": _text,
    "user": _text,
    "number": _number,
    "money": _money,
    "date": _date,
    "duration": _duration,
    "boolean": _boolean,
    "email": _email,
    "phone": _phone,
    "choice": _choice,
    "lines": _lines,
}


# --- kinds from data -------------------------------------------------------------------------------


def kinds_of(declared: Mapping[str, Any]) -> dict[str, Kind]:
    """Kinds from the content of a ``records.yaml``; raises ``Invalid`` CRM-030 naming kind and field."""
    return {key: _kind(str(key), body) for key, body in (declared.get("kinds") or {}).items()}


def _kind(key: str, body: Mapping[str, Any]) -> Kind:
    fields = tuple(_field(key, k, b) for k, b in (body.get("fields") or {}).items())
    known = {f.key for f in fields}
    facts = {name: str(field) for name, field in (body.get("facts") or {}).items() if name in ("segment", "amount")}
    used = [
        *facts.values(),
        *_list(body.get("title")),
        *_list(body.get("search")),
        *(f for fs in _matches(body) for f in fs[1]),
    ]
    for name in used:
        if name not in known:
            raise _bad(key, f"names a field '{name}' that it does not have")
    _check_rights(key, body, fields, used)
    return Kind(
        key=key,
        names=_names(body.get("name"), key),
        plurals=_names(body.get("plural") or body.get("name"), key),
        icon=str(body.get("icon") or "file"),
        title=tuple(_list(body.get("title"))),
        states=_choices(body.get("states")),
        fields=fields,
        currency=str(body.get("currency") or "EUR"),
        match=_matches(body),
        search=tuple(_list(body.get("search"))),
        relations=tuple((str(r), str(k)) for r, k in (body.get("relations") or {}).items()),
        see={str(role): str(scope) for role, scope in (body.get("see") or {}).items()},
        territory=str(body.get("territory") or ""),
        **facts,
    )


def _check_rights(key: str, body: Mapping[str, Any], fields: tuple[Field, ...], used: list[str]) -> None:
    """Who sees what: scopes and roles there are, and nothing hidden that lists, names or searches show."""
    for role, scope in (body.get("see") or {}).items():
        if str(role) not in tuple(Role) or scope not in SCOPES:
            raise _bad(key, f"lets '{role}' see '{scope}' (roles: {', '.join(Role)}; scopes: {', '.join(SCOPES)})")
        if scope == "territory" and body.get("territory") not in {f.key for f in fields}:
            raise _bad(key, "is seen by territory, but names no field as its territory")
    for field in fields:
        strange = set(field.hidden) - set(Role)
        if strange:
            raise _bad(key, f"field '{field.key}': hidden from '{min(strange)}', which is no role")
        if field.hidden and (field.key in used or field.required):
            raise _bad(key, f"field '{field.key}' is hidden, yet required, or shown in names, searches or lists")


def _field(kind: str, key: str, body: Mapping[str, Any]) -> Field:
    if key in RESERVED:
        raise _bad(kind, f"has a field '{key}', a reserved word")
    if body.get("type") not in TYPES:
        raise _bad(kind, f"has a field '{key}' of unknown type '{body.get('type')}' (known: {', '.join(TYPES)})")
    choices = _choices(body.get("choices"))
    if (body["type"] == "choice") != bool(choices):
        raise _bad(kind, f"field '{key}': exactly the fields of type choice have choices")
    return Field(
        key=key,
        type=body["type"],
        names=_names(body.get("name"), key),
        required=bool(body.get("required", False)),
        choices=choices,
        fields=tuple(_field(kind, k, b) for k, b in (body.get("fields") or {}).items()),
        formula=body.get("formula"),
        default=body.get("default"),
        minimum=None if body.get("min") is None else exact(body["min"]),
        maximum=None if body.get("max") is None else exact(body["max"]),
        hidden=tuple(_list(body.get("hidden"))),
    )


def _matches(body: Mapping[str, Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((str(how), tuple(_list(fields))) for how, fields in (body.get("match") or {}).items())


def _choices(given: Any) -> tuple[Choice, ...]:
    if isinstance(given, Mapping):
        return tuple(Choice(str(v), _names(n, str(v))) for v, n in given.items())
    return tuple(Choice(str(v), _names(None, str(v))) for v in given or ())


def _names(given: Any, key: str) -> Mapping[str, str]:
    if isinstance(given, Mapping):
        return {"en": key, **{str(k): str(v) for k, v in given.items()}}
    return {"en": str(given or key)}


def _list(given: Any) -> list[str]:
    return [given] if isinstance(given, str) else [str(g) for g in given or ()]


def _bad(kind: str, what: str) -> Invalid:
    return Invalid("CRM-030", f"Record kind '{kind}' {what}.", fix="Mend records.yaml.", kind=kind)


def described(kind: Kind, hidden: Collection[str] = ()) -> dict[str, Any]:
    """A kind as plain data, for pages and the API, without the fields hidden from who asks."""
    return {
        "key": kind.key,
        "name": kind.names["en"],
        "name_zh": kind.names.get("zh_Hans", kind.names["en"]),
        "plural": kind.plurals["en"],
        "plural_zh": kind.plurals.get("zh_Hans", kind.plurals["en"]),
        "icon": kind.icon,
        "title": list(kind.title),
        "currency": kind.currency,
        "states": _plain_choices(kind.states),
        "relations": dict(kind.relations),
        "fields": [_described(f) for f in kind.fields if f.key not in hidden],
    }


def _described(field: Field) -> dict[str, Any]:
    return {
        "key": field.key,
        "type": field.type,
        "name": field.names["en"],
        "name_zh": field.names.get("zh_Hans", field.names["en"]),
        "required": field.required,
        "computed": field.formula is not None,
        "choices": _plain_choices(field.choices),
        "fields": [_described(f) for f in field.fields],
    }


def _plain_choices(choices: Iterable[Choice]) -> list[dict[str, str]]:
    return [
        {"value": c.value, "name": c.names["en"], "name_zh": c.names.get("zh_Hans", c.names["en"])} for c in choices
    ]
