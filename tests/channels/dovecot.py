"""A real IMAP server in a temporary folder."""

import contextlib
import grp
import imaplib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.needs import need
from tests.ports import free_port

USER, PASSWORD = "support", "a-password-for-tests"

_CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
mail_max_userip_connections = 200
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
{mechanisms}
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%u
mail_uid = {uid}
mail_gid = {gid}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password_word}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


@dataclass
class Dovecot:
    """The server's port, and a way to play the person who uses the mailbox."""

    folder: Path
    port: int

    @contextlib.contextmanager
    def person(self) -> Iterator[imaplib.IMAP4]:
        """Somebody with a mail program."""
        with imaplib.IMAP4("127.0.0.1", self.port, timeout=10) as client:
            client.login(USER, PASSWORD)
            client.select("INBOX")
            yield client

    def bring(self, *mails: bytes, folder: str = "INBOX") -> None:
        """Put mails into a folder."""
        with self.person() as client:
            for raw in mails:
                assert client.append(folder, "", "", raw)[0] == "OK"


_BY_TOKEN = """
auth_mechanisms = plain login xoauth2
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf
}}
"""


@contextlib.contextmanager
def running(introspection: str | None = None) -> Iterator[Dovecot]:
    """Started, and stopped with all that it keeps; with an address to ask what a token is worth, tokens let in."""
    program = need("dovecot")
    # Where the tests run as root, the server's own people have to pass through.
    folder = Path(tempfile.mkdtemp(prefix="dovecot-")).resolve()
    folder.chmod(0o755)
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    port = free_port()
    (folder / "mail").mkdir()
    os.chown(folder / "mail", user.pw_uid, user.pw_gid)
    words = {
        "folder": folder,
        "user": user.pw_name,
        "group": grp.getgrgid(user.pw_gid).gr_name,
        "uid": user.pw_uid,
        "gid": user.pw_gid,
        "port": port,
        "password_word": PASSWORD,
        "mechanisms": _BY_TOKEN.format(folder=folder) if introspection else "",
    }
    (folder / "oauth2.conf").write_text(
        f"introspection_url = {introspection}\nintrospection_mode = get\nusername_attribute = email\n"
        "active_attribute = active\nactive_value = true\n"
    )
    (folder / "dovecot.conf").write_text(_CONFIG.format(**words))
    process = subprocess.Popen(
        [str(program), "-F", "-c", str(folder / "dovecot.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait(port, process, folder)
        yield Dovecot(folder, port)
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + 15
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError, imaplib.IMAP4.error), imaplib.IMAP4("127.0.0.1", port, timeout=5) as client:
            client.noop()
            return
        time.sleep(0.05)
    log = folder / "log"
    raise RuntimeError("Dovecot did not start: " + (log.read_text()[-500:] if log.exists() else "no log"))
