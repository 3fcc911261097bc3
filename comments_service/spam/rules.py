"""The verdict on the text of a comment: publish or hold, with reasons that a moderator reads in the queue.

Pure: what is known of the writer comes in as a History. Nothing is refused silently: a doubt
puts the comment into the queue, and a moderator decides.
"""

from dataclasses import dataclass
from enum import Enum, auto

from comments_service.errors import Message
from comments_service.spam.filter import Likeness


@dataclass(frozen=True)
class History:
    """What the writer did before: `published` counts comments that a moderator let stand."""

    published: int
    rejected: int
    same_text_recently: int
    near_text_recently: int = 0


class Proof(Enum):
    """What a guest's browser proved by computing (`proof_of_work`)."""

    NOT_ASKED = auto()
    GIVEN = auto()
    MISSING = auto()
    OLD = auto()
    HASTY = auto()


_unproved = {
    Proof.MISSING: Message("No proof that a browser's script ran."),
    Proof.OLD: Message("The proof that a browser's script ran is too old."),
    Proof.HASTY: Message("Sent faster than people write."),
}


@dataclass(frozen=True)
class Facts:
    """What is known of a text and of its writer. `links_added` came with an edit, after a moderator's approval.

    `crowded`: much came from the networks around; `flooded`: guests write much on the whole site.
    """

    history: History
    links: int = 0
    links_added: int = 0
    trapped: bool = False
    # Whether it is a note on words that are not in the article.
    unfound: bool = False
    # What the filter thinks that it is like; nothing where it was not asked, or knows too little.
    likeness: Likeness | None = None
    # Whether a moderator has changed the words that are edited now.
    corrected: bool = False
    # What the owner's own rules say (`rules.reasons`).
    ruled: tuple[Message, ...] = ()
    proof: Proof = Proof.NOT_ASKED
    crowded: bool = False
    flooded: bool = False


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


def verdict(facts: Facts, rules: Rules) -> Verdict:
    """Asks no network: a slow blocklist must not become a slow comment form.

    A filled trap is answered like any held comment, so that a robot cannot tell what gave it away.
    """
    history = facts.history
    # Kept with each comment as they are worded here: a changed sentence loses its translations in the
    # comments that wait already.
    reasons = []
    if rules.all_wait:
        reasons.append(Message("All comments on this article wait for a moderator."))
    if facts.trapped:
        reasons.append(Message("A hidden field was filled in, as robots do."))
    if history.published < rules.trust_after:
        reasons.append(Message("First comment of this writer."))
    if history.rejected:
        reasons.append(
            Message(
                "Comments of this writer were rejected before: {number}.", number=history.rejected
            )
        )
    if facts.unfound:
        reasons.append(Message("The words it notes are not in the article."))
    if facts.links > rules.max_links:
        reasons.append(Message("Many links: {number}.", number=facts.links))
    if facts.links_added:
        reasons.append(
            Message(
                "Links were added after a moderator's decision: {number}.", number=facts.links_added
            )
        )
    if facts.corrected:
        reasons.append(Message("Edited after a moderator had edited it."))
    if history.same_text_recently:
        reasons.append(Message("The same text was posted elsewhere on this site today."))
    elif history.near_text_recently:
        reasons.append(Message("Nearly the same text was posted elsewhere on this site today."))
    if facts.likeness is not None and facts.likeness.is_spam:
        reasons.append(_like_spam(facts.likeness))
    # Whom a moderator has let through answers for himself: not for others, nor for his browser.
    if not 0 < rules.trust_after <= history.published:
        if facts.proof in _unproved:
            reasons.append(_unproved[facts.proof])
        if facts.crowded:
            reasons.append(Message("Many comments came from networks around this one."))
        if facts.flooded:
            reasons.append(Message("Guests posted many comments within a few minutes."))
    return Verdict((*reasons, *facts.ruled))


# What both of these begin with, and what the filter held is known by.
LOOKS_LIKE_SPAM = "Looks like spam"


def _like_spam(likeness: Likeness) -> Message:
    if not likeness.words:
        return Message("Looks like spam.")
    return Message("Looks like spam: {words}.", words=", ".join(likeness.words))
