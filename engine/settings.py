"""Settings of one installation: read from the environment (``CRMFLOW_…``) or handed in by a test."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything that differs between two installations. Every field is ``CRMFLOW_`` + its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="CRMFLOW_", extra="ignore", frozen=True)

    # --- store
    database_url: str = "sqlite:///var/crmflow.sqlite"
    pool_size: int = Field(default=16, ge=1, le=200)  # connections kept; one per busy thread
    busy_seconds: float = Field(default=30.0, gt=0)  # how long SQLite waits for another writer
    retries: int = Field(default=6, ge=0, le=50)  # repeats of a command after a deadlock or a lost race

    # --- packs: folders separated by ":", each with processes/, forms/ and rules/ in it
    packs: str | None = None

    # --- web
    secret_key: SecretStr | None = None  # signs sessions; without it each start makes a new one
    base_url: str = "http://127.0.0.1:8000"  # as people reach us, for links in mails
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    threads: int = Field(default=8, ge=1, le=100)
    secure_cookies: bool = False

    # --- the outside world
    smtp_url: SecretStr | None = None  # smtp://user:password@host:port, smtps://…
    mail_from: str = "crmflow@localhost"
    allow_hosts: str = ""  # host names connectors may reach, separated by commas; empty = none
    secrets_dir: Path | None = None  # one file per secret; models name secrets, never hold them
    http_timeout: float = Field(default=10.0, gt=0, le=300)

    # --- heartbeat
    tick_seconds: float = Field(default=1.0, gt=0)
    workers: int = Field(default=3, ge=1, le=64)  # threads that run due work; one of several makes no calls outside
    lease_seconds: float = Field(default=60.0, gt=0)
    backoff_seconds: float = Field(default=10.0, gt=0)  # first wait after a failure; doubles each time
    timer_retries: int = Field(default=5, ge=0)
    keep_keys_hours: float = Field(default=72.0, gt=0)  # how long idempotency keys are remembered

    keep_messages_hours: float = Field(default=168.0, ge=0)  # how long messages nobody wanted can be looked at
    long_polls: int = Field(default=4, ge=0, le=100)  # workers that may wait for jobs at once; others are told to wait

    # --- models
    require_coverage: float | None = Field(default=None, ge=0, le=100)  # percent of flows its scenarios must take
    require_rules: float | None = Field(default=None, ge=0, le=100)  # percent of its tables' rules they must match

    # --- limits
    step_limit: int = Field(default=10_000, ge=100)  # elements one command may run through
    upload_bytes: int = Field(default=5_000_000, ge=1_000)
    log_level: str = "INFO"
    log_json: bool = False

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """Host names connectors may reach, lower case."""
        return frozenset(host.strip().lower() for host in self.allow_hosts.split(",") if host.strip())
