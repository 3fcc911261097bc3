"""Groups: the articles of a tag, a category or an author, which know at once whether one is among them.

To put each group in the order of its dates, Pelican asks of every article of the blog whether the group has it,
and looks through the group for the answer: with 5,000 articles and 300 tags that takes longer than all else
that an edit costs.
"""

from typing import Any

from plugins.site import Generator


class Group(list[Any]):
    """A list of articles that is asked what is in it more often than it changes."""

    def __init__(self, articles: list[Any]) -> None:
        super().__init__(articles)
        self.ids = set(map(id, articles))

    def __contains__(self, article: object) -> bool:
        return id(article) in self.ids


def plain(value: Any) -> Any:
    """What a template is handed is a list like any other."""
    return list(value) if type(value) is Group else value


def group(articles: Generator) -> None:
    """Once the generator has read everything; templates keep the lists that they have been told of."""
    articles.tags = {tag: Group(tagged) for tag, tagged in articles.tags.items()}
    articles.categories = [(category, Group(its)) for category, its in articles.categories]
    articles.authors = [(author, Group(its)) for author, its in articles.authors]
