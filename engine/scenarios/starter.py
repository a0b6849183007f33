"""Writes a first scenario for a model: its start, the first task, and what to fill in."""

from __future__ import annotations

from engine.domain.errors import Invalid
from engine.model import graph
from engine.model.xml import BadXml

_ASKS = ("userTask", "manualTask")


def starter(xml: bytes, file: str) -> str:
    """YAML to begin with. Raises ``Invalid`` CRM-884 for a file without an executable process."""
    try:
        model = graph.load(xml)
    except BadXml as error:
        raise Invalid("CRM-884", f"'{file}' is no BPMN model: {error}", fix="Name a BPMN file.") from error
    process = next((p for p in model.processes if p.executable), None)
    if process is None:
        raise Invalid("CRM-884", f"'{file}' has no executable process.", fix='Set isExecutable="true".')
    tasks = [node for scope in process.walk() for node in scope.nodes if node.kind in _ASKS]
    lines = [
        f"# Scenarios of {process.name or process.id}. Run them: crmflow test {file.rsplit('.', 1)[0]}.scenario.yaml",
        f"process: {process.id}",
        f"models: [{file.rsplit('/', 1)[-1]}]  # and its forms and decisions; leave it out for all of the folder",
        "people:",
        "  ann: {roles: [employee], teams: []}",
        "scenarios:",
        f"  - name: {process.name or process.id} goes through",
        "    steps:",
        f"      - start: {process.id}",
        "        with: {}  # variables, or the data of the start form",
    ]
    for number, node in enumerate(tasks):
        lead = "" if number == 0 else "#"
        lines += [
            f"      {lead}- complete: {node.id}  # {node.name or node.id}",
            f"      {lead}  with: {{}}",
        ]
    lines += ["      - expect:", "          incidents: []", ""]
    return "\n".join(lines)
