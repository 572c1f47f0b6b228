"""A promise to measure by: office hours in UTC and the standard policy."""

import pytest
from flask import Flask

from tests.people import LONG_AGO, World
from ticketdesk import wiring
from ticketdesk.core import events
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.sla import defaults, timers
from ticketdesk.sla.policy import SlaPolicy


@pytest.fixture
def policy(world: World) -> SlaPolicy:
    """Normal priority: first answer in 4 hours, each further one in 4, solved in 24, Monday to Friday 9 to 17."""
    made = defaults.create(SYSTEM, LONG_AGO)
    db.session.commit()
    return made


@pytest.fixture(autouse=True)
def _follow(whole_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {kind: [*wiring.NOW.get(kind, ())] for kind in wiring.TICKET_EVENTS}
    for kind in timers.KINDS & set(kinds):
        if timers.follow not in kinds[kind]:
            kinds[kind].append(timers.follow)
    monkeypatch.setattr(wiring, "NOW", kinds)
    events.connect(now=kinds, soon=wiring.SOON)
