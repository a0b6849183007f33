"""Files that people attach to a task's form: what is stored, and how it is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from engine.domain.access import Actor
from engine.domain.commands import Command
from engine.domain.questions import Question

MOST_BYTES = 20 * 1024 * 1024  # of one file, where the form sets no lower limit


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A stored file as a form's data holds it; ``id`` names it within its instance."""

    id: str
    name: str
    type: str
    size: int


@dataclass(frozen=True, slots=True)
class FileContent:
    """A file to be downloaded."""

    name: str
    type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class StoreFile(Command[KeptFile]):
    """Keep a file for a field of a task's form. The field's types and size limit are checked here.

    ``field`` is the field's path, entries of lists with or without their number (``lines[0].scan``).
    """

    task_id: str
    by: Actor
    field: str
    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class GetFile(Question[FileContent]):
    """The content of a file of an instance, for whoever may look at the instance."""

    instance_id: str
    file_id: str
    by: Actor
