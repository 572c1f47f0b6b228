"""Streams: what every browser is told over its socket, whichever process it is connected to."""

from flask import Flask, current_app

from ticketdesk.live.switchboard import Switchboard


def connect(app: Flask, redis_url: str) -> None:
    """Give the app its switchboard; nothing runs until the first browser comes."""
    app.extensions["ticketdesk.switchboard"] = Switchboard(app, redis_url)


def switchboard(app: Flask | None = None) -> Switchboard:
    """The switchboard of an app, by default of the running one."""
    found: Switchboard = (app or current_app).extensions["ticketdesk.switchboard"]
    return found
