"""List pages: which articles of a long list are on which of its pages, and where each page is.

Pelican counts pages from the newest on, so that a new article moves every other article of a list by one
place, and changes all of its pages: they are rendered, packed and uploaded again. Where the pattern of their
addresses says `{number.from_oldest}` instead of `{number}`, pages are filled from the oldest article on:
what was written once stays on its page, at its address, and a new article changes the first page alone.
That one takes what is left over: from half a page to one and a half.

Templates are told Pelican's numbers as ever: 1 is the page of the newest.

Settings: PAGINATION_PATTERNS, DEFAULT_PAGINATION, DEFAULT_ORPHANS (not where pages are filled from the oldest).
"""

import functools

from pelican.paginator import Page as PelicanPage
from pelican.paginator import Paginator

from . import reads

FROM_OLDEST = "number.from_oldest"


class Number(int):
    """A page's number, of which the address can be made in either way."""

    from_oldest: int


class Page(PelicanPage):  # type: ignore[misc]  # Pelican is untyped
    """Pelican's page, on a list whose first page has a length of its own."""

    def start_index(self) -> int:
        return int(self.paginator.start(self.number)) + bool(self.paginator.count)

    def end_index(self) -> int:
        return int(self.paginator.start(self.number + 1))


class Pages(Paginator):  # type: ignore[misc]  # Pelican is untyped
    """Pelican's division of a list, which notes where its length is shown."""

    @functools.cached_property
    def from_oldest(self) -> bool:
        return any(FROM_OLDEST in str(rule) for rule in self.settings["PAGINATION_PATTERNS"])

    @property
    def count(self) -> int:
        return len(self.object_list)

    @functools.cached_property
    def num_pages(self) -> int:
        with reads.noting():  # Every page of a list is told it.
            if self.from_oldest:
                return int(max(1, (self.count + self.per_page // 2) // (self.per_page or 1)))
            return int(super().num_pages)

    def start(self, number: int) -> int:
        """How many articles are on the pages before this one."""
        return 0 if number == 1 else self.count - (self.num_pages + 1 - number) * self.per_page

    def page(self, number: int) -> PelicanPage:
        if not self.from_oldest:
            return super().page(number)
        counted = Number(number)
        counted.from_oldest = self.num_pages + 1 - number
        shown = self.object_list[self.start(number) : self.start(number + 1)]
        return Page(self.name, self.url, shown, counted, self, self.settings)
