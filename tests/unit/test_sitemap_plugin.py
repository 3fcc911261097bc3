"""What crawlers, feed readers and web servers are told: sitemap, feeds, llms.txt, redirects."""

import json
import re
import xml.etree.ElementTree as ET
from datetime import datetime
from typing import Any

from formats import feed_ids
from plugins.comments import manifest
from plugins.delivery import feeds, llms_txt, redirects, sitemap
from plugins.delivery.feeds import whole
from plugins.delivery.sitemap import PAGES_OF_ONE_SITEMAP, sitemaps
from plugins.presentation import images
from tests.sites import Site

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
XHTML = "{http://www.w3.org/1999/xhtml}"
SITE = "https://example.org/blog"


def build(site: Site, **settings: Any) -> None:
    """With a theme that has what a page's head needs, and no more."""
    theme = site.folder / "theme" / "templates"
    theme.mkdir(parents=True, exist_ok=True)
    page = "<html><head>{}<title>x</title></head>{}</html>"
    for name in ("index", "tag", "category", "author", "archives", "tags", "categories", "authors"):
        (theme / f"{name}.html").write_text(page.format("", name))
    (theme / "404.html").write_text(page.format('<meta name="robots" content="noindex">', "lost"))
    (theme / "article.html").write_text(
        page.format(
            '{% if article.status == "hidden" %}<meta name="robots" content="noindex">{% endif %}',
            "{{ article.content|safe }}",
        )
    )
    (theme / "page.html").write_text(page.format("", "{{ page.content|safe }}"))
    defaults = {
        "SITEURL": SITE,
        "THEME": str(theme.parent),
        "THEME_STATIC_PATHS": [],
        "STATIC_PATHS": ["images"],
        "DRAFT_SAVE_AS": "",
        "DIRECT_TEMPLATES": ["index", "404"],
        "FEED_ALL_ATOM": "feeds/all.atom.xml",
        "PLUGINS": [manifest, redirects, images, sitemap, feeds, llms_txt],
        "IMAGES_FORMATS": ("webp",),
    }
    site.build(**{**defaults, **settings})


def sitemap_of(site: Site) -> dict[str, ET.Element]:
    root = ET.parse(site.output / "sitemap.xml").getroot()
    assert root.tag == f"{SITEMAP}urlset"
    found = {url.findtext(f"{SITEMAP}loc", ""): url for url in root}
    assert len(found) == len(root)
    return found


def test_the_sitemap_has_what_wants_to_be_found_and_nothing_else(site: Site) -> None:
    site.write("fish", Modified="2026-02-03", Aliases="/old/")
    site.write("hidden", Status="hidden")
    site.write("draft", Status="draft")
    site.write("later", Date="2999-01-01")
    (site.content / "pages" / "about.md").write_text("Title: About\nSlug: about\n\nUs & them.\n")
    build(site)
    found = sitemap_of(site)
    assert {address.removeprefix(f"{SITE}/") for address in found if "author" not in address} >= {
        "",
        "fish/",
        "pages/about.html",
    }
    assert not [address for address in found if re.search("hidden|draft|later|404|old", address)]
    assert found[f"{SITE}/fish/"].findtext(f"{SITEMAP}lastmod") == "2026-02-03"
    assert found[f"{SITE}/"].findtext(f"{SITEMAP}lastmod") == "2026-02-03"


def test_translations_name_each_other_and_addresses_are_escaped(site: Site) -> None:
    site.write("fish", Slug="fish-&-chips")
    site.write("yu", Slug="fish-&-chips", Lang="zh-cn")
    build(site)
    found = sitemap_of(site)
    both = {("en", f"{SITE}/fish-&-chips/"), ("zh-cn", f"{SITE}/zh-cn/fish-&-chips/")}
    for _, address in both:
        links = found[address].findall(f"{XHTML}link")
        assert {(link.get("hreflang"), link.get("href")) for link in links} == both


def test_what_an_earlier_build_left_behind_is_not_listed(site: Site) -> None:
    site.write("fish")
    article = site.write("gone")
    build(site)
    assert f"{SITE}/gone/" in sitemap_of(site)
    article.unlink()
    build(site)
    assert f"{SITE}/gone/" not in sitemap_of(site)
    assert (site.output / "gone" / "index.html").exists()


