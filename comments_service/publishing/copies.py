"""Copies: every kind of file that holds words of a comment, and what takes them out of it.

A deletion reaches all of them within a round of the publisher; `tests/unit/test_deleted_words.py` looks
into every file of a blog whether there is another.
"""

# Names below the folder of the snapshots, below that of a site, and below the author's `var/`; a sibling
# that is compressed has the same words. Docs: docs/formats.md.
COPIES = {
    "published/threads/*.html": "the page of the thread is made anew",
    "published/threads/*.json": "as above",
    "published/threads/*.atom": "the feed holds the newest comments, and is made anew",
    "published/recent.html": "the newest comments of the whole site are made anew, within seconds",
    "published/recent.json": "as above",
    "published/recent.atom": "as above",
    "published/discussions*.html": "the list of conversations is made anew, within seconds",
    "published/discussions*.json": "as above",
    "<site>/**/*.html": "comments, JSON-LD and the list of conversations are baked anew or taken out,"
    " in every site that was built here or published to a folder",
    "<site>/pagefind/**": "comments are taken out of the search index, of its word lists and of what it shows,"
    " in each of these sites (`formats/search_index`)",
    "<site>.next/**/*.html": "left by a build that was killed: removed at a start",
    "var/publish/*/builds/**/*.html": "what is kept to be sent again is kept without comments",
}
