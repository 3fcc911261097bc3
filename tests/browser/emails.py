"""E-mails as the service sends them, found where it leaves them."""

import re
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from tests.browser.conftest import until


def newest_email(folder: Path, address: str, part: str = r"(?s).+") -> str:
    """What a pattern finds in the newest e-mail to an address, once it has been sent."""
    found: list[str] = []

    def arrived() -> bool:
        for path in sorted((folder / "var/mail").glob("*.eml")):
            email = message_from_bytes(path.read_bytes(), policy=default)
            body = email.get_body(("plain",))
            if body is not None and address in str(email["To"]):
                found.extend(re.findall(part, body.get_content()))
        return bool(found)

    until(arrived)
    return found[-1]
