"""Upgrade: another release takes the place of this one; what is the author's stays as it is.

- `releases`: where a release comes from, and what it is known to have shipped
- `replace`: which files are whose, and their exchange, which goes on where it was stopped
- `database`: a copy of the comments before, and the way back
- `history`: how a clone remembers it, and what the changelog says to somebody who upgrades
- `steps`: all of it in its order

Everything is kept in `var/upgrade/`: the plan, the files from before, and those of ours that the author
had changed.
"""
