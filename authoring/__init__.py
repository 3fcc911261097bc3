"""Authoring: what the author's commands do; `tasks.py` only takes the words of the command line.

These are no Pelican plugins: nothing here belongs into PLUGINS. What they know of a site they ask of the
plugins; the service they start as a program, and import nothing of it.

- `new_article`, `import_site/`: articles come to be, from a title or from another blog
- `list_drafts`, `stats`, `list_images`: what there is
- `check/`: what would embarrass an author
- `preview/`, `build`, `publish/`: the site, while somebody writes, once, and to where readers are
- `server`: files and comments on one port
- `blog`: the blog as it lies in its folder, articles with what they say of themselves
- `environment`: `.venv/`, made before anything is installed; `command_line`: what was typed, and `.env`
- `catalogues`: what translators have to do, of the service and of the theme
- `terminal`, `progress`: how lines and bars look

Each raises `Refused` for what its author has to correct; the sentence tells how.
"""


class Refused(Exception):
    """What cannot be done as it was asked for, with the remedy in its sentence."""
