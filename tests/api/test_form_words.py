"""What a form says of itself: what is required, what waits, and which field was wrong."""

import pytest

from comments_service.models import Policy
from tests import make
from tests.conftest import Visitor

WAITS = "A first comment waits for a moderator"


@pytest.mark.parametrize(
    ("changed_settings", "said"), [({}, True), ({"trust_after": 0}, False)], ids=["waits", "trusts"]
)
def test_that_a_first_comment_waits_is_said_where_it_does(guest: Visitor, said: bool) -> None:
    make.thread()
    assert (WAITS in guest.get("/comments/threads/pelicans").text) is said


def test_a_guests_name_is_required_and_a_preview_goes_without(guest: Visitor) -> None:
    make.thread(policy=Policy.OPEN)
    form = guest.get("/comments/threads/pelicans").text
    assert 'name="name" type="text" autocomplete="name" maxlength="200" required' in form
    assert 'value="preview" class="postil-quiet" formnovalidate' in form
    assert '<p class="postil-trap" hidden>' in form


def test_a_wrong_password_is_marked_at_its_field(guest: Visitor) -> None:
    account = make.account("Ada")
    answer = guest.post("/comments/sign-in", {"email": account.email, "password": "wrong-one"})
    field = answer.text.partition('id="password"')[2].partition(">")[0]
    assert 'aria-invalid="true"' in field
    assert 'aria-describedby="password-note"' in field
