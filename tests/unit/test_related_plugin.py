"""Which articles are offered to the reader of one."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from plugins.presentation import related
from plugins.presentation.related import closest, terms
from tests.sites import Site

TEMPLATE = "{{ article.slug }}: {% for other in article.related %}{{ other.lang }}/{{ other.slug }} {% endfor %}"


def offers(site: Site) -> dict[str, list[str]]:
    """What each page of a site offers, by the address of the page."""
    theme = site.folder / "theme" / "templates"
    theme.mkdir(parents=True)
    for name in ("index", "tag", "category", "author", "archives", "page", "tags", "categories"):
        (theme / f"{name}.html").write_text("")
    for name in ("authors", "period_archives"):
        (theme / f"{name}.html").write_text("")
    (theme / "article.html").write_text(TEMPLATE)
    site.build(THEME=str(theme.parent), THEME_STATIC_PATHS=[], PLUGINS=[related])
    found = {}
    for path in site.output.rglob("*.html"):
        _, colon, rest = path.read_text().partition(":")
        if colon:
            address = str(path.relative_to(site.output)).removesuffix("/index.html")
            found[address.removesuffix(".html")] = rest.split()
    return found


FISH = "Pelicans catch fish in the shallow water, and pelicans share fish."
INK = "Iron gall ink was made of oak galls, vitriol and gum; ink bites into paper."


def test_articles_on_one_thing_find_each_other_and_nothing_else(site: Site) -> None:
    site.write("fishing", body=FISH, Tags="birds", Title="How pelicans fish")
    site.write("sharing", body=FISH, Tags="birds", Title="Do pelicans share?")
    site.write("ink", body=INK, Tags="writing", Title="Ink from galls")
    site.write("paper", body=INK, Tags="writing", Title="What ink does to paper")
    found = offers(site)
    assert found["fishing"] == ["en/sharing"]
    assert found["paper"] == ["en/ink"]


def test_translations_series_drafts_and_hidden_articles_are_not_offered(site: Site) -> None:
    site.write("one", body=FISH, Series="Birds")
    site.write("two", body=FISH, Series="Birds")
    site.write("solo", body=FISH)
    site.write("zh", body=FISH, Slug="one", Lang="zh-cn")
    site.write("draft", body=FISH, Status="draft")
    site.write("hidden", body=FISH, Status="hidden")
    site.write("other", body=INK)
    found = offers(site)
    assert found["one"] == ["en/solo"]
    assert set(found["solo"]) == {"en/one", "en/two"}
    assert found["zh-cn/one"] == []
    assert found["hidden"] == []
    assert found["drafts/draft"] == []


def article(slug: str, text: str, day: int = 1, **metadata: str) -> Any:
    date = datetime(2026, 1, day, tzinfo=UTC)
    return SimpleNamespace(
        title="", tags=[], metadata=metadata, _content=text, slug=slug, date=date
    )


def test_no_more_are_offered_than_asked_for_and_the_order_does_not_matter() -> None:
    texts = [article(f"fish-{n}", FISH) for n in range(9)] + [article("ink", INK)]
    first = closest(texts, 3)
    assert [len(near) for near in first] == [3] * 9 + [0]
    again = closest(texts[::-1], 3)[::-1]
    for near, other in zip(first, again, strict=True):
        assert {one.slug[:4] for one in near} == {one.slug[:4] for one in other}


def test_chinese_is_compared_by_pairs_of_characters() -> None:
    assert terms("鹈鹕 fish捕鱼法") == ["鹈鹕", "捕鱼", "鱼法", "fish"]
    near = closest(
        [
            article("a", "鹈鹕怎样捕鱼，浅水里的鹈鹕"),
            article("b", "浅水中的鹈鹕"),
            article("c", "铁胆墨水写在纸上"),
            article("d", "墨水与纸"),
        ],
        3,
    )
    assert [[one.slug for one in each] for each in near] == [["b"], ["a"], ["d"], ["c"]]


def test_code_and_formulas_are_not_what_an_article_is_about() -> None:
    code = "<pre><code>import pelicans pelicans</code></pre><math><mi>vitriol</mi></math>"
    near = closest([article("a", FISH), article("b", code), article("c", INK)], 3)
    assert near[1] == []
    assert all(one.slug != "b" for each in near for one in each)


def test_of_equally_close_ones_the_newest_are_offered(site: Site) -> None:
    for number in range(6):
        site.write(f"fish-{number}", body=FISH, Date=f"2026-01-{number + 1:02}")
    site.write("ink", body=INK)
    assert offers(site)["fish-0"] == ["en/fish-5", "en/fish-4", "en/fish-3"]


def test_a_word_of_every_article_says_nothing() -> None:
    near = closest([article(str(n), "pelicans everywhere") for n in range(4)], 3)
    assert near == [[], [], [], []]
