"""Edits of texts: what authors do between two builds, each a small function on `blog.Blog`."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from tests.faults.blog import CATEGORIES, TAGS, Blog, Text, edit


def has(key: str) -> Callable[[Text], bool]:
    return lambda text: key in text.keys


# --- An article's words ---------------------------------------------------------------------------


@edit
def words_at_the_beginning(blog: Blog) -> None:
    name = blog.one()
    blog.change(name, f"{blog.words(12)}\n\n{blog.texts[name].body}")


@edit
def words_at_the_end(blog: Blog) -> None:
    name = blog.one()
    blog.change(name, f"{blog.texts[name].body}\n\n{blog.words(12)}")


@edit
def code(blog: Blog) -> None:
    name = blog.one()
    blog.change(name, f"{blog.words()}\n\n```python\nfish = {blog.number()}\n```")


@edit
def formulas_and_notes(blog: Blog) -> None:
    blog.change(blog.one(), f"{blog.words()} $x^{blog.number()}$ so.[^1]\n\n[^1]: {blog.words(5)}")


@edit
def a_link_to_another_article(blog: Blog) -> None:
    one, other = blog.some(2)
    blog.change(one, f"{blog.words()} See [it]({{filename}}{other}).")


@edit
def a_picture(blog: Blog) -> None:
    picture = blog.chance.choice(("one.png", "two.png"))
    blog.change(blog.one(), f"{blog.words()}\n\n![A picture]({{static}}/images/{picture})")


@edit
def a_film(blog: Blog) -> None:
    film = "[![Pelicans.]({static}/images/one.png)](https://www.youtube.com/watch?v=M7lc1UVf-VE)"
    blog.change(blog.one(), f"{blog.words()}\n\n{film}")


@edit
def an_attached_file(blog: Blog) -> None:
    name = f"notes-{blog.number()}.txt"
    (blog.content / name).write_text(blog.words())
    blog.change(blog.one(), f"{blog.words()} [Notes]({{attach}}{name}).")


@edit
def saved_without_a_change(blog: Blog) -> None:
    for name in blog.some(3):
        blog.put(name, blog.texts[name])


# --- Its front matter -----------------------------------------------------------------------------


@edit
def title(blog: Blog) -> None:
    blog.change(blog.one(), Title=f"{blog.words(3)[:-1]} {blog.number()}")


@edit
def tags(blog: Blog) -> None:
    blog.change(blog.one(), Tags=", ".join(blog.chance.sample(TAGS, 2)))


@edit
def no_tags(blog: Blog) -> None:
    blog.change(blog.one(has("Tags")), Tags="")


@edit
def a_new_tag(blog: Blog) -> None:
    blog.change(blog.one(), Tags=f"tag {blog.number()}")


@edit
def category(blog: Blog) -> None:
    blog.change(blog.one(), Category=blog.chance.choice((*CATEGORIES, f"C {blog.number()}")))


@edit
def author(blog: Blog) -> None:
    blog.change(blog.one(), Author=f"Author {blog.number()}")


@edit
def date(blog: Blog) -> None:
    blog.change(blog.one(), Date=f"20{blog.chance.randint(14, 25)}-05-{blog.made % 28 + 1:02}")


@edit
def modified(blog: Blog) -> None:
    blog.change(blog.one(), Modified=f"2025-11-{blog.number() % 28 + 1:02}")


@edit
def slug(blog: Blog) -> None:
    blog.change(blog.one(), Slug=f"slug-{blog.number()}")


@edit
def slug_with_an_alias(blog: Blog) -> None:
    name = blog.one()
    old = blog.texts[name].keys["Slug"]
    blog.change(name, Slug=f"slug-{blog.number()}", Aliases=f"/{old}/")


@edit
def an_alias_is_dropped(blog: Blog) -> None:
    blog.change(blog.one(has("Aliases")), Aliases="")


@edit
def thread(blog: Blog) -> None:
    name = blog.one()
    blog.change(name, Thread=f"thread-{blog.number()}")


@edit
def summary(blog: Blog) -> None:
    blog.change(blog.one(), Summary=blog.chance.choice(("", blog.words(6))))


@edit
def comments(blog: Blog) -> None:
    blog.change(blog.one(), Comments=blog.chance.choice(("open", "closed", "off", "held")))


@edit
def pinned(blog: Blog) -> None:
    blog.change(blog.one(), Pinned=blog.chance.choice(("yes", "no")))


@edit
def series(blog: Blog) -> None:
    for name in blog.some(2):
        blog.change(name, Series=blog.chance.choice(("Desk", "")))


@edit
def two_swap_their_slugs(blog: Blog) -> None:
    one, other = blog.some(2)
    slugs = blog.texts[one].keys["Slug"], blog.texts[other].keys["Slug"]
    blog.change(one, Slug=slugs[1])
    blog.change(other, Slug=slugs[0])


# --- Articles come and go -------------------------------------------------------------------------


@edit
def a_new_article(blog: Blog) -> None:
    blog.article()


@edit
def the_newest_article(blog: Blog) -> None:
    blog.article(Date=f"2026-01-01 10:{blog.made % 60:02}")


@edit
def deleted(blog: Blog) -> None:
    blog.remove(blog.one())


@edit
def another_file_name(blog: Blog) -> None:
    name = blog.one()
    text = blog.texts[name]
    blog.remove(name)
    blog.put(f"file-{blog.number()}.md", text)


@edit
def another_folder(blog: Blog) -> None:
    name = blog.one()
    text = blog.texts[name]
    blog.remove(name)
    blog.put(f"folder-{blog.number() % 3}/file-{blog.made}.md", text)


@edit
def a_draft(blog: Blog) -> None:
    blog.change(blog.one(), Status="draft")


@edit
def hidden(blog: Blog) -> None:
    blog.change(blog.one(), Status="hidden")


@edit
def a_draft_is_published(blog: Blog) -> None:
    for name in [name for name, text in blog.texts.items() if text.keys.get("Status")][:1]:
        blog.change(name, Status="")
        del blog.texts[name].keys["Status"]


@edit
def scheduled(blog: Blog) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=blog.chance.randint(2, 12))
    blog.article(Date=f"{soon:%Y-%m-%d %H:%M:%S}")


@edit
def a_translation(blog: Blog) -> None:
    name = blog.one()
    own = blog.texts[name].keys
    keys = {
        "Title": f"乙 {blog.number()}",
        "Date": own["Date"],
        "Slug": own["Slug"],
        "Lang": "zh-cn",
    }
    blog.put(f"{name.removesuffix('.md')}.zh-{blog.made}.md", Text(keys, "文字。"))


@edit
def a_translation_is_edited(blog: Blog) -> None:
    for name in [name for name, text in blog.texts.items() if "Lang" in text.keys][:1]:
        blog.change(name, f"文字 {blog.number()}。", Title=f"丙 {blog.made}")


@edit
def a_translation_is_deleted(blog: Blog) -> None:
    for name in [name for name, text in blog.texts.items() if "Lang" in text.keys][-1:]:
        blog.remove(name)


@edit
def a_page(blog: Blog) -> None:
    name = f"pages/page-{blog.number() % 2}.md"
    blog.put(name, Text({"Title": f"Page {blog.made}", "Slug": name[6:-3]}, blog.words(20)))


@edit
def a_page_is_deleted(blog: Blog) -> None:
    for name in [name for name in blog.texts if name.startswith("pages/page-")][:1]:
        blog.remove(name)


@edit
def two_things_at_once(blog: Blog) -> None:
    for each in blog.chance.sample([title, deleted, tags, a_new_article, slug, no_tags], 2):
        each(blog)
