"""The built site: what a reader, a crawler and a strict policy meet in its pages."""

import gzip
import json
import re
import shutil
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import brotli
import pytest

from tests.sites import BLOG, ROOT, SAMPLE, fragment, gzipped, pelican

SITE = "https://example.org/blog"
HAN = re.compile(r"[\u4e00-\u9fff]")


class Page(HTMLParser):
    """What a page is made of: its elements, the ids it has, and its visible words."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []
        self.words: list[str] = []
        self.inline: list[str] = []
        self.data: list[str] = []
        self._silent = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert len(given) == len(attrs), f"{self.path}: an attribute twice on <{tag}>"
        self.elements.append((tag, given))
        if name := given.get("id"):
            self.ids.append(name)
        if tag in ("script", "style"):
            self._silent = tag
            # What is said to search engines is data: no browser runs it, and no policy minds it.
            self._inert = given.get("type") == "application/ld+json"

    def handle_endtag(self, tag: str) -> None:
        self._silent = "" if tag == self._silent else self._silent

    def handle_data(self, data: str) -> None:
        if self._silent:
            (self.data if self._inert else self.inline).append(data)
        elif data.strip():
            self.words.append(data.strip())

    def all(self, tag: str, attribute: str) -> list[str]:
        return [
            value
            for name, given in self.elements
            if name == tag and (value := given.get(attribute))
        ]


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample site as it is published, below a path, with comments on one article."""
    folder = tmp_path_factory.mktemp("site")
    threads = folder / "published" / "threads"
    threads.mkdir(parents=True)
    (threads / "ink-and-paper.html").write_text(fragment("ink-and-paper", count=12))
    built = pelican(
        SAMPLE,
        folder / "output",
        conf="publishconf.py",
        SITE_URL=SITE,
        COMMENTS_PUBLISHED=str(folder / "published"),
    )
    assert built.returncode == 0, built.stdout + built.stderr
    assert "WARNING" not in built.stdout + built.stderr
    return folder / "output"


@pytest.fixture(scope="module")
def pages(output: Path) -> dict[str, Page]:
    return {str(path.relative_to(output)): Page(path) for path in sorted(output.rglob("*.html"))}


def test_every_kind_of_page_is_there(pages: dict[str, Page]) -> None:
    assert set(pages) >= {
        "index.html",
        "404.html",
        "archives/index.html",
        "2025/index.html",
        "tags/index.html",
        "tags/cpp/index.html",
        "tags/c/index.html",
        "categories/index.html",
        "categories/tools/index.html",
        "authors/index.html",
        "authors/ada/index.html",
        "about/index.html",
        "zh-cn/about/index.html",
        "ink-and-paper/index.html",
        "two-languages/index.html",
        "zh-cn/two-languages/index.html",
        "2019/ink.html",
        "2019/ink/index.html",
        "colophon/index.html",
    }


def test_drafts_and_what_waits_for_its_day_are_not_published(output: Path) -> None:
    text = "".join(path.read_text() for path in output.rglob("*.html"))
    text += "".join(path.read_text() for path in output.rglob("*.xml"))
    assert "Not yet" not in text
    assert "Not before its day" not in text
    assert not (output / "drafts").exists()


def test_what_a_preview_left_behind_is_not_published(tmp_path: Path) -> None:
    for conf in ("pelicanconf.py", "publishconf.py"):
        built = pelican(SAMPLE, tmp_path / "output", conf=conf)
        assert built.returncode == 0, built.stderr
        assert (tmp_path / "output" / "drafts").exists() == (conf == "pelicanconf.py")


