"""DMN 1.1 to 1.5: load a model, decide and explain, check tables for gaps and overlaps.

``Model.load(xml)`` → ``model.decide(decision, inputs)`` → ``Outcome(value, trace)``; ``check(xml)`` → findings.
"""

from engine.dmn.check import check, check_model
from engine.dmn.model import DecisionInfo, Model, Outcome

__all__ = ["DecisionInfo", "Model", "Outcome", "check", "check_model"]
