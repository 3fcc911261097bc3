"""One's own account: making one, signing in, showing who one is, and all that is one's own.

Each method of signing in is `comments_service.accounts`'; here are its pages.
"""

from comments_service.web.accounts import (
    account,
    confirm,
    email_change,
    handoff,
    passkeys,
    personal_data,
    profile,
    providers,
    sign_in,
    totp,
)

BLUEPRINTS = (
    sign_in.bp,
    providers.bp,
    handoff.bp,
    confirm.bp,
    account.bp,
    profile.bp,
    email_change.bp,
    passkeys.bp,
    totp.bp,
    personal_data.bp,
)
