"""Where the Lua scripts are found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import redis


def script(client: redis.Redis, name: str) -> Any:
    """The script of the file `<name>.lua` beside this one, ready to be called on `client`."""
    return client.register_script((Path(__file__).parent / f"{name}.lua").read_text())
