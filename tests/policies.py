"""A promise to measure by, for tests of what moves clocks."""

import pytest

from tests.people import LONG_AGO, World
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.sla import defaults
from ticketdesk.sla.policy import SlaPolicy


@pytest.fixture
def policy(world: World) -> SlaPolicy:
    """Normal priority: first answer in 4 hours, each further one in 4, solved in 24, Monday to Friday 9 to 17, UTC."""
    made = defaults.create(SYSTEM, LONG_AGO)
    db.session.commit()
    return made