def test_a_large_site_has_a_list_of_sitemaps() -> None:
    lines = [
        f"<url><loc>https://example.org/{n}/</loc></url>" for n in range(PAGES_OF_ONE_SITEMAP + 1)
    ]
    made = sitemaps("sitemap.xml", "https://example.org", lines)
    root = ET.fromstring(made["sitemap.xml"])
    assert root.tag == f"{SITEMAP}sitemapindex"
    parts = [part.findtext(f"{SITEMAP}loc", "").rpartition("/")[2] for part in root]
    assert parts == ["sitemap-1.xml", "sitemap-2.xml"]
    assert [len(ET.fromstring(made[part])) for part in parts] == [PAGES_OF_ONE_SITEMAP, 1]


def test_robots_find_the_sitemap_and_stay_off_the_services_pages(site: Site) -> None:
    site.write("fish")
    build(site, COMMENTS_URL="/blog/comments/")
    text = (site.output / "robots.txt").read_text()
    assert "Disallow: /blog/comments/\n" in text
    assert "Allow: /blog/comments/threads/\n" in text
    assert text.endswith(f"Sitemap: {SITE}/sitemap.xml\n")
    build(site, COMMENTS_URL="https://elsewhere.example/", SITEMAP_SAVE_AS="")
    assert (site.output / "robots.txt").read_text() == "User-agent: *\nAllow: /\n"


def test_the_json_feed_keeps_the_rules_of_its_format(site: Site) -> None:
    (site.content / "images").mkdir()
    (site.content / "images" / "d.svg").write_text('<svg viewBox="0 0 4 2"></svg>')
    site.write(
        "fish",
        Title="Fish & <em>chips</em>",
        Tags="sea, food",
        Modified="2026-02-03",
        Summary="About *fish*.",
        body="![A]({static}/images/d.svg) [near](#x) [up](../) [ours](/blog/x/)",
    )
    site.write("older", Date="2025-01-01")
    build(site, SITESUBTITLE="For tests")
    feed = json.loads((site.output / "feeds" / "all.json").read_bytes())
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == f"{SITE}/feeds/all.json"
    assert feed["home_page_url"] == f"{SITE}/"
    assert isinstance(feed["title"], str)
    assert [item["url"] for item in feed["items"]] == [f"{SITE}/fish/", f"{SITE}/older/"]
    for item in feed["items"]:
        assert isinstance(item["id"], str)
        assert item["content_html"]
        assert datetime.fromisoformat(item["date_published"]).tzinfo
        assert all(set(author) == {"name"} for author in item["authors"])
        assert all(
            address.startswith("https://")
            for address in re.findall(r'(?:src|href)="([^"]*)"', item["content_html"])
        )
        assert set(item) <= {
            *("id", "url", "title", "content_html", "summary", "date_published"),
            *("date_modified", "authors", "tags", "language"),
        }
    first = feed["items"][0]
    assert first["title"] == "Fish & chips"
    assert first["summary"] == "About fish."
    assert first["tags"] == ["sea", "food"]
    assert f'src="{SITE}/images/d.svg"' in first["content_html"]
    assert f'href="{SITE}/fish/#x"' in first["content_html"]
    assert f'href="{SITE}/"' in first["content_html"]


def test_every_address_of_a_feed_is_whole() -> None:
    html = (
        '<a href="#a"><img src="/i/x.png" srcset="/i/x-1.webp 1w, /i/x-2.webp 2w"></a><q cite="y/">'
    )
    assert whole(html, "https://example.org/a/") == (
        '<a href="https://example.org/a/#a"><img src="https://example.org/i/x.png"'
        ' srcset="https://example.org/i/x-1.webp 1w, https://example.org/i/x-2.webp 2w"></a>'
        '<q cite="https://example.org/a/y/">'
    )


def test_atom_has_whole_addresses_in_its_texts_too(site: Site) -> None:
    site.write("fish", body="A [part](#part) and [another](/blog/other/).")
    build(site)
    feed = (site.output / "feeds" / "all.atom.xml").read_text()
    assert f"{SITE}/fish/#part" in feed
    assert f"{SITE}/blog/" not in feed
    assert "https://example.org/blog/other/" in feed


LISTS = {
    "TAG_FEED_ATOM": "feeds/tags/{slug}.atom.xml",
    "CATEGORY_FEED_ATOM": "feeds/categories/{slug}.atom.xml",
    "AUTHOR_FEED_ATOM": "feeds/authors/{slug}.atom.xml",
    "AUTHOR_FEED_RSS": None,
    "FEED_ALL_ATOM": "feeds/all.atom.xml",
}


