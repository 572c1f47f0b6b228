"""An administrator's browser."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.people import World, sign_in


@pytest.fixture
def ada(app: Flask, world: World) -> FlaskClient:
    """Signed in, with the proof of origin on every request."""
    return sign_in(app.test_client(), world.ada)
