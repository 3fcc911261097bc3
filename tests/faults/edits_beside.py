"""Edits beside the texts: by designers and releases, by the comment service, by disks and by who kills a build."""

import json
import shutil
from pathlib import Path

from filelock import FileLock

from formats import bake, files, passages, snapshots
from tests.faults.blog import Blog, edit

# --- Pictures, looks and settings -----------------------------------------------------------------


@edit
def a_picture_in_place(blog: Blog) -> None:
    blog.picture(blog.chance.choice(("one.png", "two.png")))


@edit
def a_template_of_ones_own(blog: Blog) -> None:
    name = blog.chance.choice(("article.html", "index.html", "tag.html", "base.html"))
    words = f"<p>Own {blog.number()}</p>"
    text = f'{{% extends "!theme/{name}" %}}\n{{% block main %}}{{{{ super() }}}}{words}{{% endblock %}}\n'
    (blog.overrides / "templates" / name).write_text(text)


@edit
def no_template_of_ones_own(blog: Blog) -> None:
    for path in sorted((blog.overrides / "templates").glob("*.html"))[:1]:
        path.unlink()


@edit
def a_template_of_the_theme(blog: Blog) -> None:
    path = (
        blog.theme / "templates" / blog.chance.choice(("article.html", "parts.html", "base.html"))
    )
    path.write_text(f"{path.read_text()}<!-- {blog.number()} -->\n")


@edit
def a_style(blog: Blog) -> None:
    path = blog.theme / "static" / "css" / "base.css"
    path.write_text(f"{path.read_text()}.n{blog.number()} {{ color: red; }}\n")


@edit
def a_script(blog: Blog) -> None:
    path = blog.theme / "static" / "js" / "site.js"
    path.write_text(f"{path.read_text()}\nwindow.n = {blog.number()};\n")


@edit
def a_file_at_the_root(blog: Blog) -> None:
    path = blog.overrides / "static" / blog.chance.choice(("CNAME", "humans.txt"))
    if path.exists() and blog.chance.random() < 0.4:
        path.unlink()
    else:
        path.write_text(blog.words(4))


@edit
def a_style_of_ones_own(blog: Blog) -> None:
    path = blog.overrides / "static" / "own.css"
    path.write_text(f".own {{ width: {blog.number()}px; }}\n")
    blog.settings["EXTRA_CSS"] = ["own.css"]


@edit
def the_name_of_the_blog(blog: Blog) -> None:
    blog.settings["SITENAME"] = f"Blog {blog.number()}"


@edit
def menu(blog: Blog) -> None:
    blog.settings["MENUITEMS"] = [["About", "/about/"], [f"Menu {blog.number()}", "/tags/"]]


@edit
def articles_on_a_page(blog: Blog) -> None:
    blog.settings["DEFAULT_PAGINATION"] = blog.chance.choice((3, 5, 10))


@edit
def accent(blog: Blog) -> None:
    blog.settings["ACCENT"] = blog.chance.choice((["#9c3a20", "#f0a080"], ["#005f5f", "#7fd7d7"]))


# --- Comments -------------------------------------------------------------------------------------


@edit
def snapshot(blog: Blog) -> None:
    blog.publish(blog.one())


@edit
def a_snapshot_that_is_baked(blog: Blog) -> None:
    """As the comment service does it, in the page that is there."""
    name = blog.one()
    thread = blog.texts[name].keys["Slug"]
    text = blog.publish(name)
    page = blog.output / thread / "index.html"
    if page.exists():
        with FileLock(files.lock_of(blog.output)):
            baked = bake.thread(page.read_bytes(), thread, snapshots.thread(text, thread))
            if baked is not None:
                files.rewrite(page, baked)


@edit
def a_snapshot_is_deleted(blog: Blog) -> None:
    for path in sorted((blog.published / "threads").glob("*.html"))[:1]:
        path.unlink()
        path.with_suffix(".json").unlink(missing_ok=True)


