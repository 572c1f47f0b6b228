"""People who chat over bad lines, doing what the pages' scripts do: ask again, with the same key, until it is said."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

import httpx

from ticketdesk.demo.company import PASSWORD

SAID = r"said-[a-z]+-[0-9]+"
_LETTER = re.compile(r'data-seq="(\d+)" data-key')
_PART = re.compile(r'data-part="m(\d+)"')
_END = re.compile(r'<span id="end" data-seq="(\d+)"')
_REFERENCE = re.compile(r'data-reference="([^"]+)"')
_BASED_ON = re.compile(r'name="based_on_seq" value="(\d+)"')
_TOKEN = re.compile(r'<meta name="csrf-token" content="([^"]+)"')
_FIELD = re.compile(r'name="csrf_token" value="([^"]+)"')

PATIENCE = 180.0
"""Seconds in which something must have been said at last, whatever was in the way."""
DOUBLED = 0.2
"""So often a request is sent twice at once."""
LATE = 0.1
"""So often an old request comes once more after newer ones."""
CUT = 0.2
"""So often the answer to a request is not waited for."""
SHORT = 0.02
LONG = 12.0


@dataclass
class Line:
    """One person's connection: requests are doubled, answers lost, and now and then nobody is at the other end."""

    url: str
    source: str
    chance: Random
    client: httpx.Client = field(init=False)
    is_bad: bool = True

    def __post_init__(self) -> None:
        """Connect when there is something to ask."""
        headers = {"X-Forwarded-For": self.source, "Sec-Fetch-Site": "same-origin", "Origin": self.url}
        self.client = httpx.Client(
            base_url=self.url, headers=headers, timeout=LONG, trust_env=False, follow_redirects=True
        )

    def ask(self, method: str, path: str, **options: object) -> httpx.Response:
        """One request as it fares on this line; raises httpx.TransportError when no answer came."""
        if self.is_bad and method != "GET" and self.chance.random() < DOUBLED:
            other = threading.Thread(target=self._quietly, args=(method, path, dict(options)))
            other.start()
            try:
                return self._sent(method, path, options)
            finally:
                other.join()
        return self._sent(method, path, options)

    def _sent(self, method: str, path: str, options: dict[str, object]) -> httpx.Response:
        timeout = SHORT if self.is_bad and self.chance.random() < CUT else LONG
        return self.client.request(method, path, timeout=timeout, **options)  # type: ignore[arg-type]

    def _quietly(self, method: str, path: str, options: dict[str, object]) -> None:
        with unheard():
            self.client.request(method, path, timeout=LONG, **options)  # type: ignore[arg-type]

    def until(self, done: Callable[[], bool], what: str) -> None:
        """Try until it is done, as scripts do: soon, then more slowly. Raises AssertionError in the end."""
        last, pause = time.monotonic() + PATIENCE, 0.1
        while True:
            with unheard():
                if done():
                    return
            assert time.monotonic() < last, f"{what}: not within {PATIENCE:.0f} s"
            time.sleep(pause * (0.5 + self.chance.random()))
            pause = min(pause * 2, 2.0)


@contextmanager
def unheard() -> Iterator[None]:
    """No answer is no answer; the next try will tell."""
    with suppress(httpx.TransportError):
        yield


def _told(begin: re.Pattern[str], page: str) -> Iterator[tuple[int, str]]:
    """Each entry of a page by its number, with its words, empty when it is none of ours."""
    found: list[re.Match[str] | None] = [*begin.finditer(page), None]
    for one, following in pairwise(found):
        assert one is not None
        words = re.search(SAID, page[one.end() : following.start() if following else len(page)])
        yield int(one[1]), words[0] if words else ""


def is_away(answer: httpx.Response) -> bool:
    """Whether the same request may do better later."""
    return answer.status_code == 429 or answer.status_code >= 500


