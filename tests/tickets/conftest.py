"""A promise to measure by, for what moves clocks."""

import pytest

from tests.people import LONG_AGO, World
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.sla import defaults
from ticketdesk.sla.policy import SlaPolicy


@pytest.fixture
def policy(world: World) -> SlaPolicy:
    """The standard policy in office hours."""
    made = defaults.create(SYSTEM, LONG_AGO)
    db.session.commit()
    return made
