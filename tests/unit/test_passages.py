"""What counts as an article's words, where each stands in its HTML, and where a passage is found again."""

import re

import pytest

from formats import article_text, passages
from formats.passages import Found, Passage, text_of

ARTICLE = """<p>Pelicans fish in <em>shallow</em> water, and they fish together.</p>
<h2 id="how"><a href="#how">How they do it</a></h2>
<p>They form a line<sup id="fnref:1"><a class="footnote-ref" href="#fn:1">1</a></sup> &amp; drive the fish
 towards the shore. Nobody leads.</p>
<pre><code><span class="k">def</span> fish():
    <span class="k">return</span> &quot;net&quot;
</code></pre>
<ul><li>One bird</li><li>Two birds</li></ul>
<div class="footnote"><hr><ol><li id="fn:1"><p>A crescent.&#160;<a class="footnote-backref" href="#fnref:1">&#8617;</a></p></li></ol></div>
<script>never()</script><svg><text>never</text></svg><button>Copy</button>"""
WORDS = (
    "Pelicans fish in shallow water, and they fish together. How they do it They form a line &"
    ' drive the fish towards the shore. Nobody leads. def fish(): return "net" One bird Two birds'
    " A crescent."
)


def shown(html: str, words: str) -> list[str]:
    """The HTML of these words, run by run."""
    text = text_of(html)
    at = text.words.index(words)
    return [html[run.start : run.end] for run in text.runs(at, at + len(words))]


def found(passage: Passage, html: str) -> str | None:
    text = text_of(html)
    place = passages.find(passage, text)
    return text.words[place.start : place.end] if place else None


def of(words: str, html: str = ARTICLE, lang: str = "en") -> Passage:
    passage = passages.quoted(words, text_of(html), lang)
    assert passage is not None
    return passage


# ---- what is read


def test_an_article_s_text_is_what_readers_see_of_it_as_words() -> None:
    assert text_of(ARTICLE).words == WORDS


def test_words_lead_back_to_each_text_node_that_they_stand_in() -> None:
    assert shown(ARTICLE, "in shallow water") == ["in ", "shallow", " water"]
    assert shown(ARTICLE, "line & drive the fish towards") == [
        "line",
        " &amp; drive the fish\n towards",
    ]
    assert shown(ARTICLE, 'return "net" One') == ["return", " &quot;net&quot;\n", "One"]
    assert shown(ARTICLE, "elicans fis") == ["elicans fis"]


def test_the_number_stands_behind_a_link_and_behind_a_formula() -> None:
    text = text_of(ARTICLE)
    end = text.words.index("they do it") + len("they do")
    assert ARTICLE[: text.after(end)].endswith("How they do it</a>")
    html = "<p>Let <math><mi>x</mi><mo>=</mo><mn>1</mn></math> be.</p>"
    assert text_of(html).words == "Let x=1 be."
    assert shown(html, "t x") == ["t ", "<math><mi>x</mi><mo>=</mo><mn>1</mn></math>"]
    assert shown(html, "=1") == ["<math><mi>x</mi><mo>=</mo><mn>1</mn></math>"]
    assert html[: text_of(html).after(5)].endswith("</math>")


def test_a_character_written_as_two_is_read_as_one() -> None:
    html = "<p>un cafe\u0301 noir, 각 &eacute;t&#233;</p>"
    assert text_of(html).words == "un café noir, 각 été"
    assert shown(html, "café no") == ["cafe\u0301 no"]
    assert shown(html, "각 é") == ["각 &eacute;"]


def test_what_looks_like_a_reference_and_is_none_is_text() -> None:
    html = "<p>R&D &unknown; 1 & 2 &#xZZ; a&nbsp;b &lt;p&gt;</p>"
    assert text_of(html).words == "R&D &unknown; 1 & 2 &#xZZ; a b <p>"
    assert shown(html, "D &unknown; 1 & 2 &#xZZ; a b <p>") == [
        "D &unknown; 1 & 2 &#xZZ; a&nbsp;b &lt;p&gt;"
    ]


def test_the_text_of_a_page_is_that_of_its_thread_s_element() -> None:
    page = (
        '<p>Before</p><div class="prose" data-postil-text="fish">'
        "<div><!-- </div> --><p>Words</p></div><style>a::after { content: '</div>' }</style> more</div><p>After</p>"
    )
    text = passages.text_in_page(page, "fish")
    assert text is not None
    assert text.words == "Words more"
    assert passages.text_in_page(page, "fis") is None
    assert passages.text_in_page("<div data-postil-text='fish'>never closed", "fish") is None


def test_text_is_cleaned_as_passages_have_it() -> None:
    assert passages.cleaned(" a\u00a0\n b\u3000cafe\u0301\ufeff ") == "a b café"


@pytest.mark.parametrize("selector", article_text.LEFT_OUT)
def test_what_is_no_word_of_the_article_is_left_out(selector: str) -> None:
    if selector.startswith("."):
        element, tag = f'<b class="one {selector[1:]}">', "b"
    elif selector.startswith("["):
        element, tag = f"<b {selector[1:-1]}>", "b"
    else:
        element, tag = f"<{selector}>", selector
    html = f"a {element}left out</{tag}> b"
    assert text_of(html).words == "a b"


