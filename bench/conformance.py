"""``python -m bench.conformance dmn DIR [--json]``: how much of a third-party conformance kit passes.

The last line of standard output is the JSON of ``dmn_tck.run``; without ``--json`` a short table comes first.
Exit status 0 when the run itself worked, whatever it found; 2 for wrong arguments.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

from bench import dmn_tck


def main(arguments: list[str] | None = None) -> int:
    """Run one kit and print what passed."""
    parser = argparse.ArgumentParser(prog="python -m bench.conformance", description=__doc__)
    parser.add_argument("kit", choices=["dmn"], help="which kit the folder holds")
    parser.add_argument("folder", type=Path, help="folder laid out as the kit")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON")
    args = parser.parse_args(arguments)
    if not args.folder.is_dir():
        parser.error(f"{args.folder} is not a folder")
    report = dmn_tck.run(args.folder)
    if not args.json:
        for level, counts in report["level"].items():
            for kind, (passed, total) in counts.items():
                share = f"{100 * passed / total:.2f} %" if total else "–"
                print(f"level {level}  {kind:8} {passed:5} / {total:<5} {share}")
        for file, number in Counter(f["file"] for f in report["failures"]).most_common():
            print(f"{number:4}  {file}")
    print(json.dumps(report, ensure_ascii=False, default=str))
    return 0


if __name__ == "__main__":
    sys.exit(main())
