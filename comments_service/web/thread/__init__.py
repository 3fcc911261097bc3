"""A thread's own pages: reading, writing, voting and reporting, complete without JavaScript."""

from comments_service.web.thread import comment_pages, reporting, votes

BLUEPRINTS = (comment_pages.bp, reporting.bp, votes.bp)
