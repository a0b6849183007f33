"""The command line ``crmflow``: every command is one command or question of the engine. Parts are loaded when used."""

from __future__ import annotations

import click

from engine.cli.lazy import LazyGroup

EPILOG = """\b
Examples:
  crmflow demo                                   everything at once, to look at
  crmflow lint flow.bpmn form.json table.dmn     findings, no database needed
  crmflow deploy processes/ forms/ rules/ --publish
  crmflow start order-check --var name=Anna --var amount=1200
  crmflow tasks --as anna
  crmflow complete 01h8xk3v9q2m7r5t --as anna --data '{"approved": true}'
  crmflow records import leads.csv --map leads.yaml

\b
The database: --db sqlite (a fresh file for this run), --db postgresql (a private
server for this run), or a URL; else CRMFLOW_DATABASE_URL, else var/crmflow.sqlite.

\b
Exit status: 0 no error, 1 findings of severity error or a failed command, 2 wrong usage.
Errors carry a stable code in brackets, as in [CRM-204]; docs/errors.md explains each.
"""

#: Command → where it is defined and what the list of commands says; nothing of it is imported before it is used.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("engine.cli.demo:demo", "Set up sample data and serve it, to look at."),
    "migrate": ("engine.cli.base:migrate", "Bring the database's tables to this version."),
    "health": ("engine.cli.base:health", "Check that no open step is forgotten."),
    "worker": ("engine.cli.base:worker", "Run timers and jobs, beside `serve`."),
    "lint": ("engine.cli.models:lint", "Check model files; nothing is stored."),
    "test": ("engine.cli.scenarios:test", "Run the scenarios of models; coverage of flows and rules."),
    "deploy": ("engine.cli.models:deploy", "Deploy model files together."),
    "feel": ("engine.cli.rules:feel", "Evaluate a FEEL expression."),
    "decide": ("engine.cli.rules:decide", "Decide a decision of a DMN file, and say why."),
    "dmn": ("engine.cli.rules:dmn", "Check decision tables for gaps and overlaps."),
    "publish": ("engine.cli.models:publish", "Let people start a definition."),
    "definitions": ("engine.cli.models:definitions", "List definitions."),
    "start": ("engine.cli.work:start", "Start an instance."),
    "instances": ("engine.cli.work:instances", "List instances."),
    "cancel": ("engine.cli.work:cancel", "Cancel an instance."),
    "tasks": ("engine.cli.tasks:tasks", "List open tasks."),
    "claim": ("engine.cli.tasks:claim", "Take a task."),
    "complete": ("engine.cli.tasks:complete", "Complete a task."),
    "instance": ("engine.cli.operate:instance", "Suspend, resume, move, change, restart one instance."),
    "bulk": ("engine.cli.operate:bulk", "Do one thing to many instances or incidents."),
    "messages": ("engine.cli.operate:messages", "List messages nobody wanted so far."),
    "message": ("engine.cli.work:message", "Send a message to a waiting instance."),
    "incidents": ("engine.cli.work:incidents", "List what failed; `incidents retry` tries again."),
    "sla": ("engine.cli.sla:sla", "Calendars, SLA policies, clocks and why they are due."),
    "records": ("engine.cli.records:records", "List and import CRM records."),
    "user": ("engine.cli.people:user", "Add users."),
    "people": ("engine.cli.staff:people", "Import people, note absences."),
    "team": ("engine.cli.people:team", "Add teams."),
    "role": ("engine.cli.people:role", "Grant and revoke roles."),
    "token": ("engine.cli.people:token", "Issue API tokens."),
}


@click.group(
    cls=LazyGroup,
    commands_at=COMMANDS,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.option("--db", metavar="DB", help="sqlite, postgresql or a URL.")
@click.option("--as", "actor", metavar="LOGIN", help="Act as this user; else as the system itself, noted in the audit.")
@click.version_option(package_name="crmflow", prog_name="crmflow")
@click.pass_context
def main(ctx: click.Context, db: str | None, actor: str | None) -> None:
    """crmflow: CRM processes as drawn. Deploy BPMN, work tasks, import records, run timers."""
    ctx.obj = {"db": db, "actor": actor}
