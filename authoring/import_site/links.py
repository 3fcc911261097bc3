"""Links: where the links and pictures of an article lead here, and the files that come with it.

A link to another article leads to its file here, whatever its address was. Pictures that are at hand are
copied to `content/images/`, other files to `content/files/`, each below the article's slug.
"""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, unquote, urljoin, urlsplit

from authoring.blog import ENDINGS, PICTURES, Blog
from authoring.import_site.post import REFERENCE, Post, Reader, outside_code
from plugins.presentation import imagefile

# Texts that Pelican would publish as articles, wherever in the blog's folder they lie.
READ = (*ENDINGS, ".html", ".htm", ".rst")
# First of all what a backslash makes an ordinary sign of.
LINK = re.compile(
    r"\\[\\\[\]!]"
    r"|(?P<before>(?P<image>!)?\[(?P<words>(?:[^\[\]\\]|\\(?:.|\n)|\[[^\]]*\])*)\]\(\s*)"
    r"(?:<(?P<angled>[^<>\n]+)>|(?P<marked>[{|]\w+[}|][^\n\"')]*?)(?=\s*(?:[\"'][^\n]*)?\))"
    r"|(?P<plain>(?:[^\s()<>]|\([^\s()]*\))+))(?P<title>\s+(?:\"[^\"\n]*\"|'[^'\n]*'))?\s*\)"
    r"|(?P<label>^ {0,3}\[(?!\^)[^\]\n]+\]:\s*<?)(?P<defined>[^\s<>]+)"
    r"|(?P<key>\b(?:href|src|poster)\s*=\s*)(?P<quote>[\"'])(?P<given>[^\"'\n]+)(?P=quote)",
    re.MULTILINE,
)
ADDRESSES = ("angled", "marked", "plain", "defined", "given")
TAG = re.compile(r"<(?P<name>[a-z][\w-]*)\b[^<>]*$", re.IGNORECASE)
MARKED = re.compile(r"[{|](?:filename|static|attach)[}|]")
LEFT = re.compile(
    r"(?:#|\ue002|[a-z][a-z0-9+.-]+:(?!//)|\{(?:tag|category|author|index)\})", re.IGNORECASE
)

# What an address stands behind, in a link or in HTML.
ADDRESSED = re.compile(r"(?:\]\(\s*<?|\]:\s*<?|=\s*[\"']?)[^\s\"'<>()]*\Z")

Fetch = Callable[[str], Path | None]


class Links:
    """What the links of all articles lead to, and the copies that this takes."""

    def __init__(self, blog: Blog, reader: Reader, fetch: Fetch) -> None:
        self.blog = blog
        self.reader = reader
        self.fetch = fetch
        self.host = host(reader.site.url)
        # Files of this blog by old address.
        self.by_address: dict[str, str] = {}
        self.titles: dict[str, str] = {}
        # How many pictures stay on other hosts.
        self.elsewhere = 0
        self.targets: dict[Path, Path] = {}
        self.wrong: dict[Path, str] = {}

    def know(self, post: Post, path: str) -> None:
        self.titles[post.source] = post.title
        for address in post.addresses:
            self.by_address.setdefault(plain(address), path)

    def led(self, post: Post, slug: str) -> tuple[str, dict[Path, Path]]:
        """The text with links that lead somewhere here, and the copies that it needs."""
        text = Text(self, post, slug)
        body = outside_code(post.body, text.changed)
        return REFERENCE.sub(self.referred, body), text.copies

    def referred(self, found: re.Match[str]) -> str:
        """The article that is meant; among words, where its address would stand, by its title."""
        address = "{filename}/" + self.reader.written[found[1]]
        if ADDRESSED.search(found.string, max(0, found.start() - 100), found.start()):
            return address
        title = re.sub(r"([][\\])", r"\\\1", self.titles[found[1]])
        return f"[{title}]({address})"

    def file_of(self, post: Post, path: str) -> str | None:
        """The article that had this address, as one of another article's links writes it."""
        own = urlsplit(post.addresses[0]).path if post.addresses else "/"
        return self.by_address.get(plain(urljoin(own or "/", path)))

    def place(self, source: Path, slug: str) -> Path:
        """Where the copy of a file belongs; two of one name get two."""
        kind = "images" if source.suffix.lower() in PICTURES else "files"
        name = re.sub(r"[^\w.-]+", "-", source.name).lstrip(".-") or "file"
        target: Path = self.blog.content / kind / slug / name
        stem, number = target.stem, 2
        while self.targets.setdefault(target, source) != source:
            target = target.with_name(f"{stem}-{number}{target.suffix}")
            number += 1
        return target

    def fault(self, source: Path) -> str:
        """Why a picture would stop a build; nothing for one that will not."""
        if source not in self.wrong:
            limit = self.blog.settings.get("IMAGES_MAX_PIXELS", imagefile.MAX_PIXELS)
            self.wrong[source] = fault_of(source, limit)
        return self.wrong[source]


