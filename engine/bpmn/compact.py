"""Finished work leaves the live state, so that step 10,000 of a loop costs what step 10 does.

A token keeps nothing that later tokens need: joins count waiting tokens, variables live in scopes, hosts are
named by key. So every finished token can go; waiting joins, armed events and open loops are live tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.bpmn.runtime_flow import Instance


def drop_finished(instance: Instance) -> int:
    """Remove finished tokens from all scopes; returns how many went."""
    gone = 0
    for scope in instance.scopes():
        dead = [key for key, token in dict.items(scope.tasks) if not token.live]
        for key in dead:
            del scope.tasks[key]
            dict.pop(instance.tokens, key, None)  # what sleeps is not finished
        gone += len(dead)
    instance.finished = 0
    return gone
