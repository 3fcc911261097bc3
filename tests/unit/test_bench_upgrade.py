"""The harness of `bench upgrade`, with few comments: what it measures is an upgrade to the end."""

import pytest
from alembic.script import ScriptDirectory

from comments_service import config
from tests import released
from tests.bench import upgrade

COMMENTS = 200


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_what_is_measured_is_an_upgrade_to_the_end(
    database: str, request: pytest.FixtureRequest
) -> None:
    if database == "postgresql":
        # Skips, loudly, where there is no server.
        request.getfixturevalue("empty_postgres")
    found = upgrade.measure(database, COMMENTS)
    versions = ScriptDirectory(str(config.MIGRATIONS))
    newer = [each.revision for each in versions.iterate_revisions("head", released.LAST)]
    assert found.revision == newer[0]
    assert list(found.migrations) == newer[::-1]
    assert found.comments == COMMENTS
    assert found.bytes_after > found.bytes_before > COMMENTS * 100
    said = upgrade.compared({database: found}, COMMENTS)
    assert said.count("\n") >= 8
