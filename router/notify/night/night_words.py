"""The words of a night's report, in French and in English."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, tzinfo
from typing import Final

from router.policy.reports.night_report import Brake, NightReport, Outcome
from router.policy.wording.phrases import moment_in_words

_TEMPLATES: Final[Mapping[str, Mapping[str, str]]] = {
    "title": {"en": "Night of {day}", "fr": "Nuit du {day}"},
    "moved_1": {"en": "1 lead has a new owner", "fr": "1 lead a changé de mains"},
    "moved_n": {"en": "{count} leads have a new owner", "fr": "{count} leads ont changé de mains"},
    "moved_0": {"en": "No lead had to move", "fr": "Aucun lead n'a dû changer de mains"},
    "none_moved": {"en": "No lead has moved", "fr": "Aucun lead n'a changé de mains"},
    "held": {
        "en": "The brake holds: {moves} leads would move, none has",
        "fr": "Le frein tient : {moves} leads devraient changer de mains, aucun ne l'a fait",
    },
    "held_count": {
        "en": "A night may move {limit} leads unasked (max_reassignments_per_night: count).",
        "fr": "Une nuit peut déplacer {limit} leads d'elle-même (max_reassignments_per_night : count).",
    },
    "held_share": {
        "en": "A night may move {limit} of your reps' {open} open leads unasked "
        "(max_reassignments_per_night: share).",
        "fr": "Une nuit peut déplacer d'elle-même {limit} des {open} leads ouverts de vos commerciaux "
        "(max_reassignments_per_night : share).",
    },
    "remedy": {
        "en": "Look whether it is meant. If not, correct the rules: the next night plans anew.",
        "fr": "Vérifiez que c'est voulu. Sinon, corrigez les règles : la nuit prochaine refera le plan.",
    },
    "approve": {
        "en": "To let exactly these leads move: router sweep --approve",
        "fr": "Pour déplacer exactement ces leads : router sweep --approve",
    },
    "approved": {
        "en": "The brake held {moves} leads; {by} approved them {moment}.",
        "fr": "Le frein retenait {moves} leads ; {by} les a approuvés {moment}.",
    },
    "outcome_moved": {"en": "moved", "fr": "déplacés"},
    "outcome_refused": {"en": "left alone", "fr": "laissés"},
    "outcome_parked": {"en": "parked", "fr": "mis de côté"},
    "outcome_pending": {"en": "still on the way", "fr": "encore en route"},
    "outcome_held": {"en": "held by the brake", "fr": "retenus par le frein"},
    "about_moved": {"en": "another rep has them now", "fr": "un autre commercial les a"},
    "about_refused": {"en": "something had changed", "fr": "quelque chose avait changé"},
    "about_parked": {"en": "a person is needed", "fr": "il faut une personne"},
    "about_pending": {"en": "when this was written", "fr": "au moment d'écrire"},
    "about_held": {"en": "wait for approval", "fr": "attendent une approbation"},
    "heading_moved": {"en": "Leads with a new owner", "fr": "Leads qui ont changé de mains"},
    "heading_refused": {"en": "Left alone", "fr": "Laissés tels quels"},
    "heading_parked": {"en": "Parked", "fr": "Mis de côté"},
    "heading_pending": {"en": "Still on the way", "fr": "Encore en route"},
    "heading_held": {"en": "What would move", "fr": "Ce qui changerait de mains"},
    "found": {"en": "found", "fr": "retrouvés"},
    "about_found": {"en": "that no webhook announced", "fr": "qu'aucun webhook n'a annoncés"},
    "repaired": {"en": "repaired", "fr": "réparés"},
    "about_repaired": {
        "en": "HubSpot did not show what was decided",
        "fr": "HubSpot ne montrait pas ce qui était décidé",
    },
    "looked_at": {"en": "looked at", "fr": "examinés"},
    "about_looked_at": {"en": "leads that might have to move", "fr": "leads qui auraient pu bouger"},
    "why_gone": {"en": "of a deactivated owner", "fr": "d'un propriétaire désactivé"},
    "why_away": {"en": "of somebody away for long", "fr": "de quelqu'un d'absent longtemps"},
    "why_overdue": {"en": "that nobody began in time", "fr": "que personne n'a commencés à temps"},
    "why_queued": {"en": "that nobody claimed", "fr": "que personne n'a pris"},
    "short_gone": {"en": "of deactivated owners", "fr": "de propriétaires désactivés"},
    "short_away": {"en": "of people away for long", "fr": "d'absents de longue durée"},
    "short_overdue": {"en": "overdue", "fr": "en retard"},
    "short_queued": {"en": "out of queues", "fr": "de files d'attente"},
    "of_gone": {"en": "deactivated", "fr": "désactivé"},
    "of_away": {"en": "away", "fr": "absent"},
    "of_away_until": {"en": "away, back {moment}", "fr": "absent, de retour {moment}"},
    "of_overdue": {"en": "due {moment}", "fr": "à traiter avant {moment}"},
    "of_queued": {"en": "in the queue since {moment}", "fr": "en file depuis {moment}"},
    "note_person": {
        "en": "a person chose the owner meanwhile",
        "fr": "une personne a choisi le propriétaire entre-temps",
    },
    "note_deleted": {"en": "HubSpot has it no more", "fr": "HubSpot ne l'a plus"},
    "note_begun": {
        "en": "somebody has begun to work on it meanwhile",
        "fr": "quelqu'un a commencé à le travailler entre-temps",
    },
    "note_over": {"en": "the reason was over", "fr": "la raison n'existait plus"},
    "note_changed": {"en": "it moved on by itself meanwhile", "fr": "il a avancé de lui-même entre-temps"},
    "note_unknown": {
        "en": "it is not remembered any more",
        "fr": "il n'est plus en mémoire",
    },
    "stayed": {"en": "Had a reason to move, and stay", "fr": "Avaient une raison de bouger, et restent"},
    "stay_begun": {
        "en": "somebody has begun to work on them",
        "fr": "quelqu'un a commencé à les travailler",
    },
    "stay_nobody": {"en": "nobody else is eligible", "fr": "personne d'autre n'est disponible"},
    "stay_unknown": {
        "en": "Lead Router never routed them",
        "fr": "Lead Router ne les a jamais attribués",
    },
    "stay_busy": {"en": "another step is at work on them", "fr": "une autre étape s'en occupe"},
    "stay_no_rule": {
        "en": "the rules give them to nobody any more",
        "fr": "les règles ne les donnent plus à personne",
    },
    "drift": {"en": "The portal has changed", "fr": "Le portail a changé"},
    "quiet": {"en": "Nothing else was found.", "fr": "Rien d'autre à signaler."},
    "more": {
        "en": "… and {count} more: router night --date {day} --json",
        "fr": "… et {count} de plus : router night --date {day} --json",
    },
    "queue": {"en": "queue", "fr": "file"},
    "contact": {"en": "contact", "fr": "contact"},
    "from": {"en": "from", "fr": "de"},
    "to": {"en": "to", "fr": "à"},
    "why": {"en": "why", "fr": "pourquoi"},
    "rule": {"en": "rule", "fr": "règle"},
    "note": {"en": "what happened", "fr": "ce qui s'est passé"},
    "whole": {
        "en": "The whole report: router night --date {day}",
        "fr": "Le rapport : router night --date {day}",
    },
    "written": {
        "en": "Lead Router, portal {portal}; began {began}, ended {ended}",
        "fr": "Lead Router, portail {portal} ; commencée {began}, terminée {ended}",
    },
}
_MONTHS: Final[Mapping[str, tuple[str, ...]]] = {
    "en": (
        *("January", "February", "March", "April", "May", "June", "July", "August"),
        *("September", "October", "November", "December"),
    ),
    "fr": (
        *("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août"),
        *("septembre", "octobre", "novembre", "décembre"),
    ),
}


def word(language: str, name: str, **words: object) -> str:
    """The phrase in `fr` or `en` with its placeholders filled in."""
    return _TEMPLATES[name][language].format(**words)


def title(report: NightReport, language: str) -> str:
    """Title such as `Nuit du 22 novembre 2026`."""
    day = date.fromisoformat(report.day)
    return word(language, "title", day=f"{day.day} {_MONTHS[language][day.month - 1]} {day.year}")


def headline(report: NightReport, language: str) -> str:
    """The result of the night in one sentence, for readers who read no further."""
    if report.brake is not None and report.brake.holds:
        return word(language, "held", moves=number(report.brake.moves, language))
    moved = report.count("moved")
    if not moved:
        return word(language, "none_moved" if report.planned else "moved_0")
    return word(language, "moved_1" if moved == 1 else "moved_n", count=number(moved, language))


def brake_lines(brake: Brake, language: str, *, zone: tzinfo) -> tuple[str, ...]:
    """Why the brake held, and what to do about it or who approved the moves."""
    if not brake.holds:
        moment = moment_words(brake.approved_at, language, zone=zone)
        moves = number(brake.moves, language)
        return (word(language, "approved", moves=moves, by=brake.approved_by, moment=moment),)
    limit, leads = number(brake.limit, language), number(brake.open_leads, language)
    return (
        word(language, f"held_{brake.by}", limit=limit, open=leads),
        word(language, "remedy"),
        word(language, "approve"),
    )


def why_words(reason: str, moment: str, language: str, *, zone: tzinfo) -> str:
    """Reason such as `absent, de retour lun. 7 déc. 09:00`; the moment is ISO, or ""."""
    if reason == "gone" or not moment:
        return word(language, f"of_{reason}")
    in_words = moment_words(moment, language, zone=zone)
    return word(language, "of_away_until" if reason == "away" else f"of_{reason}", moment=in_words)


def moment_words(moment: str, language: str, *, zone: tzinfo) -> str:
    """An ISO moment in words, in that zone."""
    return moment_in_words(datetime.fromisoformat(moment).astimezone(zone), language)


def number(count: int, language: str) -> str:
    """Number such as `1,200`, in French `1 200` with a space that does not break."""
    return f"{count:,}".replace(",", "\u202f") if language == "fr" else f"{count:,}"


def figures(report: NightReport, language: str) -> Iterator[tuple[str, int, str]]:
    """The counts of a night: name, number, and a remark; zeros that say nothing are left out."""
    outcomes: tuple[Outcome, ...] = ("moved", "held", "refused", "parked", "pending")
    for outcome in outcomes:
        count = report.count(outcome)
        if count or (outcome == "moved" and not report.count("held")):
            yield word(language, f"outcome_{outcome}"), count, word(language, f"about_{outcome}")
    yield word(language, "found"), report.found, word(language, "about_found")
    if report.repaired:
        yield word(language, "repaired"), report.repaired, word(language, "about_repaired")
    if report.looked_at:
        yield word(language, "looked_at"), report.looked_at, word(language, "about_looked_at")


def lines(report: NightReport, language: str, *, zone: tzinfo) -> Iterator[str]:
    """The lines below the headline of a chat message or a mail."""
    if report.brake is not None:
        yield from brake_lines(report.brake, language, zone=zone)
    for reason, count in sorted((report.reasons or {}).items(), key=lambda pair: -pair[1]):
        yield f"{number(count, language)} {word(language, f'why_{reason}')}"
    for name, count, about in figures(report, language):
        if count and name not in (word(language, "outcome_moved"), word(language, "looked_at")):
            yield f"{number(count, language)} {name} ({about})"
    for sentence in report.drifted:
        yield (
            f"{word(language, 'drift')} : {sentence}"
            if language == "fr"
            else f"{word(language, 'drift')}: {sentence}"
        )
    yield word(language, "whole", day=report.day)
