"""Duplicates: articles that would share an address, a page, a feed or a title."""

from collections.abc import Iterator
from typing import Any

from authoring.blog import shown
from plugins.markdown.frontmatter import line_of
from plugins.site import Article, Generator, Problem, plain

# What a line names, with the beginning of its settings' names.
NAMED = (("tags", "TAG"), ("category", "CATEGORY"), ("authors", "AUTHOR"))


def owners(articles: Generator) -> dict[str, Any]:
    """Which files the site writes by itself, with what each is."""
    settings = articles.settings
    taken: dict[str, Any] = {}
    for template in settings["DIRECT_TEMPLATES"]:
        name = settings.get(f"{template.upper()}_SAVE_AS", f"{template}.html")
        if name:
            taken[name] = f"the page of all {template}"
    for noun, wrappers in (
        ("tag", articles.tags),
        ("category", [category for category, _ in articles.categories]),
        ("author", [author for author, _ in articles.authors]),
    ):
        for wrapper in wrappers:
            if wrapper.save_as:
                taken.setdefault(wrapper.save_as, f"the page of the {noun} {wrapper.name}")
    return taken


def collision(content: Article, other: Any) -> Problem:
    owner = other if isinstance(other, str) else shown(other.source_path)
    return Problem(
        shown(content.source_path),
        line_of(content.source_path, "slug"),
        f'The slug "{content.slug}" gives it the address of {owner}, and a build would stop half way.'
        " Write another Slug.",
    )


def named(content: Article, key: str) -> list[Any]:
    """The tags, the category or the authors of an article, as a list."""
    found = getattr(content, key, None) or []
    return list(found) if isinstance(found, list | tuple) else [found]


def shared_names(contents: list[Article]) -> Iterator[Problem]:
    """Tags, categories and authors that differ in name and share a page all the same."""
    for key, kind in NAMED:
        first: dict[str, tuple[str, Article]] = {}
        for content in contents:
            for each in named(content, key):
                name, other = first.setdefault(each.slug, (each.name, content))
                if name != each.name:
                    yield Problem(
                        shown(content.source_path),
                        line_of(content.source_path, key),
                        f'{key.capitalize()}: "{each.name}" and "{name}" of'
                        f" {shown(other.source_path)} share the page {each.url or each.slug}."
                        " Write one of them in both, or tell them apart in"
                        f" {kind}_REGEX_SUBSTITUTIONS.",
                    )


def shared_feeds(contents: list[Article], settings: dict[str, Any]) -> Iterator[Problem]:
    """A category and an author of one slug, whose feeds would be one file."""
    first: dict[str, tuple[str, str]] = {}
    for content in contents:
        for key, kind in NAMED:
            for each in named(content, key):
                for form in ("ATOM", "RSS"):
                    name = settings.get(f"{kind}_FEED_{form}")
                    if not name:
                        continue
                    feed = str(name).format(slug=each.slug)
                    owner, other = first.setdefault(feed, (kind, each.name))
                    if owner != kind:
                        yield Problem(
                            shown(content.source_path),
                            line_of(content.source_path, key),
                            f'{key.capitalize()}: "{each.name}" has the feed {feed}, which is also'
                            f' that of the {owner.lower()} "{other}". Rename one, or change {kind}_FEED_{form}.',
                        )


def same_titles(contents: list[Article]) -> Iterator[Problem]:
    first: dict[tuple[str, str], Article] = {}
    for content in contents:
        title = plain(content.title)
        other: Article = first.setdefault((content.lang, title.casefold()), content)
        if other is not content:
            yield Problem(
                shown(content.source_path),
                line_of(content.source_path, "title"),
                f'Title: "{title}" is also that of {shown(other.source_path)}. Readers, feeds and'
                " search engines tell articles apart by it: write another one.",
            )
