"""What builds keep: how large its file is."""

from pathlib import Path

import pytest

from plugins.incremental import build_cache


@pytest.mark.parametrize("long", [200, 8_300, 17_000])
def test_a_cache_that_was_made_smaller_is_small_enough(tmp_path: Path, long: int) -> None:
    """Values fill no pages of a file: one that is still too large would be written anew by each build."""
    kept = build_cache.Cache(path := tmp_path / "memory.db", 2_000_000)
    for number in range(2_000_000 // long):
        kept.put(f"{number * 7919 % 65_536:064x}", "x" * long)
    kept.save()
    assert 1_000_000 < path.stat().st_size < 2_000_000
    kept.close()
