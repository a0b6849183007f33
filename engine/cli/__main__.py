"""``python -m engine.cli`` is ``crmflow``."""

from __future__ import annotations

from engine.cli import main

if __name__ == "__main__":
    main(prog_name="crmflow")
