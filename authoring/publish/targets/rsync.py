"""A folder of another machine, by rsync over ssh."""

import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from .target import LIST, Change, files_of, listing, run


class Rsync(NamedTuple):
    """A folder of another machine, by rsync over ssh; of files of another time the sums are compared."""

    address: str

    def send(self, site: Path, *, really: bool, note: str = "", whole: bool = True) -> list[Change]:
        remedy = (
            "Try the same address with ssh: is it right, does your key open it, is rsync installed"
            " there? Its folder has to be there already."
        )
        # Of the old list, names are taken only where they stay below the site.
        with tempfile.TemporaryDirectory() as folder:
            where = f"{self.address.rstrip('/')}/"
            mine = files_of(site)
            own = Path(folder, LIST)

            def put_list(names: Iterable[str]) -> None:
                own.write_bytes(listing(names))
                run(["rsync", "-t", str(own), where], f"{self.address} has no list.", remedy)

            earlier: list[str] = []
            # Where nothing was published yet there is no list; an address that is wrong fails here.
            run(
                ["rsync", "-t", "--include", f"/{LIST}", "--exclude", "*", "-r", where, folder],
                f"{self.address} cannot be reached.",
                remedy,
            )
            if own.exists():
                earlier = own.read_text(encoding="utf-8").splitlines()
            gone = [
                name
                for name in set(earlier) - set(mine)
                if whole and name and not name.startswith("/") and ".." not in name.split("/")
            ]
            if really and set(mine) - set(earlier):
                # Known as ours before it is there: what this publication leaves half done, the next
                # one finds.
                put_list({*earlier, *mine})
            dry = [] if really else ["--dry-run"]

            def put(names: list[str], *how: str) -> str:
                listed = Path(folder, "names")
                listed.write_bytes(b"".join(f"{name}\0".encode() for name in names))
                command = ["rsync", "-rlt", "-8", "--from0", f"--files-from={listed}", *how]
                # Times to the nanosecond: two edits may lie within a second.
                command += ["--modify-window=-1", "--itemize-changes", "--delay-updates"]
                command.append("--chmod=D755,F644")
                what = f"{self.address} was not completed."
                return run([*command, f"{site}/", where], what, remedy)

            # Those of another size or time are read, here and there; what has both is what was sent.
            other = {each.path for each in changes_of(put(mine, "--dry-run"))}
            # A name that rsync writes in another way cannot be told: then all are read.
            asked = sorted(other) if other <= set(mine) else mine
            said = put(asked, "--checksum", *dry) if asked else ""
            if gone:
                # From an empty folder: what is not included is protected, so nothing else can go.
                nothing, only = Path(folder, "nothing"), Path(folder, "only")
                nothing.mkdir()
                only.write_bytes(b"".join(f"{line}\0".encode() for line in including(gone)))
                command = ["rsync", "-r", "--delete", "--itemize-changes", "--from0"]
                command += [f"--include-from={only}", "--exclude=*", *dry, f"{nothing}/", where]
                said += run(command, f"{self.address} still has what is gone.", remedy)
            if really and whole:
                put_list(mine)
        return changes_of(said)


def changes_of(said: str) -> list[Change]:
    return [change for change in map(itemized, said.splitlines()) if change]


def including(names: Iterable[str]) -> list[str]:
    """Rsync's patterns for these files and the folders that they are in, and for no others."""
    patterns = []
    for name in names:
        if any(sign in name for sign in "*?["):
            name = re.sub(r"([*?\[\\])", r"\\\1", name)
        parts = name.split("/")
        patterns += [f"/{'/'.join(parts[:depth])}/" for depth in range(1, len(parts))]
        patterns.append(f"/{name}")
    return list(dict.fromkeys(patterns))


def itemized(line: str) -> Change | None:
    """What a line of rsync's says: `<f+++++++++ index.html`, `*deleting   old.html`."""
    code, _, path = line.partition(" ")
    if code == "*deleting":
        gone = path.strip()
        return None if gone.endswith("/") else Change("-", gone)
    if code[:2] in ("<f", ">f"):
        return Change("+" if "+++" in code else "~", path)
    return None
