"""What customers of Harrow & Pine wrote lately, and what they were told."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Turn:
    """One step of a conversation; `after` is minutes since the step before it.

    `who` is "customer" or an agent's first name; `does` is "writes", "notes", "solves", "waits" or "takes".
    """

    after: int
    who: str
    does: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """One matter: who asked what, where, how urgent, and how it went on. `ago` is minutes before now."""

    ago: int
    name: str
    address: str
    queue: str
    subject: str
    text: str
    priority: str = "normal"
    tags: tuple[str, ...] = ()
    turns: tuple[Turn, ...] = ()


DAMAGE = "Delivery & damage"
ORDERS = "Orders & refunds"
CARE = "Care & spare parts"

CONVERSATIONS = (
    Conversation(
        190,
        "Maya Thornton",
        "maya.thornton@example.org",
        DAMAGE,
        "Cracked armrest on teak bench",
        "Hello,\n\nthe Kelso bench (order HP-20877) came this morning. The left armrest has a crack along the grain, "
        "right through at the front bolt. Can you send a new one? I would rather not send the whole bench back.\n\n"
        "Maya",
        "high",
        ("damage", "teak"),
        (
            Turn(24, "Alice", "takes"),
            Turn(
                3,
                "Alice",
                "writes",
                "Hello Maya,\n\nI am sorry about the armrest. Could you send a photo of the label on the box? "
                "Then I can see which batch it came from.",
            ),
            Turn(
                62,
                "customer",
                "writes",
                "Here it is: batch 0226, packed on 3 March. My partner David will be at home when the courier comes.",
            ),
            Turn(
                18,
                "Bob",
                "notes",
                "Batch 0226 again: third bench from this container with a split at the front bolt. The workshop has "
                "six spare armrests. @Alice send one, no need to collect the bench.",
            ),
        ),
    ),
    Conversation(
        320,
        "Owen Barlow",
        "owen.barlow@example.net",
        DAMAGE,
        "Pallet left at the wrong gate",
        "The driver has gone and I cannot lift it on my own. It stands at the farm gate half a mile from the house, "
        "and rain is forecast for tonight. Who can move it?",
        "urgent",
        ("courier",),
    ),
    Conversation(
        95,
        "Farah Siddiqui",
        "farah.siddiqui@example.org",
        ORDERS,
        "Two cushions missing from set",
        "Order HP-20914: four cushions ordered and paid for, two in the box. The packing list says four.",
        "high",
        ("missing",),
    ),
    Conversation(
        60,
        "Lena Fischer",
        "lena.fischer@example.de",
        ORDERS,
        "Delivery slot before Easter?",
        "Saturday would be best, if that exists. We are away from Monday on.",
        turns=(Turn(20, "Priya", "takes"),),
    ),
    Conversation(
        45,
        "Callum Reid",
        "callum.reid@example.net",
        CARE,
        "Parasol base too light",
        "The scales say 38 kg, the page says 50 kg. It tipped over in the first wind. Is there a plate to add?",
    ),
    Conversation(
        280,
        "Ana Moreira",
        "ana.moreira@example.org",
        DAMAGE,
        "Courier asks for a pallet fee",
        "They would not unload without a payment of 25 in cash. Is that right? I paid for delivery to the garden.",
        turns=(
            Turn(40, "Bob", "takes"),
            Turn(
                10,
                "Bob",
                "writes",
                "Hello Ana,\n\nno, that is not right, and I am sorry. Please send me a photo of the slip they gave "
                "you and we refund it today.",
            ),
            Turn(1, "Bob", "waits"),
        ),
    ),
    Conversation(
        2900,
        "Ruth Adeyemi",
        "ruth.adeyemi@example.org",
        ORDERS,
        "Bench arrived in the wrong colour",
        "I ordered the Fjord bench in slate and got sand. It is a lovely bench, but it clashes with everything.",
        tags=("wrong-item",),
        turns=(
            Turn(70, "Carol", "takes"),
            Turn(
                15,
                "Carol",
                "writes",
                "Hello Ruth,\n\nthat must have been a surprise. May I ask for a photo of the label? Then I can "
                "reserve the right one for you today.",
            ),
            Turn(1, "Carol", "waits"),
        ),
    ),
    Conversation(
        4400,
        "Peter Lindqvist",
        "peter.lindqvist@example.se",
        CARE,
        "Replacement screws for Fjord chair",
        "Two of the M6 screws broke when I tightened them. Can I buy a bag of eight?",
        tags=("spare-parts",),
        turns=(
            Turn(30, "Priya", "takes"),
            Turn(
                12,
                "Priya",
                "writes",
                "Hello Peter,\n\na bag of eight is in the post, free of charge. It takes three days.",
            ),
            Turn(1, "Priya", "solves"),
            Turn(4200, "customer", "writes", "That is the right bag, thank you!"),
        ),
    ),
    Conversation(
        1500,
        "Marco Bianchi",
        "marco.bianchi@example.it",
        DAMAGE,
        "Collection of the damaged lounger",
        "The lounger is packed again and stands in the garage. When will it be collected?",
        turns=(
            Turn(55, "Alice", "takes"),
            Turn(
                5,
                "Alice",
                "writes",
                "Hello Marco,\n\nwhich days suit you next week? The courier comes between 8 and 13.",
            ),
            Turn(0, "Alice", "waits"),
        ),
    ),
    Conversation(
        30,
        "Grace Okonjo",
        "grace.okonjo@example.com.ng",
        ORDERS,
        "Invoice for insurance claim",
        "I need the invoice of order HP-19002 with the serial number of the table. Monday is early enough.",
        "low",
    ),
    Conversation(
        12,
        "Huw Prosser",
        "huw.prosser@example.cymru",
        CARE,
        "Delivery note in Welsh",
        "Oes gennych chi'r nodyn danfon yn Gymraeg? No hurry with this one.",
        "low",
    ),
    Conversation(
        8600,
        "Ines Calder",
        "ines.calder@example.org",
        CARE,
        "Which oil for the teak table?",
        "The leaflet says linseed, the page says tung. Which one is it?",
        turns=(
            Turn(200, "Alice", "takes"),
            Turn(
                10,
                "Alice",
                "writes",
                "Hello Ines,\n\ntung oil, one thin coat in spring. The leaflet is old; sorry for the mix-up.",
            ),
            Turn(1, "Alice", "solves"),
        ),
    ),
    Conversation(
        5800,
        "Joan Whitlock",
        "joan.whitlock@example.net",
        DAMAGE,
        "Scratched table top",
        "There is a scratch of about ten centimetres across the middle. Photos will follow tonight.",
        tags=("damage",),
        turns=(
            Turn(45, "Bob", "takes"),
            Turn(
                20,
                "Bob",
                "writes",
                "Hello Joan,\n\nthank you. With the photos I can order the right finish kit or a new top, as you like.",
            ),
            Turn(1, "Bob", "waits"),
            Turn(
                2600,
                "customer",
                "writes",
                "Sorry for the delay. It is deeper than I thought; I would prefer a new top.",
            ),
        ),
    ),
    Conversation(
        20,
        "Tomasz Zielinski",
        "tomasz.zielinski@example.pl",
        ORDERS,
        "Discount code does not work",
        "SPRING15 says it is not valid for my basket, but everything in it is full price.",
    ),
)
