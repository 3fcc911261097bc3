"""Profile: what an account says of itself, and whether everybody may read it on a page of its own.

Comments show the name, so changing it is `account_changes.introduce`, which publishes them anew.
"""

import sqlalchemy as sa

from comments_service import by_writer, markup, rate_limits, threads
from comments_service.accounts import names
from comments_service.config import Rate
from comments_service.db import db
from comments_service.errors import InvalidInput, Message, SignInRequired, UnknownPage
from comments_service.inputs import Profile
from comments_service.models import Account, Role

# Each change writes every thread anew that shows the name, and readers should know who is who.
NAME_RATES = (Rate(5, 86_400),)


def of_page(public_id: str) -> Account:
    """The account that a public page shows. Raises UnknownPage for a hidden one as for none."""
    found = db.session.scalar(sa.select(Account).where(Account.public_id == public_id))
    if found is None or not threads.has_page(found):
        raise UnknownPage
    return found


def locked(account_id: int) -> Account:
    """An account as it is now, which nobody else changes until this transaction ends.

    Whoever posts as this account at the same moment comes before or after. Raises SignInRequired
    when it is gone.
    """
    found = db.session.scalar(
        sa.select(Account)
        .where(Account.id == account_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise SignInRequired
    return found


def bio_html(source: str) -> str:
    """What somebody says of himself, as safe HTML. Raises InvalidInput."""
    try:
        return markup.render(source)
    except markup.MarkupError as error:
        raise InvalidInput(fields={"bio": error.args[0]}) from None


def change(account: Account, given: Profile) -> None:
    """Take over a profile, inside the caller's transaction.

    Raises InvalidInput when the name is another's, TooMany when it changes all the time.
    """
    bio_html(given.bio)
    if given.name != account.name:
        rate_limits.count(
            f"name:{account.public_id}",
            NAME_RATES,
            Message("You have changed your name often today. Please try again tomorrow."),
        )
        if names.key(given.name) != account.name_key:
            names.refuse_taken(given.name, account)
        _refuse_anothers_articles(account, given.name)
    account.name, account.name_key = given.name, names.key(given.name)
    account.bio, account.link, account.shown = given.bio, given.link, given.shown


def _refuse_anothers_articles(account: Account, name: str) -> None:
    """An author decides on the articles that bear his name: another's name would bring another's."""
    if account.role is Role.AUTHOR and not set(by_writer.bearing(name)) <= set(
        by_writer.bearing(account.name)
    ):
        raise InvalidInput(
            fields={
                "name": Message(
                    "This is the name of an author on this site. If it is yours, please ask an owner."
                )
            }
        )
