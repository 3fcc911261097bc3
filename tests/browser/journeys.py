"""The main journeys in Chromium, Firefox and WebKit: `python3 tasks.py test --browsers` runs them.

What only one browser does otherwise is seen here; everything in detail, in the other files, in Chromium.
"""

from collections.abc import Iterator

import pytest

from comments_service.models import Account
from tests import make
from tests.browser.conftest import Credentials, Live, Writer, until
from tests.browser.drivers import BROWSERS, Driven
from tests.browser.emails import newest_email

FORM = "form#reply"
COMMENT = "li.postil-comment"
MINE = "document.activeElement.matches('li.postil-comment')"


@pytest.fixture(scope="module", params=BROWSERS)
def window(
    request: pytest.FixtureRequest, blog: Live, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Driven]:
    with BROWSERS[request.param](tmp_path_factory.mktemp(request.param)) as send:
        yield Driven(send, blog.url)


@pytest.fixture
def page(window: Driven, live: Live) -> Driven:
    """A browser of somebody who has never been here."""
    window.forget()
    return window


def article(page: Driven, thread: str) -> None:
    """Open an article at its comments, and wait until the embed has taken them over."""
    page.open(f"/{thread}/")
    page.ask("document.querySelector('comment-thread').scrollIntoView()")
    page.find(f"{FORM} .postil-account")


def post(page: Driven, words: str, form: str = FORM) -> None:
    page.type(f"{form} [name=body]", words)
    page.click(f"{form} button", "Post comment")
    page.focused(COMMENT, words)


def write_as_guest(page: Driven, thread: str, words: str) -> None:
    article(page, thread)
    page.type(f"{FORM} [name=name]", "Zoë")
    post(page, words)


def sign_in(page: Driven, who: Account | Credentials) -> None:
    page.type("main [name=email]", who.email or "")
    page.type("main [name=password]", make.PASSWORD)
    page.click("main button", "Sign in")


def test_an_article_is_read_with_its_comments(page: Driven, thread: str, writer: Writer) -> None:
    writer.post(thread, "Already *there*.")
    article(page, thread)
    page.find(f"{COMMENT} em", "there")
    page.sees("document.querySelector('li.postil-comment time').title !== ''")
    later = writer.post(thread, "Written meanwhile.")
    page.ask("document.querySelector('comment-thread').refresh()")
    page.click(".postil-new button", "1 new comment")
    page.focused(f"#comment-{later}")


def test_a_guest_comments_by_a_plain_form(page: Driven, live: Live, thread: str) -> None:
    page.open(f"/comments/threads/{thread}")
    page.type(f"{FORM} [name=body]", "By a *form*.")
    page.type(f"{FORM} [name=name]", "Zoë")
    page.click(f"{FORM} button", "Post comment")
    page.find(f"{COMMENT} em", "form")
    page.sees("location.pathname === arguments[0]", f"/{thread}/")
    assert "By a <em>form</em>." in live.page(thread)


def test_a_guest_comments_by_script(page: Driven, live: Live, thread: str) -> None:
    write_as_guest(page, thread, "By a *script*.".replace("*", ""))
    until(lambda: "By a script." in live.page(thread))


def test_a_reader_signs_up_and_in(
    page: Driven, live: Live, thread: str, request: pytest.FixtureRequest
) -> None:
    email = f"{request.node.callspec.params['window']}@example.org"
    page.open("/comments/sign-up")
    page.type("main [name=name]", email.partition("@")[0])
    page.type("main [name=email]", email)
    page.type("main [name=password]", make.PASSWORD)
    page.click("main button", "Create an account")
    page.open(newest_email(live.folder, email, r"(?s)open this link.*?(http://\S+)"))
    page.click("main button")
    page.sees("location.pathname === '/comments/account'")
    page.forget()
    article(page, thread)
    page.click(f"{FORM} button", "Sign in")
    page.type("dialog [name=email]", email)
    page.type("dialog [name=password]", make.PASSWORD)
    page.click("dialog button[type=submit], dialog form button:not([type])", "Sign in")
    page.find(FORM, f"Signed in as {email.partition('@')[0]}")
    post(page, "Under my name.")


def test_a_comment_is_answered(page: Driven, thread: str, writer: Writer) -> None:
    first = writer.post(thread, "The first word.")
    article(page, thread)
    page.click(f"#comment-{first} .postil-reply")
    page.focused(f"#comment-{first} textarea")
    page.type(f"#comment-{first} [name=name]", "Zoë")
    post(page, "An answer.", f"#comment-{first} form")
    page.find(f"{COMMENT}[data-parent='{first}']", "In reply to Wanda")


