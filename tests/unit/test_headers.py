"""How files are served: what `formats/http_headers` says, as the service, a host and the samples send it."""

import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

import plugins
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
    *("pagefind/fragment/en_0123abc.pf_fragment", "pagefind/newer/index/en-newer_0123abc.pf_index"),
)
SECURITY = ("Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options")
SERVICES = {
    "beside": ("https://example.org", "/comments/"),
    "elsewhere": ("https://example.org", "https://talk.example.org/comments/"),
    "plain": ("http://blog.test", "/comments/"),
}


def policies(comments_url: str = "/comments/") -> dict[bool, str]:
    return headers.policies({"COMMENTS_URL": comments_url})


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
    rules = read(headers.document(sorted(NAMES), site, policies(comments_url)))
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
    policy = policies()[False]
    wanted = http_headers.site_headers(policy, secure=False)
    added = dict(nginx())["/"]
    assert {name: added[name] for name in SECURITY[1:]} == {
        name: wanted[name] for name in SECURITY[1:]
    }
    text = (ROOT / "deploy/Caddyfile").read_text("utf-8")
    for name in SECURITY[1:]:
        assert f"header {name} {wanted[name]}\n" in text
    # The policy is the build's: see the test of all that send it.
    assert "default-src" not in text + (ROOT / "deploy/nginx.conf").read_text("utf-8")


def test_nginx_and_caddy_know_the_same_names_with_a_hash_and_the_same_search() -> None:
    [hashed] = [where for where, _ in nginx() if "[0-9a-f]{8,}" in where]
    [siblings] = [where for where, _ in nginx() if "(gz|br)" in where]
    assert siblings == f'~ "{caddy("sibling")}"'
    ours = http_headers.HASHED.pattern.split("|_", 1)[0].replace("(?:", "(")
    assert hashed == f'~ "{ours}"'
    assert caddy("hashed") == ours
    assert caddy("search") == f"^/{http_headers.SEARCH_PATHS}"
    assert f"@others not path_regexp {caddy('search')}\n" in (ROOT / "deploy/Caddyfile").read_text(
        "utf-8"
    )
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
    for said in (pages, http_headers.DATA, policies()[False]):
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
    names = ["a/x.0123abcd.js", "a/b/y.0123abcd.css", "c/z.0123abcd.js", "c/plain.js"]
    names.append("top.0123abcd.js")
    kept = [("a/*", True), ("c/z.0123abcd.js", True), ("top.0123abcd.js", True)]
    assert list(headers.caching(names, "theme")) == kept
    assert list(headers.caching(["c/plain.js"], "theme")) == []


def test_a_hundred_changes_of_a_style_add_no_rule() -> None:
    """Of the theme's folder what has no hash is named, as it stands after a clean build."""
    clean = sorted(NAMES)
    old = [f"theme/site.{number:08x}.{end}" for number in range(99) for end in ("css", "js")]
    written = headers.document(sorted([*clean, *old]), "https://example.org", policies())
    assert written == headers.document(clean, "https://example.org", policies())
    for host in (at_cloudflare, at_netlify):
        told = host(read(written), "/theme/site.00000042.css")
        assert told["Cache-Control"] == http_headers.FOREVER
        assert host(read(written), "/theme/mark.svg")["Cache-Control"] == http_headers.FRESH


def test_the_feeds_of_a_hundred_tags_are_one_rule() -> None:
    feeds = [f"feeds/tags/{number}.atom.xml" for number in range(150)]
    rules = read(headers.document(sorted([*NAMES, *feeds]), "https://example.org", policies()))
    assert (
        len(rules)
        == len(read(headers.document(list(NAMES), "https://example.org", policies()))) + 1
    )
    atom = http_headers.content_type("feeds/tags/1.atom.xml")
    assert at_cloudflare(rules, "/feeds/tags/1.atom.xml")["Content-Type"] == atom
    assert "Content-Type" not in at_cloudflare(rules, "/feeds/all.json")


def test_what_cloudflare_would_not_read_is_left_out_and_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    names = sorted(
        [*NAMES, *(f"shown/{number}.0123abcd.js" for number in range(150)), "shown/plain.js"]
    )
    with caplog.at_level(logging.WARNING):
        written = headers.document(names, "https://example.org", policies())
    rules = read(written)
    assert len(rules) == headers.MOST_RULES
    assert max(map(len, written.splitlines())) <= headers.MOST_CHARS
    assert "wasm-unsafe-eval" in at_cloudflare(rules, "/search/")["Content-Security-Policy"]
    assert "files have to be asked for again" in caplog.text
    assert all(line.count("*") <= 1 for line in written.splitlines() if line.startswith("/"))


def test_a_line_that_is_too_long_for_cloudflare_is_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        headers.document([], "https://example.org", policies(f"https://{'a' * 600}.example/"))
    assert "too long for Cloudflare" in caplog.text


def test_a_site_below_a_path_names_its_files_with_it() -> None:
    rules = read(headers.document(sorted(NAMES), "https://example.org/blog", policies()))
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
    assert told["Content-Security-Policy"] == policies()[False]
    disconnect()
    site.build(HOST_HEADERS=False)
    assert not (site.output / "_headers").exists()


