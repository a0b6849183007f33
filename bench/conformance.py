"""``python -m bench.conformance KIT DIR [--json]``: how much of a third-party conformance kit passes.

KIT: ``dmn`` (decision models), ``betsy`` (BPMN features by their traces), ``constraints`` (models that break one rule
each), ``models`` (models of other engines: deployed and run). DIR is laid out as the folder of ``../shared/suites``
that the kit came with; any folder of models for ``models``. The last line of standard output is the kit's JSON;
without ``--json`` a short summary comes first.
Exit status 0 when the run itself worked, whatever it found; 2 for wrong arguments.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import betsy, constraints, corpus, dmn_tck

KITS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "dmn": dmn_tck.run,
    "betsy": betsy.run,
    "constraints": constraints.run,
    "models": corpus.run,
}


def main(arguments: list[str] | None = None) -> int:
    """Run one kit and print what passed."""
    parser = argparse.ArgumentParser(prog="python -m bench.conformance", description=__doc__)
    parser.add_argument("kit", choices=sorted(KITS), help="which kit the folder holds")
    parser.add_argument("folder", type=Path, help="folder laid out as the kit")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON")
    args = parser.parse_args(arguments)
    if not args.folder.is_dir():
        parser.error(f"{args.folder} is not a folder")
    if args.kit == "betsy" and not (args.folder / "cases.json").is_file():
        parser.error(f"{args.folder} has no cases.json")
    logging.disable(logging.CRITICAL)  # what broken models say is in the findings
    report = KITS[args.kit](args.folder)
    if not args.json:
        (_decisions if args.kit == "dmn" else _summary)(report)
    print(json.dumps(report, ensure_ascii=False, default=str))
    return 0


def _summary(report: dict[str, Any]) -> None:
    for name, value in report.items():
        if isinstance(value, list) and len(value) == 2 and all(isinstance(n, int) for n in value):
            print(f"{name:12} {value[0]:5} / {value[1]:<5} {_share(*value)}")
        elif isinstance(value, list):
            print(f"{name:12} {len(value):5}")
            for one in value:
                print(f"  {one}")
        else:
            print(f"{name:12} {value}")


def _decisions(report: dict[str, Any]) -> None:
    for level, counts in report["level"].items():
        for kind, (passed, total) in counts.items():
            print(f"level {level}  {kind:8} {passed:5} / {total:<5} {_share(passed, total)}")
    for file, number in Counter(f["file"] for f in report["failures"]).most_common():
        print(f"{number:4}  {file}")


def _share(passed: int, total: int) -> str:
    return f"{100 * passed / total:.2f} %" if total else "–"


if __name__ == "__main__":
    sys.exit(main())