@dataclass
class Visitor:
    """Somebody in a site's chat."""

    name: str
    key: str
    line: Line
    token: str = ""
    said: list[str] = field(default_factory=list)  # what the server acknowledged, in that order
    seen: dict[int, str] = field(default_factory=dict)  # the talk as this browser has it, by number
    last: int = 0  # the newest number that it has
    doubled: list[str] = field(default_factory=list)

    def begin(self, **who: str) -> None:
        """Become a visitor."""

        def begun() -> bool:
            answer = self._ask("POST", "/visits", data={"page": "https://shop.test/", **who})
            if answer.status_code != 201:
                return False
            self.token = answer.json()["token"]
            return True

        self.line.until(begun, f"{self.name} begins")

    def say(self) -> None:
        """Write one message; it is said once the server has acknowledged it."""
        words, fields = self._words(len(self.said))
        if self.said and self.line.chance.random() < LATE:
            with unheard():
                self._ask("POST", "/messages", data=self._words(self.line.chance.randrange(len(self.said)))[1])

        def taken() -> bool:
            answer = self._ask("POST", "/messages", data=fields)
            assert answer.status_code in (200, 201) or is_away(answer), (answer.status_code, answer.text[:500])
            return answer.status_code in (200, 201)

        self.line.until(taken, words)
        self.said.append(words)

    def _words(self, number: int) -> tuple[str, dict[str, str]]:
        words = f"said-{self.name}-{number}"
        return words, {
            "text": f"{words} and more",
            "client_key": f"{self.name}-{number}",
            "page": "https://shop.test/",
        }

    def look(self) -> None:
        """Fetch what came after the last number that this browser has."""
        answer = self._ask("GET", "/talk", params={"after": str(self.last)})
        if is_away(answer):
            return
        assert answer.status_code == 200, (answer.status_code, answer.text[:500])
        for seq, words in _told(_LETTER, answer.text):
            if seq in self.seen:
                self.doubled.append(f"{seq}: {self.seen[seq]} and {words}")
            self.last = max(self.last, seq)
            if words:
                self.seen[seq] = words

    def read(self) -> None:
        """Say how far it was read."""
        self._ask("POST", "/read", data={"seq": str(self.last)})

    def leave(self) -> None:
        """Close the page."""
        self._ask("POST", "/left")

    def _ask(self, method: str, what: str, **options: object) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self.line.ask(method, f"/widget/{self.key}{what}", headers=headers, **options)

    def doubled_in_all(self) -> list[str]:
        """What came twice."""
        return self.doubled

    @property
    def talk(self) -> list[str]:
        """The talk as this browser shows it."""
        return [self.seen[seq] for seq in sorted(self.seen)]


@dataclass
class Conversation:
    """A ticket as an agent's page has it."""

    number: int
    reference: str = ""
    seq: int = 0
    parts: dict[int, str] = field(default_factory=dict)
    doubled: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


@dataclass
class Clerk:
    """An agent who answers chats."""

    name: str
    line: Line
    token: str = ""
    open: dict[int, Conversation] = field(default_factory=dict)
    count: int = 0

    def sign_in(self) -> None:
        """Come to work."""

        def signed_in() -> bool:
            page = self.line.ask("GET", "/sign-in")
            found = _FIELD.search(page.text)
            if found is not None:
                who = {"email": f"{self.name}@example.com", "password": PASSWORD, "csrf_token": found[1]}
                self.line.ask("POST", "/sign-in", data=who)
            desk = self.line.ask("GET", "/desk/")
            token = _TOKEN.search(desk.text)
            self.token = token[1] if token is not None and desk.status_code == 200 else ""
            return bool(self.token)

        self.line.until(signed_in, f"{self.name} signs in")

    def look(self, number: int) -> Conversation:
        """Open a ticket, or fetch what came after the last event that the page has."""
        shown = self.open.setdefault(number, Conversation(number))
        path = f"/desk/tickets/{number}/news" if shown.seq else f"/desk/tickets/{number}"
        answer = self.line.ask("GET", path, headers={"HX-Request": "true", "X-Seen-Seq": str(shown.seq)})
        if is_away(answer):
            return shown
        assert answer.status_code == 200, (answer.status_code, answer.text[:500])
        self._show(shown, answer.text)
        return shown

    def open_up(self, number: int) -> None:
        """Have a ticket on the desk as it is now."""
        self.line.until(lambda: self.look(number).seq > 0, f"#{number} on the desk")

    def _show(self, shown: Conversation, page: str) -> None:
        if 'id="entries"' in page:  # all of it anew
            shown.parts.clear()
            reference = _REFERENCE.search(page)
            shown.reference = reference[1] if reference is not None else shown.reference
        for part, words in _told(_PART, page):
            if part in shown.parts:
                shown.doubled.append(words)
            if words:
                shown.parts[part] = words
        end = _END.search(page)
        if end is not None:
            shown.seq = int(end[1])

    def doubled_in_all(self) -> list[str]:
        """What came twice, in any ticket."""
        return [words for shown in self.open.values() for words in shown.doubled]

    def answer(self, number: int) -> None:
        """Answer in the chat; when somebody else was quicker, look at what they wrote and send it all the same."""
        shown = self.open[number]
        words = f"said-{self.name}-{self.count}"
        fields = {
            "text": f"{words} and more",
            "client_key": f"{self.name}-{self.count}-{number}",
            "channel": "chat",
            "based_on_seq": str(shown.seq),
        }

        def taken() -> bool:
            headers = {"X-CSRFToken": self.token, "HX-Request": "true", "X-Seen-Seq": str(shown.seq)}
            answer = self.line.ask("POST", f"/desk/tickets/{number}/replies", data=fields, headers=headers)
            if answer.status_code == 409:
                found = _BASED_ON.search(answer.text)
                fields["based_on_seq"] = found[1] if found is not None else fields["based_on_seq"]
            assert answer.status_code in (200, 201, 409) or is_away(answer), (answer.status_code, answer.text[:800])
            return answer.status_code in (200, 201)

        self.line.until(taken, words)
        self.count += 1
        shown.said.append(words)
