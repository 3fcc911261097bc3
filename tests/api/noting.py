"""Notes as tests write them: on words of an article whose built page lies where the service bakes."""

from pathlib import Path
from typing import Any

from comments_service.config import Settings
from tests.api.commenting import post
from tests.conftest import Answer, Visitor

EXACT = "a colony needs a lake"
BEFORE, BEHIND = "Pelicans fish together, and", "that is shallow."
PASSAGE = {"exact": EXACT, "prefix": BEFORE, "suffix": BEHIND, "lang": "en"}
WORDS = f"<p>{BEFORE} <em>a colony</em> needs a lake {BEHIND}</p><p>They rest. They fly.</p>"


def build(settings: Settings, words: str = WORDS, thread: str = "pelicans") -> Path:
    """The article's page, as a build leaves it."""
    assert settings.output_folder is not None
    page = settings.output_folder / thread / "index.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(
        f'<!doctype html><article><div class="prose" data-postil-text="{thread}">{words}</div>'
        f"<!-- postil:begin {thread} en --><!-- postil:end {thread} --></article>"
    )
    return page


def note(
    visitor: Visitor, by: str, body: str = "How shallow?", passage: Any = None, **values: Any
) -> Answer:
    """Post a note to the API with JSON, or by the plain form."""
    its = PASSAGE if passage is None else passage
    if by == "json":
        return post(visitor, by, {"body": body, **({"passage": its} if its else {}), **values})
    return post(visitor, by, {"body": body, **form(its), **values})


def form(passage: dict[str, str]) -> dict[str, str]:
    return {f"passage_{name}": text for name, text in passage.items()}
