"""Check: everything that would embarrass an author, found before a reader finds it."""
