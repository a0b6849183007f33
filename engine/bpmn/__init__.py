"""BPMN: what we read, what is wrong with it, and running it on SpiffWorkflow as we extend it."""

from __future__ import annotations

from engine.bpmn.findings import check, publishable
from engine.bpmn.inspect import ElementInfo, ProcessInfo, inspect
from engine.bpmn.process import SUPPORTED, Process, Start, compile
from engine.bpmn.rules.base import Catalogue
from engine.bpmn.runtime import Run, Runtime

__all__ = [
    "SUPPORTED",
    "Catalogue",
    "ElementInfo",
    "Process",
    "ProcessInfo",
    "Run",
    "Runtime",
    "Start",
    "check",
    "compile",
    "inspect",
    "publishable",
]
