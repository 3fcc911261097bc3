"""Anchoring: a note whose words the article has no longer is about others of it, which a moderator names."""

import re
from enum import StrEnum

from comments_service import markup, threads
from comments_service.comments.deciding import admitted
from comments_service.comments.rerendering import rendered
from comments_service.comments.transaction import changing
from comments_service.config import Settings
from comments_service.db import db
from comments_service.errors import InvalidInput, Message, UnknownComment
from comments_service.inputs import Anchor
from comments_service.models import Account, Comment
from comments_service.publishing import article
from formats import passages
from formats.article_text import FOLDED, Text
from formats.passages import Passage


class Standing(StrEnum):
    """Whether the built page has a note's words: what a moderator is told of it."""

    FOUND = "found"
    LOST = "lost"
    # The page cannot be read here, or takes no notes.
    UNKNOWN = "unknown"


def standing(comment: Comment, settings: Settings) -> Standing:
    """Of a note, loaded with its thread."""
    text = _text(comment, settings)
    if text is None or comment.passage is None:
        return Standing.UNKNOWN
    return Standing.FOUND if passages.find(comment.passage, text) else Standing.LOST


def anchor(comment_id: int, moderator: Account | None, new: Anchor, settings: Settings) -> Comment:
    """Let a note be about other words of its article, which have to stand in the built page exactly once.

    Or about none: then what it was about is a quotation at the beginning of its text. Nobody is told.
    Raises UnknownComment, NotAllowed, InvalidInput.
    """
    comment = threads.comment(comment_id)
    passage = None
    if comment.passage is not None and new.words is not None:
        # Before the transaction: the built page may have to be read for it.
        passage = _named(comment, new.words, settings)
    with changing():
        admitted(moderator, comment.thread)
        as_it_is = ["source", "html", "status", "passage"]
        db.session.refresh(comment, as_it_is, with_for_update=True)
        if not comment.source:
            raise UnknownComment
        if comment.passage is None:
            raise _refusal(Message("This comment is no note: it is about the article as a whole."))
        if passage is None:
            comment.source = f"> {_typed(comment.passage.exact)}\n\n{comment.source}"
            comment.html = rendered(comment.source)
            comment.renderer_version = markup.RENDERER_VERSION
        comment.passage = passage
    return comment


def _typed(words: str) -> str:
    """Words as Markdown that shows them and nothing else."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", words)


def _lang(comment: Comment) -> str:
    """The language of the page; the thread's own, where the article is not there in the note's any more."""
    spoken = threads.languages(comment.thread)
    its = comment.passage.lang if comment.passage else ""
    return its if its in spoken else comment.thread.lang


def _text(comment: Comment, settings: Settings) -> Text | None:
    return article.text(comment.thread, _lang(comment), settings)


def _named(comment: Comment, words: str, settings: Settings) -> Passage:
    text = _text(comment, settings)
    if text is None:
        raise _refusal(
            Message(
                "The built page of the article cannot be read here, or takes no notes: nobody here"
                " knows whether it has these words."
            )
        )
    found = passages.quoted(words, text, _lang(comment))
    if found is not None:
        return found
    if words.translate(FOLDED) in text.folded:
        raise _refusal(
            Message("The article has these words more than once: name some of those beside them.")
        )
    raise _refusal(Message("The article, as it was built last, does not have these words."))


def _refusal(message: Message) -> InvalidInput:
    return InvalidInput(message, fields={"words": message})
