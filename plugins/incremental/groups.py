"""Groups: the articles of a tag, a category, an author or a year, told without looking through all the others.

To put each group in the order of its dates, Pelican asks of every article of the blog whether the group has it,
and looks through the group for the answer: with 5,000 articles and 300 tags that takes longer than all else
that an edit costs, and with their years alone a tenth of it.
"""

import calendar
from collections import defaultdict
from operator import attrgetter
from typing import Any

from plugins.site import Generator

# What the articles of one period have in common.
PERIODS = {
    "year": attrgetter("date.year"),
    "month": attrgetter("date.year", "date.month"),
    "day": attrgetter("date.year", "date.month", "date.day"),
}


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


# --- Periods --------------------------------------------------------------------------------------


def take_periods(articles: Generator) -> None:
    """Leave Pelican no year, month or day to look for; they are there when it tells that it has read everything."""
    settings, save = articles.settings, articles.save_cache
    own = {name: settings[name] for name in (f"{each.upper()}_ARCHIVE_SAVE_AS" for each in PERIODS)}
    settings.update(dict.fromkeys(own, ""))

    def save_cache() -> None:
        settings.update(own)
        articles.period_archives = articles.context["period_archives"] = periods(articles)
        save()

    # The next that Pelican does, after it has looked for periods.
    articles.save_cache = save_cache


def periods(articles: Generator) -> dict[str, list[dict[str, Any]]]:
    """The archives of each period that has pages, in the form of Pelican's own; each period is one, also where
    articles of several time zones are in the order of their moments, and not of their days.
    """
    place = {id(article): number for number, article in enumerate(articles.articles)}
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for name, period in PERIODS.items():
        setting = f"{name.upper()}_ARCHIVE"
        save_as, url = articles.settings[f"{setting}_SAVE_AS"], articles.settings[f"{setting}_URL"]
        dated: dict[Any, list[Any]] = defaultdict(list)
        for article in articles.dates if save_as else ():
            dated[period(article)].append(article)
        for which in sorted(dated, reverse=articles.context["NEWEST_FIRST_ARCHIVES"]):
            dates = dated[which]
            numbers = which if isinstance(which, tuple) else (which,)
            month = [calendar.month_name[number] for number in numbers[1:2]]
            found[name].append(
                {
                    "dates": dates,
                    "articles": sorted(dates, key=lambda article: place[id(article)]),
                    "save_as": save_as.format(date=dates[0].date),
                    "url": url.format(date=dates[0].date),
                    "period": (*numbers[:1], *month, *numbers[2:]),
                    "period_num": numbers,
                }
            )
    return found
