"""Simulations as tests hold them: a form as a browser would send it, and the background doing its work."""

from typing import Any

from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import select

from ticketdesk.core import clock, jobs
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.sla import simulating


def filled(page: str) -> dict[str, Any]:
    """The long form on a page with what stands in its fields."""
    [form] = LexborHTMLParser(page).css("form.td-form")
    values: dict[str, list[str]] = {}
    for field in form.css("input[name], select[name], textarea[name]"):
        given = field.attributes
        if field.tag == "select":
            chosen = [one.attributes.get("value") or "" for one in field.css("option[selected]")]
            chosen = chosen or [one.attributes.get("value") or "" for one in field.css("option")[:1]]
        elif field.tag == "textarea":
            chosen = [field.text().strip()]
        elif given.get("type") in ("checkbox", "radio") and "checked" not in given:
            chosen = []
        else:
            chosen = [given.get("value") or ""]
        values.setdefault(given["name"] or "", []).extend(chosen)
    return {name: value if len(value) > 1 else value[0] for name, value in values.items() if value}


def run_all() -> None:
    """Work out everything that was asked."""
    for row_id in db.session.scalars(select(OutboxRow.id).where(OutboxRow.task == simulating.TASK)).all():
        jobs.run(row_id, clock.now())
