"""Pictures in articles: their sizes, their widths, and what they must not give away."""

import io
import re
import struct
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin, features

from plugins.presentation import images
from plugins.presentation.imagefile import MAX_PIXELS, Unreadable, cleaned, svg_size
from plugins.presentation.images import without_alt
from plugins.problems import Refused
from tests.sites import Site, disconnect

GPS = 0x8825
WORDS = "taken at home"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "content" / "images").mkdir(parents=True)
    site = Pictured(tmp_path)
    yield site
    disconnect()


class Pictured(Site):
    """A site with a folder for pictures and no plugin but the one for them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.content = folder / "content"
        self.output = folder / "output"
        self.published = folder / "published"
        self.images = self.content / "images"
        (self.content / "pages").mkdir()

    def build(self, **settings: Any) -> None:
        defaults = {
            "THEME": "simple",
            "JINJA_ENVIRONMENT": {},
            "PLUGINS": [images],
            "STATIC_PATHS": ["images"],
            "CACHE_PATH": str(self.folder / "cache"),
            "IMAGES_FORMATS": ("webp",),  # The other takes its time.
        }
        super().build(**{**defaults, **settings})


def photograph(size: tuple[int, int] = (1300, 650)) -> Image.Image:
    """Something with enough in it that a larger version of it is a larger file."""
    rough = (max(1, size[0] // 9), max(1, size[1] // 9))
    channels = [Image.effect_noise(rough, spread).resize(size) for spread in (40, 60, 80)]
    return Image.merge("RGB", channels)


def exif(orientation: int = 1) -> Image.Exif:
    found = Image.Exif()
    found[0x0112] = orientation
    found[0x010E] = WORDS
    found.get_ifd(GPS)[1] = "N"
    found.get_ifd(GPS)[2] = (52.0, 31.0, 12.0)
    return found


def image_of(page: str) -> str:
    found = re.search(r"<img[^>]*>", page)
    assert found
    return found[0]


def test_a_photograph_has_its_size_and_several_widths_and_a_link_to_the_whole(
    site: Pictured,
) -> None:
    photograph().save(site.images / "Big-Photo.jpg", quality=95)
    site.write("a", body="![A wave.]({static}/images/Big-Photo.jpg)")
    site.build(SITEURL="https://example.org/blog", IMAGES_FORMATS=("avif", "webp"))
    page = site.page("a")
    assert 'width="1300" height="650"' in image_of(page)
    assert "loading" not in image_of(page)
    assert '<a class="zoom" href="https://example.org/blog/images/Big-Photo.jpg"><picture>' in page
    listed = re.findall(r'srcset="([^"]*)" sizes="[^"]+"', page)
    assert len(listed) == len([f for f in ("avif", "webp") if features.check(f)])
    for sources in listed:
        widths = []
        for source in sources.split(", "):
            address, _, width = source.partition(" ")
            assert address.startswith("/blog/images/sized/big-photo.")
            with Image.open(site.output / address.removeprefix("/blog/")) as made:
                assert f"{made.width}w" == width
                assert made.height == round(made.width / 2)
            widths.append(made.width)
        assert widths == [420, 640, 960, 1280]


def test_nothing_is_made_larger_than_it_is(site: Pictured) -> None:
    photograph((500, 300)).save(site.images / "small.jpg")
    site.write("a", body="![A wave.]({static}/images/small.jpg)")
    site.build()
    assert set(re.findall(r" (\d+)w", site.page("a"))) == {"420", "500"}
    assert "zoom" not in site.page("a")


def test_a_drawing_that_weighs_less_as_it_is_has_no_widths(site: Pictured) -> None:
    drawing = Image.new("L", (1200, 800), 255)
    for at in range(0, 1200, 7):
        ImageDraw.Draw(drawing).line((at, 0, 1200 - at, 800), 0)
    drawing.save(site.images / "lines.png", optimize=True)
    site.write("a", body="![Lines.]({static}/images/lines.png)")
    site.build(IMAGES_FORMATS=("avif", "webp"))
    whole = (site.images / "lines.png").stat().st_size
    made = [path.stat().st_size for path in (site.output / "images/sized").iterdir()]
    assert page_sources(site.page("a")) == len(made) <= 3
    assert not made or max(made) < whole


def page_sources(page: str) -> int:
    return sum(sources.count(",") + 1 for sources in re.findall(r'srcset="([^"]*)"', page))


def test_all_but_the_first_wait_until_they_are_near(site: Pictured) -> None:
    photograph((50, 30)).save(site.images / "s.png")
    site.write("a", body="![One]({static}/images/s.png)\n\n![Two](/images/s.png)")
    site.build()
    first, second = re.findall(r"<img[^>]*>", site.page("a"))
    assert "loading" not in first
    assert 'width="50" height="30" loading' not in second
    assert 'loading="lazy" decoding="async"' in second
    assert 'width="50"' in second


def test_an_unchanged_picture_is_not_encoded_again_and_a_changed_one_is(site: Pictured) -> None:
    photograph((500, 300)).save(site.images / "p.jpg")
    site.write("a", body="![A wave.]({static}/images/p.jpg)")
    site.build()
    before = site.page("a")
    cached = {
        path: path.stat().st_mtime_ns for path in (site.folder / "cache" / "images").iterdir()
    }
    copies = {path: path.stat().st_ino for path in (site.output / "images/sized").iterdir()}
    site.build()
    assert site.page("a") == before
    assert cached == {path: path.stat().st_mtime_ns for path in cached}
    assert copies == {path: path.stat().st_ino for path in copies}
    photograph((510, 300)).save(site.images / "p.jpg")
    site.build()
    assert " 510w" in site.page("a")


def test_the_same_picture_gives_the_same_bytes(site: Pictured, tmp_path: Path) -> None:
    photograph((430, 200)).save(site.images / "p.jpg", quality=98)
    site.write("a", body="![A wave.]({static}/images/p.jpg)")
    both = ("avif", "webp")
    site.build(IMAGES_FORMATS=both)
    first = {p.name: p.read_bytes() for p in (site.output / "images/sized").iterdir()}
    again = tmp_path / "again"
    site.build(IMAGES_FORMATS=both, CACHE_PATH=str(tmp_path / "other"), OUTPUT_PATH=str(again))
    assert first == {p.name: p.read_bytes() for p in (again / "images/sized").iterdir()}
    assert len(first) == 4


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "avif"])
def test_what_is_published_says_nothing_of_where_it_was_taken(site: Pictured, suffix: str) -> None:
    more: dict[str, Any] = {}
    if suffix == "png":
        more["pnginfo"] = PngImagePlugin.PngInfo()
        more["pnginfo"].add_text("Comment", WORDS)
    if suffix == "jpg":
        more["comment"] = WORDS.encode()
    source = site.images / f"home.{suffix}"
    photograph((500, 300)).save(source, exif=exif(), **more)
    site.write("a", body=f"![Home.]({{static}}/images/home.{suffix})")
    before = source.read_bytes()
    site.build()
    assert WORDS.encode() in before
    assert source.read_bytes() == before
    published = [site.output / "images" / source.name, *(site.output / "images/sized").iterdir()]
    for path in published:
        assert WORDS.encode() not in path.read_bytes(), path
        with Image.open(path) as image:
            image.load()
            assert not image.getexif(), path
    with Image.open(source) as one, Image.open(published[0]) as other:
        if suffix != "avif":
            assert one.convert("RGB").tobytes() == other.convert("RGB").tobytes()


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


HIDDEN = b"here lives Ada"
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + HIDDEN
JPEG_SEGMENTS = [
    segment(0xE0, b"JFXX\0\x10" + HIDDEN),  # a small picture, as it was before it was cut
    segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP),
    segment(0xE2, b"MPF\0" + HIDDEN),
    segment(0xE4, HIDDEN),  # of a maker
    segment(0xEB, b"JP\0\1" + HIDDEN),  # who made it, signed (C2PA)
    segment(0xED, b"Photoshop 3.0\0" + HIDDEN),
    segment(0xFE, HIDDEN),
]
PNG_CHUNKS = [
    chunk(b"tEXt", b"Location\0" + HIDDEN),
    chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP),
    chunk(b"zTXt", b"GPS\0\0" + zlib.compress(b"home") + HIDDEN),
    chunk(b"eXIf", b"II*\0" + HIDDEN),
    chunk(b"caBX", HIDDEN),
    chunk(b"tIME", bytes([7, 234, 1, 1, 1, 1, 1])),
]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_nothing_is_left_of_what_hides_in_a_picture_or_behind_it(form: str) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    made = io.BytesIO()
    more = {"xmp": XMP} if form == "WEBP" else {}
    photograph((60, 40)).save(made, form, exif=exif(6), icc_profile=profile, **more)
    plain = made.getvalue()
    hidden = plain + b"ftyp\x10\0\0\0mp42" + HIDDEN
    if form == "JPEG":
        hidden = hidden[:2] + b"".join(JPEG_SEGMENTS) + hidden[2:]
    elif form == "PNG":  # Behind the header, which comes first.
        hidden = hidden[:33] + b"".join(PNG_CHUNKS) + hidden[33:]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, of the list of pictures that is none.
        clean = cleaned(hidden, MAX_PIXELS)
    assert HIDDEN in hidden
    for trace in (HIDDEN, WORDS.encode(), b"tIME", b"ftyp", b"adobe"):
        assert trace not in clean
    with Image.open(io.BytesIO(plain)) as one, Image.open(io.BytesIO(clean)) as other:
        assert one.tobytes() == other.tobytes()
        assert other.info["icc_profile"] == profile
        assert dict(other.getexif()) == {0x0112: 6}


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_a_picture_on_its_side_is_shown_upright(site: Pictured, suffix: str) -> None:
    photograph((500, 300)).save(site.images / f"side.{suffix}", exif=exif(6))
    site.write("a", body=f"![Home.]({{static}}/images/side.{suffix})")
    site.build()
    assert 'width="300" height="500"' in site.page("a")
    with Image.open(site.output / "images" / f"side.{suffix}") as image:
        assert dict(image.getexif()) == {0x0112: 6}
    for path in (site.output / "images" / "sized").iterdir():
        with Image.open(path) as image:
            assert image.size == (300, 500)


def test_what_moves_is_left_alone(site: Pictured) -> None:
    frames = [photograph((60, 40)).convert("P"), Image.new("P", (60, 40))]
    frames[0].save(site.images / "m.gif", save_all=True, append_images=frames[1:])
    before = (site.images / "m.gif").read_bytes()
    site.write("a", body="![It moves.]({static}/images/m.gif)")
    site.build()
    assert 'width="60" height="40"' in site.page("a")
    assert "<picture" not in site.page("a")
    assert (site.output / "images" / "m.gif").read_bytes() == before


@pytest.mark.parametrize(
    ("root", "size"),
    [
        ('<svg viewBox="0 0 32 16">', (32, 16)),
        ('<svg width="64px" height="32" viewBox="0 0 1 1">', (64, 32)),
        ('<?xml version="1.0"?><!-- x -->\n<svg width="100%" viewBox="0,0,10.4,20.6">', (10, 21)),
    ],
)
def test_a_drawing_has_the_size_that_it_names(
    tmp_path: Path, root: str, size: tuple[int, int]
) -> None:
    path = tmp_path / "a.svg"
    path.write_text(f"{root}</svg>")
    assert svg_size(path) == size


@pytest.mark.parametrize("text", ["<svg></svg>", "nothing", '<svg viewBox="0 0 0 0"></svg>'])
def test_a_drawing_without_a_size_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.svg"
    path.write_text(text)
    with pytest.raises(Unreadable):
        svg_size(path)


def test_sizes_that_the_author_gives_stay_and_the_missing_one_is_counted(site: Pictured) -> None:
    photograph((800, 400)).save(site.images / "p.jpg")
    site.write("a", body='![A]({static}/images/p.jpg){ width="200" }')
    site.build()
    assert 'width="200" height="100"' in site.page("a")
    assert 'sizes="200px"' in site.page("a")


def test_missing_broken_and_huge_pictures_stop_the_build_all_at_once(site: Pictured) -> None:
    (site.images / "broken.png").write_bytes(b"no picture")
    (site.images / "a#b.png").write_bytes(b"a picture of no address")
    Image.new("1", (3000, 3000)).save(site.images / "huge.png")
    site.write(
        "a",
        body="![x]({static}/images/None.png)\n\n![x]({static}/images/broken.png)\n\n"
        "![x]({static}/images/huge.png)\n\n![x]({attach}never/was.png)"
        "\n\n![x]({static}/images/a%23b.png)",
    )
    with pytest.raises(Refused) as raised:
        site.build(IMAGES_MAX_PIXELS=1_000_000)
    text = str(raised.value)
    assert "There is no picture {static}/images/a%23b.png" in text
    assert re.search(r"a\.md:5: There is no picture \{static\}/images/None\.png", text)
    assert re.search(
        r"a\.md:7: .*broken\.png cannot be shown: it cannot be read as a picture\. Save it anew",
        text,
    )
    assert re.search(
        r"a\.md:9: .*huge\.png cannot be shown: it has more than 1 million pixels", text
    )


def test_a_bomb_is_refused_before_it_is_opened() -> None:
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG", compress_level=1)
    with pytest.raises(Unreadable, match="more than 50 million"):
        cleaned(bomb.getvalue(), MAX_PIXELS)


def test_half_a_picture_is_refused(site: Pictured) -> None:
    whole = io.BytesIO()
    photograph((500, 300)).save(whole, "PNG")
    (site.images / "half.png").write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    site.write("a", body="![x]({static}/images/half.png)")
    with pytest.raises(Refused, match="it is damaged"):
        site.build()


def test_a_picture_without_words_is_a_warning(
    site: Pictured, caplog: pytest.LogCaptureFixture
) -> None:
    photograph((50, 30)).save(site.images / "s.png")
    site.write(
        "a", body="![]({static}/images/s.png)\n\n![]({static}/images/s.png){ role=presentation }"
    )
    site.build()
    warnings = [record.message for record in caplog.records if "no words" in record.message]
    assert len(warnings) == 1
    assert "a.md:5: The picture {static}/images/s.png has no words" in warnings[0]


def test_alternative_text_is_found_out_from_html_alone() -> None:
    assert without_alt(
        '<img src="a"><img src="b" alt=""><img src="c" alt="C > D"><img src="d" alt="" role="none">'
        '<img src="e" aria-hidden="true"><img alt=\' \' src=f>'
    ) == ["a", "b", "f"]


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "1", "I;16"])
def test_pictures_of_every_kind_of_colour_are_shown(site: Pictured, mode: str) -> None:
    name = "c.jpg" if mode == "CMYK" else "c.png"
    Image.new("L", (500, 100), 120).convert("RGB" if mode == "P" else "L").convert(mode).save(
        site.images / name
    )
    site.write("a", body=f"![A]({{static}}/images/{name})")
    site.build()
    assert 'width="500" height="100"' in site.page("a")


def test_a_picture_beside_its_article_goes_where_the_article_goes(site: Pictured) -> None:
    photograph((500, 300)).save(site.content / "near.jpg", exif=exif())
    site.write("a", body="![Near.]({attach}near.jpg)")
    site.build()
    assert 'src="https://example.org/a/near.jpg"' in site.page("a")
    assert 'width="500"' in site.page("a")
    assert WORDS.encode() not in (site.output / "a" / "near.jpg").read_bytes()


def test_pictures_that_are_linked_or_sourced_by_their_author_stay_so(site: Pictured) -> None:
    photograph().save(site.images / "p.jpg")
    site.write(
        "a",
        body="[![A]({static}/images/p.jpg)](https://example.org/)\n\n"
        '<picture><source srcset="x"><img src="{static}/images/p.jpg" alt="B"></picture>\n\n'
        "![C](https://example.com/elsewhere.png)",
    )
    site.build()
    page = site.page("a")
    assert "zoom" not in page
    assert page.count("<picture>") == 2
    assert '<img alt="C" src="https://example.com/elsewhere.png" loading="lazy"' in page
