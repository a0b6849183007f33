"""Runs a function over many files, each with a time limit and in a process of its own to crash in.

One child works through the files; when a file kills it or takes too long, a new child goes on with the next file.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

#: What a file is given when its child died or had to be stopped.
CRASHED, HUNG = "crashed", "hung"


def each(work: Callable[[Path], dict[str, Any]], files: Sequence[Path], limit: float) -> Iterator[dict[str, Any]]:
    """``work(file)`` for every file, in order; ``{"crashed": why}`` or ``{"hung": seconds}`` where no answer came."""
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("fork" if "fork" in methods else "spawn")
    child: Any = None
    here: Any = None
    try:
        for file in files:
            if child is None:
                here, there = context.Pipe()
                child = context.Process(target=_child, args=(work, there), daemon=True)
                child.start()
                there.close()
            here.send(file)
            answer = _answer(here, limit)
            if answer.pop("dead", False) or HUNG in answer:
                child.kill()
                child.join()
                child = None
            yield answer
    finally:
        if child is not None:
            child.kill()
            child.join()


def _answer(here: Connection, limit: float) -> dict[str, Any]:
    if not here.poll(limit):
        return {HUNG: limit}
    try:
        found: dict[str, Any] = here.recv()
        return found
    except EOFError:
        return {CRASHED: "the process died", "dead": True}


def _child(work: Callable[[Path], dict[str, Any]], there: Connection) -> None:
    while True:
        try:
            file = there.recv()
        except EOFError:
            return
        try:
            answer = work(file)
        except Exception as e:  # noqa: BLE001 the point is to tell a crash apart from a refusal, whatever it is
            answer = {CRASHED: f"{type(e).__name__}: {e}"}
        there.send(answer)