@pytest.mark.parametrize("end", ["", "</rt>"])
def test_how_a_word_is_read_ends_with_the_word(end: str) -> None:
    assert text_of(f"<ruby>漢<rt>kan{end}字<rt>ji{end}</ruby> b").words == (
        "漢字 b" if end else "漢 b"
    )
    assert text_of(f"<ruby><rb>漢<rp>(<rt>kan{end}<rp>)</ruby> b").words == "漢 b"
    assert text_of(f"<ruby>漢<rtc><rt>kan{end}</rtc>字</ruby> b").words == "漢字 b"


def test_what_is_left_out_parts_no_word() -> None:
    assert text_of("fish<p hidden>a<br>b</p>ing").words == "fishing"
    assert text_of("fish<button><div>x</div></button>ing <i>on</i>ly").words == "fishing only"
    assert text_of("fish<hr hidden>ing<br>only").words == "fishing only"


# ---- what is found


def test_words_that_stand_once_are_a_passage_with_their_neighbours() -> None:
    passage = of("drive the fish  towards")
    assert passage == Passage(
        "drive the fish towards",
        " How they do it They form a line & "[-32:],
        " the shore. Nobody leads. def fish"[:32],
        "en",
    )
    for words in ("fish", "not there", "", " ", "x" * 301):
        assert passages.quoted(words, text_of(ARTICLE), "en") is None


def test_each_word_of_an_article_is_found_where_it_stands() -> None:
    text = text_of(ARTICLE)
    for word in re.finditer(r"\S+", text.words):
        passage = passages.passage_at(*word.span(), text, "en")
        assert passages.find(passage, text) == Found(*word.span(), "exact")


def test_a_passage_is_found_after_edits_elsewhere_inside_and_beside() -> None:
    passage = of("drive the fish towards the shore.")
    moved = ARTICLE.replace("Pelicans fish in", "It is often said that pelicans fish in")
    assert found(passage, moved) == "drive the fish towards the shore."
    beside = ARTICLE.replace("They form a line", "All of them stand in a row")
    assert found(passage, beside) == "drive the fish towards the shore."
    inside = ARTICLE.replace("towards the shore", "to the nearest shore")
    assert found(passage, inside) == "drive the fish to the nearest shore."
    quotes = of('return "net" One bird')
    assert found(quotes, ARTICLE.replace("&quot;", "”")) == "return ”net” One bird"


def test_a_passage_that_is_gone_is_found_nowhere() -> None:
    passage = of("drive the fish towards the shore.")
    assert found(passage, ARTICLE.replace("drive the fish\n towards the shore.", "")) is None
    rewritten = ARTICLE.replace(
        "drive the fish\n towards the shore.", "never catch anything alone."
    )
    assert found(passage, rewritten) is None
    assert found(passage, "") is None
    assert found(passage, "<p>drive the fish towards the shore.</p>") is None


def test_of_two_places_that_are_as_good_none_is_taken() -> None:
    passage = of("drive the fish towards the shore.")
    twice = ARTICLE + ARTICLE
    assert len(passages.places(passage, text_of(twice))) == 2
    assert found(passage, twice) is None


def test_words_that_are_said_again_are_no_twins_while_nothing_has_changed_around_them() -> None:
    html = "<p>It is often said that pelicans are slow. As was said before, and is often said, pelicans are slow.</p>"
    text = text_of(html)
    at = text.words.index("pelicans")
    passage = passages.passage_at(at, at + len("pelicans are slow."), text, "en")
    assert passages.find(passage, text) == Found(at, at + 18, "exact")
    again = text.words.rindex("pelicans")
    twin = passages.passage_at(again, again + 18, text, "en")
    assert passages.find(twin, text) == Found(again, again + 18, "exact")
    # Now something has, and both have a neighbour left.
    changed = html.replace("It is often", "By some it is often").replace(
        "are slow. As", "are slow. So"
    )
    assert len(passages.places(passage, text_of(changed))) == 1
    both = Passage("pelicans are slow.", "as one has so often said, ", "", "en")
    assert len(passages.places(both, text_of(html.replace("said that", "said,")))) == 2


def test_a_passage_without_neighbours_is_found_where_its_words_stand_once() -> None:
    assert found(Passage("Nobody leads."), ARTICLE) == "Nobody leads."
    assert found(Passage("fish"), ARTICLE) is None
    assert found(Passage("Nobody  follows."), ARTICLE) is None


def test_an_apostrophe_of_a_keyboard_is_that_of_a_printer() -> None:
    html = "<p>It’s a pelican’s — not a duck’s — “net”.</p>"
    assert of("pelican's - not a duck's", html).exact == "pelican’s — not a duck’s"


@pytest.mark.parametrize(
    ("prefix", "suffix"),
    [("e", "e"), ("e", ""), ("", "e"), ("-" * 32, "-" * 32)],
    ids=["letters", "a letter before", "a letter behind", "a line of a table"],
)
def test_neighbours_that_stand_everywhere_are_not_compared_everywhere(
    monkeypatch: pytest.MonkeyPatch, prefix: str, suffix: str
) -> None:
    """A stranger chooses what has to be looked for, and every build and the dashboard do it."""
    compared = 0
    really = passages._alike

    def alike(one: str, other: str) -> float:
        nonlocal compared
        compared += 1
        return really(one, other)

    monkeypatch.setattr(passages, "_alike", alike)
    text = text_of("<p>" + "The gulls were here before the pelicans. " * 400 + "-" * 2_000 + "</p>")
    assert passages.places(Passage("q" * 300, prefix, suffix), text) == []
    assert compared <= 2 * passages.MOST_PLACES * 110
