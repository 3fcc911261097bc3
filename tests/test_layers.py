"""Layers: who imports whom is a contract in pyproject.toml, and breaking any of it is seen."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("authoring", "comments_service", "formats", "plugins")
# The blog's half: it needs no web framework and no database.
BLOG = ("authoring", "formats", "plugins")
PLANTED = "\n\ndef _planted() -> None:\n    import {}\n"


def imports(root: Path) -> tuple[int, str]:
    """What the linter says; in a process of its own, for it switches off every logger that it finds."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    return done.returncode, re.sub(r"\s+", " ", done.stdout)


def test_everything_imports_downward_only() -> None:
    assert imports(ROOT)[0] == 0, imports(ROOT)[1]


def test_whatever_breaks_a_contract_is_seen(tmp_path: Path) -> None:
    for name in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__", "static", "templates", "translations")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    modules = [path for name in BLOG for path in (tmp_path / name).rglob("*.py")]
    for path in modules:
        with path.open("a", encoding="utf-8") as file:
            file.write(PLANTED.format("flask"))
    (tmp_path / "plugins" / "unplaced.py").write_text("")
    for name, up in (
        ("plugins/site.py", "plugins.comments.bake"),
        ("plugins/markdown/commonmark/signs.py", "plugins.markdown.commonmark.finish"),
        ("plugins/delivery/assets.py", "comments_service.config"),
        ("comments_service/markup.py", "plugins.markdown.commonmark"),
        ("formats/files.py", "pelican"),
    ):
        with (tmp_path / name).open("a", encoding="utf-8") as file:
            file.write(PLANTED.format(up).replace("_planted", "_upward"))
    status, said = imports(tmp_path)
    assert status == 1
    for path in modules:
        name = ".".join(path.relative_to(tmp_path).with_suffix("").parts)
        assert f"{name.removesuffix('.__init__')} -> flask " in said
    assert len(modules) > 70
    for told in (
        "plugins.unplaced",
        "plugins.site -> plugins.comments.bake ",
        "plugins.markdown.commonmark.signs -> plugins.markdown.commonmark.finish ",
        "plugins.delivery.assets -> comments_service.config ",
        "comments_service.markup -> plugins.markdown.commonmark ",
        "formats.files -> pelican ",
    ):
        assert told in said, told
