"""What all commands share: the app they register on, their options, and how workspace and period are found."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.terminal import show_times_in, stop

if TYPE_CHECKING:
    from config.clock import Period
    from config.workspace import Workspace

app = typer.Typer(
    name="earned",
    help="What being talked about brought back: counted to the cent, estimated with its range.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]
Since = Annotated[str | None, typer.Option(help="First day, such as 2026-11-01. Default: 30 days before --until.")]
Until = Annotated[str | None, typer.Option(help="Last day. Default: the workspace's day, usually today.")]

ViewThrough = Annotated[str | None, typer.Option(help="What was seen and not clicked counts for so long, such as 1d.")]


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def folder_of(context: typer.Context) -> Path:
    return Path(context.obj or os.environ.get("EARNED_WORKSPACE") or ".")


def open_or_stop(context: typer.Context) -> Workspace:
    from config.settings import SettingsError
    from config.workspace import WorkspaceError, open_workspace

    try:
        workspace = open_workspace(folder_of(context))
    except (SettingsError, WorkspaceError) as problem:
        stop(str(problem))
    show_times_in(workspace.settings.zone)
    return workspace


def day_or_stop(text: str | None, option: str) -> dt.date | None:
    if text is None:
        return None
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        stop(f"{option} {text!r} is no day; write it as 2026-11-20")
    if not 1970 <= day.year <= 2200:
        stop(f"{option} {text!r} is no day of a shop's life; write one between 1970 and 2200")
    return day


def time_or_stop(text: str | None, option: str, *, zone: dt.tzinfo) -> dt.datetime | None:
    """A time in UTC; a day alone is its last moment, as a file of a day is newer than all that the day saw."""
    if text is None:
        return None
    try:
        said = dt.datetime.fromisoformat(text)
    except ValueError:
        stop(f"{option} {text!r} is no time; write it as 2026-11-20 or 2026-11-20T14:30")
    if len(text) <= len("2026-11-20"):
        said += dt.timedelta(days=1, microseconds=-1)
    return (said if said.tzinfo else said.replace(tzinfo=zone)).astimezone(dt.UTC)


def duration_or_stop(text: str | None, option: str) -> dt.timedelta | None:
    from config.settings import parse_duration

    try:
        return parse_duration(text) if text else None
    except ValueError as problem:
        stop(f"{option} {text!r} {problem}")


def period_or_stop(workspace: Workspace, since: str | None, until: str | None) -> Period:
    from ui.pipeline import period_of

    try:
        return period_of(workspace, now=now(), since=day_or_stop(since, "--since"), until=day_or_stop(until, "--until"))
    except ValueError as problem:
        stop(str(problem))


def one_of(value: str | None, allowed: Sequence[str], option: str) -> None:
    if value is not None and value not in allowed:
        stop(f"{option} {value!r} is not known; choose one of {', '.join(allowed)}")
