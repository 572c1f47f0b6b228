"""The command groups."""

from flask import Flask


def register(app: Flask) -> None:
    """Give the app its commands."""
