"""Build cache: what a build has worked out once and the next one need not work out again.

A key says everything that the answer depends on: the text itself, the settings, the versions of the
programs. So an answer can be forgotten at any time, but never be wrong. Kept in one file below
Pelican's CACHE_PATH, outside the site, and in plain text: whoever could write into it could not make a
build run anything. What has not been asked for longest goes when the file has grown too large.

Settings: CACHE_PATH, CACHE_MAX_BYTES (200 million).
"""

import contextlib
import hashlib
import importlib.util
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MAX_BYTES = 200_000_000
# So many characters of new answers are written down at once, and are not kept in memory any longer.
AT_ONCE = 1_000_000
# When an answer was last asked for matters to the day, and is written down no oftener.
DAY = 86_400
# Every SQLite takes as many values in one statement; some no more than twice that.
KEYS_AT_ONCE = 500
VERSION = 1  # of the file: another one is begun anew
TABLE = (
    "CREATE TABLE IF NOT EXISTS kept (key BLOB PRIMARY KEY, used INTEGER, value TEXT) WITHOUT ROWID"
)


class Cache:
    """The answers of earlier builds, and those that this one adds when it calls `save`."""

    def __init__(self, path: Path | None, most: int = MAX_BYTES) -> None:
        self.path, self.most = path, most
        self.new: dict[str, str] = {}
        self.length = 0
        self.asked: set[bytes] = set()
        self._file: sqlite3.Connection | None = None
        self._process = 0

    def file(self) -> sqlite3.Connection:
        # A connection must not be carried into a forked process.
        if self._file is None or self._process != os.getpid():
            self._process = os.getpid()
            path = self.path or Path(os.devnull)
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._file = self.opened(path)
            except sqlite3.OperationalError:
                raise  # Locked, or no place for it: nothing is wrong with the file.
            except sqlite3.DatabaseError:
                path.unlink(missing_ok=True)
                self._file = self.opened(path)
        return self._file

    def opened(self, path: Path) -> sqlite3.Connection:
        file = sqlite3.connect(path, timeout=20, isolation_level=None)
        try:
            # A crash may cost the cache: it is no loss that a build could not make good.
            file.execute("PRAGMA synchronous=OFF")
            # Of a new file: most texts are longer than the usual 4 KB, and are read in half the time.
            file.execute("PRAGMA page_size=16384")
            if file.execute("PRAGMA user_version").fetchone()[0] != VERSION:
                file.execute("DROP TABLE IF EXISTS kept")
                file.execute(f"PRAGMA user_version={VERSION}")
            file.execute(TABLE)
        except sqlite3.DatabaseError:
            file.close()
            raise
        return file

    def get(self, key: str) -> str | None:
        if key in self.new or self.path is None:
            return self.new.get(key)
        with contextlib.suppress(sqlite3.DatabaseError):
            raw = bytes.fromhex(key)
            found = self.file().execute("SELECT used, value FROM kept WHERE key=?", [raw])
            if row := found.fetchone():
                if row[0] < time.time() - DAY:
                    self.asked.add(raw)
                return str(row[1])
        return None

    def many(self, keys: list[str]) -> dict[str, str]:
        """The answers that there are to these keys, in a few questions; for what every build asks for."""
        found = {key: self.new[key] for key in keys if key in self.new}
        old = int(time.time()) - DAY
        for rows in self.rows("SELECT key, value, used FROM kept", keys):
            found |= {key.hex(): value for key, value, _ in rows}
            self.asked |= {key for key, _, used in rows if used < old}
        return found

    def rows(self, what: str, keys: list[str]) -> Iterator[list[Any]]:
        """What the file has for these keys, a part of them after the other."""
        with contextlib.suppress(sqlite3.DatabaseError):
            for start in range(0, len(keys) if self.path else 0, KEYS_AT_ONCE):
                asked = [bytes.fromhex(key) for key in keys[start : start + KEYS_AT_ONCE]]
                # What is put into the statement is question marks.
                places = ",".join("?" * len(asked))
                yield self.file().execute(f"{what} WHERE key IN ({places})", asked).fetchall()

    def put(self, key: str, value: str) -> None:
        self.new[key] = value
        self.length += len(value)
        if self.length > AT_ONCE and self.path is not None:
            self.save()

    def save(self) -> None:
        """Write down what is new; a file that cannot be written is only slower."""
        with contextlib.suppress(sqlite3.DatabaseError, OSError):
            if self.path is not None and (self.new or self.asked):
                now = int(time.time())
                # Whatever ends a build in here, another one of this process can write again.
                with (file := self.file()):
                    file.execute("BEGIN IMMEDIATE")
                    rows = [(bytes.fromhex(key), now, value) for key, value in self.new.items()]
                    file.executemany("REPLACE INTO kept VALUES (?, ?, ?)", rows)
                    asked = [(now, raw) for raw in self.asked]
                    file.executemany("UPDATE kept SET used=? WHERE key=?", asked)
                self.forget(file)
        self.new.clear()
        self.asked.clear()
        self.length = 0

    def forget(self, file: sqlite3.Connection) -> None:
        """Down to three quarters of the limit, what was not asked for longest first."""
        if self.path is None or self.path.stat().st_size <= self.most:
            return
        file.execute("VACUUM")
        # In the file they take more than they are long: by that much less is left.
        long = file.execute("SELECT sum(length(value) + 64) FROM kept").fetchone()[0] or 0
        left = self.most * 3 // 4 * long // self.path.stat().st_size
        gone = []
        for key, its in file.execute("SELECT key, length(value) FROM kept ORDER BY used DESC, key"):
            left -= its + 64
            if left < 0:
                gone.append((key,))
        file.executemany("DELETE FROM kept WHERE key=?", gone)
        file.execute("VACUUM")

    def close(self) -> None:
        if self._file is not None and self._process == os.getpid():
            self._file.close()
        self._file = None


