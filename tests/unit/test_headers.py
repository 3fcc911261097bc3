"""How files are served: what `formats/http_headers` says, as the service, a host and the samples send it."""

import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from comments_service.static_files import Files
from formats import http_headers
from plugins.delivery import headers
from tests.api.wsgi.steps import ask, write
from tests.conftest import settings_for
from tests.sites import ROOT, Site, disconnect

NAMES = (
    *("index.html", "404.html", "pelicans/index.html", "threads.json", "robots.txt", "sitemap.xml"),
    *("search/index.html", "zh-cn/search/index.html", "research/index.html", "中文/index.html"),
    *("feeds/all.atom.xml", "feeds/zh-cn.atom.xml", "feeds/all.json"),
    *("theme/site.0123abcd.js", "theme/site.0123abcd.css", "theme/mark.svg", "llms.txt"),
    *("images/line.svg", "images/photo.jpg", "images/sized/photo.0123abcd-1200.webp"),
    *(
        "pagefind/pagefind.js",
        "pagefind/pagefind.en_0123abcdef.pf_meta",
        "pagefind/wasm.en.pagefind",
    ),
    *("pagefind/fragment/en_0123abc.pf_fragment", "pagefind/cjk/index/zh_0123abc.pf_index"),
)
SECURITY = ("Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options")
SERVICES = {
    "beside": ("https://example.org", "/comments/"),
    "elsewhere": ("https://example.org", "https://talk.example.org/comments/"),
    "plain": ("http://blog.test", "/comments/"),
}

Rules = list[tuple[re.Pattern[str], list[str]]]


def read(document: str) -> Rules:
    """The rules of a `_headers` file, in order."""
    found: Rules = []
    for line in document.splitlines():
        if line.startswith("/"):
            pattern = ".*".join(map(re.escape, unquote(line).split("*")))
            found.append((re.compile(pattern), []))
        elif line:
            assert line.startswith("  ")
            found[-1][1].append(line.strip())
    return found


def at_cloudflare(rules: Rules, path: str) -> dict[str, str]:
    """What every rule says is joined, but for what a later one has taken back first."""
    headers: dict[str, str] = {}
    for pattern, lines in rules:
        for line in lines if pattern.fullmatch(path) else ():
            if line.startswith("! "):
                headers.pop(line[2:], None)
                continue
            name, _, value = line.partition(": ")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def at_netlify(rules: Rules, path: str) -> dict[str, str]:
    """What is said last holds; a line without a colon says nothing."""
    pairs = (
        line.partition(": ")
        for pattern, lines in rules
        if pattern.fullmatch(path)
        for line in lines
        if ":" in line
    )
    return {name: value for name, _, value in pairs}


@pytest.mark.parametrize("where", SERVICES)
@pytest.mark.parametrize("host", [at_cloudflare, at_netlify])
def test_a_host_is_told_what_the_service_itself_would_send(
    host: Any, where: str, tmp_path: Path
) -> None:
    site, comments_url = SERVICES[where]
    settings = settings_for(
        "sqlite:///never-opened", tmp_path, site_url=site, comments_url=comments_url
    )
    place = Files(settings)
    rules = read(headers.document(sorted(NAMES), site, comments_url))
    for name in NAMES:
        write(tmp_path / "output" / name, "Words.")
        path = f"/{name}".removesuffix("index.html")
        own, told = ask(place, path).headers, host(rules, path)
        for header in (*SECURITY, "Strict-Transport-Security"):
            # Over plain HTTP, and where only the service lies on https, nobody promises TLS.
            assert told.get(header) == own.get(header), (path, header)
        # What is not said is asked for again at both hosts.
        assert told.get("Cache-Control", "no-cache") == own["Cache-Control"], path
        assert http_headers.freshness(name) == own["Cache-Control"], path
        assert http_headers.content_type(name) == own["Content-Type"], path
        assert told.get("Content-Type", own["Content-Type"]) == own["Content-Type"], path


def nginx() -> Iterator[tuple[str, dict[str, str]]]:
    """Each `location` of the sample, with the headers that it adds."""
    text = (ROOT / "deploy/nginx.conf").read_text("utf-8")
    for found in re.finditer(r"^    location (.*?) \{\n(.*?)^    \}", text, re.M | re.S):
        added = re.findall(r'^\s+add_header (\S+) "(.*)"(?: always)?;$', found[2], re.M)
        yield found[1], dict(added)


def caddy(name: str) -> str:
    """The pattern of a matcher in the sample."""
    text = (ROOT / "deploy/Caddyfile").read_text("utf-8")
    found = re.search(rf"@{name} path_regexp (?:name )?(\S+)", text)
    assert found
    return found[1]


def test_nginx_and_caddy_send_the_same_headers() -> None:
    wanted = {
        compiles: http_headers.site_headers("/comments/", secure=False, compiles=compiles)
        for compiles in (False, True)
    }
    locations = dict(nginx())
    [search] = [where for where in locations if "search/" in where]
    for where, compiles in (("/", False), (search, True)):
        assert {name: locations[where][name] for name in SECURITY} == wanted[compiles], where
    text = (ROOT / "deploy/Caddyfile").read_text("utf-8")
    assert re.findall(r'header Content-Security-Policy "(.*)"', text) == [
        wanted[False]["Content-Security-Policy"]
    ]
    assert re.findall(r'header @search Content-Security-Policy "(.*)"', text) == [
        wanted[True]["Content-Security-Policy"]
    ]
    for name in SECURITY[1:]:
        assert f"header {name} {wanted[False][name]}\n" in text


