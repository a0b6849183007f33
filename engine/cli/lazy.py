"""A click group whose commands are imported when used, and that turns the engine's errors into exit status 1."""

from __future__ import annotations

import os
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

import click

from engine.domain.errors import CrmflowError

ENTRY_POINTS = "crmflow.commands"


class LazyGroup(click.Group):
    """Commands by name from a table, then from the entry points of other packages (``serve`` of webui)."""

    def __init__(self, *args: Any, commands_at: dict[str, tuple[str, str]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.commands_at = commands_at or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self.commands_at, *sorted(set(_plugged()) - set(self.commands_at)), *sorted(self.commands)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in self.commands_at:
            module, _, name = self.commands_at[cmd_name][0].partition(":")
            found: click.Command = getattr(import_module(module), name)
            return found
        plugged = _plugged().get(cmd_name)
        if plugged is not None:
            command: click.Command = plugged.load()
            return command
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands from the table: no module is imported to print it."""
        rows = [(name, about) for name, (_, about) in self.commands_at.items()]
        rows += [(name, SHORT.get(name, "")) for name in self.list_commands(ctx) if name not in self.commands_at]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except CrmflowError as error:
            from engine.cli.show import show_error

            show_error(error, as_json=bool(ctx.find_root().meta.get("crmflow.json")))
            ctx.exit(1)
        except (click.exceptions.Exit, click.ClickException, click.Abort):
            raise
        except Exception as error:  # the last net: told with a code; the trace is shown on demand, its cause kept
            if os.environ.get("CRMFLOW_DEBUG") == "1":
                raise
            from engine.cli.show import show_error

            show_error(unexpected(error), as_json=bool(ctx.find_root().meta.get("crmflow.json")))
            ctx.exit(1)


def unexpected(error: Exception) -> CrmflowError:
    """An error nobody foresaw, in one line."""
    first = str(error).split("\n", 1)[0]
    if "no such table" in first or "UndefinedTable" in first:
        return CrmflowError("CRM-703", "The database has no tables yet, or older ones.", fix="Run `crmflow migrate`.")
    return CrmflowError("CRM-690", f"{type(error).__name__}: {first}", fix="CRMFLOW_DEBUG=1 shows the whole trace.")


#: What the list of commands says about those that other packages plug in.
SHORT = {"serve": "Serve the web pages, the REST API and the scheduler."}


def _plugged() -> dict[str, Any]:
    """Entry points of the group, by name; a checkout that is not installed has ``serve`` all the same."""
    found = {point.name: point for point in entry_points(group=ENTRY_POINTS)}
    if "serve" not in found:
        from importlib.metadata import EntryPoint

        found["serve"] = EntryPoint("serve", "webui.command:serve", ENTRY_POINTS)
    return found
