"""What steers a terminal, or hides, is written out; everything that people read stays as it is."""

from __future__ import annotations

import json
import unicodedata

import pytest

from router.security.visible import has_unseen, in_json, one_line, visible

ALL = [chr(number) for number in range(0x110000)]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x07", r"\x1b[2J\x07"),
        ("a\x9b31mb\x7f", r"a\x9b31mb\x7f"),
        ("a\u202eb\u2066c\u200bd\ufeff", r"a\u202eb\u2066c\u200bd\ufeff"),
        ("\ud800", r"\ud800"),
        ("\U000e0041", r"\U000e0041"),
        ("a\rb", r"a\rb"),
    ],
)
def test_what_steers_or_hides_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == one_line(text) == shown


def test_line_ends_and_tabs_are_written_out_in_a_value_only() -> None:
    assert visible("a\n\tb") == "a\n\tb"
    assert one_line("a\n\tb\u2028c") == r"a\n\tb\u2028c"


@pytest.mark.parametrize(
    "text", ["Île-de-France, 東京, Мария, עברית, العربية, ไทย", "✓ → … 👍🏽 ❤️", 'a "b" \\n']
)
def test_what_people_read_stays(text: str) -> None:
    assert visible(text) == one_line(text) == in_json(text) == text
    assert not has_unseen(text)


def test_no_control_surrogate_separator_or_direction_is_left() -> None:
    shown = set(visible("".join(ALL)))

    left = {one for one in shown if unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp")} - {"\n", "\t"}
    turning = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    directions = {one for one in shown if unicodedata.bidirectional(one) in turning}

    assert (left, directions) == (set(), set())
    # Of the formats, those that show themselves: signs before numbers and of scripts.
    assert all(
        unicodedata.name(one).split()[0] in ("ARABIC", "SYRIAC", "KAITHI", "EGYPTIAN")
        for one in shown
        if unicodedata.category(one) == "Cf"
    )


def test_json_means_the_same() -> None:
    text = "a\u202eb\x7f\U000e0041\u2028"
    document = json.dumps({"why": text}, ensure_ascii=False)

    assert visible(in_json(document)) == in_json(document)
    assert json.loads(in_json(document)) == {"why": text}
