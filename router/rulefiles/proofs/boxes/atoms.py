"""Atoms: groups of a fact's values that no rule can tell apart, and the atoms that satisfy each test.

Values that satisfy the same tests are one atom: 96 départements that rules only name by four lists are five
atoms. A set of atoms is a whole number with a bit for each. Tests are asked of real values by the code that
routes leads, so that proofs cannot disagree with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from msgspec import Struct

from router.policy.leads.catalog import FactType
from router.policy.leads.lead import Value
from router.policy.rules.conditions import Contains, Matcher, OneOf, answering
from router.rulefiles.proofs.boxes.bounds import samples_of
from router.rulefiles.proofs.boxes.domains import LISTED, Kinds, unlisted
from router.rulefiles.proofs.boxes.tokens import Build, choices_of, options_in, text_of, unions, words_in
from router.rulefiles.words.vocabulary import Fact

Choice: TypeAlias = tuple[tuple[int, int], ...]
"""Pairs (dimension, its atoms): a test is true where any one of these is."""


class Dimension(Struct, frozen=True):
    """One fact's atoms, each with its values (None: missing); those that satisfy the fewest tests come first.

    With a `token` it is one word or option of a fact that has too many to combine, and its two atoms are
    absent and present.
    """

    fact: str
    atoms: tuple[tuple[Value | None, ...], ...]
    wild: int = 0
    """The atoms that also stand for values that are not listed."""
    token: str = ""

    @property
    def everything(self) -> int:
        """All atoms."""
        return (1 << len(self.atoms)) - 1


class Atoms(Struct, frozen=True):
    """One fact's dimensions, its own first and then its tokens, and where its tests are true."""

    dimensions: tuple[Dimension, ...]
    where: Mapping[Matcher, Choice]
    """By test; dimensions are counted from this fact's first one."""


def atoms_of(name: str, matchers: Sequence[Matcher], *, kinds: Kinds, now: datetime) -> Atoms:
    """The atoms of a fact, given the tests that rules ask of it. `now` is an aware UTC datetime."""
    fact = kinds.fact(name)
    missing = [None] if kinds.can_be_missing(fact) else []
    if fact.type is FactType.BOOL:
        return _exact(name, [*missing, True, False], matchers, now=now)
    if fact.type not in LISTED:
        return _exact(name, [*missing, *_ordered(fact, matchers, kinds, now)], matchers, now=now)
    asked = options_in(matchers)
    other = unlisted((*fact.options, *asked), matchers) if kinds.is_open(fact) else None
    if fact.type is FactType.CHOICES:
        spare = next((option for option in fact.options if option not in asked), other)
        alone = spare or next(iter(asked), None)
        some: list[Value | None] = [None, frozenset((alone,))] if alone else [None]
        return _combined(name, some, matchers, tokens=asked, build=choices_of, other=None, now=now)
    listed = dict.fromkeys((*fact.options, *asked))
    base = [*missing, *([other] if other else []), *listed]
    tokens = words_in(matchers, now=now)
    return _combined(name, base, matchers, tokens=tokens, build=text_of, other=other, now=now)


def _ordered(fact: Fact, matchers: Sequence[Matcher], kinds: Kinds, now: datetime) -> list[Value]:
    values = samples_of(fact.type, matchers, integer=fact.integer, now=now)
    most = kinds.most.get(fact.name)
    if most is None:
        return values
    ends = (Decimal(0), Decimal(most))
    inside = [value for value in values if isinstance(value, Decimal) and ends[0] <= value <= ends[1]]
    return list(dict.fromkeys([*inside, *ends]))


def _combined(
    name: str,
    base: Sequence[Value | None],
    matchers: Sequence[Matcher],
    *,
    tokens: Sequence[str],
    build: Build,
    other: str | None,
    now: datetime,
) -> Atoms:
    """The atoms of single values and of all combinations of tokens; tokens alone if there are too many."""
    alone = [build((token,)) for token in tokens]
    satisfied = dict(zip(_signatures(alone, matchers, now), tokens, strict=True))
    together = unions(satisfied)
    if together is not None:
        made = (build(some) for some in together)
        values = [*base, *(value for value in made if value is not None)]
        return _exact(name, values, matchers, other=other, now=now)
    by_token = Contains if build is text_of else OneOf
    first = _exact(
        name, base, [asked for asked in matchers if not isinstance(asked, by_token)], other=other, now=now
    )
    dimensions = [*first.dimensions]
    where = dict(first.where)
    for signature, token in satisfied.items():
        for place in bits(signature):
            if isinstance(matchers[place], by_token):
                where[matchers[place]] = (*where.get(matchers[place], ()), (len(dimensions), 0b10))
        dimensions.append(Dimension(name, ((None,), (build((token,)),)), token=token))
    return Atoms(tuple(dimensions), where)


def _exact(
    name: str,
    values: Sequence[Value | None],
    matchers: Sequence[Matcher],
    *,
    other: str | None = None,
    now: datetime,
) -> Atoms:
    by_signature: dict[int, list[Value | None]] = {}
    for value, signature in zip(values, _signatures(values, matchers, now), strict=True):
        by_signature.setdefault(signature, []).append(value)
    atoms = sorted(by_signature.items(), key=lambda atom: atom[0].bit_count())
    masks = [0] * len(matchers)
    for place, (signature, _) in enumerate(atoms):
        for matcher in bits(signature):
            masks[matcher] |= 1 << place
    wild = sum(1 << place for place, (_, alike) in enumerate(atoms) if other is not None and other in alike)
    dimension = Dimension(name, tuple(tuple(alike) for _, alike in atoms), wild=wild)
    return Atoms((dimension,), {matcher: ((0, mask),) for matcher, mask in zip(matchers, masks, strict=True)})


def _signatures(values: Sequence[Value | None], matchers: Sequence[Matcher], now: datetime) -> list[int]:
    """For each value the matchers it satisfies, as bits."""
    of_value: dict[Value, int] = {}
    asked = []
    for place, matcher in enumerate(matchers):
        if isinstance(matcher, OneOf):
            for equal in matcher.values:
                of_value[equal] = of_value.get(equal, 0) | 1 << place
        else:
            asked.append((1 << place, answering(matcher)))
    every = [(1 << place, answering(matcher)) for place, matcher in enumerate(matchers)]
    found = []
    for value in values:
        # Looking up is faster than asking; a multiple choice and a moment are compared in parts.
        looked_up = not isinstance(value, frozenset | datetime)
        signature = of_value.get(value, 0) if looked_up and value is not None else 0
        for bit, answer in asked if looked_up else every:
            if answer(value, now):
                signature |= bit
        found.append(signature)
    return found


def bits(number: int) -> Iterator[int]:
    """The places of the bits that are set, lowest first."""
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest
