"""crmflow's engine: BPMN flows for CRM, executed by SpiffWorkflow against a SQL task store.

Floors (imports go down only) are drawn in ``docs/architecture.md`` and enforced by import-linter.
"""

__version__ = "0.1.0"
