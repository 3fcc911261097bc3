"""Somebody of whom as much is known as can be, what she wrote, and all places where it stands."""

from pathlib import Path

import sqlalchemy as sa

from comments_service import comments, config, sessions
from comments_service.config import Settings
from comments_service.db import Base, db, writing
from comments_service.inputs import EditedComment, NewComment, NewDecision, parse
from comments_service.models import (
    Account,
    Choice,
    Comment,
    Preference,
    Recipient,
    Status,
    Subscription,
    Untold,
    Vote,
    now,
)
from comments_service.notifications.fan_out import fan_out
from comments_service.publishing import publisher, rebake
from comments_service.sessions import Visitor as Asking
from tests import make

# Words that stand nowhere else.
NAME = "Rhea Quillfeather"
EMAIL = "rhea.quillfeather@example.org"
PRIVATE = ("quillfeather", "rheas-own-page", "watches pelicans", "earlier words", "rhea-at-github")


def written(rhea: Account, visitor: Asking) -> list[Comment]:
    """A comment in every state, one of them edited, and answers of others."""
    edited = comments.post(
        "pelicans", visitor, parse(NewComment, {"body": "The earlier words."}), config.current()
    ).comment
    comments.edit(edited.id, visitor, EditedComment(body="Pelicans scoop."), config.current())
    comments.decide(edited.id, None, NewDecision(decision="publish", reason="Fine.", version=2))
    make.comment("pelicans", parent=edited, body="An answer.")
    alone = make.comment(
        "gulls", "Gulls snatch.", by=rhea, website="https://rheas-own-page.example"
    )
    held = make.comment("gulls", "It waits.", by=rhea, held=True)
    spam = make.comment("gulls", "Rejected.", by=rhea, status=Status.REJECTED)
    make.comment("gulls", "Somebody else's.")
    return [edited, alone, held, spam]


def followed(rhea: Account, answered: Comment) -> None:
    """She chose what to hear and heard of something: an e-mail with an answer waits."""
    with writing():
        recipient = Recipient(account_id=rhea.id)
        db.session.add(recipient)
        db.session.flush()
        follows = {"thread_id": "gulls", "kind": "thread", "confirmed_at": now()}
        db.session.add(Subscription(recipient_id=recipient.id, **follows))
        db.session.add(Preference(recipient_id=recipient.id, kind="answer", choice=Choice.DAILY))
    another = make.comment(
        "pelicans", parent=answered, body="Another.", untold=Untold.PUBLISHED, up=1
    )
    with writing():
        db.session.add(Vote(comment_id=another.id, account_id=rhea.id, value=1))
    fan_out()


def as_rhea(rhea: Account) -> Asking:
    with writing():
        session, _ = sessions.begin(rhea, make.visitor())
    return Asking(session, "her-network", "Rheas-own-page")


def everything(settings: Settings) -> str:
    """All that is stored or published anywhere, in lower case."""
    db.session.rollback()
    found = []
    with db.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            found += [repr(tuple(row)) for row in connection.execute(sa.select(table))]
    for folder in (settings.published, Path(settings.output)):
        for path in folder.rglob("*"):
            if path.is_file() and path.suffix not in (".gz", ".br"):
                found.append(path.read_text("utf-8"))
    return "\n".join(found).lower()


def bake(settings: Settings) -> None:
    """Publish all that is behind, and bake it into the built pages, as the publisher does."""
    for name in ("pelicans", "gulls"):
        article = Path(settings.output) / name / "index.html"
        if not article.exists():
            article.parent.mkdir(parents=True)
            article.write_text(
                f'<comment-thread thread="{name}"><!-- postil:begin {name} en -->\n'
                f"<!-- postil:end {name} --></comment-thread>"
            )
    db.session.rollback()
    for thread_id in publisher.publish_behind(settings):
        rebake.pages(thread_id, settings)
