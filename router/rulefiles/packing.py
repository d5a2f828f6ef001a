"""Rule files as one text, which the store and the ledger keep."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import orjson


def packed(files: Mapping[str, bytes]) -> str:
    """Rule files as one text; `unpacked` gives them back."""
    texts = {name: base64.b64encode(content).decode() for name, content in files.items()}
    return orjson.dumps(texts).decode()


def unpacked(text: str) -> dict[str, bytes]:
    """The rule files that `packed` wrote."""
    return {name: base64.b64decode(content) for name, content in orjson.loads(text).items()}
