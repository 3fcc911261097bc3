"""PostgreSQL that hangs up on everybody again and again while many write, as when it is restarted: only 503, nothing lost."""

import random
import time
import uuid

import psycopg
import pytest

from tests.faults import truth
from tests.faults.conftest import THREADS
from tests.faults.patience import allowed
from tests.faults.storm import Client, Sent, Writer
from tests.faults.test_crash import mended, retry
from tests.service import Postil

CUTS = 12
# The promise: as soon as the database answers again, so does the service.
HEAL_SECONDS = 5.0
CUT = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = %s"


class Poster(Writer):
    """Whoever posts and never edits: of an edit without an answer nobody can say which text is right."""

    def _edit(self, mine: Sent) -> None:
        self._post([mine])


@pytest.fixture
def name() -> str:
    return f"postil-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def named_url(database_url: str, name: str) -> str:
    """The database under a name by which the service's connections, and no others, can be told."""
    return f"{database_url}&application_name={name}"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_connections_that_are_cut_cost_a_503_and_no_comment(
    service: Postil, name: str, named_url: str, seed: int
) -> None:
    service._env = {**service._env, "COMMENTS_DATABASE_URL": named_url}
    service.start()
    mended(service)
    chance = random.Random(seed)
    writers = [
        Poster(f"guest-{number}", service.port, THREADS, f"{seed}-{number}") for number in range(4)
    ]
    for writer in writers:
        writer.start()
    plain = service.settings.database_url.replace("postgresql+psycopg", "postgresql")
    cut = 0
    with psycopg.connect(plain, autocommit=True) as connection:
        for _ in range(CUTS):
            time.sleep(chance.uniform(0.05, 0.4))
            found = connection.execute(CUT, [name]).fetchone()
            cut += found[0] if found else 0
    assert cut >= CUTS / 2
    first = healed(service)
    for writer in writers:
        writer.over.set()
        writer.join(timeout=40)
        assert not writer.is_alive()
    sent = [*first, *(each for writer in writers for each in writer.sent)]
    surprises = [said for writer in writers for said in writer.surprises]
    assert {said.rpartition(": ")[2] for said in surprises} <= {"503"}, service.log()[-4_000:]
    # Whoever was cut off was hung up on by nobody else: the service itself never went.
    assert all(each.status for each in sent)
    retry(service, sent, chance)
    mended(service)
    assert truth.broken(service) == []
    assert truth.losses(service, sent) == []
    assert len({each.id for each in sent}) == len(sent)
    print(f"seed {seed}: {cut} connections cut, {len(surprises)} of {len(sent)} posts were 503")


def healed(service: Postil) -> list[Sent]:
    """A comment is taken again, as soon as promised; later by as much as others keep the machine busy."""
    began = time.monotonic()
    patience = allowed(HEAL_SECONDS)
    words = "Is it there again?"
    sent = Sent(THREADS[0], {"body": words, "key": uuid.uuid4().hex, "name": "Gus"}, texts={words})
    while True:
        client = Client(service.port)
        status, _ = client.post(sent)
        client.close()
        if status == 201:
            return [sent]
        assert status == 503
        assert time.monotonic() - began < patience
        time.sleep(0.05)
