"""The doors that people and machines come in through."""

from flask import Flask

from ticketdesk.web import assets


def register(app: Flask) -> None:
    """Put every door into the app."""
    app.register_blueprint(assets.blueprint)
