"""A storm of posts from several people at once, who write down every answer they get."""

import http.client
import json
import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from tests.service import SITE

TIMEOUT_SECONDS = 30
PATH = "/comments/api/v1/"


@dataclass
class Sent:
    """A comment as its writer knows it: what was sent, and what the service acknowledged."""

    thread: str
    body: dict[str, Any]
    # None while no answer has come: the comment may be there or not.
    id: int | None = None
    status: int = 0
    # What a refusal said of when to try again.
    retry_after: str | None = None
    # Every text that it may rightly have by now; an edit without an answer makes it two.
    texts: set[str] = field(default_factory=set)
    # An account's own cookie: only with it can the same be sent again.
    cookie: str = ""
    seconds: float = 0.0


class Client:
    """A browser: one connection that is kept, one cookie."""

    def __init__(self, port: int, cookie: str = "", address: str = "") -> None:
        self.cookie = cookie
        # As a proxy says it.
        self._address = address
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any, Any]:
        """Status, headers and JSON of an answer. Raises OSError or HTTPException without one."""
        headers = {"Origin": SITE, "Content-Type": "application/json"}
        if self.cookie:
            headers["Cookie"] = self.cookie
        if self._address:
            headers["X-Forwarded-For"] = self._address
        data = None if body is None else json.dumps(body)
        try:
            self._connection.request(method, PATH + path, data, headers)
            answer = self._connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        for cookie in answer.headers.get_all("Set-Cookie", []):
            if cookie.startswith("postil="):
                self.cookie = cookie.split(";")[0]
        return answer.status, answer.headers, json.loads(text) if text else None

    def post(self, sent: Sent) -> tuple[int, Any]:
        """Post a comment, noting down what is answered."""
        began = time.monotonic()
        status, headers, answer = self.call("POST", f"threads/{sent.thread}/comments", sent.body)
        sent.seconds = time.monotonic() - began
        sent.status, sent.retry_after = status, headers["Retry-After"]
        if status in (201, 202):
            assert sent.id in (None, answer["id"]), "a retry gave another comment"
            sent.id = answer["id"]
        return status, headers

    def close(self) -> None:
        self._connection.close()


class Writer(threading.Thread):
    """Somebody who posts, answers and edits without a pause until the service is gone."""

    def __init__(
        self, name: str, port: int, threads: tuple[str, ...], seed: str, cookie: str = ""
    ) -> None:
        super().__init__(name=name, daemon=True)
        self.sent: list[Sent] = []
        self.surprises: list[str] = []
        self.over = threading.Event()
        self.client = Client(port, cookie)
        self._threads = threads
        self._account = cookie
        self._random = random.Random(seed)

    def run(self) -> None:
        try:
            while not self.over.is_set():
                answered = [each for each in self.sent if each.status == 201]
                if answered and self._random.random() < 0.1:
                    self._edit(self._random.choice(answered[-20:]))
                else:
                    self._post(answered)
        except (OSError, http.client.HTTPException):
            # Killed. What was on its way has no answer and stays uncertain.
            pass
        finally:
            self.client.close()

    def _post(self, answered: list[Sent]) -> None:
        number = len(self.sent)
        words = f"{self.name} says number {number}: " + "pelicans fish together, " * 5
        # Too many links let a comment wait for a moderator.
        held = self._random.random() < 0.1
        body: dict[str, Any] = {
            "body": words + "https://example.org/ " * (5 if held else 0),
            "key": f"{self.name}-{number}",
        }
        if not self._account:
            body["name"] = self.name
        thread = self._random.choice(self._threads)
        here = [each for each in answered[-20:] if each.thread == thread]
        if here and self._random.random() < 0.3:
            body["parent"] = self._random.choice(here).id
        sent = Sent(thread, body, texts={body["body"].strip()}, cookie=self._account)
        self.sent.append(sent)
        status, _ = self.client.post(sent)
        if status != (202 if held else 201):
            self.surprises.append(f"{body['key']}: {status}")

    def _edit(self, mine: Sent) -> None:
        text = f"{self.name} changed his mind about {mine.body['key']}, {self._random.random()}."
        before = set(mine.texts)
        mine.texts.add(text)
        status, _, answer = self.client.call("PATCH", f"comments/{mine.id}", {"body": text})
        if status == 200:
            mine.texts = {text}
        else:
            mine.texts = before
            self.surprises.append(f"edit of {mine.body['key']}: {status} {answer}")
