"""How many connections fit into the files that a process may open."""

from __future__ import annotations

import resource
from typing import Final

from msgspec.structs import replace

from router.web.http.connections import Limits

OTHER_FILES: Final = 100
"""Redis, the ledger, the log, libraries that are loaded."""
FILES_OF_CONNECTION: Final = 2
"""Its socket, and the temporary file of a large body."""


def within_files(limits: Limits) -> Limits:
    """The limits, with no more connections than files allow; the process may open more where it can."""
    wanted = limits.connections * FILES_OF_CONNECTION + OTHER_FILES
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    if now != resource.RLIM_INFINITY and now < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))
    fit = max(1, (allowed - OTHER_FILES) // FILES_OF_CONNECTION)
    return replace(limits, connections=min(limits.connections, fit))
