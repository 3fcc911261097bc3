"""Staff that has to show two factors and has shown one is led to set the other up, and back."""

from flask import Response, request

from comments_service import config
from comments_service.accounts.login import has_passkey, has_second_factor
from comments_service.config import Settings
from comments_service.errors import SecondFactorMissing
from comments_service.web import answers, visitor


def missing(error: SecondFactorMissing) -> Response:
    """The page that says so, instead of any page of the dashboard."""
    here = visitor.here() if request.method == "GET" else request.path
    has = methods(config.current())
    return answers.refusal("dashboard/second-factor-missing.html", error, here=here, has=has)


def methods(settings: Settings) -> dict[str, bool]:
    """What the moderator who asks could show beside a password."""
    session = visitor.session()
    account = session.account if session else None
    return {
        "app": account is not None and has_second_factor(account),
        "passkey": account is not None and settings.passkeys and has_passkey(account),
    }
