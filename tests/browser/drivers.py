"""Three browsers as their makers drive them: one protocol, WebDriver's, by two wires.

Chromium and WebKit listen to a driver by HTTP; Firefox is asked by Marionette, of which its own driver
is a translation that Debian does not have. What a person does goes through the browser's own input;
what a person sees is asked of the page.
"""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests import service
from tests.browser.conftest import PATIENCE_SECONDS, until

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
# WebDriver's names for keys that are no character.
KEYS = {"Enter": "\ue007", "Escape": "\ue00c", "Tab": "\ue004", "Control": "\ue009"}
SIZE = {"width": 1280, "height": 900}

FIND = """const [css, words] = arguments;
return [...document.querySelectorAll(css)].find((each) =>
  each.checkVisibility() && each.textContent.includes(words)) ?? null;"""

Send = Callable[[str, dict[str, Any]], Any]


class Refused(Exception):
    """What was asked for cannot be done, or not yet."""


class Driven:
    """A browser's window, and what a person does and sees in it."""

    def __init__(self, send: Send, site: str) -> None:
        self._send = send
        self._site = site

    def open(self, path: str) -> None:
        self._send("Navigate", {"url": self._site + path if path.startswith("/") else path})

    def ask(self, script: str, *given: Any) -> Any:
        """What a script answers to `arguments`."""
        return self._send("ExecuteScript", {"script": script, "args": list(given)})

    def find(self, css: str, words: str = "") -> dict[str, str]:
        """The first such element that can be seen and holds these words, once there is one."""
        found: list[dict[str, str]] = []

        def is_there() -> bool:
            element = self.ask(FIND, css, words)
            found[:] = [element] if element else []
            return bool(found)

        self._until(is_there, f"{css} with “{words}”")
        return found[0]

    def gone(self, css: str, words: str = "") -> None:
        self._until(lambda: not self.ask(FIND, css, words), f"no {css} with “{words}”")

    def sees(self, script: str, *given: Any) -> None:
        """Wait until an expression about the page is true."""
        self._until(lambda: bool(self.ask(f"return {script};", *given)), script)

    def focused(self, css: str, words: str = "") -> None:
        self.find(css, words)
        self.sees(
            "document.activeElement.matches(arguments[0])"
            " && document.activeElement.textContent.includes(arguments[1])",
            *(css, words),
        )

    def click(self, css: str, words: str = "") -> None:
        def clicked() -> bool:
            self._send("ElementClick", {"id": self.find(css, words)[ELEMENT]})
            return True

        self._until(clicked, f"a click on {css} with “{words}”")

    def type(self, css: str, text: str) -> None:
        """Write a text into an empty field."""
        self._send("ElementSendKeys", {"id": self.find(css)[ELEMENT], "text": text})
        self.sees("document.querySelector(arguments[0]).value.includes(arguments[1])", css, text)

    def clear(self, css: str) -> None:
        self._send("ElementClear", {"id": self.find(css)[ELEMENT]})

    def press(self, *keys: str) -> None:
        """Press keys together, wherever the focus is."""
        values = [KEYS.get(key, key) for key in keys]
        down = [{"type": "keyDown", "value": value} for value in values]
        up = [{"type": "keyUp", "value": value} for value in reversed(values)]
        actions = [{"type": "key", "id": "keyboard", "actions": down + up}]
        self._send("PerformActions", {"actions": actions})

    def forget(self) -> None:
        """Be somebody else: without cookies and drafts."""
        self.open("/about/")
        self.ask("localStorage.clear(); sessionStorage.clear();")
        self._send("DeleteAllCookies", {})

    def _until(self, true: Callable[[], bool], what: str) -> None:
        began = time.monotonic()
        problem: object = None
        while time.monotonic() - began < PATIENCE_SECONDS:
            try:
                if true():
                    return
            except Refused as refusal:  # A page that is just being left, or an element that moves.
                problem = refusal
            time.sleep(0.05)
        page = self.ask(
            "return [location.href, document.body.innerText.slice(0, 2000)].join('\\n')"
        )
        raise AssertionError(f"What was waited for did not come: {what}\n{problem or ''}\n{page}")


# ---- By HTTP

PATHS = {
    "Navigate": ("POST", "url"),
    "ExecuteScript": ("POST", "execute/sync"),
    "ElementClick": ("POST", "element/{id}/click"),
    "ElementClear": ("POST", "element/{id}/clear"),
    "ElementSendKeys": ("POST", "element/{id}/value"),
    "PerformActions": ("POST", "actions"),
    "DeleteAllCookies": ("DELETE", "cookie"),
}


