"""One table of routes: Flask's rules, the rights matrix and the OpenAPI document are all made from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.domain.access import Actor, Right
from engine.domain.values import FileIn

if TYPE_CHECKING:
    from pydantic import BaseModel

    from engine.app import Engine

PREFIX = "/api/v1"


@dataclass(frozen=True, slots=True)
class Call:
    """One request, checked: who asks for what, with which parameters."""

    engine: Engine
    by: Actor
    path: Mapping[str, str]
    query: Any = None  # instance of Route.query
    body: Any = None  # instance of Route.body
    files: tuple[FileIn, ...] = ()  # of an upload
    revision: int | None = None  # from If-Match
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer that is not JSON."""

    content: bytes
    media_type: str
    name: str
    tag: str  # strong entity tag: the content never changes under it


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path, what goes in, what comes out, and who may."""

    method: str
    path: str  # OpenAPI style: /tasks/{task_id}
    run: Callable[[Call], Any]
    tag: str
    summary: str
    zh: str  # the summary in Simplified Chinese
    answer: Any = None  # type of the answer; None = 204
    right: Right | None = None  # None: any known person (what they see is checked on the thing itself)
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    upload: bool = False  # takes multipart files as well as JSON
    status: int = 200
    errors: tuple[int, ...] = ()  # beyond those every route can give
    guarded: str = ""  # "may" or "must": If-Match with a revision
    repeatable: bool = False  # takes Idempotency-Key
    media: str = "application/json"
    about: str = ""  # more than the summary, for the document

    @property
    def name(self) -> str:
        """Operation id and Flask endpoint: the handler's name."""
        return self.run.__name__

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(re.findall(r"{(\w+)}", self.path))

    @property
    def rule(self) -> str:
        """The path as Flask writes it."""
        return re.sub(r"{(\w+)}", r"<\1>", self.path)

    @property
    def statuses(self) -> tuple[int, ...]:
        """Every problem status this route can answer with."""
        found = {400, 401, 403, 429, *self.errors}
        if self.parameters:
            found.add(404)
        if self.body is not None:
            found |= {413, 415}
        if self.guarded:
            found.add(412)
        if self.guarded == "must":
            found.add(428)
        if self.repeatable:
            found.add(409)
        return tuple(sorted(found))


@dataclass(frozen=True, slots=True)
class Tag:
    """A group of routes in the document."""

    name: str
    about: str
    zh: str
    routes: tuple[Route, ...] = field(default=())
