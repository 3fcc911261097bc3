"""What is asked while a page is rendered is noted, whichever way it is asked."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, pass_context
from jinja2.ext import Extension
from pelican.contents import Article
from pelican.settings import DEFAULT_CONFIG
from pelican.utils import DateFormatter

from plugins.incremental import build_cache, reads
from plugins.presentation import reading

LIST = ["a", "b", "c"]


@pytest.mark.parametrize(
    ("ask", "notes"),
    [
        (len, {"len"}),
        (bool, {"any"}),
        (lambda given: given[0], {"[0]"}),
        (lambda given: given[-1], {"[-1]"}),
        (lambda given: given[:2], {"[None:2:None]"}),
        (list, {""}),
        (tuple, {""}),
        (sorted, {""}),
        (lambda given: [*given], {""}),
        (lambda given: "a" in given, {""}),
        (lambda given: ["z", *given], {""}),
        (lambda given: ["z"] + given, {""}),  # noqa: RUF005 - as templates write it
        (lambda given: given + ["z"], {""}),  # noqa: RUF005
        (lambda given: given == ["z"], {""}),
        (lambda given: list(reversed(given)), {""}),
        (lambda given: ",".join(given), {""}),
        (lambda given: given.index("b"), {""}),
        (lambda given: dict(enumerate(given)), {""}),
        (lambda given: None, set()),
    ],
)
def test_a_list_answers_as_it_would_and_notes_what_it_was_asked(
    ask: Callable[[Any], Any], notes: set[str]
) -> None:
    with reads.noting() as found:
        assert ask(reads.Watched(LIST, "x")) == ask(LIST)
    # Who goes through all of it may ask how many they are.
    assert {what for _, what in found} - {"len"} | notes == notes
    assert all(kind == "x" for kind, _ in found)


@pytest.mark.parametrize("what", ["len", "any", "[0]", "[-1]", "[5]", "[None:2:None]", "", "there"])
def test_a_question_is_answered_otherwise_when_the_list_is_other(what: str) -> None:
    others = [[], ["z"], ["a", "b"], ["z", "b", "c"], ["a", "b", "c", "d", "e", "f"]]
    found = [reads.asked(other, what) != reads.asked(LIST, what) for other in others]
    assert any(found) == (what != "there")


def test_a_template_asks_for_the_names_that_it_has() -> None:
    environment = Environment(autoescape=True)
    reads.see(environment)
    items, others = ["a", "b"], ["c"]
    template = environment.from_string(
        "{% macro first(of) %}{{ of[0] }}{{ name }}{% endmacro %}"
        "{% set own = items %}{{ first(own) }}{{ nothing }}{{ others and '' }}"
    )
    with reads.noting({id(items): "list items", id(others): "list others"}) as found:
        assert template.render(items=items, others=others, name="n", unused="u") == "an"
    assert found == {
        *(("list items", "there"), ("list items", "[0]")),
        *(("list others", "there"), ("list others", "any")),
        *(("name", "name"), ("name", "nothing")),
    }


@pass_context
def unknown(context: Any, _: object = "") -> str:
    return str(context["name"])


class Strange(Extension):
    """One that nobody knows."""


@pytest.mark.parametrize("source", ["{{ unknown() }}", "{{ 1|unknown }}", "{{ 1 is unknown }}"])
def test_what_nobody_knows_asks_for_everything(source: str) -> None:
    environment = Environment(autoescape=True)
    environment.filters["unknown"] = environment.tests["unknown"] = unknown
    environment.globals["unknown"] = unknown
    reads.see(environment)
    with reads.noting() as found:
        assert environment.from_string(source).render(name="n") in ("n", "True")
    assert reads.EVERYTHING in found
    assert not reads.extended(environment)
    assert reads.extended(Environment(autoescape=True, extensions=[Strange]))


def test_it_is_told_of_functions_who_made_them() -> None:
    assert all(map(reads.known, (len, reading.contents, DateFormatter(), str)))
    assert reads.known(functools.partial(reading.contents, ""))
    assert not reads.known({}.get)
    assert not reads.known(functools.partial(unknown))


def test_an_article_notes_its_attributes_and_keeps_the_name_of_its_class(tmp_path: Path) -> None:
    said = {"title": "Fish", "slug": "fish"}
    settings = {**DEFAULT_CONFIG, "CACHE_PATH": str(tmp_path)}
    context = {"localsiteurl": "", "SITENAME": "S"}
    article = Article("Words.", said, settings=settings, context=context)
    reads.watch(article, reads.Looked(article._context))
    assert isinstance(article, Article)
    assert type(article).__name__ == "Article"
    with reads.noting() as found:
        assert article.title == "Fish"
        assert not hasattr(article, "modified")
    assert {what for kind, what in found if kind == id(article)} == {"title", "modified"}
    for _ in range(2):
        with reads.noting() as found:
            assert article.content == "Words."
        assert (id(article), "_content") in found
    with reads.noting() as found:
        assert article.summary == "Words."
    assert (id(article), "_content") in found


def test_a_summary_is_made_once_and_is_what_pelican_would_make_of_the_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    real = reads.first_words

    def first_words(content: Any, text: str, shorten: Callable[[], str]) -> str:
        def noted() -> str:
            made.append(text)
            return shorten()

        return real(content, text, noted)

    monkeypatch.setattr(reads, "first_words", first_words)
    texts = [" ".join(f"<em>{start}{n}</em>" for n in range(90)) for start in "ab"]
    for changed in ({}, {"SUMMARY_MAX_LENGTH": 7}, {"SUMMARY_END_SUFFIX": " ..."}):
        settings = {**DEFAULT_CONFIG, "CACHE_PATH": str(tmp_path), "SITENAME": "S", **changed}
        for turn in range(2):
            for text in texts:
                context = {"localsiteurl": ""}
                plain = Article(text, {"title": "Fish"}, settings=settings, context=context)
                watched = Article(text, {"title": "Fish"}, settings=settings, context=context)
                reads.watch(watched, reads.Looked(context))
                with reads.noting() as found:
                    assert watched.summary == plain.summary
                assert {(id(watched), "_content"), (id(watched), "metadata")} <= found
            assert made == (texts if turn == 0 else [])
            made.clear()
            build_cache.save(settings)


def test_a_summary_that_a_plugin_makes_is_asked_of_the_plugin(tmp_path: Path) -> None:
    settings = {**DEFAULT_CONFIG, "CACHE_PATH": str(tmp_path), "SITENAME": "S"}
    for said in ("one", "two"):
        article = Article("Words.", {"title": "F"}, settings=settings, context={"localsiteurl": ""})
        article.get_summary = lambda siteurl, said=said: said
        reads.watch(article, reads.Looked(article._context))
        assert article.summary == said
