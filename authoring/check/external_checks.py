"""External checks: what other programs and other sites say of a blog: codespell, html-validate, axe, links.

None of them is needed to write. Each answers with what it found, and why it was left out if it was.
"""

import contextlib
import functools
import http.server
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from authoring import progress
from authoring.blog import shown
from plugins.site import Article, Problem

from . import check_links

Found = tuple[list[Problem], str]

SPELT = re.compile(r"(?P<path>.+?):(?P<line>\d+): (?P<wrong>.+?) ==> (?P<right>.+)")
ENGLISH = re.compile(r"en(?![a-z])", re.IGNORECASE)
# Other people's machines: a few at once, each host in turn, and never for long.
HOSTS_AT_ONCE, LINKS_AT_MOST, PATIENCE_SECONDS, PAUSE_SECONDS = 8, 500, 10, 0.5
GONE = (404, 410)
AGENT = "Postil (a blog that looks whether its links still lead somewhere)"


def program(name: str, *folders: Path) -> str | None:
    places = [str(Path(sys.executable).parent), *map(str, folders)]
    return next(
        filter(None, (shutil.which(name, path=each) for each in places)), shutil.which(name)
    )


def spelling(folder: Path, lang: str, langs: Mapping[str, str]) -> Found:
    """What codespell knows to be misspelt; it guesses nothing, so it is nearly always right, in English.

    `langs` has the languages of texts by their paths as shown; `lang` is that of everything else.
    """
    codespell = program("codespell")
    if not codespell:
        return [], "spelling, since codespell is not installed (python3 tasks.py check --code does)"
    done = subprocess.run(  # noqa: S603 - the program that was found above
        [codespell, "--skip", "*.svg,*.png,*.jpg,*.webp", shown(folder)],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    return [
        Problem(
            str(Path(found["path"])),
            int(found["line"]),
            f'Spelling: "{found["wrong"]}". Probably meant: {found["right"].rstrip(",")}.',
        )
        for found in map(SPELT.fullmatch, done.stdout.splitlines())
        if found and ENGLISH.match(langs.get(str(Path(found["path"])), lang))
    ], ""


def invalid_html(sample: list[Path], root: Path) -> Found:
    """What the HTML standard has against some pages."""
    validate = root / "node_modules" / ".bin" / "html-validate"
    if not validate.exists() or not shutil.which("node"):
        return [], "validity of HTML, since html-validate is not installed (check --code does)"
    if not sample:
        return [], ""
    config = ["--formatter", "json", "--config", str(root / ".htmlvalidate.mjs")]
    done = subprocess.run(  # noqa: S603 - the program of our own node_modules/
        [str(validate), *config, *map(str, sample)],
        cwd=root,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    try:
        results: list[dict[str, Any]] = json.loads(done.stdout or "[]")
    except ValueError:
        return [], f"validity of HTML, since html-validate failed: {done.stderr.strip()[:200]}"
    told: dict[str, Problem] = {}
    for result in results:
        for message in result["messages"]:
            name = Path(result["filePath"])
            text = f"HTML: {message['message']} ({message['ruleId']}, line {message['line']} as built)."
            told.setdefault(message["ruleId"], Problem(page_name(name, sample), 1, text))
    return list(told.values()), ""


def page_name(path: Path, sample: list[Path]) -> str:
    """The page's path below the built site, which is what all of the sample share."""
    for page in sample:
        if page == path and len(path.parts) > 2:
            return "/".join(path.parts[-2:])
    return path.name


def barriers(sample: list[Path], output: Path) -> Found:
    """What axe finds in some pages, as Chromium shows them."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium or not importlib.util.find_spec("axe_playwright_python"):
        missing = "there is no Chromium" if not chromium else "axe is not installed"
        return [], f"accessibility, since {missing}"
    if not sample:
        return [], ""
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    told: dict[str, Problem] = {}
    with served(output) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        for path in sample:
            name = path.relative_to(output).as_posix()
            page.goto(f"{address}/{name.removesuffix('index.html')}")
            for violation in Axe().run(page).response["violations"]:
                text = f"Accessibility: {violation['help']} ({violation['id']})."
                told.setdefault(violation["id"], Problem(name, 1, text))
        browser.close()
    return list(told.values()), ""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing: the report is what is read."""


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder on a free port of this machine."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


# --- Other sites ----------------------------------------------------------------------------------


def dead_links(
    site: check_links.Site, contents: dict[str, tuple[Article, str]]
) -> Iterator[Problem]:
    """Links to other sites that are gone. A site that is busy or lets no program in is believed."""
    where: dict[str, list[Problem]] = defaultdict(list)
    for name, (content, path) in contents.items():
        source = Path(content.source_path).read_text(encoding="utf-8", errors="replace")
        for url in dict.fromkeys(site.external(site.output / name, content.content)):
            where[url].append(Problem(path, check_links.line_with(source, url), ""))
    hosts: dict[str, list[str]] = defaultdict(list)
    for url in list(where)[:LINKS_AT_MOST]:
        hosts[urlsplit(url).netloc].append(url)
    many = sum(map(len, hosts.values()))
    with progress.bar("Following links", many) as step, ThreadPoolExecutor(HOSTS_AT_ONCE) as pool:
        for answers in pool.map(functools.partial(ask_in_turn, step), hosts.values()):
            for url, fault in answers:
                text = f"{url} {fault}. Link to another address, or to a copy in an archive."
                yield from (place._replace(text=text) for place in where[url])


def ask_in_turn(step: Callable[[], object], urls: list[str]) -> list[tuple[str, str]]:
    """What is wrong with each address of one host."""
    answers = []
    for number, url in enumerate(urls):
        time.sleep(PAUSE_SECONDS if number else 0)
        if fault := gone(url):
            answers.append((url, fault))
        step()
    return answers


def gone(url: str) -> str:
    """Why an address answers no more, or nothing. Some servers know no HEAD: then GET decides."""
    for method in ("HEAD", "GET"):
        asked = urllib.request.Request(url, method=method, headers={"User-Agent": AGENT})  # noqa: S310 - http and https only, by `external`
        try:
            urllib.request.urlopen(asked, timeout=PATIENCE_SECONDS).close()  # noqa: S310
            return ""
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in GONE and method == "GET":
                return f"answers {error.code}"
            if error.code not in (*GONE, 403, 405, 501):
                return ""
        except (OSError, ValueError) as error:
            if method == "GET":
                return f"does not answer ({getattr(error, 'reason', error)})"
    return ""
