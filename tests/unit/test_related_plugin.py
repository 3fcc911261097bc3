"""Which articles are offered to the reader of one."""

import random
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from plugins.incremental.build_cache import Cache
from plugins.presentation import related
from plugins.presentation.related import terms
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


def closest(articles: list[Any], most: int) -> list[list[Any]]:
    return related.closest(articles, most, Cache(None))


def article(slug: str, text: str, day: int = 1, **metadata: str) -> Any:
    date = datetime(2026, 1, day, tzinfo=UTC)
    said = {"title": "", "tags": [], "metadata": metadata, "_content": text}
    return SimpleNamespace(**said, source_path=f"{slug}.md", slug=slug, date=date)


def test_no_more_are_offered_than_asked_for_and_the_order_does_not_matter() -> None:
    texts = [article(f"fish-{n}", FISH) for n in range(9)] + [article("ink", INK)]
    first = closest(texts, 3)
    assert [len(near) for near in first] == [3] * 9 + [0]
    again = closest(texts[::-1], 3)[::-1]
    for near, other in zip(first, again, strict=True):
        assert {one.slug[:4] for one in near} == {one.slug[:4] for one in other}


def test_only_what_has_changed_is_counted_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    real = related.counted

    def count(parts: dict[str, str]) -> dict[str, float]:
        counted.append(parts["text"])
        return real(parts)

    monkeypatch.setattr(related, "counted", count)
    texts = [article(f"fish-{n}", f"{FISH} {INK * n}") for n in range(5)]
    first = related.closest(texts, 3, (kept := Cache(tmp_path / "memory.db")))
    assert len(counted) == 5
    kept.save()
    texts[2] = article("fish-2", f"{INK} and other words")
    counted.clear()
    again = related.closest(texts, 3, (kept := Cache(tmp_path / "memory.db")))
    assert counted == [texts[2]._content]
    assert again == closest(texts, 3) != first
    kept.close()


def test_answers_of_the_build_before_are_those_that_would_be_found_again() -> None:
    """Whatever changes: words, dates, series, articles that come and go."""
    chance = random.Random(7)
    words = [f"w{letter}{other}" for letter in "abcdefgh" for other in "klmnop"]

    def some(number: int) -> Any:
        text = " ".join(chance.choice(words) for _ in range(40))
        series = {"series": "s"} if chance.random() < 0.2 else {}
        return article(f"n{number}", text, chance.randint(1, 28), **series)

    texts = [some(number) for number in range(40)]
    known: related.Near = {}
    kept, weighed = Cache(None), []
    real = related.best_of

    def best_of(number: int, *rest: Any) -> list[int]:
        weighed.append(number)
        return real(number, *rest)

    for turn in range(30):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(related, "best_of", best_of)
            found = related.closest(texts, 3, kept, known)
        assert found == closest(texts, 3)
        weighed.clear()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(related, "best_of", best_of)
            assert related.closest(texts, 3, kept, known) == found
        assert weighed == []
        at = chance.randrange(len(texts))
        texts[at : at + turn % 2] = [some(100 + turn)] * (turn % 3 > 0)
        texts.sort(key=lambda each: (each.date, each.slug), reverse=True)


def test_a_word_more_in_one_text_leaves_most_others_as_they_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One of forty texts says one of its words once more: whoever shares other words with it is not asked again."""
    chance = random.Random(11)
    words = [f"{one}{two}" for one in "abcdefghij" for two in "klmnopqrst"]
    texts = [article(f"n{n}", " ".join(chance.choices(words, k=120))) for n in range(40)]
    known: related.Near = {}
    related.closest(texts, 3, Cache(None), known)
    weighed: list[int] = []
    real = related.best_of

    def best_of(number: int, *rest: Any) -> list[int]:
        weighed.append(number)
        return real(number, *rest)

    monkeypatch.setattr(related, "best_of", best_of)
    asked = []
    for number in range(20):
        said = texts[number]._content.split()
        more = next(word for word in said if said.count(word) == 2)
        edited = [*texts]
        edited[number] = article(f"n{number}", " ".join([*said, more]))
        weighed.clear()
        related.closest(edited, 3, Cache(None), dict(known))
        asked.append(len(weighed))
    assert sorted(asked)[len(asked) // 2] < len(texts) * 3 // 4, asked


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


def test_a_word_of_many_articles_is_not_what_they_are_about() -> None:
    """Each of them would be weighed anew whenever one of the others is edited."""
    said = [{f"own {n}": 2.0, f"of a pair {n // 2}": 2.0} for n in range(1_000)]
    for counts in said[:250]:
        counts["this"] = 9.0
    for counts in said[:150]:
        counts["pelican"] = 9.0
    found = related.vectors(said)
    assert found[0].keys() == {"of a pair 0", "pelican"}
    few = related.vectors([*said[:60], *({"ink": 1.0} for _ in range(40))])
    assert "this" in few[0]
