"""Whatever other blogs hold, what was imported can be built; texts as wild as people's."""

import json
import random
from collections.abc import Callable
from html import escape
from pathlib import Path

import pytest
import yaml

from tests.importing import WXR, Fresh, item, old

WORDS = [
    "gull", "Über", "鹈鹕", "カモメ", "a: b", "#1", "- x", "C++", "C#", "$5", "$x^2$", r"$\bad{x}$", "🐦", "%20",
    "{{ x }}", "{% y %}", "{static}/x.png", "<b>", "</p>", "&amp;", '"q"', "'", "`", "***", "[a](", "[^1]", "[^1]: n",
    "!!! note", "> [!TIP]", "\x0b", "\x00", "\u2028", "\ufeff", "|a|b|", "|---|", "\n", "\n\n", "    ", "\t", "---", "+++",
    "```", "~~~", "<!-- ", "-->", "<div>", "<script>x</script>", "<table><tr><td>", "![x](none.png)", "![x](/a.png)",
    "<img src=x.png>", "https://x.example/a_(b)", "*[AB]: c", "[TOC]", "{: .x }", "{#id}", "Term\n: def", "tags", "2026",
    "archives", "drafts", "comments", "../../x", "a/b", "", "x" * 300, "null", "true", "0001-01-01", ";", ",",
]  # fmt: skip
DATES = [
    "2020-01-01",
    "2020-13-45",
    "0001-01-01",
    "9999-12-31",
    "yesterday",
    "",
    "2020-01-01T10:00:00+25:00",
    None,
]

Dice = random.Random


def some(dice: Dice, most: int = 6) -> str:
    return dice.choice((" ", "", "\n")).join(dice.choices(WORDS, k=dice.randint(0, most)))


def keys(dice: Dice) -> dict[str, object]:
    said: dict[str, object] = {"title": some(dice, 3), "date": dice.choice(DATES)}
    for key in ("tags", "categories", "aliases", "redirect_from", "authors"):
        if dice.random() < 0.5:
            said[key] = [some(dice, 2) for _ in range(dice.randint(0, 3))]
    for key in (
        "slug",
        "summary",
        "description",
        "lang",
        "series",
        "permalink",
        "url",
        "author",
        "comments",
    ):
        if dice.random() < 0.3:
            said[key] = some(dice, 2)
    if dice.random() < 0.2:
        said["draft"] = dice.choice((True, "x", {"a": 1}))
    return said


def front_matter(dice: Dice) -> str:
    return f"---\n{yaml.safe_dump(keys(dice), allow_unicode=True)}---\n{some(dice, 30)}\n"


def jekyll(folder: Path, dice: Dice) -> Path:
    texts = {f"_posts/2020-01-{n + 1:02}-p{n % 9}.md": front_matter(dice) for n in range(20)}
    return old(folder, **texts, **{f"guide/p{n}.md": front_matter(dice) for n in range(5)})


def hugo(folder: Path, dice: Dice) -> Path:
    config = "languages: {en: {}, ja: {}}\npermalinks: {posts: '/:slug/'}\n"
    texts = {
        f"content/posts/p{n}{dice.choice(('', '.ja'))}.md": front_matter(dice) for n in range(25)
    }
    return old(folder, **{"hugo.yaml": config}, **texts)


def pelican(folder: Path, dice: Dice) -> Path:
    texts = {}
    for number in range(25):
        lines = {"title": "x", **keys(dice)}
        head = "".join(f"{key}: {' '.join(str(value).split())}\n" for key, value in lines.items())
        texts[f"content/p{number}.md"] = f"{head}\n{some(dice, 30)}\n"
    return old(folder, **{"pelicanconf.py": "SITENAME = 'x'\n"}, **texts)


def wordpress(folder: Path, dice: Dice) -> Path:
    def entry(number: int) -> str:
        body = some(dice, 30).replace("]]>", "").replace("\x00", "")
        fields = {
            key: escape(some(dice, 2)).replace("\x00", "") for key in ("title", "wp__post_name")
        }
        kind = dice.choice(("post", "post", "page"))
        link = f"https://x.example/{escape(some(dice, 2))}/".replace("\x00", "")
        return item(body, **fields, wp__post_type=kind, link=link, guid=f"x?p={number}")

    text = WXR.format(items="\n".join(entry(number) for number in range(25)))
    old(folder, **{"export.xml": text})
    return folder / "export.xml"


def ghost(folder: Path, dice: Dice) -> Path:
    posts = [
        {
            "id": number, "title": some(dice, 3), "slug": some(dice, 2), "html": some(dice, 30),
            "published_at": dice.choice(DATES), "status": dice.choice(("published", "draft", "sent")),
            "type": dice.choice(("post", "page")), "custom_excerpt": some(dice, 3), "locale": some(dice, 1),
        }
        for number in range(25)
    ]  # fmt: skip
    old(folder, **{"export.json": json.dumps({"db": [{"data": {"posts": posts}}]})})
    return folder / "export.json"


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("kind", [jekyll, hugo, pelican, wordpress, ghost])
def test_whatever_was_imported_can_be_built_and_imported_again(
    kind: Callable[[Path, Dice], Path], seed: int, tmp_path: Path
) -> None:
    origin = kind(tmp_path / "old", Dice(seed))
    fresh = Fresh(tmp_path / "blog")
    fresh.site.write("archives-2")
    first = fresh.bring(origin)
    fresh.build()
    again = fresh.bring(origin)
    assert first.new
    assert (len(again.new), len(again.renewed), len(again.kept)) == (0, 0, 0)