def entries(site: Site, name: str) -> list[tuple[str, str, str]]:
    """Each entry of a feed: title, id, and where its comments are."""
    atom = "{http://www.w3.org/2005/Atom}"
    feed = ET.fromstring((site.output / "feeds" / name).read_text(encoding="utf-8"))
    assert len([each.text for each in feed.iter(f"{atom}id")]) == len(
        {each.text for each in feed.iter(f"{atom}id")}
    )
    return [
        (
            each.findtext(f"{atom}title") or "",
            each.findtext(f"{atom}id") or "",
            next(
                (a.attrib["href"] for a in each.iter(f"{atom}link") if a.get("rel") == "replies"),
                "",
            ),
        )
        for each in feed.iter(f"{atom}entry")
    ]


def test_tags_categories_and_authors_have_feeds_that_their_pages_name(site: Site) -> None:
    for number in range(12):
        site.write(
            f"a{number:02}", Tags="C++, air", Category="Essays", Date=f"2026-01-{number + 1:02}"
        )
    site.build(**LISTS)
    for path, feed in (
        ("tag/c", "tags/c"),
        ("category/essays", "categories/essays"),
        ("author/ada", "authors/ada"),
    ):
        assert [title for title, *_ in entries(site, f"{feed}.atom.xml")] == [
            f"A{number:02}" for number in range(11, 1, -1)
        ]
        html = (site.output / f"{path}.html").read_text(encoding="utf-8")
        assert html.count(f'href="/feeds/{feed}.atom.xml"') == 2
    assert len(entries(site, "all.atom.xml")) == 12


def test_an_article_keeps_its_id_and_says_where_its_comments_are(site: Site) -> None:
    site.write("old")
    site.write("größe", Slug="größe")
    site.build(**LISTS)
    before = entries(site, "all.atom.xml")
    json_ids = [
        each["id"] for each in json.loads((site.output / "feeds/all.json").read_bytes())["items"]
    ]
    assert (
        "Old",
        feed_ids.of_article("example.org", "old", "en"),
        "https://example.org/comments/threads/old.atom",
    ) in before
    (site.content / "old.md").unlink()
    site.write(
        "new", Title="Old", Thread="old", Aliases="/old/", Date="2025-12-31", Comments="closed"
    )
    site.build(**LISTS)
    assert sorted(entries(site, "all.atom.xml")) == sorted(before)
    site.write("new", Title="Old", Thread="old", Aliases="/old/")
    site.build(**LISTS, SITEURL="https://elsewhere.example", FEED_HOST="example.org")
    assert [each[:2] for each in entries(site, "all.atom.xml")] == [each[:2] for each in before]
    items = json.loads((site.output / "feeds/all.json").read_bytes())["items"]
    assert [each["id"] for each in items] == json_ids
    assert "https://elsewhere.example/new/" in [each["url"] for each in items]


def test_llms_txt_lists_the_articles_with_a_line_about_each(site: Site) -> None:
    site.write("fish", Title="Fish [and] chips", Summary="About  *fish*.")
    site.write("draft", Status="draft")
    build(site, SITESUBTITLE="For tests")
    assert (site.output / "llms.txt").read_text() == (
        "# Sample\n\n> For tests\n\n## Articles\n\n"
        f"- [Fish \\[and\\] chips]({SITE}/fish/): About fish.\n"
    )


def test_aliases_become_redirects_of_hosts_and_servers(site: Site) -> None:
    site.write("fish", Aliases="/2024/old/, /旧 的.html".replace(" ", ""))
    build(site)
    assert (site.output / "_redirects").read_text("utf-8").splitlines() == [
        "/blog/%E6%97%A7%E7%9A%84.html /blog/fish/ 301",
        "/blog/2024/old/ /blog/fish/ 301",
    ]
    for server, end in (("nginx", ";"), ("caddy", "")):
        assert (site.output / f"{server}-redirects.map").read_text("utf-8").splitlines() == [
            f'"/blog/旧的.html" "/blog/fish/"{end}',
            f'"/blog/2024/old/" "/blog/fish/"{end}',
        ]


def test_the_same_site_gives_the_same_files(site: Site) -> None:
    for name in ("one", "two", "three"):
        site.write(name)
    build(site)
    names = ("sitemap.xml", "robots.txt", "llms.txt", "feeds/all.json", "_redirects")
    first = {name: (site.output / name).read_bytes() for name in names}
    build(site)
    assert first == {name: (site.output / name).read_bytes() for name in names}


def test_what_the_old_name_of_all_these_wrote_it_writes_still(site: Site) -> None:
    site.write("fish")
    build(site, PLUGINS=[manifest, "plugins.machines"])
    for name in ("sitemap.xml", "robots.txt", "feeds/all.json", "llms.txt"):
        assert "example.org/blog/" in (site.output / name).read_text("utf-8")
