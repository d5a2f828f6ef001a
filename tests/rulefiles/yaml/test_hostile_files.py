"""No file, however made, does anything but give mistakes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.world.rule_files import FILES, loaded, said_of

BOMBS = {
    "50,000 brackets": b"[" * 50_000,
    "50,000 braces": b"{a: " * 50_000,
    "50,000 dashes": b"- " * 50_000,
    "a chain of lists": b"lists:\n"
    + b"".join(b"  l%d: [$l%d]\n" % (number, number + 1) for number in range(8_000)),
    "a ladder of lists": b"lists:\n"
    + b"".join(b"  l%d: [$l%d, $l%d, a%d]\n" % (n, n - 1, n - 1, n) for n in range(2_000)),
    "an alias bomb": b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
    "a long word": b"lists: {" + b"x" * 200_000 + b": 1}",
    "many unknown keys": b"".join(b"key%d: 1\n" % number for number in range(20_000)),
    "many digits": b"fit: {max: " + b"9" * 100_000 + b"}",
    "too large": b"#" * 300_000,
    "a null byte": b"a: \x00",
    "a lone surrogate": b"a: \xed\xa0\x80",
    "an escaped terminal code": b'a: "\\e[2J"',
    "UTF-16": "a: b".encode("utf-16"),
    "nothing": b"",
}


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
@pytest.mark.timeout(10)
def test_a_bomb_is_refused_quickly(file: str, bomb: bytes) -> None:
    answer = loaded({file: bomb})

    assert answer.policy is None
    assert len(answer.mistakes) <= 800
    assert all(char.isprintable() or char == "\n" for char in said_of(answer))


SAID = {
    "50,000 brackets": """\
routing.yaml:1:21: error: lists and maps are nested more than 20 deep
    [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[
                        ^
    Check the brackets.""",
    "an alias bomb": """\
routing.yaml:1:4: error: '&a' is a YAML anchor, which rule files do not have
    a: &a [x, x]
       ^
    Repeat values by a list of lists.yaml ($name); a text that begins with '&' goes in quotes.""",
    "too large": """\
routing.yaml:1:1: error: the file is larger than 256 KiB
    Split it, or shorten its lists.""",
    "an escaped terminal code": """\
routing.yaml:1:4: error: this text has an invisible character, U+001B
    a: "\\e[2J"
       ^
    Remove the sequence behind the '\\' in the quotes.""",
}


@pytest.mark.parametrize("bomb", SAID)
def test_a_bomb_is_told_in_plain_words(bomb: str) -> None:
    answer = loaded({"routing.yaml": BOMBS[bomb]})

    assert said_of(answer) == SAID[bomb]


def test_two_megabytes_are_refused_as_any_other_large_file() -> None:
    answer = loaded({"routing.yaml": b"# a comment\n" * 170_000})

    assert said_of(answer) == SAID["too large"]


@settings(max_examples=300, deadline=None)
@given(file=st.sampled_from(sorted(FILES)), content=st.binary(max_size=300))
def test_any_bytes_give_mistakes_and_nothing_else(file: str, content: bytes) -> None:
    answer = loaded({file: content})

    assert answer.policy is None
    assert answer.mistakes


SPARKS = (
    "when any all none not known unknown name group table rows rules otherwise assign team rep to do "
    "nurture set sla status 200.. ..49 .. >= < $nordic $ contains within 7d FR NO hot grade country "
    "company.numberofemployees company. 0 -1 1.5 -> ' \" [ ] { } : , - & * ! | > % @ ` # ? \n \t é 01"
)
WORDS = st.sampled_from(SPARKS.split(" "))


@settings(max_examples=400, deadline=None)
@given(
    file=st.sampled_from(sorted(FILES)),
    place=st.floats(0, 1),
    words=st.lists(WORDS, max_size=6),
    cut=st.integers(0, 40),
)
def test_a_file_with_any_words_in_it_never_raises(
    file: str, place: float, words: list[str], cut: int
) -> None:
    text = FILES[file]
    start = int(place * len(text))

    answer = loaded({file: text[:start] + " ".join(words) + text[start + cut :]})

    assert answer.policy is not None or answer.mistakes
    assert answer.policy is None or all(mistake.severity == "warning" for mistake in answer.mistakes)
