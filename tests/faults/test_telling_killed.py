"""`kill -9` while several processes find who is told of comments: each is told of each once, and nobody misses one."""

import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.models import (
    Comment,
    Email,
    Notification,
    Recipient,
    Role,
    Subscription,
    Untold,
    now,
)
from comments_service.notifications.fan_out import BATCH, fan_out
from tests import make
from tests.faults.nursery import Nursery, kill, nursery

# More than one transaction takes, of each life, and more than is told before anybody is killed.
COMMENTS = 8 * BATCH
SUBSCRIBERS = 4
LIVES = 2
LONGEST_LIFE_SECONDS = 0.1

# It ends when there is nobody to be told.
TELLER = """
from pathlib import Path
from comments_service import create_app
from comments_service.config import from_environment
from comments_service.notifications.fan_out import fan_out
url, folder = sys.argv[1:]
settings = from_environment(
    {}, site_url="http://blog.test", database_url=url, published=Path(folder), secret_key="x"
)
def work():
    while fan_out():
        pass
"""


@pytest.fixture
def tellers(settings: Settings) -> Iterator[Nursery]:
    with nursery(TELLER, settings.database_url, str(settings.published)) as made:
        yield made


@pytest.mark.parametrize("processes", [2, 4])
def test_each_is_told_of_each_comment_once_whoever_is_killed(
    app: Flask, tellers: Nursery, seed: int, processes: int
) -> None:
    chance = random.Random(seed)
    make.thread()
    with make.cheap_passwords():
        make.account("Mona", role=Role.MODERATOR)
    with writing():
        rows = [
            {"email": f"s{n}@example.org", "email_key": f"s{n}@example.org", "confirmed_at": now()}
            for n in range(SUBSCRIBERS)
        ]
        ids = db.session.scalars(sa.insert(Recipient).returning(Recipient.id), rows).all()
        asked = {"thread_id": "pelicans", "kind": "thread", "confirmed_at": now()}
        db.session.execute(
            sa.insert(Subscription), [{"recipient_id": each, **asked} for each in ids]
        )
    numbers = count(1)
    killed = 0
    for life in range(LIVES):
        make.many([{"id": next(numbers), "untold": Untold.PUBLISHED} for _ in range(COMMENTS)])
        db.session.rollback()
        running = tellers.born(processes)
        # On a fast machine they may be done by any later moment.
        time.sleep(chance.uniform(0, LONGEST_LIFE_SECONDS) if life else 0)
        kill(running[1:])
        killed += tellers.statuses(running).count(-signal.SIGKILL)
    # What a dead one had taken is nobody's any more, and so found again.
    fan_out()
    db.session.rollback()
    told = Counter(
        db.session.execute(sa.select(Notification.recipient_id, Notification.comment_id))
    )
    assert set(told.values()) == {1}
    assert len(told) == LIVES * COMMENTS * (SUBSCRIBERS + 1)
    assert db.session.scalars(sa.select(Comment.id).where(Comment.untold.is_not(None))).all() == []
    # No e-mail tells of nothing.
    empty = sa.select(Email.id).where(~sa.exists().where(Notification.email_id == Email.id))
    assert db.session.scalars(empty).all() == []
    assert killed > 0
