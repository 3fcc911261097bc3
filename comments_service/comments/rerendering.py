"""What was typed is rendered: once for each change, and anew for all when the renderer has changed.

How Markdown becomes safe HTML is `markup`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import sqlalchemy as sa

from comments_service import markup
from comments_service.comments.transaction import changing, locked
from comments_service.db import db
from comments_service.errors import InvalidInput, Message
from comments_service.models import Comment

# One transaction takes so many comments, which is some 20 ms: posts come in between.
BATCH = 200


def rendered(source: str) -> str:
    """Safe HTML for a source that a person typed. Raises InvalidInput."""
    try:
        html = markup.render(source)
    except markup.MarkupError as error:
        raise InvalidInput(fields={"body": error.message}) from None
    if not markup.visible_text(html):
        raise InvalidInput(fields={"body": Message("Nothing of this text would be visible.")})
    return html


@dataclass
class Rerendered:
    """How many comments were rendered anew, how many look different, and which could not be."""

    total: int = 0
    changed: int = 0
    refused: list[int] = field(default_factory=list)


def rerender(*, everything: bool = False) -> Rerendered:
    """Render anew what another version of the renderer made, or everything; the text is not touched.

    A comment that the renderer refuses by now keeps the HTML and the version that it had.
    """
    done = Rerendered()
    for ids in _batches(everything):
        with changing():
            # A writer may be editing one, or taking it back, at this very moment.
            for each in locked(Comment.id.in_(ids), Comment.source != ""):
                try:
                    html = rendered(each.source)
                except InvalidInput:
                    done.refused.append(each.id)
                    continue
                done.total += 1
                each.renderer_version = markup.RENDERER_VERSION
                if each.html != html:
                    each.html = html
                    done.changed += 1
    return done


def outdated() -> int:
    """How many comments another version of the renderer made."""
    chosen = sa.select(sa.func.count()).select_from(Comment).where(*_of_another_version)
    return db.session.scalar(chosen) or 0


_of_another_version = (Comment.source != "", Comment.renderer_version != markup.RENDERER_VERSION)


def _batches(everything: bool) -> Iterator[list[int]]:
    """The numbers of the comments to render, those of the next batch once the one before is done."""
    which = (Comment.source != "",) if everything else _of_another_version
    last = 0
    while True:
        chosen = sa.select(Comment.id).where(*which, Comment.id > last).order_by(Comment.id)
        ids = [*db.session.scalars(chosen.limit(BATCH))]
        if not ids:
            return
        yield ids
        last = ids[-1]
