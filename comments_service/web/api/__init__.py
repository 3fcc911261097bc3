"""JSON under `/comments/api/v1`, for the embed and for programs of others: one blueprint a file.

What each route takes and answers stands at the route; docs/api.md has the table.
"""

from flask import Blueprint

from comments_service.web.api import (
    comments,
    exports,
    hooks,
    imports,
    mail,
    manifest,
    moderation,
    newsletter,
    notifications,
    openapi,
    passkeys,
    people,
    replies,
    reports,
    rules,
    sign_in,
    threads,
)

bp = Blueprint("api", __name__)
for part in (
    comments,
    notifications,
    newsletter,
    sign_in,
    passkeys,
    moderation,
    replies,
    rules,
    people,
    hooks,
    imports,
    exports,
    mail,
    manifest,
    openapi,
    reports,
    threads,
):
    bp.register_blueprint(part.bp)
