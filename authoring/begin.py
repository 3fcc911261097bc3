"""Begin: a fresh copy becomes its author's blog: names and address, no samples, a first article.

What is an author's is never taken away, nor written over unasked: a sample goes only while it is, byte
for byte, what was shipped.
"""

import ast
import contextlib
import getpass
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import dotenv

from authoring import Refused, blog_settings, new_article
from authoring.blog import Blog, Source
from authoring.upgrade import replace

SETTINGS = "pelicanconf.py"
# Each as every release ships it: they are the author's, so that no release may change them.
SHIPPED = {
    "content/images/pelican.svg": "c03a542be4c1102053a9414a47f21b05121cb1623922a5230acadff73a1b5cba",
    "content/pages/about.md": "00ad4350f8b6d9becf9d561f8b9c0c1776078641d6ed60ba0d916129dd1f0bf1",
    "content/welcome.md": "ad99ca2f39974fc983e559af7b5f29f6a5e4b8ec455a13218b839b70f91bd5e5",
    SETTINGS: "da1e8930cb55e019c91605c92a5cd0c953ee07bf31c1bd42d21a608ab58c085f",
}
SUBTITLE = "A blog with room in its margins"
# The first article's title and words; its language's, where there are some.
FIRST = {
    "de": (
        "Hallo",
        "Das ist der erste Artikel. Ändere diese Worte und speichere: Während `python3 tasks.py up`"
        " läuft, zeigt die Seite sofort, was du geschrieben hast.",
    ),
    "en": (
        "Hello",
        "This is the first article. Change these words and save: while `python3 tasks.py up` runs,"
        " the page shows at once what you wrote.",
    ),
    "es": (
        "Hola",
        "Este es el primer artículo. Cambia estas palabras y guarda: mientras `python3 tasks.py up`"
        " esté en marcha, la página muestra enseguida lo que has escrito.",
    ),
    "fr": (
        "Bonjour",
        "Voici le premier article. Changez ces mots et enregistrez : tant que `python3 tasks.py up`"
        " tourne, la page montre aussitôt ce que vous avez écrit.",
    ),
    "ja": (
        "はじめまして",
        "これは最初の記事です。この文章を書き換えて保存してください。`python3 tasks.py up`"
        " の実行中は、書いた内容がすぐページに表示されます。",
    ),
    "zh": (
        "你好",
        "这是第一篇文章。改动这些文字并保存：`python3 tasks.py up` 运行期间，页面会立即显示您写的内容。",
    ),
}
# Where articles stand that name no category, in languages that do not call it Notes.
CATEGORY = {"de": "Notizen", "es": "Notas", "ja": "雑記", "zh": "随笔"}


class Answers(NamedTuple):
    """What `begin` asks, or was told on the command line; empty is what nobody has said yet."""

    name: str = ""
    url: str = ""
    language: str = ""
    author: str = ""


# --- What it asks ---------------------------------------------------------------------------------


def name(text: str) -> str:
    if "<" in text or not text.strip():
        raise Refused(
            f'"{text}" is no name for a blog. Write plain text, such as Notes from the shed.'
        )
    return " ".join(text.split())


def address(text: str) -> str:
    """The site's address as .env has it; empty where there is none yet."""
    text = text.strip().rstrip("/")
    whole = text if "://" in text or not text else f"https://{text}"
    parts = urlsplit(whole)
    if text and (
        parts.scheme not in ("http", "https") or " " in whole or parts.query or parts.fragment
    ):
        raise Refused(f'"{text}" is no address. Write one such as https://blog.example.org')
    return whole


def language(text: str) -> str:
    return new_article.checked(text) or "en"


def author(text: str) -> str:
    if not text.strip():
        raise Refused("Say who writes here: the name stands below each article.")
    return " ".join(text.split())


