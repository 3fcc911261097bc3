"""The blog's own colour, as a style sheet for the service's pages: no page holds a style within it."""

from flask import Blueprint, Response

from comments_service.db import db
from comments_service.models import Site
from comments_service.web.routes import Guard, route

bp = Blueprint("accent", __name__)

# The address that a page links names the colours, so another colour is another address.
KEPT_SECONDS = 24 * 3600


@route(bp, "GET /accent.css", "The blog's own colour, for the service's pages", guard=Guard.OPEN)
def accent() -> Response:
    site = db.session.get(Site, 1)
    colours = ",".join(site.accent) if site else ""
    style = f"@layer tokens{{:root{{--accent:light-dark({colours})}}}}\n" if colours else ""
    kept = {"Cache-Control": f"public, max-age={KEPT_SECONDS}"}
    return Response(style, mimetype="text/css", headers=kept)
