"""Votes: what was counted on comments is published a while later, however many votes that were.

A vote marks its comment and nothing else. Here the threads of such comments are raised, and then they are
behind like any other; what a crash leaves stays marked.
"""

from typing import cast

import sqlalchemy as sa

from comments_service.db import db, writing
from comments_service.models import Comment, Thread

# A thread is published at most this often for its votes.
VOTES_SECONDS = 5.0

_comments, _threads = (cast(sa.Table, each.__table__) for each in (Comment, Thread))
# Spelt as the condition of the index, and put together once: it is asked for all the time.
_voted = sa.text("voted")
_waiting = sa.select(_comments.c.thread_id).where(_voted).distinct()
_thread: sa.BindParameter[str] = sa.bindparam("thread")
_raise = (
    sa.update(_threads)
    .where(_threads.c.id == _thread)
    .values(revision=_threads.c.revision + 1)
    .returning(_threads.c.revision)
)
# Whoever edits a comment waits for its thread, so nobody with the thread may wait for a comment: what is
# being changed just now stays marked.
_free = (
    sa.select(_comments.c.id)
    .where(_comments.c.thread_id == _thread, _voted)
    .with_for_update(skip_locked=True, key_share=True)
)
_take = (
    sa.update(_comments)
    .where(_comments.c.id.in_(_free))
    .values(voted=False, revision=sa.bindparam("now"))
)


def raise_voted() -> bool:
    """Let every thread be published anew in which votes were counted since; whether there was any."""
    waiting = db.session.scalars(_waiting).all()
    for thread_id in sorted(waiting):
        with writing():
            connection = db.session.connection()
            revision = connection.execute(_raise, {"thread": thread_id}).scalar_one()
            connection.execute(_take, {"thread": thread_id, "now": revision})
    return bool(waiting)
