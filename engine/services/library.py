"""Loaded definitions, forms and decisions, shared by all threads and cached by content."""

from __future__ import annotations


class Library:
    """Definitions compiled once. (Filled in by the deploy path.)"""


class Loaded:
    """One definition, compiled, with what it is pinned to."""
