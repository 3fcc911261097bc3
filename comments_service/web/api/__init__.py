"""JSON under `/comments/api/v1`, for the embed and for programs of others: one blueprint a file.

What each route takes and answers stands at the route; docs/api.md has the table.
"""

from flask import Blueprint

from comments_service.web.api import comments, manifest, moderation, openapi, passkeys, sign_in

bp = Blueprint("api", __name__)
for each in (comments, sign_in, passkeys, moderation, manifest, openapi):
    bp.register_blueprint(each.bp)
