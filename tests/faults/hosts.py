"""Hosts: what several machines run, each below a folder of its own; they share PostgreSQL, a bucket, and nothing else.

Service processes that only answer, and `flask comments work` beside them, as docs/operating.md has it.
"""

import shutil
import threading
from pathlib import Path

import sqlalchemy as sa

from authoring.server import FLASK
from comments_service.db import db, writing
from comments_service.models import Email, HookDelivery, now
from tests.service import Postil, Server, free_port, postil


class Host:
    """Two processes that answer and one that works, over one folder and one copy of the site's list."""

    def __init__(self, folder: Path, database_url: str, site: Path, **settings: str) -> None:
        folder.mkdir()
        self.manifest = folder / "threads.json"
        shutil.copy(site / "threads.json", self.manifest)
        self.services: list[Postil] = [
            postil(
                folder,
                database_url,
                port=free_port(),
                COMMENTS_OUTPUT="",
                COMMENTS_MANIFEST=str(self.manifest),
                COMMENTS_TRUST_AFTER="0",
                COMMENTS_TRUSTED_PROXIES="1",
                COMMENTS_WORKERS="outside",
                **settings,
            )
            for _ in range(2)
        ]
        env = self.services[0]._env
        self.work = Server([*FLASK, "comments", "work"], folder, env, 0, "")

    def log(self) -> str:
        return self.services[0].log()

    def kill(self) -> None:
        for each in (self.work, *self.services):
            each.kill()
        for each in self.services:
            with each.app.app_context():
                db.session.remove()
                db.engine.dispose()


class PowerCut:
    """Takes all workers away at once, so that whoever sends just now is among them."""

    def __init__(self, hosts: list[Host]) -> None:
        self.cuts = 0
        self.dark = threading.Event()
        self._hosts = hosts
        self._turn = threading.Lock()

    def cut(self) -> None:
        with self._turn:
            for each in self._hosts:
                each.work.kill()
            self.cuts += 1
            self.dark.set()

    def over(self, *back: Host) -> None:
        """These are back, and what the dead had claimed is due: in earnest its lease runs out first."""
        with self._turn, self._hosts[0].services[0].app.app_context():
            self.dark.clear()
            for rows, done in ((Email, Email.sent_at), (HookDelivery, HookDelivery.delivered_at)):
                claimed = (done.is_(None), rows.attempts > 0)
                with writing():
                    db.session.execute(
                        sa.update(rows).where(*claimed).values(next_attempt_at=now())
                    )
            db.session.remove()
            for each in back:
                each.work.launch()
