"""Numbers in addresses are keys of rows, so a larger one than any key leads nowhere."""

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

LARGEST = 2**63 - 1


class KeyConverter(IntegerConverter):
    """A number that fits a column; anything else is an address that does not exist."""

    def __init__(self, map: Map, *args: int, **given: int) -> None:  # the name is Werkzeug's
        super().__init__(map, *args, **{"max": LARGEST, **given})  # type: ignore[arg-type]


def register(app: Flask) -> None:
    """Use it for every `<int:…>`; comes before any route."""
    app.url_map.converters["int"] = KeyConverter