def test_words_of_an_article_are_noted(page: Driven, thread: str) -> None:
    words = "islands where no fox comes"
    page.open(f"/{thread}/")
    page.sees("document.querySelector('[data-postil-text] p:last-child')")
    page.ask(
        "const node = document.querySelector('[data-postil-text] p:last-child').lastChild;"
        "const at = node.data.indexOf(arguments[0]);"
        "getSelection().setBaseAndExtent(node, at, node, at + arguments[0].length)",
        words,
    )
    page.click(".postil-offer button", "Note this passage")
    page.focused(f"{FORM} [name=body]")
    page.find(f"{FORM} .postil-passage", words)
    page.type(f"{FORM} [name=name]", "Zoë")
    post(page, "Which islands?")
    page.click(f"{COMMENT} .postil-passage a", words)
    page.focused("[data-postil-text] p", words)


def test_one_edits_and_deletes_what_one_wrote(page: Driven, live: Live, thread: str) -> None:
    write_as_guest(page, thread, "With a mistkae.")
    page.click(f"{COMMENT} button", "Edit")
    page.clear("form.postil-edit textarea")
    page.type("form.postil-edit textarea", "Without a mistake.")
    page.click("form.postil-edit button", "Save")
    page.focused(COMMENT, "Without a mistake.")
    until(lambda: "Without a mistake." in live.page(thread))
    page.click(f"{COMMENT} button", "Delete")
    page.click("dialog button", "Delete")
    page.gone(COMMENT, "Without a mistake.")
    until(lambda: "Without a mistake." not in live.page(thread))


def test_a_moderator_decides(
    page: Driven, live: Live, held_thread: str, writer: Writer, owner: Credentials
) -> None:
    writer.send(held_thread, "Publish me.")
    page.open(f"/comments/moderation/?thread={held_thread}")
    sign_in(page, owner)
    page.find(".card[aria-current]", "Publish me.")
    page.press("p")
    page.find("[role=status]", "Published.")
    until(lambda: "Publish me." in live.page(held_thread))
    page.click("button", "Undo")
    page.find(".card", "Publish me.")


def test_a_link_to_a_comment_of_another_page_is_followed(
    page: Driven, thread: str, writer: Writer
) -> None:
    numbers = [writer.send(thread, f"Comment number {number}.") for number in range(21)]
    until(lambda: f'id="comment-{numbers[-1]}"' in writer.live.snapshots(thread))
    page.open(f"/{thread}/#comment-{numbers[-1]}")
    for linked in (numbers[-1], numbers[4]):
        page.focused(f"#comment-{linked}:target")
        page.sees(
            "(({top, bottom}) => top >= 0 && bottom <= innerHeight)"
            "(document.activeElement.getBoundingClientRect())"
        )
        page.ask("location.hash = arguments[0]", f"#comment-{numbers[4]}")


def test_articles_are_found(page: Driven) -> None:
    page.open("/search/")
    page.type("input[type=search]", "fishing")
    page.find(".search-result", "How pelicans fish")
    page.find(".search-result mark")


def test_light_or_dark_is_chosen_once_for_the_blog_and_the_service(page: Driven) -> None:
    colour = "return getComputedStyle(document.body).backgroundColor"
    page.open("/")
    day = page.ask(colour)
    page.click("[data-theme-toggle]")
    night = page.ask(colour)
    assert night != day
    page.open("/comments/sign-in")
    assert page.ask(colour) == night
    page.open("/")
    page.click("[data-theme-toggle]")
    assert page.ask(colour) == day


def test_one_writes_with_nothing_but_the_keyboard(page: Driven, thread: str) -> None:
    article(page, thread)
    page.ask("document.querySelector('form#reply [name=body]').focus()")
    for key in "Quick":
        page.press(key)
    page.press("Tab")
    page.focused(f"{FORM} [name=name]")
    for key in "Zoe":
        page.press(key)
    page.press("Control", "Enter")
    page.focused(COMMENT, "Quick")
    page.press("Tab")
    page.sees("document.activeElement.closest('li.postil-comment')")
    page.open("/")
    page.press("/")
    page.sees("location.pathname === '/search/'")
    page.focused("input[type=search]")