def test_no_page_has_script_style_or_handlers_inline(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        assert not "".join(page.inline).strip(), name
        for tag, given in page.elements:
            assert tag != "style", name
            assert not [key for key in given if key == "style" or key.startswith("on")], name
            assert not (given.get("href") or "").startswith("javascript:"), name


def test_what_is_said_to_search_engines_is_true(output: Path, pages: dict[str, Page]) -> None:
    first, second = pages["ink-and-paper/index.html"].data
    (article, crumbs), talk = json.loads(first), json.loads(second)
    assert article["headline"] == 'Ink & <paper>, "quoted"'
    assert talk["@id"] == article["@id"]
    assert talk["commentCount"] == 12
    assert crumbs["itemListElement"][-1]["item"] == f"{SITE}/ink-and-paper/"
    for name, page in pages.items():
        for _, given in page.elements:
            if given.get("property") == "og:image":
                picture = output / (given["content"] or "").removeprefix(f"{SITE}/")
                assert picture.stat().st_size < 100_000, name


def test_the_sitemap_lists_every_page_that_wants_to_be_found(
    output: Path, pages: dict[str, Page]
) -> None:
    sitemap = ET.parse(output / "sitemap.xml").getroot()
    listed = {unquote(url[0].text or "").removeprefix(f"{SITE}/") for url in sitemap}
    wanted = {
        name.removesuffix("index.html")
        for name, page in pages.items()
        if not [given for _, given in page.elements if given.get("content") == "noindex"]
    }
    assert listed == wanted


def test_the_same_site_is_built_to_the_same_bytes(output: Path, tmp_path: Path) -> None:
    built = pelican(
        SAMPLE,
        tmp_path / "output",
        conf="publishconf.py",
        SITE_URL=SITE,
        COMMENTS_PUBLISHED=str(output.parent / "published"),
    )
    assert built.returncode == 0, built.stderr
    for path in sorted(output.rglob("*")):
        # The index of the search is written by another program.
        if path.is_file() and "pagefind" not in path.parts:
            again = tmp_path / "output" / path.relative_to(output)
            assert again.read_bytes() == path.read_bytes(), path


def test_every_page_ships_a_policy_that_forbids_the_rest(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        if name in ("2019/ink.html", "2019/ink/index.html", "colophon/index.html"):
            continue
        policy = [
            given["content"]
            for tag, given in page.elements
            if tag == "meta" and given.get("http-equiv") == "Content-Security-Policy"
        ]
        # The search alone compiles WebAssembly.
        wasm = " 'wasm-unsafe-eval'" if name.endswith("search/index.html") else ""
        assert policy == [
            f"default-src 'self'; script-src 'self'{wasm}; style-src 'self'; img-src 'self' data:;"
            " connect-src 'self'; form-action 'self'; object-src 'none'; base-uri 'none'"
        ], name


def test_nothing_comes_from_elsewhere(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        asked = [*page.all("script", "src"), *page.all("img", "src")]
        asked += [
            given["href"] or ""
            for tag, given in page.elements
            if tag == "link" and given.get("rel") in ("stylesheet", "icon")
        ]
        for address in asked:
            own = ("/blog/", f"{SITE}/", "data:image/svg+xml,")
            assert address.startswith(own), f"{name}: {address}"


def test_every_internal_link_leads_somewhere(output: Path, pages: dict[str, Page]) -> None:
    missing = []
    for name, page in pages.items():
        here = f"{SITE}/{name.removesuffix('index.html')}"
        links = [*page.all("a", "href"), *page.all("link", "href"), *page.all("img", "src")]
        for link in [*links, *page.all("script", "src")]:
            target = urlsplit(urljoin(here, link))
            if f"{target.scheme}://{target.netloc}" != "https://example.org":
                continue
            path = unquote(target.path).removeprefix("/blog/")
            if path.startswith("comments/"):  # The service's own pages.
                continue
            file = output / (f"{path}index.html" if path.endswith("/") or not path else path)
            if not target.path.startswith("/blog/") or not file.is_file():
                missing.append(f"{name}: {link}")
            elif target.fragment and file.suffix == ".html":
                other = pages[str(file.relative_to(output))]
                if unquote(target.fragment) not in other.ids:
                    missing.append(f"{name}: {link} (no such part)")
    assert not missing


def test_no_id_is_given_twice(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        assert len(page.ids) == len(set(page.ids)), name


def test_a_chinese_page_speaks_chinese(pages: dict[str, Page]) -> None:
    page = pages["zh-cn/two-languages/index.html"]
    assert ("html", {"lang": "zh-cn"}) in page.elements
    # Proper names stay what they are: the site, its subtitle, the other language, the makers.
    allowed = ("Sample", "Postil", "English", "Notes in the margin")
    foreign = [
        words
        for words in page.words
        if re.search("[A-Za-z]{3}", words)
        and not HAN.search(words)
        and not words.startswith(allowed)
    ]
    assert not foreign
    assert "2025年3月2日" in page.words


def test_translations_know_each_other(pages: dict[str, Page]) -> None:
    for name in ("two-languages/index.html", "zh-cn/two-languages/index.html"):
        known = {
            (given["hreflang"], given["href"])
            for tag, given in pages[name].elements
            if tag == "link" and "hreflang" in given
        }
        assert known == {
            ("en", f"{SITE}/two-languages/"),
            ("zh-cn", f"{SITE}/zh-cn/two-languages/"),
        }


def test_comments_stand_in_the_page_and_their_count_in_the_list(output: Path) -> None:
    article = (output / "ink-and-paper" / "index.html").read_text()
    assert fragment("ink-and-paper", count=12) in article
    assert ">12 comments</a>" in (output / "index.html").read_text()


def test_a_title_is_shown_as_its_author_typed_it(pages: dict[str, Page]) -> None:
    for name in ("index.html", "ink-and-paper/index.html", "archives/index.html"):
        assert 'Ink & <paper>, "quoted"' in pages[name].words, name


def test_a_series_lists_its_parts_and_neighbours_are_of_one_language(
    pages: dict[str, Page],
) -> None:
    page = pages["two-languages/index.html"]
    assert ("span", {"aria-current": "page"}) in page.elements
    neighbours = [
        given["href"]
        for tag, given in page.elements
        if tag == "a" and given.get("class") in ("older", "newer")
    ]
    assert neighbours == ["/blog/quiet/", "/blog/ink-and-paper/"]


def test_feeds_have_whole_addresses(output: Path) -> None:
    atom = "{http://www.w3.org/2005/Atom}"
    for name in ("all", "en", "zh-cn"):
        feed = ET.parse(output / "feeds" / f"{name}.atom.xml").getroot()
        links = [link.get("href", "") for link in feed.iter(f"{atom}link")]
        assert links
        assert all(link.startswith(f"{SITE}/") for link in links)
        assert feed.findall(f"{atom}entry")


def test_compressed_copies_say_what_their_files_say(output: Path) -> None:
    texts = [p for p in output.rglob("*") if p.suffix in (".html", ".css", ".js", ".json", ".xml")]
    for path in texts:
        if path.stat().st_size < 256:
            continue
        assert gzip.decompress(path.with_name(f"{path.name}.gz").read_bytes()) == path.read_bytes()
        assert (
            brotli.decompress(path.with_name(f"{path.name}.br").read_bytes()) == path.read_bytes()
        )


def test_a_preview_takes_stale_copies_away(tmp_path: Path) -> None:
    for conf in ("publishconf.py", "pelicanconf.py"):
        built = pelican(SAMPLE, tmp_path / "output", conf=conf)
        assert built.returncode == 0, built.stderr
    assert not list((tmp_path / "output").rglob("*.br"))
    assert not list((tmp_path / "output").rglob("*.gz"))


def test_a_changed_style_has_another_name_and_the_old_one_stays(tmp_path: Path) -> None:
    theme = tmp_path / "theme"
    shutil.copytree(ROOT / "theme", theme, ignore=shutil.ignore_patterns("__pycache__"))
    for change in ("", "body { color: red }"):
        with (theme / "static" / "css" / "base.css").open("a") as style:
            style.write(change)
        conf = tmp_path / "conf.py"
        conf.write_text(
            f"import sys; sys.path.insert(0, {str(BLOG)!r})\n"
            f"from pelicanconf import *\nTHEME = {str(theme)!r}\n"
        )
        built = pelican(SAMPLE, tmp_path / "output", conf=str(conf))
        assert built.returncode == 0, built.stderr
    assert len(list((tmp_path / "output" / "theme").glob("site.????????.css"))) == 2


def test_the_themes_files_are_within_their_budget(output: Path) -> None:
    (style,) = (output / "theme").glob("site.????????.css")
    (script,) = (output / "theme").glob("site.????????.js")
    assert gzipped(style) <= 6 * 1024
    assert gzipped(script) <= 3 * 1024


def test_the_blog_itself_builds_without_a_warning(tmp_path: Path) -> None:
    built = pelican(BLOG / "content", tmp_path / "output", conf="publishconf.py")
    assert built.returncode == 0, built.stdout + built.stderr
    assert "WARNING" not in built.stdout + built.stderr
    listed = json.loads((tmp_path / "output" / "threads.json").read_bytes())["threads"]
    assert len(listed) >= 8
