"""Names: whose is whose. A name that looks like an account's is that account's."""

import unicodedata

import sqlalchemy as sa

from comments_service.db import db
from comments_service.errors import InvalidInput, Message
from comments_service.models import Account

TAKEN = Message("This name is taken; please choose another one.")


def key(name: str) -> str:
    """A name without its case, its spaces and its look-alike letters: equal keys look alike."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    letters = [char for char in folded if unicodedata.category(char)[0] in "LN"]
    return "".join(_plain(char) for char in letters) or folded


def _plain(char: str) -> str:
    """The Latin letter that a letter can be mistaken for, or itself."""
    if char.isascii():
        return char
    base = unicodedata.normalize("NFD", char)[0]
    if base.isascii():
        return base
    # Imported here: its tables take 50 ms to read, and few names need them.
    from confusable_homoglyphs import confusables

    found = confusables.is_confusable(char, preferred_aliases=["LATIN"])
    likes = [each["c"] for each in found[0]["homoglyphs"]] if found else []
    return next((each for each in likes if len(each) == 1 and each.isascii()), char).casefold()


def reserved(name: str) -> bool:
    """Whether a name belongs to an account, and so is not a guest's to wear."""
    return db.session.scalar(sa.select(Account.id).where(Account.name_key == key(name))) is not None


def refuse_taken(name: str) -> None:
    """Raises InvalidInput when an account has the name."""
    if reserved(name):
        raise InvalidInput(fields={"name": TAKEN})


def email_key(email: str) -> str:
    return email.strip().casefold()


def of_email(email: str) -> Account | None:
    """The account of a mail address, whatever its state."""
    return db.session.scalar(sa.select(Account).where(Account.email_key == email_key(email)))
