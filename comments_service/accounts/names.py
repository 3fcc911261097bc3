"""Names: whose is whose. A name that looks like an account's is that account's."""

import re
from functools import cache

import sqlalchemy as sa

from comments_service import characters
from comments_service.db import db
from comments_service.errors import InvalidInput, Message
from comments_service.inputs import address_key
from comments_service.models import Account

TAKEN = Message("This name is taken; please choose another one.")
# What the column holds; a single character may stand for many letters.
MAX_KEY_CHARS = 400

# What the badges say, in each language of the interface, and what else would pass for one.
ROLES = (
    *("Author", "Moderator", "Owner", "Admin", "Administrator", "Official", "Staff", "Verified"),
    *("Autor", "Autorin", "Moderatorin", "Inhaber", "Inhaberin", "Moderador", "Propietario"),
    *("Auteur", "Modérateur", "Propriétaire", "著者", "管理者", "所有者", "作者", "管理员", "站长"),
)
_words = re.compile(r"[^\W_]+")


def key(name: str) -> str:
    """What stands for a name and for all that look like it."""
    return characters.skeleton(name)[:MAX_KEY_CHARS]


def keys(name: str) -> set[str]:
    """The keys that a name would be taken for: its own, those of its other case, and without what
    only decorates it, such as "(Author)".

    A few letters look like one Latin letter as capitals and like another when small (Ν and ν), so
    both are asked for.
    """
    found = set()
    for written in (name, name.casefold(), name.title(), " ".join(_words.findall(name))):
        found |= {key(written), key(_without_roles(written))}
    return found


def _without_roles(name: str) -> str:
    """A name without the words for a role; the whole of it where nothing else is left."""
    roles = _role_keys()
    words = [word for word in _words.findall(name) if key(word) not in roles]
    left = " ".join(words)
    for role in ROLES:
        # Chinese and Japanese put no space before such a word.
        if len(role) < 4:
            left = left.removesuffix(role).removeprefix(role).strip()
    return left or name


@cache
def _role_keys() -> frozenset[str]:
    return frozenset(map(key, ROLES))


def reserved(name: str, besides: Account | None = None) -> bool:
    """Whether a name belongs to an account (another one), and so is not anybody's to wear."""
    asked = sa.select(Account.id).where(Account.name_key.in_(sorted(keys(name))))
    if besides is not None:
        asked = asked.where(Account.id != besides.id)
    return db.session.scalar(asked.limit(1)) is not None


def refuse_taken(name: str, besides: Account | None = None) -> None:
    """Raises InvalidInput when an account, another one, has the name."""
    if reserved(name, besides):
        raise InvalidInput(fields={"name": TAKEN})


def email_key(email: str) -> str:
    return address_key(email)


def of_email(email: str) -> Account | None:
    """The account of a mail address, whatever its state."""
    return db.session.scalar(sa.select(Account).where(Account.email_key == email_key(email)))
