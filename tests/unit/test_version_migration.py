"""Comments that were edited before there were versions are in the version that their edits made."""

import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade

from comments_service.db import db
from comments_service.models import Comment
from tests.unit.test_migrations import empty

__all__ = ["empty"]

MOMENT = "2026-11-23 00:00:00+00:00"


def test_each_edit_so_far_is_a_version(empty: Flask) -> None:
    upgrade(revision="0005")
    with db.engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO threads (id, url, title, lang, category, authors, translations, policy,"
                " listed, created_at, revision, published_revision)"
                " VALUES ('p', 'u', 't', 'en', '', '[]', '[]', 'open', true, :moment, 1, 0)"
            ),
            {"moment": MOMENT},
        )
        insert = sa.text(
            "INSERT INTO comments (id, thread_id, depth, name, source, html, renderer_version,"
            " status, reasons, key, created_at, edited_at)"
            " VALUES (:id, 'p', 0, 'Gus', 's', 'h', 1, 'pending', '[]', :key, :moment, :edited)"
        )
        revision = sa.text(
            "INSERT INTO comment_revisions (comment_id, source, written_at, replaced_at)"
            " VALUES (:id, 's', :moment, :moment)"
        )
        for id, edits in ((1, 0), (2, 1), (3, 2)):
            edited = MOMENT if edits else None
            values = {"id": id, "key": f"k{id}", "moment": MOMENT, "edited": edited}
            connection.execute(insert, values)
            for _ in range(edits):
                connection.execute(revision, {"id": id, "moment": MOMENT})
    upgrade()
    found = db.session.execute(sa.select(Comment.id, Comment.version).order_by(Comment.id))
    assert [tuple(each) for each in found] == [(1, 1), (2, 2), (3, 3)]
