"""The heartbeat: due timers and jobs are claimed under a lease and run, here and on other machines, each once."""

from engine.jobs.runner import drain, run_due
from engine.jobs.scheduler import Heartbeat

__all__ = ["Heartbeat", "drain", "run_due"]