# --- Notes in the margin --------------------------------------------------------------------------


def passage_of(blog: Blog, name: str) -> dict[str, str]:
    """Some words of an article, as a reader chooses them."""
    text = passages.text_of(blog.texts[name].body.replace("## ", ""))
    words = text.words.split()
    first = blog.chance.randrange(len(words))
    start = len(" ".join([*words[:first], ""]))
    exact = " ".join(words[first : first + blog.chance.randint(1, 8)])
    return passages.passage_at(start, start + len(exact), text, "en")._asdict()


@edit
def a_note_is_published(blog: Blog) -> None:
    name = blog.one()
    blog.publish(name, [*blog.noted(name), passage_of(blog, name)])


@edit
def notes_of_a_thread_are_withdrawn(blog: Blog) -> None:
    noted = [name for name in blog.articles() if blog.noted(name)]
    name = blog.chance.choice(noted or blog.articles())
    blog.publish(name, blog.noted(name)[1:])


@edit
def the_sentence_of_a_note_is_edited(blog: Blog) -> None:
    name = blog.one()
    passage = passage_of(blog, name)
    blog.publish(name, [*blog.noted(name), passage])
    exact = passage["exact"]
    changed = blog.chance.choice((exact.upper(), f"{exact} really", "", f"{exact} and {exact}"))
    blog.change(name, blog.texts[name].body.replace(exact, changed, 1))


@edit
def an_article_rules_on_notes(blog: Blog) -> None:
    name = blog.one(lambda text: "Comments" not in text.keys)
    blog.publish(name, [passage_of(blog, name)])
    blog.change(name, Comments=blog.chance.choice(("open, no notes", "notes", "no notes")))


@edit
def the_blog_rules_on_notes(blog: Blog) -> None:
    blog.settings["COMMENTS_NOTES"] = blog.chance.random() < 0.5


# --- What goes wrong ------------------------------------------------------------------------------


def of_the_site(blog: Blog, pattern: str) -> list[str]:
    return sorted(str(path) for path in blog.output.rglob(pattern))


@edit
def a_page_is_damaged(blog: Blog) -> None:
    with Path(blog.chance.choice(of_the_site(blog, "index.html"))).open("r+") as file:
        file.truncate(blog.chance.randrange(100))


@edit
def a_file_of_the_site_is_gone(blog: Blog) -> None:
    for name in blog.chance.sample(of_the_site(blog, "*.*"), 3):
        Path(name).unlink(missing_ok=True)


@edit
def a_packed_copy_is_damaged(blog: Blog) -> None:
    pattern = blog.chance.choice(("*.gz", "*.br"))
    Path(blog.chance.choice(of_the_site(blog, pattern))).write_bytes(b"")


@edit
def the_site_is_gone(blog: Blog) -> None:
    shutil.rmtree(blog.output)


@edit
def the_cache_is_gone(blog: Blog) -> None:
    shutil.rmtree(blog.cache)


@edit
def a_record_is_damaged(blog: Blog) -> None:
    # Pictures in several sizes are believed: they are written in one step, and looking costs much.
    paths = sorted(
        path
        for path in blog.cache.rglob("*")
        if path.is_file() and path.parent != blog.cache / "images"
    )
    path = blog.chance.choice(paths)
    path.write_bytes(blog.chance.choice((b"", b"{", b"[]", path.read_bytes()[:-9])))


@edit
def a_record_is_of_another_version(blog: Blog) -> None:
    for path in blog.cache.rglob("*.json"):
        kept = json.loads(path.read_bytes() or b"{}")
        if isinstance(kept, dict) and "version" in kept:
            path.write_text(json.dumps({**kept, "version": -1}))


@edit
def what_a_killed_build_left(blog: Blog) -> None:
    beside = blog.output.with_name("output.next") / "left"
    beside.mkdir(parents=True, exist_ok=True)
    (beside / "index.html").write_text("<html>")
