"""The form of the newsletter."""

from comments_service.inputs.fields import Email
from comments_service.inputs.parsing import Input


class NewsletterAsk(Input):
    """An address that wants to hear of new articles."""

    email: Email
    weekly: bool = False
