"""A large blog's database: threads, comments of realistic lengths and depths, a flood of held ones.

What people wrote comes from a few hundred texts in several languages, each made different by its number,
so that making the blog costs little beside measuring it.
"""

import itertools
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask_migrate import upgrade

from comments_service import comments, markup, sessions
from comments_service.db import db, writing
from comments_service.models import Comment, Policy, Role, Site, Status, Thread, now
from tests import make
from tests.bench.subject import conversation
from tests.service import SITE

TEXTS = 400
AT_ONCE = 5_000
LANGUAGES = ("en", "de", "zh-cn")
OTHER_WORDS = (
    "Pelikane fischen *gemeinsam* in einer Reihe, die sich wie ein Netz um den Schwarm schließt.",
    "鹈鹕排成一行一起捕鱼，队形像网一样收拢，海鸥等着从喉囊里掉下来的东西。",
)
# A conversation of its own in each of the long threads: who answers answers somebody of late.
DEEPEST = 40
FLOODED = "t-000001"


@dataclass(frozen=True)
class Size:
    """How large the blog is."""

    threads: int
    comments: int
    held: int
    # Threads of so many comments each, beside the others.
    long: tuple[int, ...]


@dataclass(frozen=True)
class People:
    """The cookies of those who ask: the owner, and a reader whose comments appear at once."""

    owner: str
    reader: str
    # The reader's, as the queue names people.
    public_id: str


def long_thread(size: int) -> str:
    return f"long-{size}"


def thread_ids(size: Size) -> list[str]:
    return [f"t-{number:06}" for number in range(size.threads)]


def make_blog(size: Size) -> People:
    """Fill an empty database, within an application's context."""
    upgrade()
    with writing():
        db.session.add(Site(id=1, title="Bench", lang="en", manifest_tag="bench"))
    ids = [*thread_ids(size), *map(long_thread, size.long)]
    for some in batches(map(thread, ids)):
        with writing():
            db.session.execute(sa.insert(Thread), some)
    owner, reader = make.account("Olga", role=Role.OWNER), make.account("Trude")
    with writing():
        _, owner_token = sessions.begin(owner, make.visitor(), strong=True)
        _, reader_token = sessions.begin(reader, make.visitor())
    for some in batches(rows(size, reader.id)):
        with comments.changing():
            db.session.execute(sa.insert(Comment), some)
    if db.engine.dialect.name == "postgresql":
        # The numbers were given; and a large table is planned for only when it was looked at.
        with writing():
            last = sa.select(sa.func.max(Comment.id)).scalar_subquery()
            sequence = sa.func.pg_get_serial_sequence("comments", "id")
            db.session.execute(sa.select(sa.func.setval(sequence, last)))
            db.session.execute(sa.text("ANALYZE"))
    public_id = reader.public_id
    db.session.remove()
    return People(f"postil={owner_token}", f"postil={reader_token}", public_id)


def batches(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    given = iter(rows)
    while some := list(itertools.islice(given, AT_ONCE)):
        yield some


def thread(id: str) -> dict[str, Any]:
    lang = LANGUAGES[hash_of(id) % len(LANGUAGES)]
    translated = [] if lang == "en" else [{"lang": "en", "url": f"{SITE}/en/{id}/", "title": id}]
    return {
        "id": id,
        "url": f"{SITE}/{id}/",
        "title": f"Of {id}",
        "lang": lang,
        "category": f"Category {hash_of(id) % 7}",
        "authors": ["Ada"],
        # One article of twenty is there in a second language.
        "translations": translated if hash_of(id) % 20 == 0 else [],
        "policy": Policy.OPEN,
        "published_at": now() - timedelta(days=400),
    }


def hash_of(id: str) -> int:
    """The same in every process, unlike Python's own."""
    return sum(number * ord(char) for number, char in enumerate(id, 1))


def rows(size: Size, reader_id: int) -> Iterator[dict[str, Any]]:
    """Every comment: those of the long threads, those that wait, and the others by chance."""
    chance = random.Random(size.comments)
    texts = [text for _, text, _ in conversation(TEXTS, seed=1)]
    texts[:: len(OTHER_WORDS) * 3] = [
        word for word, _ in zip(itertools.cycle(OTHER_WORDS), texts[::6], strict=False)
    ]
    rendered = [(text, markup.render(text)) for text in texts]
    ids = itertools.count(1)
    began = now() - timedelta(days=365)

    def row(thread_id: str, before: list[tuple[int, int]], status: Status) -> dict[str, Any]:
        id = next(ids)
        source, html = chance.choice(rendered)
        parent, depth = None, 0
        if before and chance.random() < 0.4:
            parent, depth = chance.choice(before[-20:])
            parent, depth = (parent, depth + 1) if depth < DEEPEST else (None, 0)
        before.append((id, depth))
        return {
            "id": id,
            "thread_id": thread_id,
            "parent_id": parent,
            "depth": depth,
            "account_id": reader_id if id % 50 == 0 else None,
            "name": None if id % 50 == 0 else f"Reader {id % 2_000}",
            "source": f"{source}\n\nNumber {id}.",
            "html": f"{html}<p>Number {id}.</p>\n",
            "renderer_version": markup.RENDERER_VERSION,
            "status": status,
            "key": f"bench-{id}",
            "created_at": began + timedelta(seconds=id),
        }

    # The reader is known here: what is posted later appears at once.
    yield {**row(FLOODED, [], Status.PUBLISHED), "account_id": reader_id, "name": None}
    for many in size.long:
        before: list[tuple[int, int]] = []
        yield from (row(long_thread(many), before, Status.PUBLISHED) for _ in range(many))
    yield from (row(FLOODED, [], Status.PENDING) for _ in range(size.held))
    said: dict[str, list[tuple[int, int]]] = {}
    for _ in range(size.comments):
        # Few articles have most of the comments, as in life.
        id = f"t-{int(size.threads * chance.random() ** 2):06}"
        yield row(id, said.setdefault(id, []), Status.PUBLISHED)
