"""Importers: comments of other systems become comments of this blog.

`systems` knows a file by what it holds and has it read into `records`; `spool` puts these in order, `matching`
finds their threads, `storing` takes them over. `jobs` does so behind the dashboard's requests.
"""

from comments_service.importers.importing import Wishes, run
from comments_service.importers.matching import Rules
from comments_service.importers.records import Damaged
from comments_service.importers.report import Report
from comments_service.importers.systems import ALL

__all__ = ["ALL", "Damaged", "Report", "Rules", "Wishes", "run"]
