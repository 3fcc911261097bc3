"""What the browser takes for an article's words, which is what the build takes for them; and on other people's pages."""

import pytest
from playwright.sync_api import expect

from formats import passages
from tests.browser.conftest import Live, until
from tests.browser.embed import Visit, main_form, newest, post
from tests.browser.test_notes import offer, select

# What `embed-text.js` reads of the article, and the words again by where it says that each stands.
READ = """async () => {
  const { read } = await import("/comments/embed-text.js");
  const { text, signs } = read(document.querySelector("[data-postil-text]"));
  const again = signs.map(({ node, begin, end }) => node.data.slice(begin, end).normalize());
  return [text, text.length === signs.length, again];
}"""
HTML = """<div data-postil-text="x">Begin<p>Pelicans fish in <em>shall</em>ow&nbsp;&nbsp;water<br>twice.</p>
<ul><li>One<ul><li>Nested</li></ul>after</li></ul><pre><code>a
  b</code></pre><p>cafe\u0301 noir \u1112\u1161\u11ab <ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby>字 <ruby>本<rp>(<rt>ほん<rp>)</ruby>屋 \U0001f426\u200d</p>
<p>Let <math><mi>x</mi><mo>=</mo><mn>1</mn></math> be<sup><a class="footnote-ref" href="#f">1</a></sup>.</p>
<p hidden>no</p><p>a<!-- no -->b <span aria-hidden="true">no</span><svg><text>no</text></svg><button>no</button></p>
<table><tr><td>1</td><td>2</td></tr></table><details><summary>More</summary>words</details>
<mark class="postil-mark" id="at-1">noted</mark><a class="postil-at" href="#c">1</a> words\ufeff \u3000end</div>"""


@pytest.mark.parametrize("article", ["writing-in-markdown", "marginal-company", "open-0"])
def test_an_article_is_read_as_the_build_reads_it(visit: Visit, live: Live, article: str) -> None:
    page = visit(f"/{article}/")
    page.wait_for_load_state("networkidle")
    expected = passages.text_in_page(live.page(article), article)
    assert expected is not None
    text, whole, _ = page.evaluate(READ)
    assert text == expected.words
    assert whole


def test_what_is_odd_in_a_text_is_read_as_the_build_reads_it(visit: Visit) -> None:
    page = visit("/about/")
    page.evaluate("html => { document.body.innerHTML = html }", HTML)
    text, whole, again = page.evaluate(READ)
    expected = passages.text_in_page(HTML, "x")
    assert expected is not None
    assert text == expected.words
    assert whole
    # A character of two units says both of itself twice; any other stands where it is said to stand.
    assert "".join(word or " " for word in again if len(word.encode("utf-16-le")) <= 2) == "".join(
        each for each in text if len(each.encode("utf-16-le")) == 2
    )


def test_words_of_another_site_s_page_are_noted(visit: Visit, live: Live, thread: str) -> None:
    live.elsewhere.html = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Elsewhere</title><body>'
        f'<div data-postil-text="{thread}"><p>Words of mine, and islands where no fox comes.</p></div>'
        '<div style="height: 200vh"></div>'
        f'<comment-thread thread="{thread}" src="{live.url}/comments/"></comment-thread>'
        f'<script type="module" src="{live.url}/comments/embed.js"></script>'
    )
    page = visit(f"{live.elsewhere.url}/page", reduced_motion="reduce")
    page.wait_for_function("!!customElements.get('comment-thread')")
    select(page, "islands where no fox comes")
    expect(offer(page)).to_be_visible()
    offer(page).click()
    form = main_form(page)
    expect(form.get_by_label("Your comment")).to_be_focused()
    form.get_by_label("Your comment").fill("Which islands?")
    form.get_by_label("Name").fill("Zoe")
    post(form)
    expect(newest(page, "Which islands?").locator(".postil-passage")).to_have_text(
        "islands where no fox comes"
    )
    until(lambda: "Which islands?" in live.snapshots(thread))
    live.elsewhere.html = ""


def test_what_is_wrong_with_a_note_leaves_its_passage(visit: Visit, thread: str) -> None:
    page = visit(f"/{thread}/", allowed=("422",), reduced_motion="reduce")
    select(page, "islands where no fox comes")
    offer(page).click()
    form = main_form(page)
    form.get_by_label("Your comment").fill("Which islands?")
    form.get_by_label("Name").fill("\u3164")
    post(form)
    expect(form.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
    expect(form.locator(".postil-passage")).to_have_text("islands where no fox comes")
    form.get_by_label("Name").fill("Zoe")
    post(form)
    expect(newest(page, "Which islands?").locator(".postil-passage")).to_have_text(
        "islands where no fox comes"
    )
