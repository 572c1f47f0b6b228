"""What a sentence is made from: the facts of an event, who did it, and how people and places are called."""

from collections.abc import Callable
from typing import Any

from ticketdesk.web.desk.names import Names

Data = dict[str, Any]
Sentence = Callable[[Data, str, Names], str]
