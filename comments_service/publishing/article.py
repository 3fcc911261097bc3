"""Article: the words of an article as its built page has them, where the service can read that page.

It can where it also bakes comments into it. A blog whose pages lie elsewhere has words of its own all the same:
then nobody knows here which.
"""

import logging
from functools import lru_cache
from pathlib import Path

from comments_service import threads
from comments_service.config import Settings
from comments_service.models import Thread
from comments_service.publishing import unbaked
from comments_service.publishing.rebake import built_page
from formats import article_text
from formats.article_text import Text

log = logging.getLogger(__name__)


def text(thread: Thread, lang: str, settings: Settings) -> Text | None:
    """The text of an article in a language; None where no page of it can be read, or takes no notes."""
    for site in unbaked.sites(settings):
        page = built_page(site, settings.site_url, threads.address(thread, lang))
        try:
            if page is not None:
                known = page.stat()
                return _read(page, known.st_mtime_ns, known.st_size, thread.id)
        except OSError as error:
            log.warning("%s cannot be read: %s.", page, error.strerror)
    return None


# A page of 10,000 words takes some 40 ms and 3 MB, and notes on one come together.
@lru_cache(maxsize=4)
def _read(page: Path, _written_at: int, _size: int, thread_id: str) -> Text | None:
    return article_text.text_in_page(page.read_text("utf-8", errors="replace"), thread_id)
