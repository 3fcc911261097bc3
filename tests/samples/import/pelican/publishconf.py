"""What the published blog has."""

RELATIVE_URLS = False
SITEURL = "https://zhibian.example"
