"""What the product says of itself: one line an event, with the request or job it belongs to, never a secret."""

import contextlib
import logging
import secrets
import sys
import textwrap
import warnings
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from ticketdesk.core.config import Config

HIDDEN = "[hidden]"
# A key is secret when one of these is a part of its name.
SECRET_NAMES = ("password", "secret", "token", "authorization", "cookie", "api_key", "dsn", "credential")
LONGEST_VALUE = 10_000
LONGEST_REQUEST_ID = 64
# These say at INFO what only their authors want to know.
QUIET = ("alembic.runtime.plugins", "httpx", "mail.log", "rq.worker", "rq.scheduler", "urllib3")


def set_up(config: Config, part: str, stream: TextIO | None = None) -> None:
    """Send everything, other libraries' logging too, to `stream` (stderr): readable, or JSON in production.

    `part` names the process, as in "web" or "worker".
    """
    stream = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    last: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if config.production:
        last += [_named(part), structlog.processors.format_exc_info, hide_secrets, _as_json()]
    else:
        last += [structlog.processors.format_exc_info, hide_secrets, _as_words]
    formatter = structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=last)
    output = logging.StreamHandler(stream)
    output.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [output]
    root.setLevel(config.log_level)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(True)
    if config.production:
        warnings.simplefilter("ignore", ResourceWarning)


@contextlib.contextmanager
def bound(**values: Any) -> Iterator[None]:
    """Write `values` on every line inside, as in `bound(request=new_id())` or `bound(job=job.id)`."""
    with structlog.contextvars.bound_contextvars(**values):
        yield


def new_id() -> str:
    """A name for one request or job, to find its lines by."""
    return secrets.token_hex(6)


def request_id(given: str | None) -> str:
    """The id a proxy in front of us gave the request, when it is a plain word; else a new one."""
    plain = given is not None and given.isascii() and 0 < len(given) <= LONGEST_REQUEST_ID
    if given is not None and plain and given.replace("-", "").replace("_", "").isalnum():
        return given
    return new_id()


def hide_secrets(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Replace what is secret by its name, and passwords inside addresses; a last net, not a licence."""
    for key, value in event.items():
        event[key] = _hidden(key, value)
    return event


def hide_in_addresses(text: str) -> str:
    """The text with `://user:password@` made `://[hidden]@`, in one pass."""
    done, rest = "", text
    while True:
        before, mark, rest = rest.partition("://")
        done += before + mark
        if not mark:
            return done
        end = next((at for at, letter in enumerate(rest) if letter in " /?#\"'<>\n\t"), len(rest))
        at = rest.rfind("@", 0, end)
        if at >= 0 and ":" in rest[:at]:
            done += HIDDEN
            rest = rest[at:]


def _hidden(key: str, value: Any) -> Any:
    name = key.lower()
    if value is not None and any(word in name for word in SECRET_NAMES):
        return HIDDEN
    if isinstance(value, str):
        short = value if len(value) <= LONGEST_VALUE else value[:LONGEST_VALUE] + "…"
        return hide_in_addresses(short) if "://" in short else short
    if isinstance(value, Mapping):
        return {str(inner): _hidden(str(inner), one) for inner, one in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden("", one) for one in value]
    return value


def _named(part: str) -> Processor:
    def add(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        event["part"] = part
        return event

    return add


def _as_json() -> Processor:
    return structlog.processors.JSONRenderer(default=str, ensure_ascii=False)


def _as_words(logger: WrappedLogger, method: str, event: MutableMapping[str, Any]) -> str:
    """`12:00:00 warning nudge lost  rows=3`; a traceback follows on lines of its own."""
    at = str(event.pop("timestamp", ""))[11:19]
    level = str(event.pop("level", ""))
    trace = event.pop("exception", None)
    event.pop("logger", None)
    head = _one_line(str(event.pop("event", "")))
    words = [f"{at} {level:<7} {head}"]
    words += [f"{key}={_one_line(str(value))}" for key, value in event.items()]
    line = "  ".join([words[0], " ".join(words[1:])]) if len(words) > 1 else words[0]
    return f"{line}\n{textwrap.indent(trace, '  | ')}" if trace else line


def _one_line(text: str) -> str:
    """Nobody outside may begin a line of the log, or colour it."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
