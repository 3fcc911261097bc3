"""The dashboard, below `/moderation/`: what moderators see and decide, and what owners set.

Where staff needs two factors, only sessions that have shown them come in. Everything works without
scripts; one adds keys.
"""

from comments_service.errors import SecondFactorMissing
from comments_service.web.dashboard import (
    comment_page,
    hooks,
    imports,
    mail,
    numbers,
    people,
    queue,
    replies,
    rules,
    second_factor,
    threads,
    transfer,
)

BLUEPRINTS = (
    queue.bp,
    comment_page.bp,
    replies.bp,
    threads.bp,
    people.bp,
    numbers.bp,
    rules.bp,
    mail.bp,
    hooks.bp,
    imports.bp,
    transfer.bp,
)
for bp in BLUEPRINTS:
    bp.register_error_handler(SecondFactorMissing, second_factor.missing)
