"""`kill -9` in a storm of posts: nothing acknowledged is lost, and the files catch up."""

import random
import time

from comments_service.publishing.publisher import SITE_SECONDS
from tests.faults import truth
from tests.faults.conftest import THREADS
from tests.faults.patience import allowed
from tests.faults.storm import Client, Sent, Writer
from tests.service import Postil

GUESTS = 3
# The promise: after a restart, snapshots equal the database this soon.
# The lists of the whole site follow at their own distance.
MEND_SECONDS = SITE_SECONDS + 3.0
LONGEST_STORM_SECONDS = 1.5


def test_what_was_acknowledged_outlives_a_kill(
    service: Postil, account_cookie: str, seed: int
) -> None:
    chance = random.Random(seed)
    sent: list[Sent] = []
    service.start()
    mended(service)
    for life in range(2):
        writers = storm(service, account_cookie, f"{seed}-{life}")
        in_publishing = chance.random() < 0.5
        after = chance.uniform(0.05, LONGEST_STORM_SECONDS)
        print(f"seed {seed}: kill after {after:.3f} s{', when files are written' * in_publishing}")
        time.sleep(after)
        if in_publishing:
            wait_for_temporary(service)
        service.kill()
        for writer in writers:
            writer.over.set()
            writer.join(timeout=40)
            assert not writer.is_alive()
            assert writer.surprises == []
            sent += writer.sent
        assert truth.broken(service) == []
        if chance.random() < 0.5:
            # Once more, while it starts or mends.
            service.launch()
            time.sleep(chance.uniform(0.3, 1.2))
            service.kill()
            assert truth.broken(service) == []
        service.start()
        print(f"seed {seed}: files equal the database after {mended(service):.2f} s")
        assert truth.losses(service, sent) == []
        retry(service, sent, chance)
        mended(service)
        assert truth.losses(service, sent) == []
    acknowledged = sum(each.id is not None for each in sent)
    assert acknowledged == len(sent) > 0
    print(f"seed {seed}: {acknowledged} comments, each there once")


def storm(service: Postil, account_cookie: str, name: str) -> list[Writer]:
    """Guests and a reader with an account start to write, and some answers have come."""
    writers = [
        Writer(f"guest-{name}-{number}", service.port, THREADS, f"{name}-{number}")
        for number in range(GUESTS)
    ]
    writers.append(Writer(f"rhea-{name}", service.port, THREADS, name, account_cookie))
    for writer in writers:
        writer.start()
    patience = time.monotonic() + 20
    while not any(each.id for writer in writers for each in writer.sent):
        assert time.monotonic() < patience, (writers[0].surprises[:3], service.log())
        time.sleep(0.01)
    return writers


def wait_for_temporary(service: Postil) -> None:
    """Until a file is just being written: the moment in which a kill could leave half of one."""
    patience = time.monotonic() + 5
    while not truth.temporary(service) and time.monotonic() < patience:
        pass


def mended(service: Postil) -> float:
    """Within the promised time, every file is what the database gives; how long it took."""
    began = time.monotonic()
    patience = allowed(MEND_SECONDS)
    while found := truth.differences(service):
        assert time.monotonic() - began < patience, (found, service.log())
        time.sleep(0.05)
    return time.monotonic() - began


def retry(service: Postil, sent: list[Sent], chance: random.Random) -> None:
    """What had no answer is sent again, and some of what had one: each gives the one comment."""
    again = [each for each in sent if each.id is None]
    again += chance.sample([each for each in sent if each.id is not None], 3)
    for each in again:
        client = Client(service.port, each.cookie)
        status, _ = client.post(each)
        client.close()
        assert status in (201, 202), (status, each)
