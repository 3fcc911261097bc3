"""Image variants: each picture file of the site, known by its content, and encoded in several widths.

WebP (and AVIF, where Pillow can), never wider than the picture is. Results are kept in a folder, named
after content and settings: nothing is encoded twice, and the folder may be deleted at any time. So is a
copy of each photograph without what it gives away. What a disk has damaged there does not get into the
site: it is made again. No plugin by itself: `images` finds the pictures.
"""

import contextlib
import hashlib
import json
import re
import struct
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from PIL import Image, features

from plugins import files
from plugins.incremental.fingerprints import as_it_is

from . import imagefile

VERSION = 1  # of what is made of a picture: a change makes everything anew
WIDTHS = (420, 640, 960, 1280)

# The names of what this build's pages show, by output folder.
shown: dict[str, set[str]] = {}


class Picture(NamedTuple):
    """What is known of a picture file without decoding it."""

    width: int
    height: int
    kind: str  # "svg", "still" or "moving"
    digest: str
    clean: bool  # nothing in it but the picture


class Pictures:
    """The picture files of one build."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        default = Path(settings.get("CACHE_PATH", "cache"), "images")
        self.cache = Path(settings.get("IMAGES_CACHE", default))
        self.folder = settings.get("IMAGES_FOLDER", "images/sized").strip("/")
        self.limit = settings.get("IMAGES_MAX_PIXELS", imagefile.MAX_PIXELS)
        self.widths = sorted(settings.get("IMAGES_WIDTHS", WIDTHS))
        self.forms = [
            form
            for form in settings.get("IMAGES_FORMATS", tuple(imagefile.FORMATS))
            if form in imagefile.FORMATS and features.check(form)
        ]
        self.output = Path(settings["OUTPUT_PATH"])
        self.site_is_new = not self.output.exists()
        self.prefix = urlsplit(settings["SITEURL"]).path.rstrip("/")
        self.written = shown.setdefault(settings["OUTPUT_PATH"], set())
        self.made: dict[tuple[str, str], dict[str, list[tuple[int, str]]]] = {}
        self.index = self.cache / "index.json"
        self.known: dict[str, list[Any]] = {}
        with contextlib.suppress(OSError, ValueError):
            self.known = json.loads(self.index.read_bytes())
        self.seen: dict[str, list[Any]] = {}

    def picture(self, path: Path) -> Picture:
        """Read once, then known by the file's size and time; raises Unreadable."""
        stat = path.stat()
        key = str(path)
        as_it_was = [VERSION, imagefile.CLEANING, stat.st_size, stat.st_mtime_ns, self.limit]
        known = self.seen.get(key) or self.known.get(key)
        if known and known[0] == as_it_was:
            self.seen[key] = known
            return Picture(*known[1])
        picture = self.look(path)
        copies = [] if picture.clean else [as_it_is(self.clean_copy(picture.digest, path))]
        self.seen[key] = [as_it_was, list(picture), *copies]
        return picture

    def look(self, path: Path) -> Picture:
        if path.suffix.lower() == ".svg":
            return Picture(*imagefile.svg_size(path), "svg", "", True)
        data = path.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        with imagefile.opened(path, self.limit) as image:
            width, height = image.size
            if imagefile.orientation_of(image) >= 5:
                width, height = height, width
            moving = getattr(image, "is_animated", False) and image.format != "MPO"
        clean = imagefile.cleaned(data, self.limit)
        if clean != data:
            files.update(self.clean_copy(digest, path), clean)
        return Picture(width, height, "moving" if moving else "still", digest, clean == data)

    def clean_copy(self, digest: str, path: Path) -> Path:
        return self.cache / f"{digest[:16]}-{VERSION}-{imagefile.CLEANING}" / path.name

    def cleaned(self, path: Path, digest: str) -> Path:
        """The copy, without what it gives away, of a photograph that was looked at; made again where it is not
        as it was left, or where no site has it yet.
        """
        copy, known = self.clean_copy(digest, path), self.seen[str(path)]
        if self.site_is_new or known[2:] != [as_it_is(copy)]:
            files.update(copy, imagefile.cleaned(path.read_bytes(), self.limit))
            known[2:] = [as_it_is(copy)]
        return copy

    def remember(self) -> None:
        text = json.dumps(dict(sorted(self.seen.items())), ensure_ascii=False, indent=0)
        files.update(self.index, text.encode())

    def sized(self, path: Path, picture: Picture) -> dict[str, list[tuple[int, str]]]:
        """The addresses of a picture in several widths, by format; what is missing is made."""
        key = (picture.digest, path.stem)
        if key not in self.made:
            self.made[key] = self.make(path, picture)
        return self.made[key]

    def make(self, path: Path, picture: Picture) -> dict[str, list[tuple[int, str]]]:
        smaller = [width for width in self.widths if width < picture.width]
        widths = [*smaller, min(picture.width, self.widths[-1])]
        recipe = f"{VERSION} {picture.digest} {sorted(imagefile.FORMATS.items())} {features.version('pil')}"
        digest = hashlib.sha256(recipe.encode()).hexdigest()[:12]
        wanted = {
            (form, width): self.cache / f"{digest}-{width}.{form}"
            for form in self.forms
            for width in dict.fromkeys(widths)
        }
        made = self.cache / f"{digest}.json"
        told = files.read_record(made)
        if not {target.name for target in wanted.values()} <= told.keys():
            told = self.encode(path, wanted, made)
        stem = re.sub(r"[^\w-]+", "-", path.stem.lower()).strip("-")[:32] or "picture"
        found: dict[str, list[tuple[int, str]]] = {}
        # A drawing may weigh less at its full width, or in the older format: then that is all it has.
        least = {"": path.stat().st_size}
        for (form, width), target in self.from_the_widest(wanted):
            size = told[target.name][0]
            rivals = (
                least.values() if form == self.forms[0] else (least[""], least.get(form, size + 1))
            )
            # An empty file says that this format has nothing to offer here.
            if not size or size >= min(rivals):
                continue
            least[form] = size
            name = f"{stem}.{digest[:8]}-{width}.{form}"
            copy = self.output / self.folder / name
            if not copy.exists() or copy.stat().st_size != size:
                if not sound(target, told[target.name]):
                    told = self.encode(path, wanted, made)
                files.write(copy, target.read_bytes())
            self.written.add(name)
            address = f"{self.prefix}/{quote(f'{self.folder}/{name}')}"
            found.setdefault(form, []).insert(0, (width, address))
        return found

    def from_the_widest(
        self, wanted: dict[tuple[str, int], Path]
    ) -> list[tuple[tuple[str, int], Path]]:
        """The formats of one width from the last to the first, which has to be the lightest."""
        return sorted(wanted.items(), key=lambda item: (-item[0][1], -self.forms.index(item[0][0])))

    def encode(self, path: Path, wanted: dict[tuple[str, int], Path], made: Path) -> dict[str, Any]:
        """Make these files, and keep of each how large it is, and its hash."""
        with imagefile.opened(path, self.limit) as image:
            drawing = image.format == "PNG"
            widest = max(width for _, width in wanted)
            # A JPEG is decoded at the smallest size that is enough for twice what is needed.
            scale = 2 * widest / min(image.size)
            image.draft("RGB", (round(image.width * scale), round(image.height * scale)))
            try:
                base = imagefile.plain(image)
            except (OSError, SyntaxError, ValueError, struct.error) as error:
                raise imagefile.Unreadable(f"it is damaged ({error}). Save it anew") from None
        told = files.read_record(made)
        for (form, width), target in self.from_the_widest(wanted):
            data = b""
            if base is not None:
                if base.width > width and base.width > widest:
                    base = base.resize(
                        (widest, max(1, round(base.height * widest / base.width))),
                        Image.Resampling.LANCZOS,
                    )
                height = max(1, round(base.height * width / base.width))
                shown = base.resize((width, height), Image.Resampling.LANCZOS)
                shown.info.clear()
                data = imagefile.encoded(shown, form, drawing)
            files.write(target, data)
            told[target.name] = sign_of(data)
        files.write_record(made, told)
        return told


def sign_of(data: bytes) -> list[Any]:
    return [len(data), hashlib.sha256(data).hexdigest()]


def sound(path: Path, sign: list[Any]) -> bool:
    """Whether a file is still what was written."""
    return path.is_file() and sign_of(path.read_bytes()) == sign
