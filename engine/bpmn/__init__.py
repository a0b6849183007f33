"""BPMN: what we read, what is wrong with it, and running it on SpiffWorkflow as we extend it."""

from __future__ import annotations

from engine.bpmn.findings import check, publishable
from engine.bpmn.inspect import ElementInfo, ProcessInfo, inspect
from engine.bpmn.rules.base import Catalogue

__all__ = ["Catalogue", "ElementInfo", "ProcessInfo", "check", "inspect", "publishable"]
