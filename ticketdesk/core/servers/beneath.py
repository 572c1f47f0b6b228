"""Commands that find their database and Redis running beneath them."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from weakref import WeakSet

import click
from flask.cli import ScriptInfo

from ticketdesk.core.config import Config
from ticketdesk.core.servers.process import ServerError
from ticketdesk.core.servers.running import running

# Commands live as long as the process, and may be given to several apps.
_DONE: WeakSet[click.Command] = WeakSet()


def with_servers(command: click.Command, *, with_redis: bool = True) -> click.Command:
    """Make the command, or the group with all of its commands, start what it needs and is not running yet."""
    if command not in _DONE:
        _DONE.add(command)
        command.callback = _prepared(command.callback, with_redis)
    return command


def _prepared(callback: Callable[..., Any] | None, with_redis: bool) -> Callable[..., Any]:
    def begin(*words: Any, **options: Any) -> Any:
        context = click.get_current_context()
        config: Config = context.ensure_object(ScriptInfo).load_app().extensions["ticketdesk.config"]
        try:
            # Left when the command, or the last one of the group, has ended.
            context.with_resource(running(config, with_redis=with_redis))
        except ServerError as error:
            raise click.ClickException(str(error)) from None
        return callback(*words, **options) if callback is not None else None

    return wraps(callback)(begin) if callback is not None else begin
