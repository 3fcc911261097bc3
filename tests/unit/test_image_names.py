"""Pictures whose names are written in another form than their files have."""

from pathlib import Path

import pytest
from PIL import Image

from plugins.presentation import images
from tests.sites import Site


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("e\u0301.png", "![x]({static}/images/\u00e9.png)"),
        ("\u56fe.png", '<img src="{static}/images/%E5%9B%BE.png" alt="x">'),
    ],
)
def test_a_name_in_another_form_leads_to_its_file(
    site: Site, tmp_path: Path, name: str, written: str
) -> None:
    folder = tmp_path / "content" / "images"
    folder.mkdir(parents=True)
    Image.new("RGB", (40, 30)).save(folder / name)
    site.write("a", body=written)
    site.build(
        THEME="simple",
        JINJA_ENVIRONMENT={},
        PLUGINS=[images],
        STATIC_PATHS=["images"],
        CACHE_PATH=str(tmp_path / "cache"),
    )
    assert 'width="40" height="30"' in site.page("a")
    assert [path.name for path in (site.output / "images").glob("*.png")] == [name]
