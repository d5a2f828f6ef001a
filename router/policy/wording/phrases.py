"""The phrases for decisions, in French and in English."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

PHRASES: Final[Mapping[str, Mapping[str, str]]] = {
    "previous_owner": {"en": "previous owner", "fr": "propriétaire précédent"},
    "no_owner": {"en": "no active HubSpot owner", "fr": "pas de propriétaire HubSpot actif"},
    "no_account_owner": {"en": "the company has no owner", "fr": "l'entreprise n'a pas de propriétaire"},
    "no_previous_owner": {
        "en": "nobody had this contact before",
        "fr": "personne n'avait ce contact avant",
    },
    "on_leave": {"en": "on leave until {day}", "fr": "en congé jusqu'au {day}"},
    "away": {"en": "away until {end}", "fr": "absent jusqu'au {end}"},
    "out_of_office": {"en": "out of office until {end} (HubSpot)", "fr": "absent jusqu'au {end} (HubSpot)"},
    "away_for_years": {"en": "away for more than two years", "fr": "absent pour plus de deux ans"},
    "out_of_office_for_years": {
        "en": "out of office for more than two years (HubSpot)",
        "fr": "absent pour plus de deux ans (HubSpot)",
    },
    "unreadable": {
        "en": "counts as away: {what} cannot be read",
        "fr": "compté comme absent : {what} est illisible",
    },
    "away_in_hubspot": {"en": "away in HubSpot", "fr": "absent dans HubSpot"},
    "public_holiday": {"en": "public holiday: {name}", "fr": "jour férié : {name}"},
    "lacks_skill": {"en": "lacks the skill {wanted}", "fr": "n'a pas la compétence {wanted}"},
    "lacks_level": {"en": "is not of level {wanted}", "fr": "n'est pas de niveau {wanted}"},
    "lacks_language": {"en": "does not speak {wanted}", "fr": "ne parle pas {wanted}"},
    "prefers_skill": {"en": "others have the skill {wanted}", "fr": "d'autres ont la compétence {wanted}"},
    "prefers_level": {"en": "others are of level {wanted}", "fr": "d'autres sont de niveau {wanted}"},
    "prefers_language": {"en": "others speak {wanted}", "fr": "d'autres parlent {wanted}"},
    "at_capacity": {"en": "at capacity {count}/{most}", "fr": "au complet {count}/{most}"},
    "day_full": {"en": "{count} of {most} today", "fr": "{count} sur {most} aujourd'hui"},
    "no_weight": {"en": "weight 0", "fr": "poids 0"},
    "not_before": {"en": "not at work before {moment}", "fr": "ne travaille pas avant {moment}"},
    "out_of_hours": {"en": "outside of working hours", "fr": "hors des heures de travail"},
    "at_max_open_leads": {"en": "at capacity (max_open_leads)", "fr": "au complet (max_open_leads)"},
    "at_max_per_day": {"en": "full for the day (max_per_day)", "fr": "au complet pour le jour (max_per_day)"},
    "never_works": {"en": "has no working hours", "fr": "n'a pas d'heures de travail"},
    "nobody_in": {"en": "nobody in {team} is eligible", "fr": "personne n'est disponible dans {team}"},
    "account_owner": {"en": "account owner", "fr": "propriétaire du compte"},
    "turn": {
        "en": "{rep}, whose turn it is in {team} (credit {credit})",
        "fr": "{rep}, dont c'est le tour dans {team} (crédit {credit})",
    },
    "load": {
        "en": "{rep}, who has the fewest open leads for their weight in {team}",
        "fr": "{rep}, qui a le moins de leads ouverts pour son poids dans {team}",
    },
    "contact": {
        "en": "{rep}, who had this contact before",
        "fr": "{rep}, qui suivait déjà ce contact",
    },
    "company": {
        "en": "{rep}, who has this company's last lead",
        "fr": "{rep}, qui a le dernier lead de cette entreprise",
    },
    "domain": {
        "en": "{rep}, who has the last lead of this mail domain",
        "fr": "{rep}, qui a le dernier lead de ce domaine",
    },
    "named": {"en": "{rep}, named by the rule", "fr": "{rep}, que la règle désigne"},
    "account": {"en": "{rep}, who owns the account", "fr": "{rep}, qui suit déjà le compte"},
    "claimed": {
        "en": "{rep}, who claimed it from the queue of {team}",
        "fr": "{rep}, qui l'a pris dans la file de {team}",
    },
    "nobody_acted": {"en": "nobody acted within {span}", "fr": "personne n'a agi en {span}"},
    "not_worked_on": {
        "en": "Nobody has worked on it yet; it is due {moment}.",
        "fr": "Personne ne s'en est encore occupé ; il est à traiter avant {moment}.",
    },
    "was_due": {
        "en": "Nobody has worked on it; it was due {moment}.",
        "fr": "Personne ne s'en est occupé ; il était à traiter avant {moment}.",
    },
    "then_reassigned": {
        "en": "{moment} it goes to somebody else.",
        "fr": "{moment}, il passera à quelqu'un d'autre.",
    },
    "then_queued": {
        "en": "{moment} it goes to the queue of {team}.",
        "fr": "{moment}, il ira dans la file de {team}.",
    },
    "taken_often": {
        "en": "It was reassigned already ({count}×) and is not reassigned again.",
        "fr": "Il a déjà été réattribué ({count} fois) et ne l'est plus.",
    },
    "taken_away": {
        "en": "It was taken from {rep} because {why}.",
        "fr": "Il a été repris à {rep} car {why}.",
    },
    "chosen": {"en": "{rep}, as asked", "fr": "{rep}, comme demandé"},
    "owner_of_id": {"en": "owner {owner_id}", "fr": "le propriétaire {owner_id}"},
    "reassigned": {
        "en": "reassigned from {rep} because {why}",
        "fr": "repris à {rep} car {why}",
    },
    "owner_cleared": {
        "en": "its owner was cleared by a person",
        "fr": "une personne a retiré son propriétaire",
    },
    "kept": {"en": "{rep} keeps the lead", "fr": "{rep} garde le lead"},
    "now_known": {"en": "now known: {facts}", "fr": "désormais connu : {facts}"},
    "facts_changed": {"en": "its facts have changed", "fr": "ses informations ont changé"},
    "has_it_now": {"en": "{rep} has the lead now", "fr": "{rep} a ce lead à présent"},
    "queued_now": {
        "en": "the lead waits in the queue of {team}",
        "fr": "ce lead attend dans la file de {team}",
    },
    "nobodys_now": {"en": "no rep gets the lead", "fr": "ce lead ne va à aucun commercial"},
    "task_is_void": {"en": "Its first task can be closed.", "fr": "Sa première tâche peut être fermée."},
    "moved_from": {"en": "no longer {rep}'s, {why}", "fr": "repris à {rep}, {why}"},
    "night_gone": {"en": "{rep} was deactivated in HubSpot", "fr": "{rep} a été désactivé dans HubSpot"},
    "night_away": {"en": "{rep} is away until {moment}", "fr": "{rep} est absent jusqu'au {moment}"},
    "night_away_long": {"en": "{rep} is away for long", "fr": "{rep} est absent longtemps"},
    "night_overdue": {
        "en": "nobody had begun by {moment}",
        "fr": "personne n'avait commencé au {moment}",
    },
    "night_queued": {
        "en": "nobody has claimed it since {moment}",
        "fr": "personne ne l'a pris depuis {moment}",
    },
    "unclaimed": {"en": "nobody claimed it in time", "fr": "personne ne l'a pris à temps"},
    "released": {"en": "given back by {rep}: {why}", "fr": "rendu par {rep} : {why}"},
    "stand_in": {"en": "{rep}, standing in", "fr": "{rep}, en remplacement"},
    "queued": {"en": "the queue of {team}", "fr": "la file de {team}"},
    "nurtured": {"en": "nurture", "fr": "nurture"},
    "nurtured_in": {"en": "nurture ({workflow})", "fr": "nurture ({workflow})"},
    "left_alone": {"en": "left alone", "fr": "laissé tel quel"},
    "points": {"en": "{score} points", "fr": "{score} points"},
    "sentence": {"en": "{rule}: {standing} → {outcome}", "fr": "{rule} : {standing} → {outcome}"},
    "because": {"en": "{outcome}; {why}", "fr": "{outcome} ; {why}"},
    "of_whom": {"en": "{rep}: {reason}", "fr": "{rep} : {reason}"},
    # Titles and lines of the explanation.
    "title_waited": {"en": "Waited {span} s for {facts}", "fr": "A attendu {facts} pendant {span} s"},
    "title_not_waited": {"en": "Decided without a wait", "fr": "Décidé sans attendre"},
    "line_came": {"en": "came: {facts}", "fr": "arrivé : {facts}"},
    "line_open": {
        "en": "decided with {facts} still open",
        "fr": "décidé sans attendre {facts} plus longtemps",
    },
    "title_revised": {"en": "Decided once more: {why}", "fr": "Décidé de nouveau : {why}"},
    "line_nobody_before": {"en": "nobody had it before", "fr": "personne ne l'avait avant"},
    "line_before": {"en": "{rep} had it", "fr": "il était chez {rep}"},
    "line_before_due": {
        "en": "{rep} had it, due {moment}",
        "fr": "il était chez {rep}, à traiter avant {moment}",
    },
    "line_kept": {
        "en": "{rep} may have it by the rules, and keeps it",
        "fr": "{rep} peut l'avoir selon les règles, et le garde",
    },
    "line_not_kept": {
        "en": "by the rules it is not {rep}'s; nobody had begun",
        "fr": "selon les règles il n'est pas à {rep} ; personne n'avait commencé",
    },
    "title_points": {"en": "{card}: {total} of {maximum}", "fr": "{card} : {total} sur {maximum}"},
    "fit": {"en": "Fit", "fr": "Profil"},
    "engagement": {"en": "Engagement", "fr": "Engagement"},
    "line_points": {"en": "{fact}, {written}: {left}", "fr": "{fact}, {written} : {left}"},
    "line_aged": {
        "en": "{fact}, {written}: {left} ({points} before ageing)",
        "fr": "{fact}, {written} : {left} ({points} avant l'âge)",
    },
    "title_grade": {
        "en": "Score {score}, grade {grade}, segment {segment}",
        "fr": "Score {score}, note {grade}, segment {segment}",
    },
    "title_rules": {"en": "Rule: {rule} (line {line})", "fr": "Règle : {rule} (ligne {line})"},
    "line_rule": {"en": "not {rule} (line {line}): {written}", "fr": "pas {rule} (ligne {line}) : {written}"},
    "line_rule_changed": {
        "en": "the rules have changed since: {rule} is no longer among them",
        "fr": "les règles ont changé depuis : {rule} n'y est plus",
    },
    "title_passed": {"en": "Passed over", "fr": "Écartés"},
    "title_shares": {"en": "Shares before this lead", "fr": "Parts avant ce lead"},
    "line_share": {
        "en": "{rep}: weight {weight}, credit {credit}",
        "fr": "{rep} : poids {weight}, crédit {credit}",
    },
    "line_share_by_results": {
        "en": "{rep}: weight {weight} ({written} × {factor} by results), credit {credit}",
        "fr": "{rep} : poids {weight} ({written} × {factor} selon les résultats), crédit {credit}",
    },
    "line_away": {
        "en": "{rep}: away, credit {credit}, earns their part to catch up",
        "fr": "{rep} : absent, crédit {credit}, gagne sa part pour la rattraper",
    },
    "line_away_full": {
        "en": "{rep}: away, credit {credit}, no more can wait for them",
        "fr": "{rep} : absent, crédit {credit}, rien de plus ne peut l'attendre",
    },
    "line_next": {"en": "next up: {rep}", "fr": "prochain tour : {rep}"},
    "title_outcome": {"en": "Outcome", "fr": "Résultat"},
    "line_assigned": {"en": "{rep} (owner {owner_id})", "fr": "{rep} (propriétaire {owner_id})"},
    "line_push": {
        "en": "given by fair share {moment} if nobody claims it",
        "fr": "attribué à tour de rôle {moment} si personne ne le prend",
    },
    "line_reminder": {
        "en": "not worked on {moment}: a reminder",
        "fr": "si personne ne s'en occupe, {moment} : un rappel",
    },
    "line_reassigned": {
        "en": "not worked on {moment}: it goes to somebody else",
        "fr": "si personne ne s'en occupe, {moment} : il passe à quelqu'un d'autre",
    },
    "line_to_queue": {
        "en": "not worked on {moment}: it goes to the queue of {team}",
        "fr": "si personne ne s'en occupe, {moment} : il va dans la file de {team}",
    },
    "line_due": {"en": "due {moment}", "fr": "à traiter avant {moment}"},
}
"""The phrases by name and language; `say` fills the braces."""

_MONTHS: Final[Mapping[str, tuple[str, ...]]] = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "fr": ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."),
}
_DAYS: Final[Mapping[str, tuple[str, ...]]] = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "fr": ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."),
}


def say(language: str, phrase: str, **words: object) -> str:
    """The phrase in `fr` or `en`, with its words filled in. Raises KeyError for an unknown phrase or word."""
    return PHRASES[phrase][language].format(**words)


def owner_called(facts: Mapping[str, object], owner_id: str, language: str) -> str:
    """The words for an owner who is not in `team.yaml`: previous owner or account owner, by the facts."""
    was_theirs = facts.get("previous_owner") == owner_id != facts.get("account_owner")
    return say(language, "previous_owner" if was_theirs else "account_owner")


def day_in_words(day: date, language: str) -> str:
    """The day as text: `24 Nov`, in French `24 nov.`."""
    return f"{day.day} {_MONTHS[language][day.month - 1]}"


def moment_in_words(moment: datetime, language: str) -> str:
    """The moment as text in its own time zone: `Tue 24 Nov 09:00`, in French `mar. 24 nov. 09:00`."""
    return f"{_DAYS[language][moment.weekday()]} {day_in_words(moment, language)} {moment:%H:%M}"
