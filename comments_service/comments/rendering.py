"""From what a person typed to HTML that may be shown."""

from comments_service import (
    markup,
)
from comments_service.errors import (
    InvalidInput,
    Message,
)


def rendered(source: str) -> str:
    """Safe HTML for a source that a person typed. Raises InvalidInput."""
    try:
        html = markup.render(source)
    except markup.MarkupError as error:
        raise InvalidInput(fields={"body": error.message}) from None
    if not markup.words(html):
        raise InvalidInput(fields={"body": Message("Nothing of this text would be visible.")})
    return html
