"""How an agent likes the desk: what stands under replies, language, clock, and how lists and pages look."""

from dataclasses import dataclass

from ticketdesk.accounts.agent import DENSITIES, THEMES, Agent
from ticketdesk.core.errors import Invalid
from ticketdesk.core.locales import LOCALES, zones

LONGEST_SIGNATURE = 2_000


@dataclass(frozen=True, slots=True)
class Wishes:
    """Everything that an agent chooses for themselves."""

    signature: str
    locale: str
    timezone: str
    theme: str
    density: str
    opens: str | None  # the name of the view that the desk begins with; None: the first queue
    has_keys: bool
    measures_time: bool


def choose(agent: Agent, wishes: Wishes) -> None:
    """Let the desk be so from now on; raises Invalid for what is no choice."""
    signature = wishes.signature.replace("\r\n", "\n").replace("\x00", "").strip()
    if len(signature) > LONGEST_SIGNATURE:
        raise Invalid(f"This is too long: at most {LONGEST_SIGNATURE:,} letters fit.", "signature")
    if wishes.locale not in LOCALES:
        raise Invalid("Choose one of the languages.", "locale")
    if wishes.timezone not in zones():
        raise Invalid("Choose one of the time zones.", "timezone")
    if wishes.theme not in THEMES:
        raise Invalid("Choose one of these.", "theme")
    if wishes.density not in DENSITIES:
        raise Invalid("Choose one of these.", "density")
    agent.signature, agent.locale, agent.timezone = signature, wishes.locale, wishes.timezone
    agent.theme, agent.density = wishes.theme, wishes.density
    agent.opens, agent.has_keys = wishes.opens, wishes.has_keys
    agent.measures_time = wishes.measures_time
