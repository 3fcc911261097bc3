"""A small blog that is really built, and the service that runs on it until it is killed.

python3 tasks.py test tests/faults --rounds 200            many rounds on each database
python3 tasks.py test tests/faults --rounds 1 --seed 4711  one round again, by its seed
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from comments_service import sessions
from comments_service.db import db, writing
from tests import make, sites
from tests.service import SITE, Postil, postil

# Two to four kills each, on each database: enough to notice, quick enough for every run.
FEW_ROUNDS = 2
THREADS = ("alpha", "beta", "gamma", "delta", "epsilon")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rounds", type=int, help="how often the service is killed, per database")
    parser.addoption("--seed", type=int, help="the seed of the first round")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" not in metafunc.fixturenames:
        return
    # The options are known only when this folder is named on the command line.
    options = metafunc.config.getoption
    first = options("seed", None) or int(os.environ.get("FAULT_SEED", "1"))
    given = options("rounds", None) or int(os.environ.get("FAULT_ROUNDS", "0"))
    metafunc.parametrize("seed", range(first, first + (given or FEW_ROUNDS)))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith("tests/faults/"):
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1"]))


@pytest.fixture(scope="session")
def built_blog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five articles, one of them in two languages, built for publishing."""
    folder = tmp_path_factory.mktemp("blog")
    content = folder / "content"
    (content / "pages").mkdir(parents=True)
    for name in THREADS:
        (content / f"{name}.md").write_text(
            f"Title: {name.capitalize()}\nDate: 2026-01-01\nSlug: {name}\n\nWords.\n"
        )
    (content / "beta.zh-cn.md").write_text(
        "Title: 乙\nDate: 2026-01-01\nSlug: beta\nLang: zh-cn\n\n文字。\n"
    )
    built = sites.pelican(
        content,
        folder / "output",
        conf="publishconf.py",
        SITE_URL=SITE,
        COMMENTS_PUBLISHED=str(folder / "published"),
    )
    assert built.returncode == 0, built.stderr + built.stdout
    return folder / "output"


@pytest.fixture
def service(built_blog: Path, tmp_path: Path, database_url: str) -> Iterator[Postil]:
    """The service on a copy of the blog, not started yet: everybody's comments appear at once."""
    shutil.copytree(built_blog, tmp_path / "output")
    made = postil(
        tmp_path,
        database_url,
        COMMENTS_TRUST_AFTER="0",
        # Short pages, so that a thread is many files and a kill can fall between them.
        COMMENTS_PAGE_SIZE="50",
    )
    yield made
    made.kill()
    with made.app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def account_cookie(service: Postil) -> str:
    """The cookie of Rhea, who is signed in."""
    with service.app.app_context():
        rhea = make.account("Rhea")
        with writing():
            _, token = sessions.begin(rhea, make.visitor())
        db.session.remove()
    return f"postil={token}"
