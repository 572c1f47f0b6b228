"""What customers of Harrow & Pine come to: help centre, forms, chat and survey; and the words agents have ready."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ticketdesk.automation import macros
from ticketdesk.channels.chat import widgets
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.channels.form import editing as forms
from ticketdesk.channels.form.fields import Field
from ticketdesk.channels.form.form import Form
from ticketdesk.core.actor import Actor
from ticketdesk.demo.company import CARE, DELIVERY, ORDERS, Company
from ticketdesk.knowledge import writing
from ticketdesk.surveys import settings

ARTICLES = Path(__file__).parent / "articles"
SHOP = "https://shop.example.com"
_ICONS = {"Delivery": "truck", "Care and spare parts": "chair", "Orders and refunds": "card"}
_ORDER = Field("", "text", "Order number", "It begins with HP and stands in every mail of ours.", required=True)
_FORMS = (
    (
        "Something arrived damaged",
        "damaged",
        DELIVERY,
        "We are sorry. Tell us what you see; you need not send anything back before we have looked at it together.",
        (_ORDER, Field("", "choice", "What is it?", choices=("Bench", "Table", "Chair or lounger", "Something else"))),
    ),
    (
        "Orders and refunds",
        "orders",
        ORDERS,
        "Within our hours you hear from a person in a few hours, mostly sooner.",
        (_ORDER,),
    ),
    (
        "Care and spare parts",
        "care",
        CARE,
        "Every part can be had singly for five years.",
        (Field("", "text", "Number of your piece", "For example KB-15-0226-118; it stands under the seat."),),
    ),
)

_MACROS = (
    macros.Setup(
        "Ask for a photo of the label",
        "Hello {{customer.first_name}},\n\nI am sorry about this. Could you send a photo of the label on the box? "
        "Then I can see which batch it came from.",
        category="pending",
        tags=("label-asked",),
        assigns=True,
    ),
    macros.Setup(
        "Spare part is in the post",
        "Hello {{customer.first_name}},\n\nthe part is in the post, free of charge, with the right key in the bag. "
        "It takes two to three days.",
        category="solved",
        tags=("spare-parts",),
    ),
    macros.Setup(
        "Search with the courier",
        "Hello {{customer.first_name}},\n\nI have opened a search with the courier. They must answer within 24 hours; "
        "whatever they say, you get either your parcel or another one.",
        category="on_hold",
        tags=("courier",),
    ),
    macros.Setup(
        "Refund has left us",
        "Hello {{customer.first_name}},\n\nthe refund left us today. Your bank shows it within three working days, "
        "from abroad in up to seven.",
        category="solved",
        tags=("refund",),
    ),
    macros.Setup("Something nobody should sit on", priority="high", tags=("safety",), assigns=True),
    macros.Setup(
        "Grüße auf Deutsch",
        "Guten Tag {{customer.name}},\n\nvielen Dank für Ihre Nachricht. \n\nHerzliche Grüße\n{{agent.first_name}}",
    ),
)


@dataclass(frozen=True, slots=True)
class Shopfront:
    """The doors by which customers come."""

    forms: dict[str, Form]  # by queue
    widgets: dict[str, Widget]


def furnish(firm: Company, at: datetime) -> Shopfront:
    """Set all of it up, as the administrator would on their screens."""
    ada = firm.agents["Ada"].actor
    _publish(firm, ada, at)
    settings.save(firm.brand.id, settings.Rules(delay_minutes=120, follow_up_days=2, enabled=True), ada, at)
    for macro in _MACROS:
        macros.create(macro, ada, at)
    made = {
        queue: forms.create(
            forms.Setup(
                title=title,
                slug=slug,
                brand_id=firm.brand.id,
                queue_id=firm.queues[queue].id,
                introduction=introduction,
                fields=fields,
                origins=(SHOP,),
            ),
            ada,
            at,
        )
        for title, slug, queue, introduction, fields in _FORMS
    }
    chats = {
        queue: widgets.create(
            widgets.Setup(
                name=name,
                brand_id=firm.brand.id,
                queue_id=firm.queues[queue].id,
                origins=(SHOP,),
                greeting=greeting,
                away_text="We are asleep, but not for long. Leave your address, and the answer comes by mail.",
            ),
            ada,
            at,
        )
        for queue, name, greeting in (
            (ORDERS, "Shop", "Good day! Which piece may we help you with?"),
            (CARE, "Care pages", "Good day! What does your furniture need?"),
        )
    }
    return Shopfront(made, chats)


def _publish(firm: Company, by: Actor, at: datetime) -> None:
    """Each file: title, summary and section in a line each, then the words."""
    sections = {name: writing.add_section(firm.brand.id, name, icon, by, at) for name, icon in _ICONS.items()}
    for path in sorted(ARTICLES.glob("*.md")):
        head, _, body = path.read_text(encoding="utf-8").partition("\n\n")
        title, summary, section = head.splitlines()
        words = writing.Words(title, summary, body)
        writing.publish(writing.write(sections[section], words, by, at, slug=path.stem[3:]), by, at)
