"""Feed ids: what an article is called in feeds, by the blog's own and by the comments that answer it.

A reader of feeds takes what has another id for something new, so that an id says nothing that an author may
correct: neither an address nor a date.
"""

import uuid

# Made once, for this purpose and no other.
OURS = uuid.UUID("8c2c777c-e61e-4d77-9664-f03e0c420d48")


def of_article(host: str, thread: str, lang: str) -> str:
    """The id of an article in one language; `host` is the one that the blog first had."""
    return uuid.uuid5(OURS, f"{host} {thread} {lang}").urn
