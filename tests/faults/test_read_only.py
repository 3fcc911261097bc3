"""A disk that is read-only when the service starts, and becomes writable: it heals without a restart."""

import subprocess
import time
from pathlib import Path

from tests.faults import truth
from tests.faults.disks import ENTER, NAMESPACE, needs_namespaces
from tests.faults.patience import allowed
from tests.faults.test_crash import mended
from tests.faults.test_refusals import HEAL_SECONDS, new, post, read_seconds, started
from tests.service import Postil

# A view of the disk of the service's own, in which its folder cannot be written.
READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'


def test_a_service_that_started_on_a_read_only_disk_writes_when_the_disk_can_be_written(
    service: Postil, tmp_path: Path
) -> None:
    needs_namespaces(tmp_path / "tried")
    sent = started(service)
    service.kill()
    command = service._command
    service._command = [*NAMESPACE, READ_ONLY, str(tmp_path), *command]
    try:
        service.start()
        pid = service.pids[0]
        refused = []
        if service.settings.database_url.startswith("sqlite"):
            for _ in range(20):
                refused.append(new())
                status, headers = post(service, refused[-1])
                assert (status, headers["Retry-After"]) == (503, "5"), service.log()
        assert read_seconds(service) < allowed(2)
        where = [*ENTER, f"--target={pid}", "mount", "-o", "remount,rw,bind", str(tmp_path)]
        subprocess.run(where, check=True)
        began = time.monotonic()
        refused.append(new())
        # The first may still meet a connection of before.
        while post(service, refused[-1])[0] != 201:
            assert time.monotonic() - began < allowed(HEAL_SECONDS), service.log()
        for each in refused[:-1]:
            assert post(service, each)[0] == 201, service.log()
        mended(service)
        assert time.monotonic() - began < allowed(HEAL_SECONDS)
        assert truth.losses(service, [*sent, *refused]) == []
    finally:
        service.kill()
        service._command = command
