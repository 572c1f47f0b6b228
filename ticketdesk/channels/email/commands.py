"""Mail on the command line: `mail parse`, `mail ingest` and `mail serve`."""

import contextlib
import json
import logging
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from ticketdesk.channels.email import door, intake, matching, sources, understanding
from ticketdesk.channels.email.addresses import normalise
from ticketdesk.channels.email.raw_mail import RawMail
from ticketdesk.channels.email.report import parse_command
from ticketdesk.channels.mailbox import Mailbox, default_mailbox, find
from ticketdesk.core import bell, clock, jobs, logs
from ticketdesk.core.config import Config
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.core.servers.running import running
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.side_conversation import SideConversation, SideMessage
from ticketdesk.tickets.ticket import Ticket

SECONDS_FOR_OTHERS = 60
"""How long to wait for a worker that took the mail before we could."""

mail = AppGroup("mail", help="Mail in and out.")
mail.add_command(parse_command)


@mail.command("serve")
def serve_command() -> None:
    """Stand at the mail door (SMTP and LMTP) until stopped."""
    config: Config = current_app.extensions["ticketdesk.config"]
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    try:
        door.serve(app, config.mail_host, config.mail_port)
    except OSError as error:
        place = f"{config.mail_host}:{config.mail_port}"
        words = f"The mail door cannot open at {place} (MAIL_HOST, MAIL_PORT): {error.strerror or error}"
        raise click.ClickException(words) from error


@mail.command("ingest")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--mailbox", "address", metavar="ADDRESS", help="Whose mail it is; the default mailbox when left out.")
def ingest_command(paths: tuple[str, ...], address: str | None) -> None:
    """Take in mail from files, folders, mbox files, Maildirs or `-`, here and now; print a line of JSON for each."""
    with _servers():
        mailbox = _mailbox(address)
        mailbox_id = mailbox.id if mailbox is not None else None
        missing = 0
        for path in paths:
            try:
                for name, raw in sources.mails(path):
                    click.echo(json.dumps({"file": name} | _ingest(raw, mailbox_id), ensure_ascii=False))
            except OSError as error:
                click.echo(f"{path}: {error.strerror or error}", err=True)
                missing += 1
        if missing:
            click.get_current_context().exit(2)


def _mailbox(address: str | None) -> Mailbox | None:
    if address is None:
        return default_mailbox()
    mailbox = find(normalise(address))
    if mailbox is None:
        raise click.BadParameter(f"{address} is no mailbox of ours.", param_hint="--mailbox")
    return mailbox


def _ingest(raw: bytes, mailbox_id: int | None) -> dict[str, Any]:
    """Take one mail in through the ordinary door, but do the work of understanding it at once."""
    now = clock.now()
    try:
        mailbox = db.session.get(Mailbox, mailbox_id) if mailbox_id is not None else None
        stored = intake.store(raw, source="cli", mailbox=mailbox, received_at=now)
        raw_id, row = stored.id, intake.work_on(stored.id)
        row_id = row.id
        # Nobody need be told of the work, for we do it ourselves.
        row.nudged_at = now
        db.session.info.get("outbox", []).remove(row)
        db.session.commit()
    except (SQLAlchemyError, OSError) as error:
        db.session.rollback()
        raise click.ClickException(f"The mail could not be stored: {error}") from error
    state = jobs.run(row_id, now)
    if state is None:
        _wait_for(raw_id)
    elif state != "done":
        _give_up(raw_id, row_id, clock.now())
    return _outcome(raw_id, row_id)


def _wait_for(raw_id: int) -> None:
    """Another worker has the mail: see what becomes of it."""
    for _ in range(SECONDS_FOR_OTHERS * 10):
        db.session.rollback()
        if db.session.scalar(select(RawMail.state).where(RawMail.id == raw_id)) != "stored":
            return
        time.sleep(0.1)


def _give_up(raw_id: int, row_id: int, now: datetime) -> None:
    """Understanding it failed: set it aside at once instead of trying again behind the caller's back."""
    row = db.session.get_one(OutboxRow, row_id, populate_existing=True)
    understanding.set_aside(raw_id, f"It could not be understood: {row.error}", now)
    row.state, row.finished_at = "failed", now
    db.session.commit()


def _outcome(raw_id: int, row_id: int) -> dict[str, Any]:
    """What became of a mail, in the words of CONTRACTS."""
    raw = db.session.get_one(RawMail, raw_id, populate_existing=True)
    said = db.session.scalar(select(OutboxRow.response).where(OutboxRow.id == row_id))
    first = raw.duplicate_of_id if raw.state == "duplicate" else raw.id
    message = db.session.scalar(select(Message).where(Message.raw_mail_id == first)) or _beside(first)
    ticket_id = _ticket_with(message) if message is not None else None
    ticket = db.session.get(Ticket, ticket_id) if ticket_id is not None else None
    outcome = {
        "outcome": raw.state if raw.state in ("duplicate", "quarantined") else said or raw.label or raw.state,
        "ticket": ticket.number if ticket is not None else None,
        "message_id": message.rfc_id if message is not None else None,
        "threaded_by": message.threaded_by if message is not None and raw.state == "message" else None,
        "reason": raw.reason or (message.inert if message is not None and raw.label else None),
    }
    db.session.rollback()
    return outcome


def _beside(raw_id: int | None) -> SideMessage | None:
    """What a mail became in a side conversation."""
    return db.session.scalar(select(SideMessage).where(SideMessage.raw_mail_id == raw_id))


def _ticket_with(message: Message | SideMessage) -> int | None:
    if isinstance(message, Message):
        return matching.ticket_with(message.id)
    return db.session.scalar(select(SideConversation.ticket_id).where(SideConversation.id == message.side_id))


@contextlib.contextmanager
def _servers() -> Iterator[None]:
    """The database for the length of the command, and no waiting for a Redis that is not there."""
    config: Config = current_app.extensions["ticketdesk.config"]
    logs.set_up(config, "mail")
    with running(config, with_redis=False):
        impatient = Redis.from_url(config.redis_url, retry=Retry(NoBackoff(), 0), socket_connect_timeout=1)
        patient = current_app.extensions["ticketdesk.redis"]
        current_app.extensions["ticketdesk.redis"] = impatient
        try:
            impatient.ping()
        except (RedisError, OSError):
            click.echo("Redis does not answer: the background work of these mails begins when it does.", err=True)
            for name in (jobs.__name__, bell.__name__):
                logging.getLogger(name).setLevel(logging.ERROR)  # once is enough
        try:
            yield
        finally:
            current_app.extensions["ticketdesk.redis"] = patient
            db.session.remove()
            impatient.close()
