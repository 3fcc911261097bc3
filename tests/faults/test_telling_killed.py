"""`kill -9` while several processes find who is told of comments: each is told of each once, and nobody misses one."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from itertools import count
from pathlib import Path

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
from tests.sites import ROOT

# More than one transaction takes, of each life, and more than is told before anybody is killed.
COMMENTS = 8 * BATCH
SUBSCRIBERS = 4
LIVES = 2
LONGEST_LIFE_SECONDS = 0.1

# It says when it begins, and ends when there is nobody to be told.
TELLER = """
import sys
from pathlib import Path
from comments_service import create_app
from comments_service.config import from_environment
from comments_service.notifications.fan_out import fan_out
url, folder = sys.argv[1:]
settings = from_environment(
    {}, site_url="http://blog.test", database_url=url, published=Path(folder), secret_key="x"
)
with create_app(settings, commands=False).app_context():
    print("begins", flush=True)
    while fan_out():
        pass
"""


def tellers(settings: Settings, number: int) -> "list[subprocess.Popen[str]]":
    command = [sys.executable, "-c", TELLER, settings.database_url, str(settings.published)]
    running = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(number)
    ]
    for each in running:
        assert each.stdout is not None
        assert each.stdout.readline() == "begins\n"
    return running


def ended(running: "list[subprocess.Popen[str]]") -> None:
    for each in running:
        each.communicate(timeout=120)
        assert each.returncode in (0, -signal.SIGKILL)


@pytest.mark.parametrize("processes", [2, 4])
def test_each_is_told_of_each_comment_once_whoever_is_killed(
    app: Flask, settings: Settings, tmp_path: Path, seed: int, processes: int
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
        running = tellers(settings, processes)
        # On a fast machine they may be done by any later moment.
        time.sleep(chance.uniform(0, LONGEST_LIFE_SECONDS) if life else 0)
        for each in running[1:]:
            each.kill()
        ended(running)
        killed += sum(each.returncode == -signal.SIGKILL for each in running)
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
