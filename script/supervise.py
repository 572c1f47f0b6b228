"""Starts the web's process, which imports the product while this one does, and becomes the supervisor.

Both imports take seconds, and the web cannot be forked from here: gevent must change the standard library first.
"""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

if __name__ == "__main__":
    began = time.monotonic()
    ours, theirs = socket.socketpair()
    words = write = None
    if os.environ.get("TICKETDESK_ENV") != "production":
        # To be shown with its name; what it says before we can listen waits in the pipe.
        words, write = os.pipe()
    web = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", "script/gunicorn.conf.py", "wsgi:app"],
        cwd=ROOT,
        env={**os.environ, "TICKETDESK_WEB_GATE": str(theirs.fileno())},
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=write,
        stderr=write,
        process_group=0,
    )
    theirs.close()
    if write is not None:
        os.close(write)

    sys.path[0] = str(ROOT)
    from ticketdesk import supervisor

    sys.exit(supervisor.main(supervisor.HeadStart(web, ours, words, began)))