# --- One policy -----------------------------------------------------------------------------------


def at_nginx(lines: str, path: str) -> str:
    """What the sample's `map` says of a path."""
    found: dict[str, str] = dict(re.findall(r'^(default|"[^"]*") "([^"]*)";$', lines, re.M))
    matching = [
        policy for key, policy in found.items() if key[1:2] == "~" and re.search(key[2:-1], path)
    ]
    return (matching or [found["default"]])[0]


def policies_sent(site: Site, path: str) -> Iterator[str]:
    """The policy of one page from everybody who says it."""
    settings = settings_for("sqlite:///never-opened", site.folder, site_url="https://example.org")
    yield ask(Files(settings), path).headers["Content-Security-Policy"]
    rules = read((site.output / "_headers").read_text())
    yield at_cloudflare(rules, path)["Content-Security-Policy"]
    yield at_netlify(rules, path)["Content-Security-Policy"]
    included = re.search(
        r"^map \$uri \$content_policy \{\s*include /srv/blog/output/(\S+);",
        (ROOT / "deploy/nginx.conf").read_text("utf-8"),
        re.M,
    )
    assert included
    yield at_nginx((site.output / included[1]).read_text(), path)
    text = (ROOT / "deploy/Caddyfile").read_text("utf-8")
    matcher = "@search " if re.search(caddy("search"), path) else "@others "
    sent = re.search(
        rf"header {matcher}Content-Security-Policy {{file\./srv/blog/output/(\S+)}}", text
    )
    assert sent
    yield (site.output / sent[1]).read_text()
    said = re.search(r'Content-Security-Policy" content="([^"]*)">', site.page(path.strip("/")))
    assert said
    # Who may frame a page only a header can say.
    yield f"{said[1]}; frame-ancestors 'self'"


def test_what_the_settings_name_is_in_every_policy_that_is_sent_and_under_its_own_name(
    site: Site,
) -> None:
    hosts = {
        name: [f"{by}.example.org", f"*.{by}.net"] for name, by in http_headers.ALLOWED_BY.items()
    }
    site.write("fish")
    site.write("search")
    site.build(**hosts, PLUGINS=plugins.in_order(without=["delivery.addresses"]))
    [policy] = set(policies_sent(site, "/fish/"))
    said = {
        by: sources.split() for by, sources in (each.split(" ", 1) for each in policy.split("; "))
    }
    for name, by in http_headers.ALLOWED_BY.items():
        assert said[by][0] == "'self'"
        assert said[by][-2:] == hosts[name]
        assert policy.count(hosts[name][0]) == 1
    # An article has taken its place, which says another policy of itself.
    *sent, _ = policies_sent(site, "/search/")
    [search] = set(sent)
    assert search.replace(" 'wasm-unsafe-eval'", "") == policy


def test_the_service_sends_the_policy_of_the_last_build(site: Site) -> None:
    site.write("fish")
    site.build()
    place = Files(settings_for("sqlite:///never-opened", site.folder))
    assert "frame-src" not in ask(place, "/fish/").headers["Content-Security-Policy"]
    disconnect()
    site.build(ALLOW_FRAMES_FROM=["films.example.org"])
    said = ask(place, "/fish/").headers["Content-Security-Policy"]
    assert "frame-src 'self' films.example.org;" in said


@pytest.mark.parametrize(
    "said", ["", "default-src 'self'\nSet-Cookie: a=b", "\x00", "é", "x" * 9_000]
)
def test_what_is_no_policy_is_not_sent_as_one(said: str, tmp_path: Path) -> None:
    write(tmp_path / "output/index.html", "Words.")
    write(tmp_path / "output" / http_headers.POLICY_FILES[False], said)
    place = Files(settings_for("sqlite:///never-opened", tmp_path))
    assert ask(place, "/").headers["Content-Security-Policy"] == policies()[False]


@pytest.mark.parametrize("name", http_headers.ALLOWED_BY)
@pytest.mark.parametrize(
    "value",
    [
        "images.example.org",
        ["'unsafe-inline'"],
        ["*"],
        ["a.example b.example"],
        ["a.example; script-src *"],
        ["a.example,b.example"],
        ["https://user@a.example"],
        ["javascript:"],
        ["https://"],
        [""],
        [None],
        ["中文.example"],
        {"a.example": 1},
        5,
        [f"host-{number}.example.org" for number in range(400)],
    ],
    ids=repr,
)
def test_what_no_policy_can_say_is_refused_by_the_settings_name(name: str, value: Any) -> None:
    found = list(headers.setting_problems({name: value}))
    assert found
    assert all(name in each or "ALLOW_" in each for each in found)


def test_any_host_may_be_allowed_for_pictures_and_for_nothing_that_acts() -> None:
    for name in http_headers.ALLOWED_BY:
        found = list(headers.setting_problems({name: ["https:"]}))
        assert bool(found) is (name not in ("ALLOW_IMAGES_FROM", "ALLOW_MEDIA_FROM")), name


# --- Types ----------------------------------------------------------------------------------------


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
