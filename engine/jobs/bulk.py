"""Bulk operations: a claimed job does a share of the items, each in a transaction of its own, then asks for the next.

A crash loses nothing: the job's lease ends, another worker goes on with the items that still wait.
"""

from __future__ import annotations

from engine.app import Engine
from engine.domain.access import SYSTEM
from engine.domain.commands import Claimed, PostJob
from engine.domain.operating import RunItem

SHARE = 25  # items per claim: far less than a lease


def work(engine: Engine, due: Claimed) -> None:
    """Do up to ``SHARE`` items of the operation that the job names."""
    for _ in range(SHARE):
        if not engine.do(RunItem(due.payload["bulk"], SYSTEM)):
            break
    engine.do(PostJob(due.id, due.fence, SYSTEM))
