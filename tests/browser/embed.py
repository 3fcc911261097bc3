"""The embed's parts on a page, as a reader finds and uses them."""

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

Visit = Callable[..., Page]

STATUS = "comment-thread > .postil-status"


def article(visit: Visit, thread: str, allowed: tuple[str, ...] = ()) -> Page:
    """Open an article, go to its comments, and wait until the embed has taken them over."""
    return wake(visit(f"/{thread}/", allowed=allowed))


def wake(page: Page) -> Page:
    page.locator("comment-thread").evaluate("thread => thread.scrollIntoView()")
    expect(page.locator("form#reply .postil-account")).to_be_visible()
    return page


def comment(page: Page, number: int) -> Locator:
    return page.locator(f"#comment-{number}")


def newest(page: Page, words: str) -> Locator:
    return page.locator("li.postil-comment", has_text=words).last


def order(page: Page) -> list[int]:
    found = page.locator("li.postil-comment").evaluate_all("all => all.map(li => +li.dataset.id)")
    return [int(each) for each in found]


def refresh(page: Page) -> None:
    """Ask again now, rather than after half a minute."""
    page.locator("comment-thread").evaluate("thread => thread.refresh()")


def main_form(page: Page) -> Locator:
    return page.locator("form#reply")


def write(form: Locator, body: str, name: str = "Zoe") -> None:
    form.locator("[name=body]").fill(body)
    form.locator("[name=name]").fill(name)


def post(form: Locator) -> None:
    form.get_by_role("button", name="Post comment").click()


def dialog(page: Page) -> Locator:
    main_form(page).get_by_role("button", name="Sign in").click()
    shown = page.get_by_role("dialog", name="Sign in")
    expect(shown.get_by_label("E-mail")).to_be_focused()
    return shown


def signed_in(page: Page, name: str) -> None:
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(main_form(page)).to_contain_text(f"Signed in as {name}")
