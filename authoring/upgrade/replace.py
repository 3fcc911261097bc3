"""Replace: our files exchanged for those of another release, and on again where that was stopped.

The plan says all of it before the first file is touched. A copy of this module lies beside the plan while
files of two releases are mixed, and `environment` runs it first of all; so it needs nothing but Python.
"""

import hashlib
import json
import os
import shutil
import statistics
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# The author's: no release changes them, and no upgrade touches them.
YOURS = ("content", "pelicanconf.py", ".env", "theme_overrides")
# What runs and tools make; and output*, beside the site's folder.
MADE = {
    *(".coverage", ".git", ".venv", "looks", "node_modules", "published", "test-results", "var"),
    *(".hypothesis", ".import_linter_cache", ".mypy_cache", ".pytest_cache", ".ruff_cache"),
}
PLACE = Path("var/upgrade")
PLAN = PLACE / "plan.json"
RECORD = PLACE / "installed.json"
# A copy is unpacked, or made, within minutes; who changes a file of it does so later.
UNPACKING_SECONDS = 600

# Whether a file is as a release shipped it; None for what no release has.
Shipped = Callable[[str, bytes], bool | None]


def yours(name: str) -> bool:
    return name.partition("/")[0] in YOURS


def files_of(folder: Path) -> set[str]:
    """Every file of ours in a blog or a release, and what an author has put between them."""
    found = set()
    for place, folders, names in os.walk(folder):
        below = Path(place).relative_to(folder)
        if place == str(folder):
            own = {each for each in (*folders, *names) if each in MADE or each.startswith("output")}
            own |= set(YOURS)
            folders[:], names = sorted(set(folders) - own), sorted(set(names) - own)
        folders[:] = [each for each in folders if each != "__pycache__"]
        found |= {(below / each).as_posix() for each in names if (Path(place) / each).is_file()}
    return found


def digest(data: bytes) -> str:
    """Of what git may have given other line ends."""
    return hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()


# --- Whose a file is ------------------------------------------------------------------------------


def by_record(root: Path) -> Shipped | None:
    """What `begin` or the last upgrade found here, before anybody could have changed it."""
    try:
        record: dict[str, str] = json.loads((root / RECORD).read_bytes())
    except (OSError, ValueError):
        return None

    def shipped(name: str, data: bytes) -> bool | None:
        return record[name] == digest(data) if name in record else None

    return shipped


def by_time(root: Path) -> Shipped:
    """Where nothing else is known: unpacked files are of one time, and changed ones are younger."""
    times = {name: (root / name).stat().st_mtime for name in files_of(root)}
    latest = statistics.median(times.values()) + UNPACKING_SECONDS

    def shipped(name: str, _: bytes) -> bool | None:
        return True if times[name] <= latest else None

    return shipped


def record(root: Path) -> None:
    """Remember our files as they are now."""
    found = {name: digest((root / name).read_bytes()) for name in sorted(files_of(root))}
    save(root / RECORD, found)


# --- The plan -------------------------------------------------------------------------------------


def plan(root: Path, release: Path, shipped: Shipped, *, sure: bool = True) -> dict[str, Any]:
    """What there is to do; `changed` are files of ours that the author has changed.

    Unless it is `sure` what was shipped, nothing goes, and everything that is exchanged is kept.
    """
    new, old = files_of(release), files_of(root)
    write, remove, changed = [], [], []
    for name in sorted(new):
        data = (root / name).read_bytes() if name in old else None
        if data == (release / name).read_bytes():
            continue
        write.append(name)
        if data is not None and not shipped(name, data):
            changed.append(name)
    for name in sorted(old - new):
        whose = shipped(name, (root / name).read_bytes())
        if whose is None or not sure:
            continue  # The author has added it.
        remove.append(name)
        if not whose:
            changed.append(name)
    return {"write": write, "remove": remove, "changed": changed, "sure": sure}


def read(root: Path) -> dict[str, Any]:
    """The plan of the upgrade that was last begun; empty where there is none."""
    try:
        found: dict[str, Any] = json.loads((root / PLAN).read_bytes())
    except (OSError, ValueError):
        return {}
    return found


def save(path: Path, value: object) -> None:
    put(path, json.dumps(value, indent=1).encode())


def put(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file whole; what a killed one left beside it, the next overwrites."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".new-{path.name}")
    with new.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.chmod(mode)
    new.replace(path)


def begin(root: Path, made: dict[str, Any], source: Path) -> None:
    """Keep what is about to change, then say that it changes; from here on nothing is lost."""
    place = root / PLACE
    shutil.rmtree(place / "before", ignore_errors=True)
    for name in [*made["write"], *made["remove"]]:
        aside = name in made["changed"] or not made["sure"]
        for folder in [place / "before"] + [Path(made["aside"])] * aside:
            if (root / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, folder / name)
    put(place / "replace.py", Path(__file__).read_bytes())
    save(root / PLAN, {**made, "step": "replacing", "source": str(source)})


def apply(root: Path) -> None:
    """Do what the plan says, or the rest of it."""
    made = read(root)
    source = Path(made["source"])
    for name in made["remove"]:
        (root / name).unlink(missing_ok=True)
        for folder in (root / name).parents:
            if folder == root or not empty(folder):
                break
            shutil.rmtree(folder)
    for name in made["write"]:
        path, mode = source / name, (source / name).stat().st_mode & 0o777
        data = path.read_bytes()
        if not (root / name).is_file() or (root / name).read_bytes() != data:
            put(root / name, data, mode)
    save(root / PLAN, {**made, "step": "replaced"})


def empty(folder: Path) -> bool:
    """Whether nothing is left there but what Python has made of it."""
    return all(path.name == "__pycache__" for path in entries(folder))


def entries(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from folder.iterdir()


if __name__ == "__main__":
    apply(Path(sys.argv[1]))
