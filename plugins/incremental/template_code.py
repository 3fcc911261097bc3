"""Template code: templates that stay compiled, as Python's modules do, and where those do (`__pycache__`).

Compiling them takes longer than rendering the few pages that most edits change. What is kept is code that
a build runs, and so lies beside the templates that it was made of and not in the cache of builds, which
holds plain text alone and may come from anywhere. It is used for the same template, settings and programs;
not where filters are at work that nobody knows here, of which Jinja may have put an answer into it.
Where Python is told to keep no code of its modules, none is kept of templates.

It could be offered to every Pelican site as it is: `signals.generator_init` and Jinja's `BytecodeCache`.
"""

import contextlib
import functools
import hashlib
import pickle
import sys
from importlib.util import cache_from_source
from itertools import chain
from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket

import formats.files

from . import build_cache, reads, skip_pages


class Code(BytecodeCache):
    """Of each template its code, in a file that says by its name for which Python it is."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings

    @functools.cached_property
    def made_by(self) -> str:
        """What code depends on beside its template; nothing where that cannot be told."""
        try:
            return skip_pages.made_by(self.settings)
        except build_cache.Unhashable:
            return ""

    def get_bucket(
        self, environment: Environment, name: str, filename: str | None, source: str
    ) -> Bucket:
        functions = chain(environment.filters.values(), environment.tests.values())
        told = all(map(reads.known, functions)) and not reads.extended(environment)
        key = cache_from_source(f"{filename}.py") if filename and told and self.made_by else ""
        said = f"{self.made_by}\0{sorted(environment.extensions)}\0{name}\0{filename}\0{source}"
        bucket = Bucket(environment, key, hashlib.sha256(said.encode()).hexdigest())
        self.load_bytecode(bucket)
        return bucket

    def load_bytecode(self, bucket: Bucket) -> None:
        with contextlib.suppress(OSError, EOFError, ValueError, pickle.UnpicklingError):
            if bucket.key:
                bucket.bytecode_from_string(Path(bucket.key).read_bytes())

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.key and not sys.dont_write_bytecode:
            with contextlib.suppress(OSError):
                formats.files.put(Path(bucket.key), bucket.bytecode_to_string())
