"""A blog with everything on, which edits change and which is built in two ways: on what is there, and anew.

`Blog` is what an author has: texts, pictures, templates, settings, and what the comment service has
published. `Builds` is a process that builds it, each time in a copy of itself, so that no build knows
anything but what lies in the folders; two of them differ in their seeds of hashes, as processes do.
"""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pelican.settings import read_settings
from PIL import Image

from tests import noting
from tests.sites import BLOG, ROOT, fragment

ARTICLES = 14
TAGS = ("air", "sea", "ink", "C++", "墨")
CATEGORIES = ("Notes", "Tools", "Quiet")
AUTHORS = ("Ada", "Tomás", "林")
WORDS = [
    "pelican",
    "heron",
    "river",
    "stone",
    "code",
    "paper",
    "winter",
    "music",
    "garden",
    "travel",
    "notes",
    "fish",
    "bridge",
]


@dataclass
class Text:
    """An article or a page: its front matter, and its words."""

    keys: dict[str, str]
    body: str

    def written(self) -> str:
        head = "".join(f"{key}: {value}\n" for key, value in self.keys.items() if value)
        return f"{head}\n{self.body}\n"


@dataclass
class Blog:
    """What lies in a folder, and the chance that changes it."""

    folder: Path
    chance: random.Random
    texts: dict[str, Text] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    made: int = 0

    def __post_init__(self) -> None:
        self.inputs = self.folder / "inputs"
        self.content = self.inputs / "content"
        self.theme = self.inputs / "theme"
        self.overrides = self.inputs / "overrides"
        self.published = self.inputs / "published"
        self.output = self.folder / "output"
        self.cache = self.folder / "cache"

    # What is there

    def begin(self) -> None:
        shutil.copytree(ROOT / "theme", self.theme, ignore=shutil.ignore_patterns("__pycache__"))
        for folder in (self.content / "pages", self.content / "images", self.published / "threads"):
            folder.mkdir(parents=True)
        for name in ("templates", "static"):
            (self.overrides / name).mkdir(parents=True)
        for name in ("one.png", "two.png"):
            self.picture(name)
        for _ in range(ARTICLES):
            self.article()
        for name in self.some(len(self.articles()) // 2):
            self.publish(name)
        self.put("pages/about.md", Text({"Title": "About", "Slug": "about"}, self.words(30)))

    def words(self, many: int = 40) -> str:
        return " ".join(self.chance.choices(WORDS, k=many)).capitalize() + "."

    def number(self) -> int:
        self.made += 1
        return self.made

    def put(self, name: str, text: Text) -> None:
        self.texts[name] = text
        path = self.content / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.written(), encoding="utf-8")

    def change(self, name: str, body: str | None = None, **keys: str) -> None:
        text = self.texts[name]
        named = {key.replace("_", "-"): value for key, value in keys.items()}
        self.put(name, Text({**text.keys, **named}, text.body if body is None else body))

    def remove(self, name: str) -> None:
        del self.texts[name]
        (self.content / name).unlink()

    def article(self, **keys: str) -> str:
        number = self.number()
        name = f"article-{number}.md"
        own = {
            "Title": f"{self.words(3)[:-1]} {number}",
            "Date": f"20{self.chance.randint(14, 25)}-0{self.chance.randint(1, 9)}-11 10:{number % 60:02}",
            "Slug": f"article-{number}",
            "Category": self.chance.choice(CATEGORIES),
            "Tags": ", ".join(self.chance.sample(TAGS, self.chance.randint(0, 3))),
            "Author": self.chance.choice(AUTHORS),
            **keys,
        }
        self.put(name, Text(own, f"{self.words()}\n\n## {self.words(2)}\n\n{self.words(60)}"))
        return name

    def articles(self, which: Callable[[Text], bool] = lambda _: True) -> list[str]:
        """Articles that are read by everybody, or those that are like this."""
        return [
            name
            for name, text in self.texts.items()
            if not name.startswith("pages/")
            and "Lang" not in text.keys
            and "Status" not in text.keys
            and which(text)
        ]

    def one(self, which: Callable[[Text], bool] = lambda _: True) -> str:
        """An article like this; the blog gets another one where there is none."""
        return self.chance.choice(self.articles(which) or [self.article()])

    def some(self, many: int) -> list[str]:
        return self.chance.sample(self.articles(), many)

    def picture(self, name: str, size: int = 0) -> None:
        colour = tuple(self.chance.randrange(256) for _ in range(3))
        width = size or self.chance.randrange(40, 1400)
        Image.new("RGB", (width, width // 2), colour).save(self.content / "images" / name)

    def snapshot(self, thread: str) -> Path:
        return self.published / "threads" / f"{thread}.html"

    def noted(self, name: str) -> list[dict[str, str]]:
        """The passages of an article that its readers have noted."""
        with contextlib.suppress(FileNotFoundError):
            path = self.snapshot(self.texts[name].keys["Slug"]).with_suffix(".json")
            return [each["passage"] for each in json.loads(path.read_bytes())["notes"]]
        return []

    def publish(self, name: str, noted: list[dict[str, str]] | None = None) -> bytes:
        """A snapshot of an article's thread, newer than the one that is there; `noted`: other notes."""
        thread, revision = self.texts[name].keys["Slug"], self.number()
        noted = self.noted(name) if noted is None else noted
        notes = [{"id": number, "passage": each} for number, each in enumerate(noted, 1)]
        # Of every other note the comment is on a further page.
        words = "".join(
            noting.comment(number, self.words(2)) for number in range(1, len(notes) + 1, 2)
        )
        count = self.chance.randint(1, 30)
        text = fragment(thread, revision, count, words or self.words(8)).encode()
        self.snapshot(thread).write_bytes(text)
        told = {"version": 1, "comments": [], "notes": notes}
        self.snapshot(thread).with_suffix(".json").write_text(json.dumps(told))
        return text

    # Going back

    def state(self) -> tuple[Any, ...]:
        kept = self.folder / "kept"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(self.inputs, kept)
        return deepcopy((self.texts, self.settings, self.made))

    def back(self, state: tuple[Any, ...]) -> None:
        shutil.rmtree(self.inputs)
        (self.folder / "kept").rename(self.inputs)
        self.texts, self.settings, self.made = state

    # Building

    def order(self, output: Path, cache: Path) -> dict[str, Any]:
        return {
            "PATH": str(self.content),
            "OUTPUT_PATH": str(output),
            "CACHE_PATH": str(cache),
            "THEME": str(self.theme),
            "THEME_TEMPLATES_OVERRIDES": [str(self.overrides / "templates")],
            "ROOT_FILES": str(self.overrides / "static"),
            "COMMENTS_PUBLISHED": str(self.published),
            **self.settings,
        }


# What happens to a blog between two builds, by its name.
Edit = Callable[[Blog], None]
EDITS: dict[str, Edit] = {}


def edit(function: Edit) -> Edit:
    EDITS[function.__name__] = function
    return function


class Builds:
    """A process that has read all programs, and builds in copies of itself."""

    def __init__(self, hash_seed: int) -> None:
        environ = {
            k: v for k, v in os.environ.items() if not k.startswith(("COMMENTS_", "POSTIL_"))
        }
        environ |= {"SITE_URL": "https://blog.example", "PYTHONHASHSEED": str(hash_seed)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.blog"],
            cwd=ROOT,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said: list[str] = []

    def begin(self, order: dict[str, Any]) -> int:
        """Start a build; answers with the number of its process."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{json.dumps(order)}\n")
        self.process.stdin.flush()
        self.said = []
        while not (line := self.process.stdout.readline()).startswith("began "):
            assert line, f"the process that builds is gone\n{''.join(self.said)}"
            self.said.append(line)
        return int(line.split()[1])

    def end(self) -> str:
        """What a build that has come to its end said of its failure; nothing for one that went well."""
        assert self.process.stdout
        while not (line := self.process.stdout.readline()).startswith("ended "):
            assert line, f"the process that builds is gone\n{''.join(self.said)}"
            self.said.append(line)
        return "" if line.split()[1] == "0" else "".join(self.said) or line

    def build(self, order: dict[str, Any]) -> str:
        self.begin(order)
        return self.end()

    def killed(self, order: dict[str, Any], seconds: float) -> None:
        """`kill -9` of a build, with all that it has started, after so many seconds."""
        pid = self.begin(order)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        self.end()

    def close(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def serve() -> None:
    """The whole life of that process: an order a line, until there are no more."""
    read_settings(str(BLOG / "publishconf.py"))
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            status = 1
            try:
                os.setsid()
                settings = read_settings(str(BLOG / "publishconf.py"), override=json.loads(line))
                sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - until the end of the process
                settings["PELICAN_CLASS"](settings).run()
                status = 0
            finally:
                if status:
                    import traceback

                    traceback.print_exc()
                    sys.stderr.flush()
                os._exit(status)
        print("began", pid, flush=True)
        print("ended", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    serve()