_caches: dict[str, Cache] = {}


def of(settings: dict[str, Any]) -> Cache:
    """The cache of a site; every plugin of a build gets the same."""
    if not settings.get("CACHE_PATH"):
        return Cache(None)
    name = os.path.abspath(settings["CACHE_PATH"])  # noqa: PTH100 - each text asks for it: a fifth of Path's cost
    if name not in _caches:
        _caches[name] = Cache(Path(name, "memory.db"), settings.get("CACHE_MAX_BYTES", MAX_BYTES))
    return _caches[name]


def save(settings: dict[str, Any]) -> None:
    """At the end of a build."""
    cache = of(settings)
    cache.save()
    cache.close()


# --- Keys -----------------------------------------------------------------------------------------


class Unhashable(Exception):
    """A value that looks another in every process, and on which a key therefore cannot depend."""


def canonical(value: Any) -> Any:
    """A value of the settings in such a way that equal ones look equal, in every process."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, dict):
        return {"dict": [[canonical(key), canonical(its)] for key, its in value.items()]}
    if isinstance(value, list | tuple):
        return [canonical(each) for each in value]
    if isinstance(value, set | frozenset):
        return {"set": sorted(json.dumps(canonical(each), sort_keys=True) for each in value)}
    if isinstance(value, Path):
        return {"path": str(value)}
    name, module = getattr(value, "__qualname__", ""), getattr(value, "__module__", "")
    if name and module and "<" not in name:
        return {"name": [module, name, program(module)]}
    raise Unhashable(repr(value))


def program(name: str) -> list[Any]:
    """The Python files of the package to which a module belongs, as they are now."""
    top = name.partition(":")[0].partition(".")[0]
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        raise Unhashable(name)
    places = [Path(place) for place in spec.submodule_search_locations or ()]
    found = sorted(path for place in places for path in place.rglob("*.py"))
    if not places and spec.origin and spec.origin != "built-in" and Path(spec.origin).is_file():
        found = [Path(spec.origin)]
    stats = [(path.name, path.stat()) for path in found]
    return [top, [[name, stat.st_size, stat.st_mtime_ns] for name, stat in stats]]


def key(*parts: Any) -> str:
    """The name of an answer, from everything that it depends on; raises Unhashable."""
    text = json.dumps(canonical(list(parts)), ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
