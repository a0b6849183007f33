"""How long a step will probably take: median and spread of past durations of the same step, honest about few data.

No shape is assumed: the interval is made of order statistics. With n past cases the k-th smallest bounds the next one
from below with chance k / (n + 1), if the next case is like the past ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta

from engine.domain.sla_values import Estimate

FEW = 20  # fewer cases than this say nothing about nine in ten
SHARE = 0.8
RECENT = 500  # the newest cases count: work changes over the years


def estimate(
    durations: Sequence[timedelta], spent: timedelta = timedelta(0), left: timedelta | None = None
) -> Estimate:
    """From past durations (oldest first): the total this one will take, having taken ``spent`` already.

    Only cases that took longer than ``spent`` are comparable. ``left``: time until the deadline; ``risk`` is the share
    of comparable cases that took longer than ``spent + left``.
    """
    alike = sorted(d for d in durations[-RECENT:] if d > spent or (d == spent and not spent))
    count = len(alike)
    if count < FEW:
        return Estimate(cases=count, enough=False)
    edge = (1 - SHARE) / 2
    low = max(1, math.floor(edge * (count + 1)))
    high = min(count, math.ceil((1 - edge) * (count + 1)))
    late = None if left is None else sum(d > spent + left for d in alike) / count
    return Estimate(
        cases=count,
        enough=True,
        median=(alike[(count - 1) // 2] + alike[count // 2]) / 2,
        low=alike[low - 1],
        high=alike[high - 1],
        risk=late,
    )
