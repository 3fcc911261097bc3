"""Notes in the margin, for tests of a build: an article, comments with passages, and the page without marks."""

import json
import re
from typing import Any

from formats import passages
from tests.sites import Site

BODY = """Pelicans fish in *shallow* water, and they fish together.

## How they do it

They form a line[^1] & drive the fish towards the shore. Nobody leads, and $x = 1$ holds.

```python
def fish():
    return "net"
```

[^1]: A crescent, rather.
"""


def comment(number: int, name: str = "Pia", words: str = "So they do.") -> str:
    """A comment as the service's template writes it, as far as a build reads it."""
    return (
        f'<li class="postil-comment postil-depth-0" id="comment-{number}" data-id="{number}">\n'
        f'<p class="postil-meta"><bdi class="postil-name">{name}</bdi></p>\n'
        f'<div class="postil-body">{words}</div></li>'
    )


def note(
    number: int, exact: str, name: str = "Pia", lang: str = "en", **more: Any
) -> dict[str, Any]:
    passage = {"exact": exact, "prefix": "", "suffix": "", "lang": lang, **more}
    return {"id": number, "name": name, "passage": passage, "page": 1}


def publish(
    site: Site,
    thread: str,
    notes: list[dict[str, Any]],
    *,
    revision: int = 1,
    comments: str | None = None,
) -> None:
    """A thread's snapshot with these notes, as HTML and as JSON."""
    words = "".join(comment(each["id"], each["name"]) for each in notes)
    site.publish(
        thread, revision=revision, count=len(notes), words=words if comments is None else comments
    )
    told = {"version": 1, "comments": [], **({"notes": notes} if notes else {})}
    (site.published / "threads" / f"{thread}.json").write_text(json.dumps(told))


def noted_in(body: str, words: str, number: int, *, name: str = "Pia") -> dict[str, Any]:
    """A note on words of an article, as the service stores it."""
    passage = passages.quoted(words, passages.text_of(body), "en")
    assert passage is not None
    return note(number, passage.exact, name, prefix=passage.prefix, suffix=passage.suffix)


def text_of(site: Site, path: str = "fish") -> str:
    """The article's element in its built page, marks and all."""
    page = site.page(path)
    return page[page.index('<div class="prose"') : page.index('<footer class="article-footer"')]


def on(site: Site, words: str, number: int, name: str = "Pia") -> dict[str, Any]:
    return noted_in(text_of(site), words, number, name=name)


def plainly(html: str) -> str:
    """The text without its marks and numbers."""
    html = re.sub(r'<a class="postil-at".*?</a>', "", html)
    return re.sub(r'</?mark[^>]*>|<span id="at-\d+"></span>', "", html)


def depth_of_marks(html: str) -> int:
    depth = most = 0
    for tag in re.findall(r"<(/?)mark\b", html):
        depth += -1 if tag else 1
        most = max(most, depth)
        assert depth >= 0
    assert depth == 0
    return most
