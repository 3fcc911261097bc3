"""Known browsers: where somebody has signed in before, he is not locked out by others' guesses.

Limits count by network and account together, and over all networks; whoever guesses from many can
use up the second. So a browser that an account came in with keeps a cookie that says so, and is
counted by itself. It opens nothing: it is a random word and its seal for one address, in which
nobody can read whose.
"""

import hashlib
import hmac
import secrets

from comments_service import config
from comments_service.config import Settings
from comments_service.models import Account


def cookie(account: Account, kept: str, settings: Settings) -> str:
    """What the browser keeps that the account came in with; the same again where it has that."""
    who = account.email_key or account.public_id
    word = known(kept, who, settings) or secrets.token_urlsafe(16)
    return f"{word}.{_seal(word, who, settings)}"


def known(kept: str, who: str, settings: Settings) -> str:
    """The word of a browser in which `who`, a folded address, has signed in; empty for any other."""
    word, _, seal = kept.partition(".")
    right = hmac.compare_digest(seal.encode(), _seal(word, who, settings).encode())
    return word if word and right else ""


def _seal(word: str, who: str, settings: Settings) -> str:
    key = config.secret_key(settings).encode()
    return hmac.new(key, f"known browser {word} {who}".encode(), hashlib.sha256).hexdigest()
