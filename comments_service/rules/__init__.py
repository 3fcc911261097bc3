"""Rules: what makes a comment wait, as the owner rules it in the dashboard.

    values     what each rule says, and who has set it
    words      a list of words, found in a text
    networks   a list of networks, and whether an address is in one
    judging    what the rules say of one comment
    kept       read, changed and changed back, in the database
    dry_run    what they would have held of the latest comments

A setting in `.env` wins over the dashboard; the front matter of an article wins over both.
"""

from comments_service.rules.dry_run import LOOKED_AT, Trial, Trials, tried
from comments_service.rules.judging import Asked, reasons
from comments_service.rules.kept import (
    Recorded,
    applied,
    change,
    changed_by,
    changes,
    clean,
    drafted,
    known,
    look,
    look_now_and_then,
    noticed,
    revision,
    takes_guests,
    undo,
)
from comments_service.rules.values import DEFAULTS, SETTINGS, SIGN_IN, Rules, Source

__all__ = [
    "DEFAULTS",
    "LOOKED_AT",
    "SETTINGS",
    "SIGN_IN",
    "Asked",
    "Recorded",
    "Rules",
    "Source",
    "Trial",
    "Trials",
    "applied",
    "change",
    "changed_by",
    "changes",
    "clean",
    "drafted",
    "known",
    "look",
    "look_now_and_then",
    "noticed",
    "reasons",
    "revision",
    "takes_guests",
    "tried",
    "undo",
]
