"""What is sent by e-mail: asking for it, stopping it, and where its links lead.

Those links come without a session: what they allow, their address alone says.
"""

from comments_service.web.notifications import decide_by_mail, newsletter, preferences

BLUEPRINTS = (decide_by_mail.bp, newsletter.bp, preferences.bp)
