"""Models that each break one rule of BPMN 2.0: is each refused, by a finding about that rule and its element?

Folders are called by the rule's number in the catalogue of BPMNspector (``EXT012``; ``REF`` for references).
``named`` is strict for numbers in ``RULES``: only a finding of the codes that stand for the rule counts, and it must
name an element that is in the file. For other numbers any error that names an element counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench import pool
from engine.bpmn import check
from engine.domain.states import Severity
from engine.model.graph import load

LIMIT = 2.0
#: Number of the rule → the codes that say so. Several where one drawing breaks the rule in several words.
RULES: Mapping[str, str] = {
    "EXT002": "107",
    "EXT006": "120",
    "EXT007": "120",
    "EXT008": "123 122",
    "EXT009": "123 122",
    "EXT010": "830",
    "EXT011": "811",
    "EXT012": "831",
    "EXT013": "832",
    "EXT017": "833",
    "EXT018": "833",
    "EXT019": "135",
    "EXT020": "834",
    "EXT021": "145",
    "EXT022": "145",
    "EXT023": "129",
    "EXT024": "835",
    "EXT025": "801",
    "EXT026": "137 138",
    "EXT027": "836",
    "EXT030": "837",
    "EXT031": "802",
    "EXT032": "836",
    "EXT033": "839 123",
    "EXT035": "838",
    "EXT036": "170",
    "EXT037": "191 822",
    "EXT040": "862",
    "EXT042": "864",
    "EXT043": "864",
    "EXT044": "864",
    "EXT045": "864",
    "EXT046": "864",
    "EXT050": "864",
    "EXT052": "864",
    "EXT056": "170",
    "EXT057": "145",
    "EXT058": "145",
    "EXT059": "145",
    "EXT061": "865",
    "EXT062": "865",
    "EXT063": "842",
    "EXT065": "843",
    "EXT067": "147",
    "EXT069": "844",
    "EXT070": "844",
    "EXT071": "845",
    "EXT072": "845",
    "EXT076": "846",
    "EXT078": "114",
    "EXT079": "803",
    "EXT080": "804",
    "EXT081": "834",
    "EXT082": "804",
    "EXT083": "834",
    "EXT084": "847",
    "EXT085": "848",
    "EXT087": "849",
    "EXT088": "847",
    "EXT090": "848",
    "EXT091": "850",
    "EXT092": "805",
    "EXT093": "851",
    "EXT094": "851",
    "EXT095": "806",
    "EXT096": "133",
    "EXT097": "130",
    "EXT098": "852",
    "EXT099": "807",
    "EXT100": "145",
    "EXT104": "133",
    "EXT105": "800",
    "EXT106": "852",
    "EXT108": "853",
    "EXT110": "141",
    "EXT111": "141",
    "EXT113": "141",
    "EXT115": "810",
    "EXT116": "810",
    "EXT117": "808",
    "EXT118": "146 123",
    "EXT120": "141",
    "EXT121": "852",
    "EXT122": "852",
    "EXT123": "831",
    "EXT125": "146",
    "EXT126": "146",
    "EXT127": "124",
    "EXT128": "854",
    "EXT129": "145",
    "EXT133": "149",
    "EXT134": "149",
    "EXT135": "809",
    "EXT137": "138",
    "EXT138": "140",
    "EXT139": "140",
    "EXT140": "140",
    "EXT143": "191",
    "EXT144": "191",
    "EXT146": "852",
    "EXT147": "141",
    "EXT148": "852",
    "EXT149": "852",
    "EXT150": "855",
    "EXT151": "855 856",
    "EXT152": "121",
    "REF": "120 122 123",
}


def run(folder: Path) -> dict[str, Any]:
    """How many models are refused, and how many of them for their own reason; ``missed`` tells the others."""
    files = sorted(p for p in folder.rglob("*") if p.suffix in (".bpmn", ".xml"))
    refused = named = 0
    missed: list[dict[str, Any]] = []
    for path, answer in zip(files, pool.each(judged, files, LIMIT), strict=True):
        refused += bool(answer.get("refused"))
        named += bool(answer.get("named"))
        if not answer.get("named"):
            missed.append({"file": str(path.relative_to(folder)), **answer})
    return {"refused": [refused, len(files)], "named": [named, len(files)], "missed": missed}


def judged(path: Path) -> dict[str, Any]:
    """Whether one model is refused, and whether for the rule its folder names."""
    xml = path.read_bytes()
    errors = [f for f in check(xml) if f.severity is Severity.ERROR]
    codes = {f"CRM-{code}" for code in RULES.get(path.parent.name, "").split()}
    known = load(xml).elements if errors else {}
    named = [f for f in errors if (not codes or f.code in codes) and f.element in known]
    return {
        "refused": bool(errors),
        "named": bool(named),
        "findings": sorted({f"{f.code} {f.element}" for f in errors}),
    }