class Text:
    """One article whose links are being changed."""

    def __init__(self, links: Links, post: Post, slug: str) -> None:
        self.links = links
        self.post = post
        self.slug = slug
        self.copies: dict[Path, Path] = {}
        self.line = 0

    def changed(self, text: str, before: int) -> str:
        def one(found: re.Match[str]) -> str:
            self.line = self.post.body_line + before + text.count("\n", 0, found.start())
            return self.replaced(found)

        return LINK.sub(one, text)

    def replaced(self, found: re.Match[str]) -> str:
        written = next(filter(None, map(found.group, ADDRESSES)), "")
        if not written:
            return found[0]
        whole, words = found[0], found["words"] or ""
        if "](" in words:  # A link around a picture.
            whole = whole.replace(words, LINK.sub(self.replaced, words), 1)
        key = (found["key"] or "").lower()
        within = (
            TAG.search(found.string, max(0, found.start() - 2000), found.start()) if key else None
        )
        if key and not within:
            return whole
        in_image = within is not None and within["name"].lower() == "img"
        picture = bool(found["image"] or key.startswith("poster") or in_image)
        shown = picture or key.startswith("src")
        url = written.strip().replace("&amp;", "&") if key else written.strip()
        target = None if LEFT.match(url) else self.target(url, shown, picture)
        if target is None:
            return whole
        if not target and found["image"]:
            return words
        head, _, rest = whole.rpartition(f"<{written}>" if found["angled"] else written)
        return head + target + rest

    def target(self, url: str, shown: bool, picture: bool) -> str | None:
        """What an address becomes: None to leave it, nothing where a picture cannot be shown."""
        links, post = self.links, self.post
        if (marked := MARKED.match(url)) and links.reader.site.kind != "Pelican":
            # Pelican's sign, which meant nothing there, would be looked for here.
            return url[marked.end() :]
        if not shown and (file := links.reader.article(post, url)):
            return "{filename}/" + file + mark_of(url)
        parts = urlsplit(url)
        if parts.netloc and host(url) != links.host and not picture:
            return None
        if parts.query and not plain(parts.path) and not shown:
            # WordPress is asked so for anything but the front page.
            self.note(f"the link {url} leads to what has no page here")
            return None
        if not parts.path:
            return None
        path = unquote(MARKED.sub("", parts.path))
        if not parts.netloc or host(url) == links.host:
            if not shown and (file := links.file_of(post, parts.path)):
                return "{filename}/" + file + mark_of(url)
            if found := links.reader.find(post, path):
                return self.copied(found, url, picture)
        if picture and parts.netloc and (fetched := links.fetch(url)):
            return self.copied(fetched, url, picture)
        if picture and parts.netloc:
            # Whether pages may show it is the policy's to say.
            links.elsewhere += 1
        elif shown:
            what, folder = ("picture", "images") if picture else ("file", "files")
            self.note(
                f"the {what} {url} is not among the files; put it into content/{folder}/ and"
                " correct the link"
            )
        elif path.strip("/"):
            self.note(f"the link {url} leads to what has no page here")
        # Pelican would stop at a file that it is told to have.
        return url[marked.end() :] if marked else None

    def note(self, text: str) -> None:
        self.post.note(text, self.line)

    def copied(self, source: Path, url: str, picture: bool) -> str | None:
        """The address of the copy that is made of a file."""
        ending = source.suffix.lower()
        if ending in READ:
            self.note(f"the file {url} would be published as an article, and was not copied")
            return None
        if ending in PICTURES and (why := self.links.fault(source)):
            self.note(f"the picture {url} cannot be shown: {why}. It was left out")
            return "" if picture else None
        if picture and ending not in PICTURES:
            self.note(f"the picture {url} is of a kind that is not shown; save it as PNG or JPEG")
        if source not in self.copies:
            self.copies[source] = self.links.place(source, self.slug)
        name = self.copies[source].relative_to(self.links.blog.content).as_posix()
        return "{static}/" + quote(name) + mark_of(url)


def fault_of(source: Path, limit: int) -> str:
    try:
        if source.suffix.lower() == ".svg":
            imagefile.svg_size(source)
        else:
            imagefile.cleaned(source.read_bytes(), limit)
            with imagefile.opened(source, limit) as image:
                image.load()
    except imagefile.Unreadable as error:
        return str(error)
    except (OSError, ValueError, SyntaxError) as error:
        return f"it cannot be read as a picture ({error})"
    return ""


def host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def plain(address: str) -> str:
    """An address without what does not tell it from another."""
    path = unquote(urlsplit(address).path).strip("/")
    return re.sub(r"(?:^|/)index\.html?$", "", path)


def mark_of(url: str) -> str:
    return f"#{fragment}" if (fragment := urlsplit(url).fragment) else ""
