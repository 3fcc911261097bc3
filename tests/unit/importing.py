"""What tests of imports share: two articles, one of which was elsewhere before, and a run."""

import json
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from comments_service import config, importers
from comments_service.db import db
from comments_service.importers import Report, Wishes
from comments_service.models import Comment
from tests import make

SAMPLES = Path(__file__).resolve().parents[1] / "samples" / "comments"


def two_articles() -> None:
    make.site()
    make.thread("alpha", url="http://blog.test/alpha/", title="Alpha")
    make.thread("beta", url="http://blog.test/beta/", title="Beta")
    aliases = ["/2019/alpha.html", "/2019/03/alpha/", "/2012/01/alpha.html"]
    source = Path(config.current().manifest_source)
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(json.dumps({"threads": [{"id": "alpha", "aliases": aliases}]}))


def brought(path: Path, *, apply: bool = True, **wishes: Any) -> Report:
    return importers.run(path, Wishes(**wishes), config.current(), apply=apply)


def rows() -> list[Comment]:
    db.session.expire_all()
    return [*db.session.scalars(sa.select(Comment).order_by(Comment.created_at, Comment.id))]


def told(path: Path, **wishes: Any) -> list[tuple[str, str, str, str, str, str]]:
    """Of each comment: thread, writer, words, state, whom it answers, and when it was written."""
    brought(path, **wishes)
    found = rows()
    names = {each.id: each.name or "-" for each in found}
    return [
        (
            each.thread_id,
            each.name or "-",
            each.source,
            str(each.status),
            names.get(each.parent_id or 0, ""),
            f"{each.created_at:%Y-%m-%d %H:%M:%S}",
        )
        for each in found
    ]


def state() -> list[tuple[Any, ...]]:
    table = Comment.__table__
    return [tuple(row) for row in db.session.execute(sa.select(table).order_by(table.c.id))]
