"""Packs: where processes/, forms/ and rules/ are found. Data only; nothing here is executed.

Lookup order: the folders of ``CRMFLOW_PACKS``, the checkout (editable install), the data in the installed wheel.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

AREAS = ("processes", "forms", "rules")
_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class PackFile:
    """One file of a pack. ``name`` is its path below the pack's root, with forward slashes."""

    name: str
    path: Path

    def read(self) -> bytes:
        return self.path.read_bytes()


class Packs:
    """The pack folders of one installation; the first folder that has a file wins."""

    def __init__(self, folders: str | None = None) -> None:
        given = [Path(part).expanduser().resolve() for part in (folders or "").split(":") if part]
        self.roots: tuple[Path, ...] = (*given, *_shipped())

    def files(self, area: str, *suffixes: str) -> Iterator[PackFile]:
        """Files below ``area`` (one of ``AREAS``, or a folder in it) that end in one of the suffixes, by name."""
        seen: dict[str, PackFile] = {}
        for root in self.roots:
            folder = root / area
            if not folder.is_dir():
                continue
            for path in sorted(folder.rglob("*")):
                name = path.relative_to(root).as_posix()
                if path.is_file() and name not in seen and (not suffixes or name.endswith(suffixes)):
                    seen[name] = PackFile(name, path)
        yield from (seen[name] for name in sorted(seen))

    def find(self, name: str) -> PackFile | None:
        """The file of this name below a pack root (``rules/base/lead-score.dmn``), or None."""
        for root in self.roots:
            path = (root / name).resolve()
            if path.is_file() and path.is_relative_to(root):
                return PackFile(name, path)
        return None


def _shipped() -> tuple[Path, ...]:
    """The checkout if we run in one, else what the wheel brought."""
    checkout = _HERE.parent
    if (checkout / "setup.cfg").is_file() and (checkout / "processes").is_dir():
        return (checkout,)
    return (_HERE / "_packs",) if (_HERE / "_packs").is_dir() else ()
