"""Duplicates: articles that would share a title, or a page of a tag, a category or an author.

That no two have one address, `plugins/delivery/addresses` sees to.
"""

from collections.abc import Iterator

from authoring.blog import shown
from plugins.delivery.addresses import NAMED, named
from plugins.markdown.frontmatter import line_of
from plugins.site import Article, Problem, plain


def shared_names(contents: list[Article]) -> Iterator[Problem]:
    """Tags, categories and authors that differ in name and share a page all the same."""
    for key, kind, _ in NAMED:
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
