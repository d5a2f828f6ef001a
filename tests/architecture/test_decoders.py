"""What msgspec knows of a type is made when a module is imported, not by the first of several threads.

While it is made other threads can run, and one that decodes the type meanwhile ends the process.
"""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]


def decoded_by_type(source: str) -> list[int]:
    """Lines of calls such as `json.decode(text, type=X)` and `msgspec.convert(value, X)`."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [
        call.lineno
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and (
            (call.func.attr == "decode" and any(word.arg == "type" for word in call.keywords))
            or (call.func.attr == "convert" and ast.unparse(call.func.value) == "msgspec")
        )
    ]


def test_no_type_is_made_known_while_threads_run() -> None:
    found = {
        str(path.relative_to(ROOT)): lines
        for folder in ("router", "workers")
        for path in (ROOT / folder).rglob("*.py")
        if (lines := decoded_by_type(path.read_text("utf-8")))
    }

    assert found == {}


def test_such_a_call_is_found() -> None:
    assert decoded_by_type("import msgspec\nmsgspec.json.decode('1', type=int)\n") == [2]
    assert decoded_by_type("READER.decode('1')\ntext.encode().decode('utf-8')\n") == []