QUESTIONS: dict[str, tuple[str, Callable[[str], str]]] = {
    "name": ("What is your blog called?", name),
    "url": ("At which address will readers find it? (Enter: not decided yet)", address),
    "language": ("In which language do you write? (en, de, zh-cn …)", language),
    "author": ("Your name, as it stands below what you write?", author),
}


def asked(given: Answers, likely: Answers, answer: Callable[[str], str] = input) -> Answers:
    """Everything that was not given, asked one after the other until it can be used."""
    found = given._asdict()
    for key, (question, checked) in QUESTIONS.items():
        while not found[key]:
            default = getattr(likely, key)
            typed = answer(f"{question}{f' [{default}]' * bool(default)} ").strip() or default
            try:
                found[key] = checked(typed)
            except Refused as refused:
                print(refused)
                continue
            break
    return Answers(**found)


def checked(given: Answers) -> Answers:
    """What was said on the command line; raises Refused."""
    told = {k: QUESTIONS[k][1](value) if value else "" for k, value in given._asdict().items()}
    return Answers(**told)


def likely(settings: Mapping[str, Any], environ: Mapping[str, str], *, first: bool) -> Answers:
    """What is proposed: what stands there already, else what this machine knows of its user."""
    if not first:
        return Answers(
            str(settings["SITENAME"]),
            environ.get("SITE_URL", ""),
            str(settings["DEFAULT_LANG"]),
            str(settings["AUTHOR"]),
        )
    spoken = (environ.get("LC_ALL") or environ.get("LANG") or "").partition(".")[0]
    try:
        spoken = new_article.checked(spoken).partition("-")[0]
    except Refused:  # "C", say
        spoken = ""
    return Answers(language=spoken or "en", author=full_name())


def full_name() -> str:
    try:
        import pwd
    except ImportError:
        return ""
    try:
        return pwd.getpwnam(getpass.getuser()).pw_gecos.partition(",")[0]
    except (KeyError, OSError):
        return ""


def timezone(environ: Mapping[str, str], localtime: Path = Path("/etc/localtime")) -> str:
    """The zone that this machine keeps, where it has a name for it."""
    linked = os.path.realpath(localtime).partition("zoneinfo/")[2]
    for zone in (environ.get("TZ", "").lstrip(":"), linked):
        try:
            return ZoneInfo(zone or "?").key
        except (KeyError, ValueError, OSError):
            continue
    return "UTC"


# --- What it does ---------------------------------------------------------------------------------


def as_shipped(root: Path, path: str) -> bool:
    """Whether a file is, byte for byte, what every release ships; git may have changed its line ends."""
    try:
        data = (root / path).read_bytes().replace(b"\r\n", b"\n")
    except OSError:
        return False
    return hashlib.sha256(data).hexdigest() == SHIPPED[path]


def with_values(text: str, values: Mapping[str, str]) -> str:
    """Settings with these values in the place of theirs; every other line is as it was."""
    lines = text.encode().splitlines(keepends=True)
    left = dict(values)
    for node in reversed(ast.parse(text).body):
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[-1], ast.Name):
            continue
        if len(node.targets) > 1 or node.targets[0].id not in left:  # type: ignore[attr-defined]
            continue
        said = json.dumps(left.pop(node.targets[-1].id), ensure_ascii=False).encode()
        value = node.value
        end = lines[(value.end_lineno or 0) - 1][value.end_col_offset or 0 :]
        start = lines[value.lineno - 1][: value.col_offset]
        lines[value.lineno - 1 : value.end_lineno] = [start + said + end]
    more = [f"{key} = {json.dumps(v, ensure_ascii=False)}\n" for key, v in left.items()]
    return b"".join(lines).decode() + "".join(more)


def first_article(language: str) -> tuple[str, str]:
    """The first article's title and words."""
    return FIRST.get(language.partition("-")[0], FIRST["en"])


