"""Wording: what an e-mail of the newsletter says when it leaves, by the feed as it is then."""

from collections.abc import Callable, Mapping
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from comments_service.config import Settings
from comments_service.db import db
from comments_service.mail import letters, outbox
from comments_service.mail.letters import Letter
from comments_service.models import Account, ArticleEmail, Email, Recipient, Site, Subscription
from comments_service.newsletter import feed
from comments_service.newsletter.announcing import KINDS, wanted
from comments_service.notifications import signed_links


def composers(settings: Settings) -> Mapping[str, Callable[[Email], Letter | None]]:
    """What words each kind of e-mail, for `outbox.send_waiting`; a preview, whose feed is not the blog's, none."""
    return {} if settings.preview else {kind: partial(_letter, settings) for kind in KINDS}


def _letter(settings: Settings, email: Email) -> Letter | None:
    """None where nobody wants it any more, or the article is gone."""
    rows = db.session.scalars(
        sa.select(ArticleEmail)
        .where(ArticleEmail.email_id == email.id)
        .options(joinedload(ArticleEmail.article), joinedload(ArticleEmail.recipient))
        .order_by(ArticleEmail.article_id)
    ).all()
    site = db.session.get(Site, 1)
    kind = email.kind or ""
    if not rows or site is None or not site.newsletter:
        return None
    recipient = rows[0].recipient
    address = _address(recipient, kind)
    found = feed.latest(site.newsletter, settings)
    if address is None or found is None:
        return None
    by_id = {each.id: each for each in found.items}
    told = [by_id[row.article.feed_id] for row in rows if row.article.feed_id in by_id]
    if not told:
        return None
    email.recipient = address
    stop = signed_links.unsubscribe(recipient, kind)
    return letters.render(
        email.lang,
        "articles",
        settings,
        outbox.blog_title(settings),
        {"articles": told, "weekly": kind != KINDS[0]},
        unsubscribe_url=signed_links.address(settings.comments_url, "unsubscribe", stop),
    )


def _address(recipient: Recipient, kind: str) -> str | None:
    """Where it goes today; None where it is not wanted any more."""
    return db.session.scalar(
        sa.select(sa.func.coalesce(Account.email, Recipient.email))
        .select_from(Recipient)
        .join(Subscription, Subscription.recipient_id == Recipient.id)
        .outerjoin(Account, Account.id == Recipient.account_id)
        .where(
            Recipient.id == recipient.id,
            Subscription.thread_id.is_(None),
            Subscription.kind == kind,
            *wanted,
        )
    )
