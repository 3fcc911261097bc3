"""Each plugin, and each folder of them, does its work on a stock Pelican site with Pelican's own theme.

The site has a copy of `plugins/` and `formats/`, as docs/formats.md tells, and nothing else of ours.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import plugins
from tests.sites import ROOT, Site, disconnect, fragment

SETTINGS = """
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
SITENAME, SITEURL, TIMEZONE, PATH, THEME = "Stock", "https://example.org", "UTC", "content", "simple"
STATIC_PATHS = ["images"]
THEME_TEMPLATES_OVERRIDES = ["templates"]
"""
ARTICLES = {
    "gulls": "Tags: sea\n\n## Wings\n\nOf [terns]({filename}terns.md).\n\n"
    '![A gull]({static}/images/gull.png "A gull")\n\n```python\nx = 1\n```\n',
    "terns": "Tags: sea\nAliases: /old/terns/\n\n> [!TIP]\n> Look up.\n",
    "rough": "Status: draft\n\nNot yet.\n",
}
# What a theme of another's needs for baked comments, and for what `reading` has found out.
TEMPLATE = """{% extends "!simple/article.html" %}{% block content %}{{ super() }}
{% if article.thread %}<!-- postil:begin {{ article.thread }} {{ article.lang }} -->
{{ article.comments_fragment }}
<!-- postil:end {{ article.thread }} -->{% endif %}
{% if article.newer %}<a href="{{ article.newer.url }}">Newer</a>{% endif %}{% endblock %}
"""


class Stock:
    """A blog that somebody has made with Pelican alone."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.output = folder, folder / "output"
        for name in ("formats", "plugins"):
            shutil.copytree(ROOT / name, folder / name)
        for name, text in {
            "conf.py": SETTINGS,
            "templates/article.html": TEMPLATE,
            "published/threads/gulls.html": fragment("gulls"),
            **{
                f"content/{n}.md": f"Title: {n}\nDate: 2026-01-01\n{t}" for n, t in ARTICLES.items()
            },
        }.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        (folder / "content" / "images").mkdir()
        Image.new("RGB", (900, 600), "white").save(folder / "content" / "images" / "gull.png")

    def build(self, *names: str, more: str = "") -> str:
        """What a build with these plugins says."""
        settings = f"{SETTINGS}PLUGINS = {[f'plugins.{name}' for name in names]}\n{more}\n"
        (self.folder / "conf.py").write_text(settings, encoding="utf-8")
        command = [str(Path(sys.executable).with_name("pelican")), "-s", "conf.py"]
        done = subprocess.run(
            [*command, "--log-handler", "plain", "--fatal", "errors"],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def page(self, name: str) -> str:
        return (self.output / name).read_text(encoding="utf-8")


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    return Stock(tmp_path)


def of(folder: str) -> list[str]:
    return [name for name in plugins.ORDER if name.startswith(f"{folder}.")]


def test_comments_alone_make_threads_and_bake_what_was_said(stock: Stock) -> None:
    stock.build(*of("comments"))
    threads = json.loads(stock.page("threads.json"))["threads"]
    assert [thread["id"] for thread in threads] == ["gulls", "terns"]
    assert "Well said." in stock.page("gulls.html")
    assert "Well said." not in stock.page("terns.html")


def test_markdown_alone_colours_code_and_sets_notes_apart(stock: Stock) -> None:
    stock.build(*of("markdown"))
    assert '<span class="n">x</span>' in stock.page("gulls.html")
    assert '<h2 id="wings">' in stock.page("gulls.html")
    assert '<p class="note-title">Tip</p>' in stock.page("terns.html")


def test_a_reader_without_what_finishes_its_texts_says_what_is_missing(stock: Stock) -> None:
    assert stock.build("markdown.reader").count("code has no colours, notes have no titles") == 1
    assert "no colours" not in stock.build("markdown.reader", "markdown.postprocess")


def test_presentation_alone_knows_neighbours_and_pictures(stock: Stock) -> None:
    said = stock.build(*of("presentation"))
    assert '<a href="gulls.html">Newer</a>' in stock.page("terns.html")
    assert "images/sized/gull." in stock.page("gulls.html")
    assert list((stock.output / "images" / "sized").glob("gull.*.webp"))
    assert "The theme has no template search.html" in said


def test_incremental_alone_touches_only_what_has_changed(stock: Stock) -> None:
    whole = """
from plugins.incremental import skip_build

PELICAN_CLASS = skip_build.Pelican
"""
    stock.build(*of("incremental"), more=whole)
    before = {path: path.stat().st_mtime_ns for path in stock.output.rglob("*.html")}
    assert "Nothing has changed" in stock.build(*of("incremental"), more=whole)
    path = stock.folder / "content" / "terns.md"
    path.write_text(path.read_text("utf-8").replace("Look up.", "Look down."), encoding="utf-8")
    stock.build(*of("incremental"), more=whole)
    touched = {path.name for path, time in before.items() if path.stat().st_mtime_ns != time}
    assert "Look down." in stock.page("terns.html")
    assert "terns.html" in touched
    assert not touched & {"gulls.html", "tags.html", "archives.html"}


def test_delivery_alone_gives_hosts_and_crawlers_their_files(stock: Stock) -> None:
    stock.build(*of("delivery"))
    assert "https://example.org/gulls.html" in stock.page("sitemap.xml")
    assert "/terns.html" in stock.page("old/terns/index.html")
    for name in ("robots.txt", "llms.txt", "_headers", "_redirects", "gulls.html.br"):
        assert (stock.output / name).is_file(), name


def test_all_of_them_together_need_nothing_of_the_service(stock: Stock) -> None:
    listing = "import atexit; atexit.register(lambda: print(*sys.modules))"
    said = stock.build(*plugins.ORDER, more=listing)
    assert "Well said." in stock.page("gulls.html")
    loaded = {name.partition(".")[0] for name in said.split()}
    assert "plugins" in loaded
    assert not loaded & {"flask", "sqlalchemy", "werkzeug", "comments_service", "authoring"}


@pytest.mark.parametrize("name", plugins.ORDER)
def test_a_plugin_builds_a_site_by_itself(tmp_path: Path, name: str) -> None:
    site = Site(tmp_path)
    site.write("gulls", "Of [terns]({filename}terns.md).")
    site.write("terns", Status="draft")
    site.build(THEME="simple", JINJA_ENVIRONMENT={}, PLUGINS=[f"plugins.{name}"])
    disconnect()
    assert 'Of <a href="https://example.org/drafts/terns.html">terns</a>' in site.page("gulls")
