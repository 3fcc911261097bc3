"""Authoring: what the commands of an author do; `tasks.py` only takes the words of the command line.

These are no Pelican plugins: nothing here belongs into PLUGINS. A room for each command; what they
know of a site they ask of the plugins beside them.

- `blog`: the blog as it lies in its folder, articles with what they say of themselves
- `start`: a new article
- `overview`: drafts, what is due when, and figures
- `pictures`: which pictures there are, who shows them, and which are too large
- `moving`, `from_wordpress`, `from_folders`: articles of another blog
- `checking`, with `sources`, `pages` and `outside`: what would embarrass an author
- `live`: the process that builds while somebody writes
- `running`: the programs that commands start, and end again
- `publishing`, with `targets`: to where readers are, and back; `pushing` tells the comment service
- `progress`: a bar for whoever sits at a terminal

A room raises `Refused` for what its author has to correct; the sentence tells how.
"""


class Refused(Exception):
    """What cannot be done as it was asked for, with the remedy in its sentence."""
