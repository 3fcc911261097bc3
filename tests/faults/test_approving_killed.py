"""`kill -9` while moderators decide: an acknowledged decision stands, its comment and its files say so."""

import http.client
import random
import threading
import time
from collections import defaultdict
from itertools import cycle

import sqlalchemy as sa

from comments_service import sessions
from comments_service.db import db, writing
from comments_service.models import Act, Comment, Decision, Role, Status
from tests import make
from tests.faults import truth
from tests.faults.conftest import THREADS
from tests.faults.storm import Client
from tests.faults.test_crash import mended
from tests.service import Postil

MODERATORS = ("Mona", "Milo", "Mary")
HELD = 120
LONGEST_STORM_SECONDS = 1.0


class Moderator(threading.Thread):
    """Somebody who decides without a pause on comments of his own, and takes some of it back."""

    def __init__(self, port: int, cookie: str, numbers: list[int], seed: str) -> None:
        super().__init__(daemon=True)
        # What was acknowledged, by comment, in its order; and what is on its way.
        self.decided: dict[int, list[Act]] = defaultdict(list)
        self.open: tuple[int, Act] | None = None
        self.surprises: list[str] = []
        self._client = Client(port, cookie)
        self._numbers = numbers
        self._chance = random.Random(seed)

    def run(self) -> None:
        try:
            while True:
                number = self._chance.choice(self._numbers)
                before = self.decided[number]
                acts = [Act.PUBLISH, Act.PUBLISH, Act.SPAM, Act.DELETE]
                if before and before[-1] is not Act.UNDO:
                    acts += [Act.UNDO] * 2
                self._decide(number, self._chance.choice(acts))
        except (OSError, http.client.HTTPException):
            # Killed. The last may have been taken or not.
            pass
        finally:
            self._client.close()

    def _decide(self, number: int, act: Act) -> None:
        self.open = (number, act)
        path = f"comments/{number}/decisions"
        status, _, answer = self._client.call("POST", path, {"decision": act})
        if status == 201:
            self.decided[number].append(act)
        else:
            self.surprises.append(f"{act} of {number}: {status} {answer}")
        self.open = None


def test_what_was_decided_outlives_a_kill(service: Postil, seed: int) -> None:
    chance = random.Random(seed)
    with service.app.app_context():
        cookies = [moderator(name) for name in MODERATORS]
    service.start()
    mended(service)
    for life in range(2):
        with service.app.app_context():
            held = wait_for_decisions(1_000 * (life + 1))
        moderators = [
            Moderator(service.port, cookie, held[number :: len(cookies)], f"{seed}-{life}-{number}")
            for number, cookie in enumerate(cookies)
        ]
        for each in moderators:
            each.start()
        patience = time.monotonic() + 20
        while not all(any(each.decided.values()) for each in moderators):
            assert time.monotonic() < patience, (moderators[0].surprises[:3], service.log())
            time.sleep(0.01)
        time.sleep(chance.uniform(0.05, LONGEST_STORM_SECONDS))
        service.kill()
        for each in moderators:
            each.join(timeout=40)
            assert not each.is_alive()
            assert each.surprises == []
        assert truth.broken(service) == []
        assert sum(len(acts) for each in moderators for acts in each.decided.values()) > 0
        assert lost(service, moderators) == []
        service.start()
        mended(service)
        assert lost(service, moderators) == []


def moderator(name: str) -> str:
    account = make.account(name, role=Role.MODERATOR)
    with writing():
        _, token = sessions.begin(account, make.visitor(), strong=True)
    return f"postil={token}"


def wait_for_decisions(first: int) -> list[int]:
    """Comments that wait, in all threads; their numbers."""
    numbers = list(range(first, first + HELD))
    for thread_id, number in zip(cycle(THREADS), numbers, strict=False):
        row = {"id": number, "status": Status.PENDING, "source": f"W{number}."}
        make.many([{**row, "html": f"<p>W{number}.</p>"}], thread_id)
    db.session.remove()
    return numbers


def lost(service: Postil, moderators: list[Moderator]) -> list[str]:
    """Decisions that are not there, there twice, or that their comment does not say."""
    with service.app.app_context():
        there: dict[int, list[Decision]] = defaultdict(list)
        for each in db.session.scalars(sa.select(Decision).order_by(Decision.id)):
            there[each.comment_id].append(each)
        stands = dict(db.session.execute(sa.select(Comment.id, Comment.status)).all())
        db.session.remove()
    found = []
    for moderator in moderators:
        for number, acts in moderator.decided.items():
            made = there[number]
            may_be = [acts]
            if moderator.open and moderator.open[0] == number:
                may_be.append([*acts, moderator.open[1]])
            if [each.act for each in made] not in may_be:
                found.append(f"{number}: acknowledged {acts}, there {[each.act for each in made]}")
            last = made[-1].status_after if made else Status.PENDING
            if stands[number] is not last:
                found.append(f"{number} is {stands[number]} after {last}")
    return found
