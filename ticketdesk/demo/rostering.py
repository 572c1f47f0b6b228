"""Who can do what, how much and when at Harrow & Pine, and how its queues hand out their work."""

from datetime import datetime

from ticketdesk.accounts import availability, capacities, skills, working_hours
from ticketdesk.calendars import editing as calendars
from ticketdesk.demo.company import CARE, ORDERS, TIMEZONE, Company
from ticketdesk.routing import setting_up

GERMAN, FRENCH, REPAIRS = "German", "French", "Repairs"
SKILLS = ((GERMAN, "language"), (FRENCH, "language"), (REPAIRS, "subject"))
CAN = {"Alice": (REPAIRS,), "Priya": (REPAIRS, GERMAN), "Carol": (FRENCH,), "Ines": (FRENCH, GERMAN)}
WORKSHOP_WEEK = [[[7 * 60, 20 * 60]]] * 5 + [[[8 * 60, 18 * 60]], [[9 * 60, 17 * 60]]]
"""Care sits beside the workshop, and is there whenever somebody works in it."""
LEADS = "supervisor", 0
"""Those who lead look after the queues, and are handed no work."""
TAKES = (("Bob", "email", 12), ("Carol", "chat", 2), ("Ines", "email", 8), ("Ines", "chat", 1))
"""Who takes another number than the role does: Bob is half in the workshop, and Ines is new."""


def arrange(firm: Company, at: datetime) -> None:
    """Set all of it up, as the administrator would on their screens."""
    ada = firm.agents["Ada"].actor
    named = {name: skills.create(name, kind, ada, at).id for name, kind in SKILLS}
    for who, what in CAN.items():
        skills.give(firm.agents[who], [named[name] for name in what], ada, at)
    role, none = LEADS
    for channel in availability.CHANNELS:
        capacities.set_of_role(role, channel, none, ada, at)
    for who, kind_of_work, most in TAKES:
        capacities.set_own(firm.agents[who], kind_of_work, most, ada, at)
    workshop = calendars.create("Workshop", TIMEZONE, WORKSHOP_WEEK, ada, at)
    working_hours.of_team(firm.crews["Care"], workshop.id, ada, at)
    setting_up.change(firm.queues[CARE], setting_up.Room(required=(named[REPAIRS],)), ada, at)
    setting_up.change(firm.queues[ORDERS], setting_up.Room(sticky=True), ada, at)
    for agent in firm.agents.values():
        # Nobody sits at these desks: what is theirs stays theirs until somebody signs in.
        availability.keep_work(agent, True, ada, at)
