"""What was made of pictures once, and is kept for the next build: whatever became of it meanwhile."""

import shutil
from pathlib import Path

import pytest
from PIL import Image

from plugins.presentation import images
from tests.sites import Site

EXIF_ABOUT = 0x010E


@pytest.mark.parametrize("site_is_new", [True, False])
def test_what_a_disk_has_damaged_never_gets_into_the_site(site: Site, site_is_new: bool) -> None:
    """Cut, emptied, taken away, or other than it was at the same length: the same for each file that is kept."""
    folder = site.content / "images"
    folder.mkdir()
    about = Image.Exif()
    about[EXIF_ABOUT] = "taken at home"
    Image.effect_noise((45, 27), 60).resize((400, 240)).save(folder / "home.jpg", exif=about)
    site.write("a", body="![Home.]({static}/images/home.jpg)")
    cache = site.output.parent / "cache"

    def built() -> dict[str, bytes]:
        site.build(
            THEME="simple",
            JINJA_ENVIRONMENT={},
            PLUGINS=[images],
            STATIC_PATHS=["images"],
            CACHE_PATH=str(cache),
        )
        files = (path for path in site.output.rglob("*") if path.is_file())
        return {path.relative_to(site.output).as_posix(): path.read_bytes() for path in files}

    right = built()
    kept = [path for path in (cache / "images").rglob("*") if path.is_file()]
    assert {path.suffix for path in kept} == {".json", ".jpg", ".avif", ".webp"}
    for path in kept:
        whole = path.read_bytes()
        for damaged in (whole[: len(whole) // 2], b"", bytes(len(whole)), None):
            spoil(path, damaged)
            if site_is_new:
                shutil.rmtree(site.output)
            assert built() == right, (path, damaged)
            if site_is_new or path.suffix == ".json":
                assert path.read_bytes() == whole


def spoil(path: Path, damaged: bytes | None) -> None:
    if damaged is None:
        path.unlink()
    else:
        path.write_bytes(damaged)
