"""Pelican plugins of a blog with baked comments; none of them needs the comment service.

Each may be used alone on another site: copy this folder beside `pelicanconf.py` and name what you
want in `PLUGINS`, in this order. `docs/formats.md` tells what they share with a comment service.

    PLUGIN_PATHS = ["."]
    PLUGINS = ["plugins.writing", "plugins.reader", "plugins.manifest", "plugins.aliases",
               "plugins.theme", "plugins.words", "plugins.assets", "plugins.markup",
               "plugins.images", "plugins.reading", "plugins.related", "plugins.sharing",
               "plugins.drafts", "plugins.preview", "plugins.saved", "plugins.machines",
               "plugins.search", "plugins.hosting", "plugins.compress", "plugins.discussions",
               "plugins.bake"]

`unchanged` is no plugin but a class: PELICAN_CLASS = unchanged.Pelican.
"""
