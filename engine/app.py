"""The facade: wires the parts, opens one transaction per command, commits or rolls back.

``Engine.do(command)`` and ``Engine.ask(question)`` are the only doors of the entrances (web, CLI, jobs).
"""
