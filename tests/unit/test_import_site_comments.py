"""`tasks.py import-site --comments`: articles, and what readers said of them, in one journey."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from authoring import Refused
from authoring.import_site import comments, importer
from tests.importing import WXR, Fresh, item, old
from tests.sites import ROOT

LINKED = ("comments_service", "formats", "plugins", "theme")
COMMENT = (
    "<wp:comment><wp:comment_id>{id}</wp:comment_id><wp:comment_author>{who}</wp:comment_author>"
    "<wp:comment_date_gmt>2019-05-02 10:00:0{id}</wp:comment_date_gmt><wp:comment_approved>1</wp:comment_approved>"
    "<wp:comment_content>{says}</wp:comment_content><wp:comment_parent>{above}</wp:comment_parent></wp:comment>"
)
SAID = COMMENT.format(id=1, who="Gus", says="They scoop.", above=0) + COMMENT.format(
    id=2, who="Ada", says="So they do.", above=1
)


@pytest.fixture
def fresh(tmp_path: Path) -> Fresh:
    """A blog of which nothing was built, beside the programs that build it."""
    made = Fresh(tmp_path / "blog")
    for name in LINKED:
        (made.root / name).symlink_to(ROOT / name)
    for name in ("pelicanconf.py", "publishconf.py"):
        shutil.copy(ROOT / name, made.root / name)
    return made


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "wordpress" / "export.xml"
    path.parent.mkdir()
    article = item("<p>Gulls.</p>").replace("</item>", f"{SAID}</item>")
    page = item("", wp__post_name="about", wp__post_type="page", link="https://old.example/about/")
    page = page.replace(
        "</item>", COMMENT.format(id=3, who="Rhea", says="Hello.", above=0) + "</item>"
    )
    path.write_text(WXR.format(items=article + page), encoding="utf-8")
    return path


def moved(fresh: Fresh, origin: Path, *, named: str = "", me: str = "", write: bool = False) -> str:
    own = {each: value for each, value in os.environ.items() if not each.startswith("COMMENTS_")}
    environ = {**own, "SITE_URL": "https://new.example", "COMMENTS_SECRET_KEY": "x" * 32}
    return "\n".join(
        importer.run(fresh.blog, origin, write=write, asked=(named or True, me, environ))
    )


def kept(fresh: Fresh) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(fresh.root / "var" / "comments.sqlite3")) as database:
        chosen = "SELECT thread_id, source FROM comments ORDER BY created_at"
        return database.execute(chosen).fetchall()


def test_a_dry_run_says_what_of_both_would_come_and_touches_nothing(
    fresh: Fresh, export: Path
) -> None:
    before = sorted(fresh.root.rglob("*"))
    told = moved(fresh, export)
    assert "To write: 2 files" in told
    assert "WordPress (WXR): 3 comments on 2 pages." in told
    assert "Known in this blog: 1 page." in told
    assert "https://old.example/about/" in told
    assert sorted(fresh.root.rglob("*")) == before


def test_articles_come_with_their_comments_and_a_second_time_nothing_does(
    fresh: Fresh, export: Path
) -> None:
    told = moved(fresh, export, write=True)
    assert "Taken over: 3" in told
    said = kept(fresh)
    assert said[:2] == [("gulls", "They scoop."), ("gulls", "So they do.")]
    again = moved(fresh, export, write=True)
    assert "Taken over: 0. Here already, and left as they are: 3." in again
    assert kept(fresh) == said


def test_comments_of_another_system_find_articles_by_the_addresses_just_written(
    fresh: Fresh, tmp_path: Path
) -> None:
    jekyll = old(
        tmp_path / "jekyll",
        **{
            "_config.yml": "permalink: /:year/:month/:title.html\n",
            "_posts/2019-05-01-terns.md": "---\ntitle: Terns\n---\nText.\n",
        },
    )
    with pytest.raises(Refused, match="--comments FILE"):
        comments.file_of(jekyll, "")
    with pytest.raises(Refused, match="is not there"):
        comments.file_of(jekyll, "none.xml")
    disqus = tmp_path / "disqus.xml"
    disqus.write_text(
        '<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals">'
        '<thread dsq:id="1"><id/><link>https://old.example/2019/05/terns.html</link><title>T</title></thread>'
        '<post dsq:id="2"><message>&lt;p&gt;Loud.&lt;/p&gt;</message><createdAt>2019-05-03T10:00:00Z</createdAt>'
        "<isDeleted>false</isDeleted><isSpam>false</isSpam><author><name>Gus</name></author>"
        '<thread dsq:id="1"/></post></disqus>'
    )
    assert "Known in this blog: 1 page." in moved(fresh, jekyll, named=str(disqus))
    moved(fresh, jekyll, named=str(disqus), write=True)
    assert kept(fresh) == [("terns", "Loud.")]


def test_what_the_service_refuses_is_said_in_its_words(fresh: Fresh, export: Path) -> None:
    broken = export.with_name("broken.json")
    broken.write_text("{")
    with pytest.raises(Refused, match=r"broken\.json"):
        moved(fresh, export, named=str(broken))
