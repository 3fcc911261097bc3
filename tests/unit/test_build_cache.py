"""What builds keep: how large its file is, and how much of it waits in memory."""

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


def test_answers_do_not_pile_up_in_memory(tmp_path: Path) -> None:
    kept = build_cache.Cache(tmp_path / "memory.db")
    for number in range(100):
        kept.put(f"{number:064x}", "x" * (build_cache.AT_ONCE // 10))
        assert sum(map(len, kept.new.values())) <= build_cache.AT_ONCE
    # One that is given up now has lost next to nothing of them, and one that goes on finds them all.
    keys = [f"{number:064x}" for number in range(100)]
    assert len(kept.many(keys)) == 100
    kept.close()
    again = build_cache.Cache(tmp_path / "memory.db")
    assert len(again.many(keys)) >= 90
    again.close()
