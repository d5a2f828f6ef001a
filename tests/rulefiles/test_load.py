"""When there is a policy, when there is none, and what is said of several mistakes."""

from __future__ import annotations

from router.rulefiles.load import load_files, revision
from router.rulefiles.words.catalog_file import CATALOG_FILE, dump_catalog
from tests.world.rule_files import FILES, LISTS, ROUTING, TEAM, a_catalog, loaded, policy_of, said_of


def test_all_mistakes_of_all_files_are_told_at_once_and_in_order() -> None:
    answer = loaded(
        {
            "team.yaml": TEAM.replace("south: [ben]", "south: [bob]").replace("weight: 2", "weight: 0"),
            "routing.yaml": ROUTING.replace("rep: anna", "rep: ana"),
            "lists.yaml": LISTS.replace("[$nordic, FR]", "[$none, FR]"),
        }
    )

    places = [(mistake.file, mistake.line) for mistake in answer.mistakes]
    assert places == [("lists.yaml", 3), ("routing.yaml", 7), ("team.yaml", 5), ("team.yaml", 11)]


def test_one_bad_rule_refuses_the_policy() -> None:
    answer = loaded({"routing.yaml": ROUTING.replace("GOVERNMENT", "GOVERMENT")})

    assert answer.policy is None


def test_a_broken_file_does_not_accuse_the_others() -> None:
    answer = loaded({"team.yaml": "reps: [", "lists.yaml": "lists: {", "scoring.yaml": "fit: ["})

    assert {mistake.file for mistake in answer.mistakes} == {"team.yaml", "lists.yaml", "scoring.yaml"}


def test_a_missing_file_is_a_mistake() -> None:
    answer = loaded({"lists.yaml": None})

    assert said_of(answer) == (
        "lists.yaml:1:1: error: the file is missing\n    Copy lists.yaml from the example in config/."
    )


def test_an_empty_file_is_a_mistake() -> None:
    answer = loaded({"lists.yaml": "# nothing but a comment\n"})

    assert said_of(answer) == (
        "lists.yaml:1:1: error: the file is empty\n"
        "    # nothing but a comment\n"
        "    ^\n"
        "    Start from the example in config/."
    )


def test_a_byte_order_mark_and_windows_line_ends_change_nothing() -> None:
    windows = b"\xef\xbb\xbf" + ROUTING.replace("\n", "\r\n").encode()

    assert policy_of({"routing.yaml": windows}).rules == policy_of().rules


def test_bytes_that_are_no_utf_8_are_told_with_their_line() -> None:
    answer = loaded({"routing.yaml": ROUTING.encode().replace(b"Nordic", b"Nordi\xe9")})

    assert said_of(answer) == (
        "routing.yaml:8:1: error: the file is not UTF-8 text: byte 165 fits no character\n"
        "    Save it again with the encoding UTF-8."
    )


def test_the_status_that_new_leads_get_must_be_an_option() -> None:
    catalog = a_catalog()
    renamed = dump_catalog(catalog).replace(b'"NEW"', b'"NOUVEAU"')
    files = {name: text.encode() for name, text in FILES.items()}

    answer = load_files({**files, CATALOG_FILE: renamed})

    assert [mistake.message for mistake in answer.mistakes] == [
        "'NEW' is not an option of hs_lead_status (Status)"
    ]


def test_a_broken_catalog_is_a_mistake_like_others() -> None:
    files = {name: text.encode() for name, text in FILES.items()}

    answer = load_files({**files, CATALOG_FILE: b'{"contact": []}'})

    assert said_of(answer) == (
        "hubspot.catalog.json:1:1: error: hubspot.catalog.json is no catalog ('company' is missing). "
        "Run 'router pull' to write it again."
    )


def test_the_revision_changes_with_any_byte_and_any_name() -> None:
    first = revision({"a": b"bc", "d": b""})

    assert len(first) == 12
    assert first == revision({"d": b"", "a": b"bc"})
    assert len({first, revision({"a": b"bd", "d": b""}), revision({"ab": b"c", "d": b""})}) == 3


def test_the_policy_carries_the_revision_of_its_files() -> None:
    files = {name: text.encode() for name, text in FILES.items()}

    assert policy_of().revision == revision(files)
