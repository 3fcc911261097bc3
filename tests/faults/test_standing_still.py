"""A machine that stands still in the middle of a write, or whose plug is pulled: others do not wait for it for ever."""

import subprocess
import sys

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.models import Thread
from tests import make
from tests.sites import ROOT

STILL_SECONDS = 2

# It writes, says so, and stands still until it is told to go on. Its connection stays open all the while, as that of a
# machine does which is not there any more to close it.
STILL = """
import sys
from pathlib import Path
import sqlalchemy as sa
from comments_service import create_app, db as database
from comments_service.config import from_environment
from comments_service.errors import Unavailable
from comments_service.models import Thread
url, folder, database.STILL_SECONDS = sys.argv[1:]
settings = from_environment(
    {}, site_url="http://blog.test", database_url=url, published=Path(folder), secret_key="x"
)
with create_app(settings, commands=False).app_context():
    session = database.db.session
    try:
        with database.writing():
            session.execute(sa.update(Thread).values(title="Never written"))
            print("stands still", flush=True)
            sys.stdin.readline()
            session.execute(sa.update(Thread).values(title="Never written"))
    except Unavailable:
        print("refused", flush=True)
    with database.writing():
        session.execute(sa.update(Thread).values(category="Afterwards"))
    print("goes on", flush=True)
"""


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_it_has_locked_is_free_again_and_it_goes_on_when_it_can(
    app: Flask, settings: Settings
) -> None:
    make.thread()
    db.session.rollback()
    command = [sys.executable, "-c", STILL, settings.database_url, str(settings.published)]
    with subprocess.Popen(
        [*command, str(STILL_SECONDS)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "stands still\n"
        # Whoever waits longer than it may stand still gets it, rather than a refusal.
        with writing():
            db.session.execute(sa.text("SET LOCAL lock_timeout = '60s'"))
            db.session.execute(sa.update(Thread).values(title="Written"))
        said, _ = process.communicate("go on\n", timeout=60)
        assert said == "refused\ngoes on\n"
    db.session.rollback()
    found = db.session.execute(sa.select(Thread.title, Thread.category)).one()
    assert tuple(found) == ("Written", "Afterwards")
