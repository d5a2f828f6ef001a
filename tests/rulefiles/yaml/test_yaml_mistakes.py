"""What is said about a file that is no YAML, or more YAML than a rule file needs."""

from __future__ import annotations

import pytest

from tests.world.rule_files import MistakeCase, check

CASES = (
    MistakeCase(
        "a comparison sign is explained",
        "{company.industry: GOVERNMENT}",
        "{company.numberofemployees: >= 200}",
        """
        routing.yaml:6:39: error: this is not valid YAML: a value starts with '>'
                when: {company.numberofemployees: >= 200}
                                                  ^
            A value cannot start with '>' in YAML. Write '200..' or at_least: 200.
        """,
    ),
    MistakeCase(
        "a comparison sign in block style is explained",
        "    when: {company.industry: GOVERNMENT}",
        "    when:\n      company.numberofemployees: >= 200",
        """
        routing.yaml:7:34: error: this is not valid YAML: a value starts with '>'
                  company.numberofemployees: >= 200
                                             ^
            A value cannot start with '>' in YAML. Write '200..' or at_least: 200.
        """,
    ),
    MistakeCase(
        "a folded text is refused",
        "    when: {company.industry: GOVERNMENT}",
        "    when:\n      company.industry: >\n        GOVERNMENT",
        """
        routing.yaml:7:25: error: a value cannot start with '>'
                  company.industry: >
                                    ^
            Write it on one line; a number of at least 200 is written '200..' or at_least: 200.
        """,
    ),
    MistakeCase(
        "a duplicate key names both lines",
        "    sla: 2h\n",
        "    sla: 2h\n    sla: 3h\n",
        """
        routing.yaml:12:5: error: 'sla' stands here twice, on line 11 and on line 12
                sla: 3h
                ^
            Keep one of the two.
        """,
    ),
    MistakeCase(
        "an anchor is refused",
        "{country: $nordic}",
        "&n {country: $nordic}",
        """
        routing.yaml:9:11: error: '&n' is a YAML anchor, which rule files do not have
                when: &n {country: $nordic}
                      ^
            Repeat values by a list of lists.yaml ($name); a text that begins with '&' goes in quotes.
        """,
    ),
    MistakeCase(
        "an alias is refused",
        "{country: $nordic}",
        "*n",
        """
        routing.yaml:9:11: error: '*n' is a YAML alias, which rule files do not have
                when: *n
                      ^
            Repeat values by a list of lists.yaml ($name); a text that begins with '*' goes in quotes.
        """,
    ),
    MistakeCase(
        "a tag is refused",
        "{country: $nordic}",
        "!!python/object:os.system {}",
        """
        routing.yaml:9:11: error: a word that begins with '!' is a YAML tag, which rule files do not have
                when: !!python/object:os.system {}
                      ^
            Repeat values by a list of lists.yaml ($name); a text that begins with '!' goes in quotes.
        """,
    ),
    MistakeCase(
        "an open bracket is shown where it opens",
        "{grade: [A1, B1]}",
        "{grade: [A1, B1}",
        """
        routing.yaml:2:16: error: this is not valid YAML: did not find expected ',' or ']'
              hot: {grade: [A1, B1}
                           ^
            This '[' is not closed, or a comma is missing behind it.
        """,
    ),
    MistakeCase(
        "an open quote is shown where it opens",
        "name: Nordic",
        "name: 'Nordic",
        """
        routing.yaml:8:11: error: this is not valid YAML: found unexpected end of stream
              - name: 'Nordic
                      ^
            This quote is never closed.
        """,
    ),
    MistakeCase(
        "a second document is refused",
        "sla:\n  default",
        "---\nsla:\n  default",
        """
        routing.yaml:14:1: error: '---' begins a second document
            ---
            ^
            Keep one document per file.
        """,
    ),
    MistakeCase(
        "a tab is refused",
        "    sla: 2h",
        "\tsla: 2h",
        """
        routing.yaml:11:1: error: the line is indented with a tab
             sla: 2h
            ^
            Indent with spaces.
        """,
    ),
    MistakeCase(
        "an invisible character is refused",
        "name: Nordic",
        "name: Nor\x07dic",
        """
        routing.yaml:8:14: error: there is an invisible character here, U+0007
              - name: Nor dic
                         ^
            Delete it.
        """,
    ),
    MistakeCase(
        "a value over two lines is refused",
        "sla:\n  default",
        "sla\n  default",
        """
        routing.yaml:15:10: error: this is not valid YAML: could not find expected ':'
              default: 4h
                     ^
            A key has no ':' behind it, or a quote is not closed.
        """,
    ),
    MistakeCase(
        "a list as a key is refused",
        "{country: $nordic}",
        "{[country]: $nordic}",
        """
        routing.yaml:9:12: error: a key is a list or a map here
                when: {[country]: $nordic}
                       ^
            Write the key as plain text, or quote it.
        """,
    ),
    MistakeCase(
        "a wrong indent is explained",
        "    sla: 2h",
        "   sla: 2h",
        """
        routing.yaml:11:4: error: this is not valid YAML: did not find expected '-' indicator
               sla: 2h
               ^
            The lines above are a list: begin this one with '- ' too, or indent it as its key needs.
        """,
    ),
    MistakeCase(
        "a colon in a text is explained",
        "name: Nordic",
        "name: Nordic: all",
        """
        routing.yaml:8:17: error: this is not valid YAML: mapping values are not allowed in this context
              - name: Nordic: all
                            ^
            A text that contains ': ' goes in quotes; a key begins its own line.
        """,
    ),
    MistakeCase(
        "a value that needs quotes is explained",
        "name: Nordic",
        "name: @Nordic",
        """
        routing.yaml:8:11: error: this is not valid YAML: found character that cannot start any token
              - name: @Nordic
                      ^
            A value that begins with @, `, % or | goes in quotes.
        """,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.behaviour)
def test_a_mistake_is_told_with_its_place_and_its_remedy(case: MistakeCase) -> None:
    check("routing.yaml", case)
