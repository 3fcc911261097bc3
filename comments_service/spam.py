"""The verdict on the text of a comment: publish or hold, with reasons that a moderator reads in the queue.

Pure: what is known of the writer comes in as a History. Nothing is refused silently: a doubt
puts the comment into the queue, and a moderator decides.
"""

from dataclasses import dataclass

from comments_service.errors import Message


@dataclass(frozen=True)
class History:
    """What the writer did before: `published` counts comments that a moderator let stand."""

    published: int
    rejected: int
    same_text_recently: int


@dataclass(frozen=True)
class Rules:
    trust_after: int
    max_links: int
    all_wait: bool


@dataclass(frozen=True)
class Verdict:
    """Empty reasons: publish. Otherwise hold, and say why."""

    reasons: tuple[Message, ...]

    @property
    def hold(self) -> bool:
        return bool(self.reasons)


def verdict(
    links: int, trapped: bool, history: History, rules: Rules, links_added: int = 0
) -> Verdict:
    """Asks no network: a slow blocklist must not become a slow comment form.

    `links_added` came with an edit, after a moderator had let the comment through.
    A filled trap is answered like any held comment, so that a robot cannot tell what gave it away.
    """
    # Kept with each comment as they are worded here: a changed sentence loses its translations in the
    # comments that wait already.
    reasons = []
    if rules.all_wait:
        reasons.append(Message("All comments on this article wait for a moderator."))
    if trapped:
        reasons.append(Message("A hidden field was filled in, as robots do."))
    if history.published < rules.trust_after:
        reasons.append(Message("First comment of this writer."))
    if history.rejected:
        reasons.append(
            Message(
                "Comments of this writer were rejected before: {number}.", number=history.rejected
            )
        )
    if links > rules.max_links:
        reasons.append(Message("Many links: {number}.", number=links))
    if links_added:
        reasons.append(
            Message("Links were added after a moderator's decision: {number}.", number=links_added)
        )
    if history.same_text_recently:
        reasons.append(Message("The same text was posted elsewhere on this site today."))
    return Verdict(tuple(reasons))
