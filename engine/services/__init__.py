"""Use cases: one function = one command = one transaction, opened and closed by ``engine.app`` alone.

A handler receives a ``Context`` and never commits. See ``registry`` for how handlers announce themselves.
"""
