"""The moderation queue: what waits for a decision, and what was decided. Deciding is in `comments`."""

from comments_service.moderation_queue.cards import (
    Card,
    Changed,
    Edit,
    cards,
    changed,
    edits,
    notes,
)
from comments_service.moderation_queue.decided import (
    decisions,
    last_decision,
    last_decisions,
    last_numbers,
    of_batch,
)
from comments_service.moderation_queue.filters import (
    ALL,
    Filter,
    person_name,
    person_of,
    reason_text,
    reasons,
)
from comments_service.moderation_queue.lists import (
    MOST_MATCHING,
    QUEUE_PAGE,
    Matching,
    loaded,
    matching,
    queue,
    waiting,
    written_by,
)

__all__ = [
    "ALL",
    "MOST_MATCHING",
    "QUEUE_PAGE",
    "Card",
    "Changed",
    "Edit",
    "Filter",
    "Matching",
    "cards",
    "changed",
    "decisions",
    "edits",
    "last_decision",
    "last_decisions",
    "last_numbers",
    "loaded",
    "matching",
    "notes",
    "of_batch",
    "person_name",
    "person_of",
    "queue",
    "reason_text",
    "reasons",
    "waiting",
    "written_by",
]
