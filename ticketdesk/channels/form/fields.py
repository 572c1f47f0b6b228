"""The fields a form asks beside those that every form has."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ticketdesk.core.db import Json

KINDS = ("text", "long_text", "choice", "checkbox", "number", "date")
PREFIX = "own-"
"""Before the key of a field, so that no field of a form's own can be taken for one that every form has."""


@dataclass(frozen=True, slots=True)
class Field:
    """One question. The key stays when label and order change."""

    key: str
    kind: str
    label: str
    hint: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Under which its answer arrives."""
        return f"{PREFIX}{self.key}"


def read(stored: Iterable[Mapping[str, Any]]) -> tuple[Field, ...]:
    """The fields as a form's row keeps them."""
    return tuple(Field(**{**row, "choices": tuple(row.get("choices", ()))}) for row in stored)


def stored(fields: Iterable[Field]) -> list[Json]:
    """The same the other way round."""
    return [{**asdict(field), "choices": list(field.choices)} for field in fields]
