"""What `mail parse` prints."""

import binascii
import json
from pathlib import Path

from click.testing import CliRunner

from tests.channels.email.letters import letter, parts
from ticketdesk.channels.email.report import parse_command

_KEYS = {
    "file", "from", "to", "cc", "reply_to", "subject", "date", "message_id", "in_reply_to", "references", "text",
    "html",
    "reply_text", "quoted_text", "signature", "attachments", "is_bounce", "failed_recipients", "is_auto_reply",
    "auto_reply_reason", "is_list", "forwarded", "defects",
}  # fmt: skip


def test_a_line_per_file_in_order(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(letter(subject="Grüße \u2028"))
    (tmp_path / "b.eml").write_bytes(b"")
    names = [str(tmp_path / "a.eml"), str(tmp_path / "b.eml"), "-"]
    ran = CliRunner().invoke(parse_command, names, input=letter(subject="Third"))
    found = [json.loads(line) for line in ran.output.splitlines()]
    assert ran.exit_code == 0
    assert [one["file"] for one in found] == names
    assert all(one.keys() == _KEYS for one in found)
    assert [one["subject"] for one in found] == ["Grüße", "", "Third"]
    assert found[0]["date"] == "2026-03-02T09:00:00Z"
    assert found[1]["defects"] == ["an empty message"]


def test_a_path_that_cannot_be_read_ends_with_2(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(letter())
    ran = CliRunner().invoke(parse_command, [str(tmp_path / "none.eml"), str(tmp_path / "a.eml")])
    assert ran.exit_code == 2
    assert '"subject": "Printer"' in ran.output


def test_a_wrapped_file_is_told_as_it_came_and_as_what_it_holds(tmp_path: Path) -> None:
    picture = bytes(range(100))
    lines = [binascii.b2a_uu(picture[at : at + 45]).decode().rstrip("\n") for at in range(0, 100, 45)]
    old = "\r\n".join(["begin 644 elm.png", *lines, "`", "end", ""])
    (tmp_path / "a.eml").write_bytes(
        parts(
            "Content-Type: text/plain\r\n\r\nLook.",
            f'Content-Type: image/png; name="elm.png"\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\n{old}',
        )
    )
    ran = CliRunner().invoke(parse_command, [str(tmp_path / "a.eml")])
    told = [(one["filename"], one["size"]) for one in json.loads(ran.output)["attachments"]]
    assert told == [("elm.png", len(old.replace("\r", ""))), ("elm.png", 100)]
