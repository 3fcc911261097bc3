"""The embed in pages that are not ours: what a host's style, colours, markup and framework do to it."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import ConsoleMessage, Locator, Page, expect

from tests.browser.conftest import ARTICLES, Live, Writer, until
from tests.browser.embed import Visit, comment, main_form, newest, post, write

Host = Callable[..., Page]

# What resets in use say, in the order of their force; the words are ours.
RESETS = {
    "none": "",
    "margins": "* { margin: 0; padding: 0 }",
    "lists": "ol, ul, li, p, h1, h2, form, dialog { margin: 0; padding: 0; border: 0; font: inherit }",
    "controls": """*, ::before, ::after { box-sizing: border-box; border: 0 solid; margin: 0; padding: 0 }
      h1, h2, h3 { font-size: inherit; font-weight: inherit }
      button, input, textarea { font: inherit; color: inherit; background: transparent; margin: 0 }
      button, [type=button], [type=submit] { background: transparent none; appearance: button }
      ol, ul { list-style: none } dialog { padding: 0 } a { color: inherit; text-decoration: inherit }""",
    "stronger": "#main.text p, #main.text div, #main.text ol { display: block }",
    "revert": "* { all: revert }",
    "unset": "* { all: unset } style, script, head { display: none }",
}
# Beside what `Live` makes for everybody; whoever takes two threads takes them from the end.
_pairs = iter(range(ARTICLES["open"] - 1, 0, -2))


@pytest.fixture
def host(visit: Visit, live: Live) -> Iterator[Host]:
    """A page on another site with threads in it."""

    def open_page(*threads: str, style: str = "", src: str | None = "", **options: object) -> Page:
        given = "" if src is None else f' src="{src or live.url + "/comments/"}"'
        elements = "".join(
            f'<comment-thread thread="{each}"{given}></comment-thread>' for each in threads
        )
        live.elsewhere.html = (
            f'<!doctype html><html lang="en"><title>Elsewhere</title><style>{style}</style>'
            f'<body id="main" class="text"><p>Some words.</p>{elements}'
            f'<script type="module" src="{live.url}/comments/embed.js"></script>'
        )
        return visit(f"{live.elsewhere.url}/page", **options)

    yield open_page
    live.elsewhere.html = ""


@pytest.fixture
def pair() -> tuple[str, str]:
    number = next(_pairs)
    return f"open-{number}", f"open-{number - 1}"


def style(element: Locator, *names: str) -> dict[str, str]:
    found: dict[str, str] = element.evaluate(
        "(one, names) => Object.fromEntries(names.map((n) => [n, getComputedStyle(one)[n]]))",
        list(names),
    )
    return found


def left(element: Locator) -> float:
    box = element.bounding_box()
    assert box is not None
    return box["x"]


@pytest.mark.parametrize("reset", RESETS)
def test_no_reset_of_a_host_takes_the_comments_apart(
    host: Host, thread: str, writer: Writer, reset: str
) -> None:
    first = writer.post(thread, "First.")
    answer = writer.post(thread, "An answer.", parent=first)
    page = host(thread, style=RESETS[reset])
    expect(comment(page, answer)).to_be_visible()
    expect(main_form(page).get_by_role("button", name="Sign in")).to_be_visible()
    assert left(comment(page, answer)) > left(comment(page, first))
    assert style(comment(page, first), "listStyleType", "display")["display"] in (
        "block",
        "list-item",
    )
    field = style(main_form(page).locator("textarea"), "borderTopWidth", "borderTopStyle")
    assert field == {"borderTopWidth": "1px", "borderTopStyle": "solid"}
    button = main_form(page).get_by_role("button", name="Post comment")
    assert style(button, "backgroundColor") == {"backgroundColor": "rgb(176, 67, 42)"}
    heading, words = (page.locator(part).first for part in (".postil-heading", ".postil-meta"))
    sizes = [float(style(each, "fontSize")["fontSize"][:-2]) for each in (heading, words)]
    assert sizes[0] > sizes[1]
    expect(page.locator("[name=homepage_url]")).to_be_hidden()
    main_form(page).get_by_role("button", name="Sign in").click()
    dialog = page.locator("dialog")
    expect(dialog.locator("[data-step]:visible")).to_have_count(1)
    box = dialog.bounding_box()
    assert box is not None
    assert abs(box["x"] + box["width"] / 2 - 640) < 20
    assert abs(box["y"] + box["height"] / 2 - 400) < 20


LUMINANCE = """(element) => {
  const parts = (colour) => {
    const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data].map((part) => part / 255);
  };
  const blend = (over, under) => over.slice(0, 3).map((c, i) => c * over[3] + under[i] * (1 - over[3]));
  const ground = (at) => {
    if (!at) return [1, 1, 1];
    const own = parts(getComputedStyle(at).backgroundColor);
    return own[3] === 1 ? own.slice(0, 3) : blend(own, ground(at.parentElement));
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const under = ground(element);
  const [a, b] = [blend(parts(getComputedStyle(element).color), under), under].map(light);
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}"""
PAGES = {
    "dark by its own means": "body { background: #111; color: #eee }",
    "light, whatever the system says": "body { background: #fff; color: #222 }",
    "sepia": "body { background: #f4ecd8; color: #433422 }",
    "dark by color-scheme": ":root { color-scheme: dark; background: Canvas }",
    # Names that others use for other things.
    "tokens that are no colours": ":root { --accent: 210 40% 96%; --text: 222 47% 11%; --line: 2px }",
}


@pytest.mark.parametrize("system", ["light", "dark"])
@pytest.mark.parametrize("page_style", PAGES.values(), ids=[*PAGES])
def test_everything_can_be_read_in_the_colours_of_the_page(
    host: Host, thread: str, writer: Writer, page_style: str, system: str
) -> None:
    writer.post(thread, "To be *read*, with `code` and [a link](https://example.org/).")
    page = host(thread, style=page_style, color_scheme=system)
    expect(main_form(page).get_by_role("button", name="Sign in")).to_be_visible()
    parts = [
        *(".postil-heading", ".postil-name", ".postil-when", ".postil-body p", ".postil-body code"),
        ".postil-body a",
        *("form textarea", "form label", ".postil-hint", ".postil-buttons button >> nth=0"),
        *(".postil-buttons button >> nth=1", ".postil-reply", ".postil-account"),
    ]
    seen = {part: page.locator(part).first.evaluate(LUMINANCE) for part in parts}
    for part in (".postil-body a", ".postil-when"):
        page.locator(part).first.hover()
        seen[f"{part}:hover"] = page.locator(part).first.evaluate(LUMINANCE)
    main_form(page).get_by_role("button", name="Sign in").click()
    for part in ("h2", "label", "input", ".postil-buttons button", ".postil-methods .postil-quiet"):
        seen[f"dialog {part}"] = page.locator("dialog").locator(part).first.evaluate(LUMINANCE)
    assert {part: ratio for part, ratio in seen.items() if ratio < 4.5} == {}


def test_links_of_comments_have_the_colours_that_the_page_gives_links(
    host: Host, thread: str, writer: Writer
) -> None:
    writer.post(thread, "With [a link](https://example.org/).")
    given = "a { color: rgb(0, 80, 0) } a:hover { color: rgb(80, 0, 0) }"
    link = host(thread, style=given).locator(".postil-body a").first
    assert style(link, "color") == {"color": "rgb(0, 80, 0)"}
    link.hover()
    assert style(link, "color") == {"color": "rgb(80, 0, 0)"}


@pytest.mark.parametrize("behind", ["html", "body"])
def test_a_dialog_can_be_read_where_a_picture_makes_the_page_dark(
    host: Host, thread: str, writer: Writer, behind: str
) -> None:
    writer.post(thread, "Something.")
    dark = f"{behind} {{ background: linear-gradient(#111, #222) }} html {{ color: #eee }}"
    page = host(thread, style=f"html {{ background: #fff }} {dark}")
    main_form(page).get_by_role("button", name="Sign in").click()
    dialog = page.locator("dialog")
    for part in ("h2", "label", "input", ".postil-buttons button"):
        assert dialog.locator(part).first.evaluate(LUMINANCE) >= 4.5, part


@pytest.mark.parametrize(
    "form",
    [
        None,
        "{url}/comments/",
        "{url}/comments",
        "{url}/comments/embed.js",
        "{url}/comments/?v=2#top",
        "//{host}/comments/",
    ],
)
def test_the_service_is_found_however_its_address_is_written(
    host: Host, live: Live, thread: str, writer: Writer, form: str | None
) -> None:
    number = writer.post(thread, "Found.")
    names = {"url": live.url, "host": live.url.partition("//")[2]}
    page = host(thread, src=form and form.format(**names))
    expect(comment(page, number)).to_contain_text("Found.")


@pytest.mark.parametrize("unknown", ["not-listed", "Open-1", ""])
def test_a_thread_that_is_unknown_is_named_in_the_console(host: Host, unknown: str) -> None:
    page = host(allowed=("404",))
    heard: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "warning":
            heard.append(message.text)

    page.on("console", hear)
    with page.expect_console_message(lambda each: each.type == "warning"):
        page.evaluate(
            "thread => { const one = document.createElement('comment-thread');"
            "one.setAttribute('thread', thread);"
            "one.setAttribute('src', document.querySelector('script').src);"
            "document.body.append(one) }",
            unknown,
        )
    assert re.search(f'<comment-thread thread="{unknown}".*404', heard[0])
    assert "CORS" not in heard[0]


def test_an_element_that_a_framework_uses_again_is_another_thread(
    host: Host, live: Live, pair: tuple[str, str], writer: Writer
) -> None:
    alpha, beta = pair
    old, new = writer.post(alpha, "Of alpha."), writer.post(beta, "Of beta.")
    page = host(alpha)
    expect(comment(page, old)).to_be_visible()
    main_form(page).locator("textarea").fill("Half a thought on alpha.")
    expect(main_form(page)).to_have_attribute("data-draft", f"postil:{alpha}:")
    element = page.locator("comment-thread")
    element.evaluate("(one, thread) => one.setAttribute('thread', thread)", beta)
    expect(comment(page, new)).to_be_visible()
    expect(comment(page, old)).to_have_count(0)
    expect(main_form(page).locator("textarea")).to_have_value("")
    write(main_form(page), "Written to beta.")
    post(main_form(page))
    expect(newest(page, "Written to beta.")).to_be_focused()
    until(lambda: "Written to beta." in live.snapshots(beta))
    assert "Written to beta." not in live.snapshots(alpha)
    element.evaluate("(one, thread) => one.setAttribute('thread', thread)", alpha)
    expect(comment(page, old)).to_be_visible()
    expect(main_form(page).locator("textarea")).to_have_value("Half a thought on alpha.")


def test_several_threads_on_a_page_keep_to_themselves(
    host: Host, live: Live, pair: tuple[str, str], writer: Writer
) -> None:
    for thread in pair:
        writer.post(thread, f"Of {thread}.")
    page = host(*pair)
    for thread in pair:
        part = page.locator(f"comment-thread[thread={thread}]")
        expect(part.get_by_role("button", name="Sign in")).to_be_visible()
        part.get_by_text("Your comment", exact=True).click()
        expect(part.locator("textarea")).to_be_focused()
        page.keyboard.type(f"Typed under {thread}.")
        part.get_by_label("Name").fill("Zoe")
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((each) => each.id)")
    assert sorted(ids) == sorted(set(ids))
    for thread in pair:
        part = page.locator(f"comment-thread[thread={thread}]")
        part.get_by_role("button", name="Post comment").click()
        expect(part.locator("li", has_text=f"Typed under {thread}.")).to_be_visible()
        until(lambda: f"Typed under {thread}." in live.snapshots(thread))  # noqa: B023 - at once