def is_first(source: Source, language: str) -> bool:
    """Whether an article is the first one of a blog in this language, and nobody has written in it."""
    title, words = first_article(language)
    said = {key: source.get(key) for key in source.keys.keys() - {"date"}}
    return source.body.strip() == words and said == {
        "title": title,
        "slug": source.blog.slug(title, language),
        "tags": "",
    }


def samples(blog: Blog, before: str) -> list[str]:
    """What was shipped and is untouched, and the first article where it stands alone and the blog had
    another language before; but for what the author's own texts still show or link to.
    """
    untouched = [path for path in SHIPPED if path != SETTINGS and as_shipped(blog.root, path)]
    articles = [source for source in blog.articles if source.shown not in untouched]
    if (
        first_article(before) != first_article(blog.lang)
        and len(articles) == 1
        and is_first(articles[0], before)
    ):
        untouched.append(articles[0].shown)
    own = "".join(source.text for source in blog.sources if source.shown not in untouched)
    return [path for path in untouched if Path(path).name not in own]


def begin(
    root: Path,
    environ: Mapping[str, str],
    given: Answers,
    *,
    again: bool = False,
    ask: bool = False,
) -> list[str]:
    """Make the blog somebody's; tells what was done. Raises Refused, after which nothing is changed."""
    path = root / SETTINGS
    first = as_shipped(root, SETTINGS)
    settings = blog_settings.read(path)
    if not first and not again:
        raise Refused(
            f"This blog has begun already: it is called {settings['SITENAME']}, as {SETTINGS} says."
            " Nothing was changed. To be asked anew: python3 tasks.py begin --again"
        )
    said, proposed = checked(given), likely(settings, environ, first=first)
    if ask:
        said = asked(said, proposed)
    elif not said.name and first:
        raise Refused(
            'Say what it is called: python3 tasks.py begin --name "Notes from the shed"'
            ' --url https://blog.example.org --language en --author "Your name"'
        )
    else:
        found = {k: v or getattr(proposed, k) for k, v in said._asdict().items()}
        said = Answers(**{**found, "author": found["author"] or found["name"]})

    values = {"SITENAME": said.name, "AUTHOR": said.author, "DEFAULT_LANG": said.language}
    if first:
        values["TIMEZONE"] = timezone(environ)
        # Only now: later it would move pages that readers know.
        if category := CATEGORY.get(said.language.partition("-")[0]):
            values["DEFAULT_CATEGORY"] = category
    if settings.get("SITESUBTITLE") == SUBTITLE:
        values["SITESUBTITLE"] = ""
    if not (root / replace.RECORD).exists():
        # What an upgrade finds changed later was changed by the author.
        replace.record(root)
    told = []
    if said.url and said.url != environ.get("SITE_URL"):
        dotenv.set_key(root / ".env", "SITE_URL", said.url, quote_mode="never")
        told.append(f".env           SITE_URL={said.url}")
    blog = Blog(root, blog_settings.read(path, **values, PLUGINS=[]))
    gone = samples(blog, str(settings["DEFAULT_LANG"]).lower())
    for sample in gone:
        (root / sample).unlink()
        with contextlib.suppress(OSError):  # Its pictures stay where there are any.
            (blog.content / "images" / Path(sample).stem).rmdir()
    told += [f"Taken away     {', '.join(gone)}"] * bool(gone)
    if not [source for source in blog.articles if source.shown not in gone]:
        blog = Blog(root, blog.settings)
        title, words = first_article(said.language)
        made = new_article.article(blog, title)
        with made.path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(f"{words}\n")
        told.append(f"First article  {made.path.relative_to(root)}")
    # Last: whoever is stopped on the way begins again.
    text = with_values(path.read_text(encoding="utf-8"), values)
    path.write_text(text, encoding="utf-8", newline="\n")
    zone = f", {values['TIMEZONE']}" if "TIMEZONE" in values else ""
    return [f"{SETTINGS} {said.name}, {said.language}, {said.author}{zone}", *told]
