"""Publishing: what happens behind a commit, until readers have the new files."""