def test_nginx_and_caddy_know_the_same_names_with_a_hash_and_the_same_search() -> None:
    [hashed] = [where for where, _ in nginx() if "[0-9a-f]{8,}" in where]
    [siblings] = [where for where, _ in nginx() if "(gz|br)" in where]
    assert siblings == f'~ "{caddy("sibling")}"'
    [search] = [where for where, _ in nginx() if "search/" in where]
    ours = http_headers.HASHED.pattern.split("|_", 1)[0].replace("(?:", "(")
    assert hashed == f'~ "{ours}"'
    assert caddy("hashed") == ours
    assert search == f'~ "{caddy("search")}"'
    for name in NAMES:
        path = name.removesuffix("index.html")
        assert bool(re.search(caddy("search"), f"/{path}")) is http_headers.compiles(path), path
        assert http_headers.compiles(path) is http_headers.compiles(name)


def test_the_samples_let_every_page_fetch_a_snapshot_as_the_service_does() -> None:
    [added] = [added for where, added in nginx() if "threads/" in where]
    assert added.items() >= {**http_headers.SHARED, **http_headers.SNIFF}.items()
    text = (ROOT / "deploy/Caddyfile").read_text("utf-8")
    for name, value in http_headers.SHARED.items():
        assert f"header {name} {value}\n" in text


def test_the_policies_in_the_docs_are_the_ones_that_are_sent() -> None:
    text = (ROOT / "docs/security.md").read_text("utf-8")
    pages = http_headers.service_headers(is_page=True, secure=False)["Content-Security-Policy"]
    for said in (pages, http_headers.DATA, http_headers.of_page("/comments/")):
        assert f"| `{said}` |" in text


def test_a_page_says_its_policy_itself_and_another_host_in_it_ends_no_attribute(site: Site) -> None:
    site.write("fish")
    site.build(COMMENTS_URL='https://talk.example.org"onload="x/comments/')
    found = re.search(r'Content-Security-Policy" content="([^"]*)">', site.page("fish"))
    assert found
    said = http_headers.in_page('https://talk.example.org"onload="x/comments/')
    assert found[1] == said.replace('"', "&quot;")
    assert "script-src 'self' https://talk.example.org" in found[1]


def test_only_a_folder_without_other_files_is_kept_for_a_year_as_a_whole() -> None:
    names = [
        "a/x.0123abcd.js",
        "a/b/y.0123abcd.css",
        "c/z.0123abcd.js",
        "c/plain.js",
        "top.0123abcd.js",
    ]
    assert headers.forever(names) == ["a/*", "c/z.0123abcd.js", "top.0123abcd.js"]
    assert headers.forever(["c/plain.js"]) == []


def test_what_cloudflare_would_not_read_is_left_out_and_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    names = sorted([*NAMES, *(f"theme/part-{number}.0123abcd.js" for number in range(150))])
    with caplog.at_level(logging.WARNING):
        written = headers.document(names, "https://example.org", "/comments/")
    rules = read(written)
    assert len(rules) == headers.MOST_RULES
    assert max(map(len, written.splitlines())) <= headers.MOST_CHARS
    assert "wasm-unsafe-eval" in at_cloudflare(rules, "/search/")["Content-Security-Policy"]
    assert "files have to be asked for again" in caplog.text
    assert all(line.count("*") <= 1 for line in written.splitlines() if line.startswith("/"))


def test_a_line_that_is_too_long_for_cloudflare_is_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        headers.document([], "https://example.org", f"https://{'a' * 600}.example/comments/")
    assert "too long for Cloudflare" in caplog.text


def test_a_site_below_a_path_names_its_files_with_it() -> None:
    rules = read(headers.document(sorted(NAMES), "https://example.org/blog", "/comments/"))
    assert (
        at_cloudflare(rules, "/blog/theme/site.0123abcd.js")["Cache-Control"]
        == http_headers.FOREVER
    )
    assert "wasm-unsafe-eval" in at_cloudflare(rules, "/blog/search/")["Content-Security-Policy"]


def test_a_build_writes_headers_and_takes_them_away_when_switched_off(site: Site) -> None:
    site.write("fish")
    site.build()
    rules = read((site.output / "_headers").read_text())
    [script] = [path.name for path in (site.output / "theme").glob("site.*.js")]
    told: Mapping[str, str] = at_cloudflare(rules, f"/theme/{script}")
    assert told["Cache-Control"] == http_headers.FOREVER
    assert told["Content-Security-Policy"] == http_headers.of_page("/comments/")
    disconnect()
    site.build(HOST_HEADERS=False)
    assert not (site.output / "_headers").exists()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("feeds/all.rss", "application/rss+xml; charset=utf-8"),
        ("notes.md", "text/markdown; charset=utf-8"),
        ("book.epub", "application/epub+zip"),
        ("module.mjs", "text/javascript; charset=utf-8"),
        ("data.jsonld", "application/ld+json; charset=utf-8"),
        ("page.xhtml", "application/xhtml+xml; charset=utf-8"),
        ("archive.tar.gz", "application/gzip"),
        ("a.ttf", "font/ttf"),
        ("a.otf", "font/otf"),
        ("a.woff", "font/woff"),
        ("a.woff2", "font/woff2"),
        ("talk.pdf", "application/pdf"),
        ("talk.mp3", "audio/mpeg"),
        ("talk.mp4", "video/mp4"),
        ("nobody.knows", "application/octet-stream"),
    ],
)
def test_what_a_blog_may_well_hold_has_the_same_type_on_every_machine(name: str, kind: str) -> None:
    assert http_headers.content_type(name) == kind
