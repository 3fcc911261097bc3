"""A form on a page: shown, acted on, shown again with what was wrong."""

from collections.abc import Callable
from typing import Any

from flask import Response, request

from comments_service.errors import ProofRequired, ServiceError, SignInRequired
from comments_service.web import answers

Answer = Callable[[], Response]

# What no page gives back after a mistake.
SECRET_FIELDS = ("password", "code", "ticket")


def form_page(template: str, act: Answer, **context: Any) -> Response:
    """Show a form, or do what it asks for and show it again with what was wrong."""
    error: ServiceError | None = None
    if request.method == "POST":
        try:
            return act()
        except (ProofRequired, SignInRequired):
            # Another page's to ask for; whose form it was may have left at this very moment.
            raise
        except ServiceError as raised:
            error = raised
    return answers.page(
        template,
        error.status if error else 200,
        values={
            name: value
            for name, value in request.form.items()
            if not any(secret in name for secret in SECRET_FIELDS)
        },
        error=error,
        errors=error.fields if error else {},
        **context,
    )
