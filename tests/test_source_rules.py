"""Rules of the source that no linter knows: what templates hold, what modules load, how long a file is."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from comments_service import errors
from comments_service.errors import ServiceError
from tests.sites import ROOT

TEMPLATES = sorted(
    path
    for folder in ("comments_service/templates", "theme/templates")
    for path in (ROOT / folder).rglob("*.*")
    if "__pycache__" not in path.parts
)
# What a stranger finds in the repository, without what runs leave behind.
PRODUCT = sorted(
    path
    for pattern in (
        "*.*",
        ".env.example",
        ".ci/*",
        *(f"{folder}/**/*" for folder in ("comments_service", "docs", "deploy")),
        *(f"{folder}/**/*" for folder in ("authoring", "formats", "plugins", "theme", "tests")),
    )
    for path in ROOT.glob(pattern)
    if path.is_file() and "__pycache__" not in path.parts and path.name != ".coverage"
)


def subclasses(kind: type[ServiceError]) -> Iterator[type[ServiceError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from subclasses(each)


# ---- what is written down


def test_every_error_code_is_in_the_document_of_the_api() -> None:
    text = (ROOT / "docs" / "api.md").read_text("utf-8")
    for each in subclasses(errors.ServiceError):
        lines = re.findall(rf"^.*`{each.code}`.*$", text, re.MULTILINE)
        assert any(str(each.status) in line for line in lines), f"{each.code} {each.status}"


def test_every_test_that_a_document_names_is_there() -> None:
    named = {
        name
        for path in (ROOT / "docs").rglob("*.md")
        for name in re.findall(r"`(tests/[\w/]+(?:\.py|/))`", path.read_text("utf-8"))
    }
    assert len(named) > 20
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


# ---- templates


class Inline(HTMLParser):
    """Notes scripts, styles and handlers that a Content-Security-Policy would refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        # A block of data is not run, and no policy refuses it.
        data = given.get("type") == "application/ld+json"
        if tag == "style" or (tag == "script" and "src" not in given and not data):
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if name == "style" or name.startswith("on"):
                self.found.append(name)
            if (value or "").strip().lower().startswith("javascript:"):
                self.found.append(f"{name}={value}")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_holds_a_script_a_style_or_a_handler(path: Path) -> None:
    source = path.read_text("utf-8")
    source = re.sub(r"\{#.*?#\}|\{%.*?%\}", " ", source, flags=re.DOTALL)
    parser = Inline()
    parser.feed(re.sub(r"\{\{.*?\}\}", "x", source, flags=re.DOTALL))
    # No policy is sent with an e-mail, and no mail program loads a style sheet.
    assert parser.found == (["<style>"] if path.match("mail/base.html") else [])


def test_no_template_writes_a_translators_words_in_other_letters() -> None:
    """German nouns keep their capitals in the middle of a sentence."""
    changed = re.compile(r"\|\s*(?:capitalize|title)\b")
    assert [path for path in TEMPLATES if changed.search(path.read_text("utf-8"))] == []


def english_only(path: Path) -> Iterator[str]:
    """Where a module refuses something in words that no translator is shown."""
    refusals = {each.__name__ for each in subclasses(ServiceError)}
    for call in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(call, ast.Call):
            continue
        name = ast.unparse(call.func).rpartition(".")[2]
        if name not in refusals | {"say", "flash"} and not (
            name == "ValueError" and path.parent.name == "inputs"
        ):
            continue
        fields = [
            value
            for each in call.keywords
            if each.arg == "fields" and isinstance(each.value, ast.Dict)
            for value in each.value.values
        ]
        for said in (*call.args, *fields):
            if isinstance(said, ast.Constant | ast.JoinedStr):
                yield f"{path.name}:{said.lineno}: {ast.unparse(said)}"


def test_nothing_is_said_to_people_in_english_only() -> None:
    rooms = [*(ROOT / "comments_service").rglob("*.py")]
    assert [found for path in rooms for found in english_only(path)] == []


def test_the_search_for_untranslated_words_finds_them(tmp_path: Path) -> None:
    room = tmp_path / "room.py"
    room.write_text('raise NotAllowed("No.")\nraise InvalidInput(fields={"name": f"{x}?"})\n')
    assert len([*english_only(room)]) == 2


# ---- modules and files


@pytest.mark.parametrize("room", ["avatars", "errors", "inputs", "markup", "spam"])
def test_a_pure_room_loads_neither_flask_nor_a_database(room: str) -> None:
    code = (
        f"import sys, comments_service.{room};"
        "print({'flask', 'sqlalchemy', 'werkzeug', 'flask_sqlalchemy'} & set(sys.modules))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout == "set()\n"


def test_what_both_halves_agree_on_needs_nothing_installed() -> None:
    names = [path.stem for path in (ROOT / "formats").glob("[!_]*.py")]
    code = (
        f"import sys; before = set(sys.modules); from formats import {', '.join(names)};"
        "print({m.partition('.')[0] for m in sys.modules if m not in before}"
        " - set(sys.stdlib_module_names))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout == "{'formats'}\n"


def test_settings_are_passed_and_fetched_at_the_edge_only() -> None:
    # Commands, what every request meets, what answers for one that was refused before its route, and
    # `routes`, which hands them to each route.
    commands = {
        f"cli/{name}.py"
        for name in (
            "__init__",
            "backup",
            "doctor",
            "mail",
            "newsletter",
            "rules",
            "transfer",
            "work",
        )
    }
    request = (
        *("answers", "cookies", "guard", "routes", "visitor"),
        *("dashboard/comment_page", "dashboard/second_factor", "thread/comment_pages"),
    )
    folder = ROOT / "comments_service"
    found = {
        str(path.relative_to(folder))
        for path in folder.rglob("*.py")
        if "config.current()" in path.read_text("utf-8")
    }
    assert found == {*commands, *(f"web/{name}.py" for name in request)}


def test_no_file_of_the_product_points_out_of_it() -> None:
    outside = re.compile(rb"\.\./" + rb"shared")
    found = [str(path.relative_to(ROOT)) for path in PRODUCT if outside.search(path.read_bytes())]
    assert len(PRODUCT) > 100
    assert found == []


def test_every_room_begins_by_saying_what_it_owns() -> None:
    for folder in ("authoring", "comments_service", "formats", "plugins", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            if "migrations/versions" in str(path) or not path.read_text("utf-8").strip():
                continue
            assert path.read_text("utf-8").startswith('"""'), path


# What is longer is read by nobody to its end, and takes a second subject in unnoticed.
MOST_LINES = dict.fromkeys((".py", ".css", ".js"), 400)


def too_long(paths: Iterable[Path]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}: {lines} lines"
        for path in paths
        if (lines := path.read_bytes().count(b"\n")) > MOST_LINES.get(path.suffix, lines)
    ]


def test_no_file_of_code_is_longer_than_is_read_at_once() -> None:
    # Not what Alembic wrote, nor what a test reads.
    others = ("comments_service/migrations/versions", "tests/samples")
    code = [path for path in PRODUCT if not path.relative_to(ROOT).as_posix().startswith(others)]
    assert {path.suffix for path in code} >= set(MOST_LINES)
    assert too_long(code) == []
