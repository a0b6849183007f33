"""What findings say: code → message, why it matters, how to mend it, in English and Simplified Chinese.

``{el}`` is the element in words; other braces are filled from the finding's params (``x_zh`` in Chinese, if given).
"""

from __future__ import annotations

from engine.bpmn.rules.texts import constraints, crm, events, file, flow, run, standard
from engine.bpmn.rules.texts.base import Text

TEXTS: dict[str, Text] = {
    **file.TEXTS,
    **flow.TEXTS,
    **events.TEXTS,
    **run.TEXTS,
    **crm.TEXTS,
    **standard.TEXTS,
    **constraints.TEXTS,
}
