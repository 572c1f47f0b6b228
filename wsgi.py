"""The WSGI entrance."""

import sys

from ticketdesk import create_app
from ticketdesk.core.environment import ConfigError

try:
    app = create_app()
except ConfigError as error:
    sys.exit(str(error))
