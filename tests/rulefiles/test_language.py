"""The example that fixes the rule language is read as it stands, except where later work is announced."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from router.policy.rules.policy import Assign, DoNothing, Method, Need, Nurture, ToAccountOwner, ToTeam
from router.rulefiles.load import RULE_FILES, Loaded, load_policy
from router.rulefiles.words.catalog_file import parse_catalog
from tests.world.rule_folders import CATALOG

EXAMPLE = Path(__file__).parent / "language"
REFUSED = (
    ("routing.yaml", 32, "HubSpot refuses to move lifecyclestage backwards"),
    ("routing.yaml", 57, "'prefer' has no effect on a queue, which takes every lead"),
    ("routing.yaml", 67, "team.yaml names no managers, so none is told"),
)
"""What is refused on purpose (the first and the last are warnings): nothing is ever read and then ignored."""


def loaded(*, changed: dict[str, str] | None = None) -> Loaded:
    """The example; each text of `changed` is replaced by its other."""
    files = {}
    for name in RULE_FILES:
        text = (EXAMPLE / name).read_text("utf-8")
        for old, new in (changed or {}).items():
            text = text.replace(old, new)
        files[name] = text.encode()
    return load_policy(files, catalog=parse_catalog(CATALOG.read_bytes()))


def test_exactly_the_announced_parts_are_refused() -> None:
    reported = [(mistake.file, mistake.line, mistake.message) for mistake in loaded().mistakes]

    assert tuple(reported) == REFUSED


def test_the_rest_of_the_example_means_what_it_says() -> None:
    answer = loaded(changed={"queue, prefer:": "fair_share, prefer:"})

    assert answer.policy is not None, "\n".join(map(str, answer.mistakes))
    reps = answer.policy.roster.reps
    assert (reps["sophie"].public_holidays, reps["hugo"].public_holidays) == ("FR-67", "FR")
    rules = {rule.name: rule for rule in answer.policy.rules}
    assert rules["Candidatures et support ne vont pas aux commerciaux"].action == DoNothing()
    assert rules["Client ou compte déjà suivi → son commercial"].action == Assign(
        ToAccountOwner(), if_unavailable=Assign(ToTeam("grands_comptes"))
    )
    assert rules["Grands comptes"].sla == timedelta(hours=1)
    assert rules["Grands comptes"].action == Assign(
        ToTeam("grands_comptes"),
        needs=(Need("level", "senior"),),
        prefer=(Need("skill", from_fact="produit_interesse"),),
    )
    assert rules["Leads froids → nurture"].action == Nurture("Nurture PME 2026", {"lifecyclestage": "lead"})
    assert rules["France / dep_sud"].action == Assign(ToTeam("sud"), Method.LEAST_LOADED)
    assert rules["France / dep_idf · chaud"].sla == timedelta(minutes=15)
    assert list(rules)[-1] == "otherwise"
