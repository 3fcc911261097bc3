"""A blog in Chromium: what a visit fetches, and what is wrong with a page."""

import gzip
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import brotli
from axe_playwright_python.sync_playwright import Axe
from flask_migrate import upgrade
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from comments_service.models import Role
from comments_service.publishing import manifest
from tests import make, sites
from tests.service import ROOT, Postil, free_port, postil

SAMPLE = ROOT / "tests" / "samples" / "reading" / "content"
ARTICLE = "/everything/"
# The blog's own pages, one of each kind.
BLOG = (
    *("/", ARTICLE, "/zh-cn/everything/", "/about/", "/archives/", "/2026/", "/tags/"),
    *("/tags/margins/", "/categories/", "/categories/reading/", "/authors/", "/authors/ada-quill/"),
    *("/discussions/", "/zh-cn/discussions/", "/search/?q=margin", "/nowhere/"),
)
# The service's, as a stranger sees them, and as the owner does.
STRANGER = ("sign-in", "sign-up", "forgot", "threads/everything", "discussions", "nowhere")
OWNER = (
    *("account", "account/profile", "account/password", "account/sessions", "account/passkeys"),
    *("account/second-factor", "account/data", "account/delete", "moderation/"),
)
SCHEMES = ("light", "dark")
WIDTHS = (390, 1280)
PHONE = {"width": 390, "height": 844}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking")
PATIENCE_SECONDS = 60
# Promised, in bytes of gzip: the sum is less than its parts may be, and leaves out the embed.
# What each script, print and reset asks of a style costs half a kilobyte more than Latin pages of our own did.
BUDGET = {"HTML": 7_264, "CSS": 6 * 1024, "JS": 2_304, "all": 14_488}
# The site's style and that of the comments.
STYLES = 6_912
MAX_REQUESTS = 4


class Blog:
    """The sample blog with its comments, built for publishing and served by the service."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = folder / "output"
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.service: Postil = postil(
            folder,
            f"sqlite:///{folder / 'comments.sqlite3'}",
            port=port,
            SITE_URL=self.url,
            COMMENTS_LIMIT_SIGN_IN="1000/60",
        )

    def build(self) -> float:
        began = time.monotonic()
        done = sites.pelican(
            SAMPLE,
            self.output,
            conf="publishconf.py",
            SITE_URL=self.url,
            COMMENTS_OUTPUT=str(self.output),
            COMMENTS_PUBLISHED=str(self.folder / "published"),
        )
        assert done.returncode == 0, done.stderr
        return time.monotonic() - began

    def fill(self) -> None:
        """Seven comments, three levels deep; one more waits for a moderator."""
        with self.service.app.app_context():
            upgrade()
            manifest.sync(self.service.settings.manifest_source)
            owner = make.account("Olga", role=Role.OWNER)
            first = make.comment("everything", "The *thumb* needs it.", name="Tilly", minutes_ago=9)
            second = make.comment(
                "everything", "> The thumb needs it.\n\nNot mine: `0.5em`.", parent=first, by=owner
            )
            make.comment("everything", "眉批最有趣。", name="林", parent=second, minutes_ago=3)
            for number in range(4):
                make.comment("everything", f"Remark {number}.", name="Gus", minutes_ago=2)
            make.comment("everything", "Held back.", held=True, name="Nils")

    def start(self) -> None:
        """Build, fill, publish and build again, so that the index has the comments too."""
        self.build()
        self.fill()
        self.service.start()
        page = self.output / "everything" / "index.html"
        patience = time.monotonic() + PATIENCE_SECONDS
        while "眉批最有趣" not in page.read_text():
            assert time.monotonic() < patience, self.service.log()
            time.sleep(0.1)
        self.build()

    def stop(self) -> None:
        self.service.stop()


@contextmanager
def running() -> Iterator[Blog]:
    with tempfile.TemporaryDirectory(prefix="postil-bench-") as folder:
        blog = Blog(Path(folder))
        try:
            blog.start()
            yield blog
        finally:
            blog.stop()


# ---- what is fetched


@dataclass
class Visit:
    """A first visit to a page: what was fetched, and what the console said."""

    urls: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def paths(self, origin: str) -> list[str]:
        return [url.removeprefix(origin) for url in self.urls if url.startswith(f"{origin}/")]

    def foreign(self, origin: str) -> list[str]:
        return [url for url in self.urls if not url.startswith((f"{origin}/", "data:"))]


def listen(page: Page, visit: Visit) -> None:
    def hear(message: ConsoleMessage) -> None:
        if message.type == "error":
            visit.errors.append(message.text)

    page.on("request", lambda request: visit.urls.append(request.url))
    page.on("console", hear)
    page.on("pageerror", lambda error: visit.errors.append(str(error)))


def first_visit(browser: Browser, blog: Blog, path: str) -> Visit:
    """Open a page with an empty cache on a telephone, and do nothing."""
    visit = Visit()
    context = browser.new_context(base_url=blog.url, viewport=PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    listen(page, visit)
    page.goto(path, wait_until="networkidle")
    context.close()
    return visit


def kind(path: str) -> str:
    if "/embed" in path:
        return "embed"
    suffix = urlsplit(path).path.rpartition(".")[2]
    pictures = dict.fromkeys(("avif", "webp", "png", "jpg", "jpeg", "svg", "ico"), "pictures")
    fonts = dict.fromkeys(("woff", "woff2", "ttf", "otf"), "fonts")
    return {"css": "CSS", "js": "JS", **pictures, **fonts}.get(suffix, "HTML")


def weights(blog: Blog, paths: Sequence[str]) -> dict[str, dict[str, int]]:
    """Bytes of what was fetched, by kind: plain, and as gzip and brotli pack it for publishing."""
    found: dict[str, dict[str, int]] = {}
    for path in paths:
        name = urlsplit(path).path.lstrip("/")
        file = blog.output / (f"{name}index.html" if path.endswith("/") else name)
        data = file.read_bytes()
        each = found.setdefault(kind(path), {"requests": 0, "plain": 0, "gzip": 0, "br": 0})
        each["requests"] += 1
        each["plain"] += len(data)
        packed = kind(path) != "pictures"
        each["gzip"] += len(gzip.compress(data, 9, mtime=0)) if packed else len(data)
        each["br"] += len(brotli.compress(data, quality=9)) if packed else len(data)
    return found


# ---- what is wrong


def sign_in(context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto("/comments/sign-in")
    page.locator("input[type=email]").first.fill("olga@example.org")
    page.locator("input[type=password]").first.fill(make.PASSWORD)
    page.locator("input[type=password]").first.press("Enter")
    page.wait_for_url("**/comments/account**")
    return page


def every_page(context: BrowserContext, blog: Sequence[str] = BLOG) -> Iterator[tuple[str, Page]]:
    """One page of each kind after the other, ready to be looked at."""
    page = context.new_page()
    for path in (*blog, *(f"/comments/{name}" for name in STRANGER)):
        page.goto(path)
        if path == ARTICLE:
            page.locator("#comments").scroll_into_view_if_needed()
            page.locator("form#reply .postil-account").wait_for()
        if "q=" in path:
            page.locator(".search-result").first.wait_for()
        yield path, page
    page = sign_in(context)
    for name in OWNER:
        page.goto(f"/comments/{name}")
        yield f"/comments/{name}", page


def faults(browser: Browser, blog: Blog, scheme: str, width: int) -> tuple[int, list[str]]:
    """How many pages axe saw in one scheme and width, and every fault that it or the console tells."""
    visit, seen = Visit(), 0
    told: list[str] = []
    context = browser.new_context(
        base_url=blog.url,
        viewport={"width": width, "height": 844},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    context.on("page", lambda page: listen(page, visit))
    for path, page in every_page(context):
        seen += 1
        visit.errors = [text for text in visit.errors if "status of 404" not in text]
        told += [f"{path}: console: {text}" for text in visit.errors]
        visit.errors.clear()
        found = Axe().run(page)
        told += [
            f"{path} ({scheme}, {width}): {each['id']}: {each['nodes'][0]['html'][:160]}"
            for each in found.response["violations"]
        ]
    context.close()
    return seen, told


def invalid(browser: Browser, blog: Blog) -> tuple[int, list[str]]:
    """How many pages html-validate read, and what it says against them."""
    folder = blog.folder / "sent"
    folder.mkdir(exist_ok=True)
    context = browser.new_context(base_url=blog.url)
    for number, (path, page) in enumerate(every_page(context, blog=())):
        answer = page.request.get(path)
        (folder / f"{number}-{path.strip('/').replace('/', '-')}.html").write_bytes(answer.body())
    context.close()
    files = [*folder.glob("*.html"), *blog.output.rglob("*.html")]
    command = [str(ROOT / "node_modules/.bin/html-validate"), "--formatter", "json"]
    report = folder / "report.json"
    with report.open("wb") as file:
        subprocess.run(
            [*command, "--config", str(ROOT / ".htmlvalidate.mjs"), *map(str, files)],
            stdout=file,
            cwd=ROOT,
            check=False,
        )
    return len(files), [
        f"{Path(each['filePath']).relative_to(blog.folder)}:{said['line']}: {said['ruleId']}:"
        f" {said['message']}"
        for each in json.loads(report.read_bytes())
        for said in each["messages"]
    ]


# ---- Lighthouse


SCORES = ("performance", "accessibility", "best-practices", "seo")
TIMES = {
    "LCP, ms": "largest-contentful-paint",
    "CLS": "cumulative-layout-shift",
    "TBT, ms": "total-blocking-time",
}


def lighthouse(blog: Blog, path: str, runs: int) -> dict[str, float]:
    """Scores and times of a page on Lighthouse's telephone, each the median of several runs."""
    found: dict[str, list[float]] = {}
    for _ in range(runs):
        done = subprocess.run(
            [
                str(ROOT / "node_modules/.bin/lighthouse"),
                blog.url + path,
                *("--output=json", "--quiet"),
                f"--chrome-flags=--headless=new {' '.join(FLAGS)}",
            ],
            env={**os.environ, "CHROME_PATH": CHROMIUM},
            capture_output=True,
            check=True,
        )
        report: dict[str, Any] = json.loads(done.stdout)
        for name in SCORES:
            found.setdefault(name, []).append(100 * report["categories"][name]["score"])
        for name, audit in TIMES.items():
            found.setdefault(name, []).append(report["audits"][audit]["numericValue"])
    return {name: statistics.median(values) for name, values in found.items()}


# What the sum leaves out.
APART = {"embed": "the comments' style", "pictures": "pictures"}