@contextmanager
def by_http(
    command: list[str], port: int, wanted: dict[str, Any], env: dict[str, str]
) -> Iterator[Send]:
    """A session with a driver that is started for it."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def call(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if method == "DELETE" else json.dumps(body or {}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, method=method)
        try:
            with opener.open(request, timeout=4 * PATIENCE_SECONDS) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as problem:
            raise Refused(problem.read().decode()) from None

    with started(command, env):
        until(lambda: service.answers(port, "/status"))
        session = call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]

        def send(name: str, given: dict[str, Any]) -> Any:
            method, path = PATHS[name]
            return call(method, f"/session/{session}/{path.format(**given)}", given)

        yield send
        call("DELETE", f"/session/{session}")


@contextmanager
def chromium(folder: Path) -> Iterator[Send]:
    driver, port = needed("chromedriver", "chromium-driver"), service.free_port()
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"]
    flags.append(f"--window-size={SIZE['width']},{SIZE['height']}")
    wanted = {"goog:chromeOptions": {"args": flags, "binary": needed("chromium", "chromium")}}
    with by_http([driver, f"--port={port}"], port, wanted, at_home(folder)) as send:
        yield send


@contextmanager
def webkit(folder: Path) -> Iterator[Send]:
    driver, port = needed("WebKitWebDriver", "webkit2gtk-driver"), service.free_port()
    # Its own walls need a kernel's leave that containers seldom have; the pages are our own.
    env = at_home(folder) | {"WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1"}
    with (
        screen() as display,
        by_http([driver, f"--port={port}"], port, {}, env | {"DISPLAY": display}) as send,
    ):
        yield send


@contextmanager
def screen() -> Iterator[str]:
    """A screen that nobody looks at."""
    reading, writing = os.pipe()
    size = f"{SIZE['width']}x{SIZE['height']}x24"
    command = [needed("Xvfb", "xvfb"), "-displayfd", str(writing), "-screen", "0", size]
    with started([*command, "-nolisten", "tcp"], dict(os.environ), pass_fds=[writing]):
        os.close(writing)
        with os.fdopen(reading) as display:
            yield f":{display.readline().strip()}"


# ---- By Marionette


@contextmanager
def firefox(folder: Path) -> Iterator[Send]:
    program = needed("firefox-esr", "firefox-esr")
    (folder / "user.js").write_text('user_pref("marionette.port", 0);\n')
    told = folder / "MarionetteActivePort"
    command = [program, "--headless", "--marionette", "--no-remote", "--profile", str(folder)]
    command += [f"--{name}={pixels}" for name, pixels in SIZE.items()]
    with started(command, at_home(folder)):
        until(lambda: told.exists() and told.read_text().strip() != "", 3 * PATIENCE_SECONDS)
        with socket.create_connection(("127.0.0.1", int(told.read_text()))) as wire:
            wire.settimeout(4 * PATIENCE_SECONDS)
            answers = wire.makefile("rb")
            numbers = count(1)

            def read() -> Any:
                length = b""
                while (digit := answers.read(1)) != b":":
                    assert digit, "Firefox has gone away."
                    length += digit
                return json.loads(answers.read(int(length)))

            def send(name: str, given: dict[str, Any]) -> Any:
                data = json.dumps([0, next(numbers), f"WebDriver:{name}", given]).encode()
                wire.sendall(b"%d:%b" % (len(data), data))
                _, _, error, answer = read()
                if error:
                    raise Refused(error["message"])
                return answer.get("value") if isinstance(answer, dict) else answer

            read()  # It introduces itself.
            send("NewSession", {"capabilities": {"alwaysMatch": {}}})
            yield send


# ---- Programs


def needed(program: str, package: str) -> str:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"NO {program} on this machine: `apt install {package}`")
    return found


def at_home(folder: Path) -> dict[str, str]:
    """The environment of a program that finds nothing of whoever runs the tests, and asks no proxy."""
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    return kept | {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}


@contextmanager
def started(
    command: list[str], env: dict[str, str], pass_fds: list[int] | None = None
) -> Iterator[None]:
    """A program and all that it starts, until the end of it."""
    with (
        subprocess.Popen(
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=pass_fds or [],
            start_new_session=True,
        ) as process,
        ExitStack() as stack,
    ):
        stack.callback(end, process)
        yield


def end(process: subprocess.Popen[bytes]) -> None:
    for pid in reversed(service.tree(process.pid)):
        try:
            os.kill(pid, 15)
        except ProcessLookupError:
            continue
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()


BROWSERS = {"chromium": chromium, "firefox": firefox, "webkit": webkit}
