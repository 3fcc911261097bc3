"""`python -m authoring.check --help` tells what it can be asked; status 1 when anything is to correct, 3 where
`--keep-comments` can do some of it.
"""

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

from authoring import Refused
from formats import manifest

from . import KEEPABLE, keep_comments
from .report import ROOT, check


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m authoring.check",
        description="Find what would embarrass an author before a reader finds it.",
    )
    parser.add_argument("--settings", type=Path, default=ROOT / "publishconf.py")
    parser.add_argument(
        "--content", help="the folder of articles, if it is not that of the settings"
    )
    parser.add_argument(
        "--output", help="where to build; without it, a folder that is removed again"
    )
    parser.add_argument("--external", action="store_true", help="follow links to other sites too")
    parser.add_argument("--quick", action="store_true", help="without html-validate and axe")
    parser.add_argument(
        "--keep-comments",
        action="store_true",
        help="write into renamed articles the lines that keep their comments",
    )
    parser.add_argument(
        "--earlier", help="the manifest to compare with where there are no snapshots"
    )
    parser.add_argument("--json", action="store_true", help="for programs")
    given = parser.parse_args(arguments)
    kept = given.output or tempfile.mkdtemp(prefix="postil-check-")
    try:
        # What an earlier build left there would answer for links that lead nowhere today.
        shutil.rmtree(kept, ignore_errors=True)
        override = {"OUTPUT_PATH": str(Path(kept).resolve())}
        if given.earlier:
            override["COMMENTS_EARLIER"] = given.earlier
        elif given.settings == parser.get_default("settings") and not given.content:
            override["COMMENTS_EARLIER"] = str(ROOT / "output" / manifest.NAME)
        if given.content:
            override["PATH"] = str(Path(given.content).resolve())
        quick = given.quick or given.keep_comments
        report = check(given.settings, override, external=given.external, quick=quick)
    except Refused as refused:
        sys.exit(str(refused))
    finally:
        if not given.output:
            shutil.rmtree(kept, ignore_errors=True)
            for beside in Path(kept).parent.glob(f"{Path(kept).name}.*"):
                shutil.rmtree(beside) if beside.is_dir() else beside.unlink()
    if given.keep_comments:
        return told(list(keep_comments.write(report.followed)))
    if given.json:
        print(json.dumps([each._asdict() for each in report.problems], ensure_ascii=False))
    else:
        print(report)
    return KEEPABLE if report.followed else bool(report.problems)


def told(written: list[tuple[bool, str]]) -> bool:
    print("\n".join(text for _, text in written) or "No article has left comments behind.")
    return not all(done for done, _ in written)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
