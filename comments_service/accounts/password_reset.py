"""A forgotten password: the e-mail with a link, and the new password that it lets one choose.

Whether an address is known is told to nobody but the e-mail's reader: the answer is the same, and
so is the work.
"""

from comments_service import rate_limits, sessions
from comments_service.accounts import asked_emails, names, passwords, sign_in_methods, tokens
from comments_service.accounts.login import Entry, enter
from comments_service.config import Settings
from comments_service.db import writing
from comments_service.errors import NotAllowed
from comments_service.inputs import NewPassword
from comments_service.sessions import Visitor


def forgot(email: str, lang: str, network: str, settings: Settings, *, kept: str = "") -> None:
    """Send a link for a new password, if there is such an account; the answer never tells.

    `kept` is what the browser kept of an earlier sign-in. Raises TooMany, NotAllowed.
    """
    if not settings.passwords:
        raise NotAllowed(passwords.NO_PASSWORDS)
    with writing():
        asked_emails.count(email, network, settings, kept)
        account = names.of_email(email)
        if account is not None and account.email:
            asked_emails.send_link(tokens.ResetPassword(), account, account.email, lang, settings)


def reset(text: str, given: NewPassword, visitor: Visitor, settings: Settings) -> Entry:
    """Set a new password, end every session, sign in. Raises UnknownToken, TooMany, Busy."""
    if not settings.passwords:
        raise NotAllowed(passwords.NO_PASSWORDS)
    token = tokens.find(tokens.ResetPassword, text)
    # One link may be sent many times at one moment, before it is used up.
    limits = passwords.work(f"reset-{token.id}", settings.limit_sign_in)
    with rate_limits.counted(limits, passwords.GUESSED_ENOUGH):
        secret = passwords.hashed(given.password)
    with writing():
        account = tokens.use_of_account(tokens.ResetPassword, text)
        # The link went to the address, so following it proves the address as well.
        sign_in_methods.hand_over(account)
        passwords.store(account, secret)
        sessions.end_all(account.id)
        return enter(account, "letter", visitor)
