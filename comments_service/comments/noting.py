"""Noting: which comments are notes, each on words of its article, whoever sends them and however.

Programs and scripts send the passage beside the text; whoever writes without them begins with a quotation
of the article. What can be read of the built page says whether the words stand there.
"""

import re
from dataclasses import dataclass, replace

from comments_service import markup, threads
from comments_service.config import Settings
from comments_service.errors import InvalidInput, Message
from comments_service.inputs import NewComment, NewPassage
from comments_service.models import Comment, Thread
from comments_service.publishing import article
from formats import passages
from formats.article_text import FOLDED, Text
from formats.passages import Passage

# Of a quotation as it is typed: with its signs, and Markdown's; longer ones are no passage.
MOST_QUOTED_CHARS = 2_000
# The lines that begin with the sign of a quotation, and those that go on with its paragraph.
_marked = re.compile(r"(?: {0,3}>[^\n]*(?:\n|\Z))+")
_continued = re.compile(r"(?: {0,3}>[^\n]*(?:\n|\Z))+(?:[^\n>][^\n]*(?:\n|\Z))*")
_sign = re.compile(r"^ {0,3}> ?", re.MULTILINE)

NO_NOTES = Message(
    "This article takes no notes on its words. Your text is kept: take the words off to post it as a comment."
)
NO_ANSWER = Message(
    "A note answers no comment. Take the words of the article off, or write it as a comment of its own."
)
NO_LANGUAGE = Message("This is not a language in which the article is there.")


@dataclass(frozen=True)
class Noting:
    """A comment's text and the words that it is about, with what speaks against those.

    `unfound`: the page could be read, and they are not in it. `links` are counted where it could not.
    """

    body: str
    passage: Passage | None = None
    unfound: bool = False
    links: int = 0


def noting(thread: Thread, new: NewComment, settings: Settings) -> Noting:
    """What a new comment becomes: a note if it says of which words, or begins with a quotation of them.

    Asks the database nothing. Raises InvalidInput for words that cannot be noted here.
    """
    if new.passage is not None:
        return _given(thread, new, new.passage, settings)
    if new.parent is not None:
        return Noting(new.body)
    return quoting(thread, new.body, settings)


def _given(thread: Thread, new: NewComment, given: NewPassage, settings: Settings) -> Noting:
    refused = NO_ANSWER if new.parent is not None else None if thread.notes else NO_NOTES
    lang = given.lang or thread.lang
    if refused is None and lang not in threads.languages(thread):
        refused = NO_LANGUAGE
    if refused is not None:
        raise InvalidInput(refused, fields={"passage": refused})
    passage = Passage(given.exact, given.prefix, given.suffix, lang)
    text = article.text(thread, lang, settings)
    if text is None:
        return Noting(new.body, passage, links=_links(given.exact))
    if not (given.prefix or given.suffix):
        # Whoever says the words alone means the one place where they stand, if there is one.
        passage = passages.quoted(given.exact, text, lang) or passage
    return Noting(new.body, passage, unfound=not _holds(text, given.exact))


def quoting(thread: Thread, body: str, settings: Settings) -> Noting:
    """A text that begins with words of the article becomes a note on them, without the quotation.

    Only where they stand in the built page exactly once, and where more is said than they say.
    """
    plain = Noting(body)
    if not thread.notes or not body.lstrip("\n").startswith(">"):
        return plain
    for lang in threads.languages(thread):
        text = article.text(thread, lang, settings)
        for words, rest in _quotations(body) if text is not None else ():
            passage = text and passages.quoted(words, text, lang)
            if passage:
                return replace(plain, body=rest, passage=passage)
    return plain


def _quotations(body: str) -> list[tuple[str, str]]:
    """How a text may be cut into a quotation at its beginning and what is said of it."""
    found: list[tuple[str, str]] = []
    for each in (_continued, _marked):
        quotation = each.match(body)
        rest = body[quotation.end() :].strip() if quotation else ""
        if quotation is None or not rest or len(quotation[0]) > MOST_QUOTED_CHARS:
            continue
        typed = _sign.sub("", quotation[0])
        if _marked.match(typed):
            # Somebody's quotation of it, and not the article.
            continue
        # As it is shown, and as it was typed: words that were copied may look like Markdown.
        for words in (_shown(typed), typed):
            if 0 < len(words := passages.cleaned(words)) <= passages.MOST_CHARACTERS:
                found.append((words, rest))
    return list(dict.fromkeys(found))


def _shown(source: str) -> str:
    try:
        return markup.plain(markup.render(source))
    except markup.MarkupError:
        return ""


def _holds(text: Text, words: str) -> bool:
    """Whether an article has the words anywhere, however its quotation marks and dashes are written."""
    return words.translate(FOLDED) in text.folded


def _links(words: str) -> int:
    try:
        return markup.links(markup.render(words))
    except markup.MarkupError:
        return 0


def is_same(before: Comment, new: NewComment) -> bool:
    """Whether an earlier comment is what this submission has become; what was edited since may be."""
    if before.edited_at is not None:
        return True
    if before.passage is None or new.passage is not None:
        exact = before.passage.exact if before.passage else None
        given = new.passage.exact if new.passage else None
        return before.source == new.body and exact == given
    # Its quotation was taken off, of a page that may be another one by now.
    return any(rest == before.source for _, rest in _quotations(new.body))
