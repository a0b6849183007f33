"""Runs scenario files: finds their models and people, plays every scenario, adds up the coverage."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from pathlib import Path

from engine.domain.errors import Invalid, Refused
from engine.domain.states import Severity
from engine.domain.values import FileIn, Finding
from engine.packs import Packs
from engine.scenarios.coverage import Tally
from engine.scenarios.play import play
from engine.scenarios.reading import Read, plain, read
from engine.scenarios.results import Report, Result
from engine.scenarios.schema import Person, Team
from engine.scenarios.values import moment
from engine.scenarios.world import World, world
from engine.services.kits import SUFFIX

_AREAS = (
    ("processes", (".bpmn", "labels.zh_Hans.yaml")),
    ("rules", (".dmn", ".sla.yaml")),
    ("forms", (".form", ".json")),
)
_MODELS = (".bpmn", ".dmn", ".form", ".sla.yaml")


def gather(paths: Iterable[Path]) -> list[Path]:
    """The scenario files named, and those in folders. Raises ``Invalid`` CRM-884 if there is none."""
    named = list(paths)
    found = [one for path in named for one in (sorted(path.rglob(f"*{SUFFIX}")) if path.is_dir() else [path])]
    if not found:
        places = ", ".join(str(path) for path in named)
        raise Invalid("CRM-884", f"There is no *{SUFFIX} in {places}.", fix="crmflow test --init MODEL writes one.")
    return list(dict.fromkeys(found))


def run_files(paths: Iterable[Path], packs: Packs | None = None) -> Report:
    """Run scenario files where they lie. Raises ``Refused`` for a file or a model that cannot be read."""
    packs = packs or Packs()
    parts = []
    for path in gather(paths):
        try:
            content = path.read_bytes()
        except OSError as error:
            raise Invalid("CRM-884", f"'{path}' cannot be read: {error.strerror}.", fix="Check the path.") from error
        one = read(str(path), content)
        parts.append((one, _models(path, one, packs), _house(path, one)))
    return run(parts)


def run_given(files: Iterable[FileIn], packs: Packs) -> Report:
    """Run scenarios and models that were handed in together. Raises ``Invalid`` CRM-884 without a scenario."""
    files = tuple(files)
    scenarios = [file for file in files if file.name.endswith(SUFFIX)]
    if not scenarios:
        raise Invalid("CRM-884", f"There is no *{SUFFIX} among the files.", fix="Send scenarios with their models.")
    return run_sent(scenarios, tuple(file for file in files if not file.name.endswith(SUFFIX)), packs)


def run_sent(scenarios: Iterable[FileIn], models: tuple[FileIn, ...], packs: Packs, also: Iterable[str] = ()) -> Report:
    """Run scenario files that were handed in, against models that were. A house is looked up in the packs by name.

    ``also``: processes whose coverage is told although no scenario names them.
    """
    parts = []
    for file in scenarios:
        one = read(file.name, file.content)
        parts.append((one, models, _pack_house(one, packs)))
    return run(parts, also, models)


def run(
    parts: Sequence[tuple[Read, tuple[FileIn, ...], FileIn | None]],
    also: Iterable[str] = (),
    models: tuple[FileIn, ...] = (),
) -> Report:
    """Run files that were read, each with its models and the file of its house."""
    results: list[Result] = []
    tallies: dict[tuple[str, ...], Tally] = {}
    keys: dict[tuple[str, ...], list[str]] = {}
    if also := list(also):
        group = tuple(sorted(file.name for file in models))
        tallies[group], keys[group] = Tally(models), also
    for one, files, house in parts:
        place = world_of(one, files, house)
        group = tuple(sorted(file.name for file in files))
        tally = tallies.setdefault(group, Tally(files))
        for index, scenario in enumerate(one.file.scenarios):
            results.append(play(one, index, place, tally.add))
            keys.setdefault(group, []).append(scenario.process or one.file.process)
    paths = tuple(path for group, tally in tallies.items() for path in tally.paths(keys[group]))
    rules = tuple(rule for group, tally in tallies.items() for rule in tally.rules(keys[group]))
    return Report(tuple(results), paths, rules)


def world_of(one: Read, files: tuple[FileIn, ...], house: FileIn | None) -> World:
    """The world a file is played in: its people and those of its house."""
    people, teams = dict(one.file.people), dict(one.file.teams)
    if house is not None:
        said = plain(house.content) or {}
        people = {k: Person.model_validate(v) for k, v in (said.get("people") or {}).items()} | people
        teams = {k: Team.model_validate(v) for k, v in (said.get("teams") or {}).items()} | teams
    found = world(files, people, teams, moment(one.file.clock, None))
    for key in dict.fromkeys([one.file.process, *(s.process for s in one.file.scenarios if s.process)]):
        if key not in found.definitions:
            known = ", ".join(sorted(found.definitions)) or "none"
            finding = Finding(
                "CRM-885",
                Severity.ERROR,
                f"No model holds the process '{key}'; there are: {known}.",
                line=one.line("process"),
                file=one.name,
                fix="Name the process by its id, or the model under 'models'.",
            )
            raise Refused("CRM-885", finding.message, [finding], fix=finding.fix)
    return found


def _models(path: Path, one: Read, packs: Packs) -> tuple[FileIn, ...]:
    """The models of a file: those it names, else the packs it lies in, else the models of its folder."""
    folder = path.resolve().parent
    if one.file.models:
        found = [found for pattern in one.file.models for found in _glob(folder, pattern)]
        if not found:
            raise Invalid("CRM-884", f"{path}: 'models' names no file.", fix="Paths are below the file's folder.")
        return tuple(FileIn(str(each), each.read_bytes()) for each in dict.fromkeys(found))
    if any(folder.is_relative_to(root / "processes") for root in packs.roots):
        return tuple(FileIn(f.name, f.read()) for area, endings in _AREAS for f in packs.files(area, *endings))
    found = sorted(each for each in folder.rglob("*") if each.name.endswith(_MODELS))
    return tuple(FileIn(str(each), each.read_bytes()) for each in found)


def _glob(folder: Path, pattern: str) -> list[Path]:
    while pattern.startswith("../"):
        folder, pattern = folder.parent, pattern.removeprefix("../")
    return sorted(each for each in folder.glob(pattern) if each.is_file())


def _house(path: Path, one: Read) -> FileIn | None:
    named = one.file.house
    if named is None:
        return None
    place = (path.resolve().parent / named).resolve()
    try:
        return FileIn(str(place), place.read_bytes())
    except OSError as error:
        raise Invalid("CRM-884", f"{path}: the house '{named}' cannot be read.", fix="Check the path.") from error


def _pack_house(one: Read, packs: Packs) -> FileIn | None:
    """The house of a file that was handed in: below the packs, where the file's name says it would be."""
    named = one.file.house
    if named is None:
        return None
    place = posixpath.normpath(posixpath.join(posixpath.dirname(one.name), named))
    below = place[place.rfind("processes/") :] if "processes/" in place else place
    try:
        found = packs.find(below)
    except OSError:  # a name that no file can have
        found = None
    if found is None:
        finding = Finding(
            "CRM-884",
            Severity.ERROR,
            f"The house '{named}' is in no pack.",
            line=one.line("house"),
            file=one.name,
            fix="Write people and teams into the file itself.",
        )
        raise Refused("CRM-884", finding.message, [finding], fix=finding.fix)
    return FileIn(found.name, found.read())
