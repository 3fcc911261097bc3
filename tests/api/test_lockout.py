"""Others' guesses do not lock an account's owner out: limits by network and account together."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from comments_service.config import Rate
from comments_service.models import Account
from tests import make
from tests.api.people import by_json_and_form, visiting
from tests.api.strong import set_up
from tests.conftest import Answer, Visitor, link_in

EMAIL = "rhea@example.org"
WRONG = "a wrong guess"
SEEN = "postil-seen"
# Two wrong ones from one network for one account; ten times that from all networks.
ALL = 20


@pytest.fixture
def changed_settings() -> dict[str, Any]:
    return {"limit_sign_in": (Rate(2, 900),), "limit_sign_up": (Rate(5, 3_600),)}


@pytest.fixture(autouse=True)
def rhea(app: Flask) -> Account:
    return make.account("Rhea")


def somebody(app: Flask, network: str = "192.0.2.1") -> Visitor:
    visitor = Visitor(app)
    visitor.client.environ_base["REMOTE_ADDR"] = network
    return visitor


def sign_in(visitor: Visitor, by: str, password: str = make.PASSWORD, email: str = EMAIL) -> Answer:
    given = {"email": email, "password": password}
    if by == "json":
        return visitor.call("POST", "session", given)
    return visitor.post("/comments/sign-in", given)


def came_in(answer: Answer) -> bool:
    return answer.status_code in (201, 303)


def sign_out(visitor: Visitor, by: str) -> None:
    if by == "json":
        visitor.call("DELETE", "session")
    else:
        visitor.post("/comments/sign-out")


def attack(app: Flask, by: str, networks: int = 11) -> list[int]:
    """Guess from many networks, as often as each lets through, and once more."""
    return [
        sign_in(somebody(app, f"10.0.{network}.1"), by, WRONG).status_code
        for network in range(networks)
        for _ in range(3)
    ]


@by_json_and_form
def test_guesses_from_one_network_keep_nobody_out_elsewhere(app: Flask, by: str) -> None:
    for _ in range(2):
        assert sign_in(somebody(app, "10.0.0.1"), by, WRONG).status_code == 401
    for password in (WRONG, make.PASSWORD):
        assert sign_in(somebody(app, "10.0.0.1"), by, password).status_code == 429
    assert came_in(sign_in(somebody(app), by))


@by_json_and_form
def test_all_networks_together_guess_so_often_and_no_more(app: Flask, by: str) -> None:
    codes = attack(app, by)
    assert codes.count(401) == ALL
    assert set(codes) == {401, 429}
    # Whether there is such an account is told by none of it.
    assert sign_in(somebody(app, "10.1.0.1"), by, WRONG, "nobody@example.org").status_code == 401


@by_json_and_form
def test_a_known_browser_passes_while_others_guess(app: Flask, by: str) -> None:
    home = somebody(app)
    assert came_in(sign_in(home, by))
    sign_out(home, by)
    attack(app, by)
    assert sign_in(somebody(app, "203.0.113.1"), by).status_code == 429
    # Also in the very network that the guesses come from.
    home.client.environ_base["REMOTE_ADDR"] = "10.0.0.1"
    assert came_in(sign_in(home, by))


@by_json_and_form
def test_a_known_browser_is_counted_by_itself(app: Flask, by: str) -> None:
    """A stolen laptop may guess as little as any network."""
    home = somebody(app)
    sign_in(home, by)
    sign_out(home, by)
    for network in ("10.0.0.1", "10.0.0.2"):
        home.client.environ_base["REMOTE_ADDR"] = network
        assert sign_in(home, by, WRONG).status_code == 401
    home.client.environ_base["REMOTE_ADDR"] = "10.0.0.3"
    assert sign_in(home, by).status_code == 429
    assert came_in(sign_in(somebody(app, "10.0.0.3"), by))


@by_json_and_form
def test_getting_in_starts_a_known_browsers_count_anew(app: Flask, by: str) -> None:
    home = somebody(app)
    for _ in range(3):
        assert came_in(sign_in(home, by))
        sign_out(home, by)
        assert sign_in(home, by, WRONG).status_code == 401


@by_json_and_form
@pytest.mark.parametrize("kept", ["", ".", "word.", ".seal", "word.seal", "é.é", "x" * 3000])
def test_a_made_up_cookie_makes_no_browser_known(app: Flask, by: str, kept: str) -> None:
    attack(app, by)
    forger = somebody(app, "203.0.113.1")
    forger.client.set_cookie(SEEN, kept, domain="blog.test")
    assert sign_in(forger, by).status_code == 429


@by_json_and_form
def test_a_browser_known_for_one_account_is_known_for_no_other(app: Flask, by: str) -> None:
    make.account("Mallory")
    mallory = somebody(app, "203.0.113.1")
    assert came_in(sign_in(mallory, by, email="mallory@example.org"))
    sign_out(mallory, by)
    attack(app, by)
    assert sign_in(mallory, by).status_code == 429


def test_any_method_makes_a_browser_known(app: Flask, emails: Any) -> None:
    home = somebody(app)
    home.post("/comments/sign-in", {"act": "letter", "email": EMAIL})
    assert home.post(link_in(emails()[-1][2])).status_code == 303
    sign_out(home, "form")
    attack(app, "form")
    assert came_in(sign_in(home, "form"))


@by_json_and_form
def test_the_cookie_tells_nobody_whose_it_is(app: Flask, by: str, rhea: Account) -> None:
    home = somebody(app)
    answer = sign_in(home, by)
    [set_cookie] = [
        each for each in answer.headers.getlist("Set-Cookie") if each.startswith(f"{SEEN}=")
    ]
    assert "HttpOnly" in set_cookie
    assert "SameSite=Lax" in set_cookie
    assert "rhea" not in set_cookie.lower()
    assert rhea.public_id not in set_cookie
    first = home.client.get_cookie(SEEN, domain="blog.test")
    sign_out(home, by)
    kept = home.client.get_cookie(SEEN, domain="blog.test")
    assert first is not None
    assert kept is not None
    assert kept.value == first.value


def test_it_goes_with_the_account(app: Flask) -> None:
    home = somebody(app)
    sign_in(home, "form")
    assert home.post("/comments/account/delete", {"comments": "keep"}).status_code == 303
    assert home.client.get_cookie(SEEN, domain="blog.test") is None


ASKS: dict[str, Callable[[Visitor, str], Answer]] = {
    "forgot": lambda who, to: who.post("/comments/forgot", {"email": to}),
    "sign-in form": lambda who, to: who.post("/comments/sign-in", {"act": "letter", "email": to}),
    "sign-in": lambda who, to: who.call("POST", "session/letter", {"email": to}),
}


@pytest.mark.parametrize("way", ASKS)
def test_others_cannot_use_up_the_emails_that_an_owner_may_ask_for(app: Flask, way: str) -> None:
    make.account("Max")
    home = somebody(app)
    assert came_in(sign_in(home, "json"))
    sign_out(home, "json")
    for to in (EMAIL, "max@example.org"):
        codes = [
            ASKS["forgot"](somebody(app, f"10.0.{network}.1"), to).status_code
            for network in range(6)
        ]
        assert codes == [202] * 5 + [429]
    assert ASKS[way](somebody(app, "203.0.113.1"), EMAIL).status_code == 429
    assert ASKS[way](home, "max@example.org").status_code == 429
    for network in range(6):
        home.client.environ_base["REMOTE_ADDR"] = f"203.0.113.{network}"
        assert ASKS[way](home, EMAIL).status_code == (202 if network < 5 else 429)


def second_step(visitor: Visitor, by: str, code: str) -> Answer:
    """The password, which is right, and then this code."""
    first = sign_in(visitor, by)
    if by == "json":
        given = {"ticket": first.json["ticket"], "code": code}
        return visitor.call("POST", "session/second", given)
    ticket = first.text.partition('name="ticket" value="')[2].partition('"')[0]
    return visitor.post("/comments/second", {"ticket": ticket, "code": code})


@by_json_and_form
def test_a_stolen_password_alone_does_not_lock_the_second_step(
    app: Flask, rhea: Account, by: str
) -> None:
    phone, codes = set_up(visiting(app, rhea))
    home = somebody(app)
    assert came_in(second_step(home, by, codes[0]))
    sign_out(home, by)
    for network in range(2):
        thief = somebody(app, f"10.0.{network}.1")
        assert second_step(thief, by, phone.wrong()).status_code == 422
    # Six digits are few: from wherever they are guessed, they are counted together.
    assert second_step(somebody(app, "10.0.9.1"), by, codes[1]).status_code == 429
    assert came_in(second_step(home, by, codes[1]))
