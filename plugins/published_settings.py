"""Published settings: what only a published blog has; a preview shows drafts, and compresses nothing."""

COMPRESS = True
PREVIEW = False
# An empty name is a page that is not written; what a preview wrote is removed by delivery/drafts.py.
DRAFT_SAVE_AS = DRAFT_LANG_SAVE_AS = DRAFT_PAGE_SAVE_AS = DRAFT_PAGE_LANG_SAVE_AS = ""
