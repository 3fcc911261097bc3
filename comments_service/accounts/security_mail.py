"""Security mail: tells somebody that his sign-in methods have changed.

Whoever did it himself throws it away; whoever did not learns of it in time.
"""

import sqlalchemy as sa

from comments_service import i18n
from comments_service.config import Settings
from comments_service.db import db
from comments_service.mail import outbox
from comments_service.models import Account, Recipient


def write(
    account: Account, lang: str, what: str, settings: Settings, *, left: int = 0, thing: str = ""
) -> None:
    """Put one into the outbox, inside the caller's transaction; `what` is a case of the template.

    Without a `lang`, in that which the account reads. Nothing is sent to an address that was never
    confirmed: it may be somebody else's.
    """
    if account.email is None or account.email_verified_at is None:
        return
    known = sa.select(Recipient.lang).where(Recipient.account_id == account.id)
    outbox.write(
        account.email,
        lang or db.session.scalar(known) or i18n.DEFAULT,
        "security",
        settings,
        name=account.name,
        what=what,
        link=settings.comments_url + "account",
        left=left,
        thing=thing,
    )
