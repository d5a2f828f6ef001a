"""The phrases of the policy document, in French and in English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

PHRASES: Final[Mapping[str, tuple[str, str]]] = {
    # phrase: (French, English)
    "title": ("Qui reçoit quel lead", "Who gets which lead"),
    "footer": (
        "Généré à partir des fichiers de règles, révision {revision}, par « router show --doc ». "
        "Ne pas modifier : modifier les fichiers.",
        "Generated from the rule files, revision {revision}, by 'router show --doc'. "
        "Do not edit it: edit the files.",
    ),
    "brief": ("En bref", "In brief"),
    "brief_text": (
        "Chaque nouveau contact HubSpot passe par ces étapes, en quelques secondes :",
        "Every new HubSpot contact goes through these steps, within seconds:",
    ),
    "brief_points": (
        "Il reçoit des points : {fit} au plus pour son profil, {engagement} au plus pour son engagement.",
        "It earns points: {fit} at most for who they are (fit), {engagement} at most for what they do.",
    ),
    "brief_grade": (
        "Les points donnent une note ({grades}), et la note un segment : {segments}.",
        "The points make a grade ({grades}), and the grade a segment: {segments}.",
    ),
    "brief_rules": (
        "Les {count} règles sont lues de haut en bas. La première dont toutes les conditions sont vraies "
        "décide ; les suivantes ne sont pas lues.",
        "The {count} rules are read from top to bottom. The first one whose conditions all hold decides; "
        "nothing below it is read.",
    ),
    "brief_turn": (
        "Si une équipe doit le recevoir, il va à la personne dont c'est le tour, selon sa part.",
        "Where a team gets it, it goes to the rep whose turn it is, by their share.",
    ),
    "brief_written": (
        "HubSpot reçoit le propriétaire, le statut, l'échéance et la raison, en une phrase.",
        "HubSpot is given the owner, the status, the due time and the reason, in one sentence.",
    ),
    "rules": ("Qui reçoit quoi", "Who gets what"),
    "rules_text": (
        "Dans une case « Quand », toutes les lignes doivent être vraies. Une information non renseignée ne "
        "remplit jamais une condition, sauf « tout sauf » et « non renseigné ».",
        "In a 'When' cell, every line must hold. A value that is missing never meets a condition, except "
        "'anything but' and 'missing'.",
    ),
    "group_text": (
        "Ces règles ne concernent que les leads qui remplissent d'abord ces conditions :",
        "These rules are only for leads that meet these conditions first:",
    ),
    "after_group": ("Suite des règles", "Rules, continued"),
    "number": ("N°", "No."),
    "rule": ("Règle", "Rule"),
    "when": ("Quand", "When"),
    "who": ("Qui le reçoit", "Who gets it"),
    "within": ("Réponse sous", "Answer within"),
    "always": ("tous les autres leads", "all other leads"),
    "otherwise": ("sinon", "otherwise"),
    "teams": ("Les équipes et leurs parts", "The teams and their shares"),
    "teams_text": (
        "La part de chacun vient de son poids : un poids de 3 reçoit trois leads quand un poids de 1 en "
        "reçoit un. Chaque lead crédite chaque membre présent de sa part, et coûte 1 à qui le reçoit ; le "
        "suivant va à qui doit être servi le premier. Personne n'a donc jamais un lead entier d'avance ou de "
        "retard quand toute l'équipe est disponible. Qui est absent ne gagne ni ne perd rien, et reprend là "
        "où il en était. Chaque équipe tient ses propres comptes.",
        "A rep's share comes from their weight: a weight of 3 gets three leads when a weight of 1 gets one. "
        "Each lead credits every rep present with their share, and costs 1 to whoever gets it; the next "
        "one goes to whoever is due first. So while the whole team is available nobody is ever a whole "
        "lead ahead or behind. Whoever is away neither gains nor loses, and goes on where they stopped. "
        "Each team keeps its own accounts.",
    ),
    "by_value": (
        "Dans cette équipe, les parts se comptent en points : un lead à 120 points pèse autant que deux à "
        "60, et un lead sans points pèse 1. Qui reçoit un lead paie ses points ; personne n'a donc plus d'un "
        "des plus gros leads d'avance ou de retard quand toute l'équipe est disponible.",
        "In this team shares are counted in points: a lead of 120 points weighs as much as two of 60, and "
        "one without points weighs 1. Whoever gets a lead pays its points; so while the whole team is "
        "available nobody is more than one of the largest leads ahead or behind.",
    ),
    "in_points": ("parts en points", "shares in points"),
    "catches_up": ("rattrape tout après une absence", "catches up with everything after time off"),
    "catches_up_leads": (
        "rattrape {count} leads après une absence",
        "catches up with {count} leads after time off",
    ),
    "catches_up_points": (
        "rattrape {count} points après une absence",
        "catches up with {count} points after time off",
    ),
    "follows_results": ("poids selon les résultats de {days} jours", "weights by the results of {days} days"),
    "catch_up": (
        "Dans cette équipe, qui est absent continue de gagner sa part, sans limite. À son retour, les leads "
        "lui reviennent l'un après l'autre jusqu'à ce que ses comptes soient à jour.",
        "In this team whoever is away keeps earning their part, without a limit. Once they are back, leads "
        "go to them one after the other until they are even.",
    ),
    "catch_up_to": (
        "Dans cette équipe, qui est absent continue de gagner sa part, jusqu'à {most} d'avoir. À son retour, "
        "les leads lui reviennent l'un après l'autre jusqu'à ce que ses comptes soient à jour.",
        "In this team whoever is away keeps earning their part, until the team owes them {most}. Once they "
        "are back, leads go to them one after the other until they are even.",
    ),
    "most_leads": ("{count} leads", "{count} leads"),
    "most_points": ("{count} points", "{count} points"),
    "most_one_leads": ("un lead", "one lead"),
    "most_one_points": ("un point", "one point"),
    "by_results": (
        "Ces poids suivent les résultats : chaque nuit, ils sont multipliés par 0,5 à 2 selon les leads "
        "gagnés sur {days} jours, dans la mesure où l'écart ne peut pas être dû au hasard.",
        "These weights follow results: each night they are multiplied by 0.5 to 2 after the leads won in "
        "{days} days, as far as the difference cannot be due to chance.",
    ),
    "team": ("Équipe {name}", "Team {name}"),
    "rep": ("Commercial", "Rep"),
    "share": ("Part", "Share"),
    "weight": ("poids {weight}", "weight {weight}"),
    "profile": ("Profil", "Profile"),
    "hours": ("Heures", "Hours"),
    "limits": ("Limites", "Limits"),
    "round_the_clock": ("jour et nuit", "round the clock"),
    "no_limit": ("aucune", "none"),
    "max_open": ("{count} leads ouverts", "{count} open leads"),
    "max_day": ("{count} par jour", "{count} a day"),
    "max_claims": ("{count} prises par heure", "{count} claims an hour"),
    "level": ("niveau {value}", "level {value}"),
    "skills": ("compétences : {values}", "skills: {values}"),
    "languages": ("langues : {values}", "languages: {values}"),
    "scoring": ("Comment un lead gagne des points", "How a lead earns points"),
    "fit": ("Profil : {maximum} points au plus", "Fit: {maximum} points at most"),
    "engagement": ("Engagement : {maximum} points au plus", "Engagement: {maximum} points at most"),
    "first_line": (
        "Pour chaque information, la première ligne qui convient donne les points.",
        "For each fact, the first line that fits gives the points.",
    ),
    "use": ("Les points sont ceux que HubSpot calcule : {fact}.", "The points are those of HubSpot: {fact}."),
    "half_life": (
        "Ces points vieillissent : ils diminuent de moitié tous les {span}.",
        "These points age: they halve every {span}.",
    ),
    "steps": (
        "Ces points vieillissent : ils perdent {by} à chaque période de {span}.",
        "These points age: they lose {by} after every {span}.",
    ),
    "fact": ("Information", "Fact"),
    "value": ("Valeur", "Value"),
    "points": ("Points", "Points"),
    "other": ("toute autre valeur", "any other value"),
    "grades": ("Notes et segments", "Grades and segments"),
    "grades_text": (
        "La lettre vient du profil, le chiffre de l'engagement : {best} est la meilleure note.",
        "The letter comes from fit, the digit from engagement: {best} is the best grade.",
    ),
    "grade": ("Note", "Grade"),
    "from_fit": ("points de profil", "points of fit"),
    "from_engagement": ("points d'engagement", "points of engagement"),
    "segment": ("Segment", "Segment"),
    "who_is_in": ("Leads", "Leads"),
    "sla": ("Délais de réponse", "How fast leads are answered"),
    "sla_text": (
        "Sans autre indication, un lead reçoit une réponse sous {default}. Le temps ne compte que pendant "
        "les heures de travail de la personne qui le reçoit ({timezone}).",
        "Unless a rule says otherwise, a lead is answered within {default}. Time counts only during the "
        "working hours of the rep who got it ({timezone}).",
    ),
    "overdue": ("Quand personne ne s'en occupe", "When nobody works on it"),
    "overdue_text": (
        "Un lead est pris en charge dès que l'on voit dans HubSpot {signs}. Sans cela, le délai court à "
        "partir de l'attribution, ou de l'ouverture suivante ; il s'arrête hors des heures de travail, et "
        "repart de zéro chez une nouvelle personne.",
        "A lead counts as worked on once HubSpot shows {signs}. Until then the time runs from the "
        "assignment, or from the next opening; outside of working hours it stands still, and with "
        "a new rep it starts anew.",
    ),
    "overdue_nothing": (
        "Un lead en retard est signalé dans la liste des retards, et reste où il est.",
        "An overdue lead is on the list of overdue leads, and stays where it is.",
    ),
    "overdue_segment": ("Pour le segment {segment} :", "For the segment {segment}:"),
    "sign_contact": (
        "un appel, un e-mail, une réunion ou un message",
        "a call, an e-mail, a meeting or a message",
    ),
    "sign_note": ("une note ou une tâche", "a note or a task"),
    "sign_status": ("un statut changé par une personne", "a status that a person moved"),
    "tell_rep": ("la personne", "the rep"),
    "tell_manager": ("les responsables de l'équipe", "the team's managers"),
    "step": ("À {percent} du délai : {done}", "At {percent} of the time: {done}"),
    "also": (" ; ", "; "),
    "step_notify": ("rappel ({whom})", "a reminder ({whom})"),
    "step_reassign": (
        "il passe à une autre personne selon la même règle, {at_most} fois au plus",
        "it goes to another rep by the same rule, at most {at_most} times",
    ),
    "step_reassign_anew": (
        "il passe à une autre personne, toutes les règles étant relues, {at_most} fois au plus",
        "it goes to another rep, all rules being read again, at most {at_most} times",
    ),
    "step_queue": ("il va dans la file de {team}", "it goes to the queue of {team}"),
    "manager_of": ("{name} est responsable de : {teams}", "{name} manages: {teams}"),
    "manager_of_all": ("{name} est responsable de toutes les équipes", "{name} manages every team"),
    "week": ("Semaine", "Week"),
    "worked": ("Heures travaillées", "Hours worked"),
    "nobody": ("Quand personne n'est là", "When nobody is there"),
    "nobody_off": (
        "Qui est en congé, n'a pas ce que la règle demande ou a atteint une limite est écarté, et la raison "
        "est notée. Il en va de même de qui arriverait trop tard : après l'arrivée du premier collègue plus "
        "le délai de réponse.",
        "Whoever is away, lacks what the rule needs or has reached a limit is passed over, and the reason is "
        "kept. So is whoever would not be at work in time: later than the first colleague's arrival plus the "
        "time to answer.",
    ),
    "nobody_instead": (
        "Si personne ne reste, la règle dit souvent qui prend le lead à la place (« sinon », ci-dessus).",
        "Where nobody is left, the rule often says who gets the lead instead ('otherwise', above).",
    ),
    "nobody_backup": (
        "Si la règle désigne une personne absente et rien d'autre, son remplaçant prend le lead.",
        "Where a rule names one rep who is away, and nothing else, their backup gets the lead.",
    ),
    "nobody_queue": (
        "À défaut, le lead attend dans la file de l'équipe : la première personne qui le prend en devient "
        "propriétaire. La file de dernier recours est celle de {team}.",
        "Failing that, the lead waits in the team's queue: the first rep who takes it owns it. The queue of "
        "last resort is that of {team}.",
    ),
    "public_holidays": ("fériés {code}", "holidays {code}"),
    "time_off": ("Congés prévus", "Time off planned"),
    "no_time_off": ("Aucun congé n'est inscrit.", "No time off is entered."),
    "from": ("Du", "From"),
    "to": ("Au", "To"),
    "backup": ("Remplaçant", "Backup"),
    "lists": ("Listes", "Lists"),
    "list": ("Liste", "List"),
    "values": ("Valeurs", "Values"),
    # Conditions.
    "is": ("{fact} : {value}", "{fact}: {value}"),
    "but": ("tout sauf {value}", "anything but {value}"),
    "in_list": ("liste {name}", "list {name}"),
    "low_high": ("{low} à {high}", "{low} to {high}"),
    "low": ("{low} ou plus", "{low} or more"),
    "high": ("{high} ou moins", "{high} or less"),
    "below": ("moins de {below}", "less than {below}"),
    "above": ("plus de {above}", "more than {above}"),
    "low_below": ("de {low} à moins de {below}", "from {low} to less than {below}"),
    "known": ("renseigné", "filled in"),
    "unknown": ("non renseigné", "missing"),
    "contains": ("contient {words}", "contains {words}"),
    "recent": ("il y a {span} au plus", "at most {span} ago"),
    "or": ("ou", "or"),
    "or_else": (", ou bien ", ", or else "),
    "and": ("et", "and"),
    "none_of": ("aucun de : {parts}", "none of: {parts}"),
    "true": ("oui", "yes"),
    "false": ("non", "no"),
    "of_company": ("{label} (entreprise)", "{label} (company)"),
    # Actions.
    "to_team": (
        "Équipe {team}, chacun son tour : {shares}",
        "Team {team}, each in turn: {shares}",
    ),
    "to_team_by_load": (
        "Équipe {team}, à qui a le moins de leads ouverts pour son poids : {shares}",
        "Team {team}, to whoever has the fewest open leads for their weight: {shares}",
    ),
    "to_queue": (
        "File de l'équipe {team} : qui le prend l'a",
        "Queue of team {team}: whoever takes it owns it",
    ),
    "to_queue_push": (
        "File de l'équipe {team} : qui le prend l'a ; après {span} sans preneur, à tour de rôle",
        "Queue of team {team}: whoever takes it owns it; after {span} without a taker, in turn",
    ),
    "to_rep": ("{rep}", "{rep}"),
    "to_owner": ("Le propriétaire du compte", "The owner of the account"),
    "to_previous": ("Le propriétaire précédent du contact", "The previous owner of the contact"),
    "needs": ("Réservé à qui {wish}", "Only whoever {wish}"),
    "prefer": ("De préférence à qui {wish}", "Preferably whoever {wish}"),
    "wish_level": ("est de niveau {value}", "is of level {value}"),
    "wish_skill": ("a la compétence {value}", "has the skill {value}"),
    "wish_language": ("parle {value}", "speaks {value}"),
    "asked_level": (
        "est du niveau que le lead demande ({fact})",
        "is of the level that the lead asks for ({fact})",
    ),
    "asked_skill": (
        "a la compétence que le lead demande ({fact})",
        "has the skill that the lead asks for ({fact})",
    ),
    "asked_language": ("parle la langue du lead ({fact})", "speaks the lead's language ({fact})"),
    "language_fr": ("français", "French"),
    "language_en": ("anglais", "English"),
    "language_de": ("allemand", "German"),
    "language_es": ("espagnol", "Spanish"),
    "language_it": ("italien", "Italian"),
    "language_nl": ("néerlandais", "Dutch"),
    "language_pt": ("portugais", "Portuguese"),
    "any_hour": (
        "À toute heure : aussi à qui ne travaille pas à ce moment",
        "At any hour: also to those who are not at work then",
    ),
    "task": (
        "Une tâche HubSpot avec l'échéance",
        "A HubSpot task with the due time",
    ),
    "sticky": (
        "Une entreprise garde son commercial {span} après son dernier lead",
        "A company keeps its rep for {span} after its last lead",
    ),
    "instead": ("Sinon : {action}", "Otherwise: {action}"),
    "nurture": (
        "Marketing (nurture) : aucun propriétaire",
        "Marketing (nurture): no owner",
    ),
    "workflow": ("Parcours : {workflow}", "Workflow: {workflow}"),
    "sets": ("{name} = {value}", "{name} = {value}"),
    "nothing": ("Personne : le lead est laissé tel quel", "Nobody: the lead is left alone"),
    "status": ("Statut : {status}", "Status: {status}"),
    "days": ("{count} jours", "{count} days"),
    "day": ("{count} jour", "{count} day"),
    # Derived facts, and their values.
    "fact_country": ("Pays", "Country"),
    "fact_departement": ("Département", "Département"),
    "fact_region": ("Région", "Region"),
    "fact_email_domain": ("Domaine de l'e-mail", "E-mail domain"),
    "fact_email_kind": ("Type d'e-mail", "Kind of e-mail"),
    "fact_channel": ("Canal", "Channel"),
    "fact_account_owner": ("Propriétaire du compte", "Account owner"),
    "fact_previous_owner": ("Propriétaire précédent", "Previous owner"),
    "fact_age": ("Âge du contact", "Age of the contact"),
    "fact_fit": ("Points de profil", "Points of fit"),
    "fact_engagement": ("Points d'engagement", "Points of engagement"),
    "fact_score": ("Score", "Score"),
    "fact_grade": ("Note", "Grade"),
    "fact_segment": ("Segment", "Segment"),
    "email_business": ("professionnel", "business"),
    "email_free": ("perso (boîte gratuite)", "private (free mailbox)"),
    "outcomes": ("Gagné, perdu, ouvert", "Won, lost, open"),
    "outcomes_text": (
        "Ce qu'un lead est devenu se lit dans HubSpot, et compte pour la personne qui l'a à ce moment :",
        "What has become of a lead is read in HubSpot, and counts for the rep who has it then:",
    ),
    "outcome_won": ("Gagné quand {values}.", "Won when {values}."),
    "outcome_lost": ("Perdu quand {values}.", "Lost when {values}."),
    "outcome_open": (
        "Ouvert, donc compté dans la limite de leads ouverts, quand {values}.",
        "Open, and so counted where open leads are limited, when {values}.",
    ),
    "owner_cleared_queue": (
        "Un lead attribué dont une personne retire le propriétaire attend dans la file de son équipe.",
        "A lead that was given and whose owner a person clears waits in its team's queue.",
    ),
    "owner_cleared_route_again": (
        "Un lead attribué dont une personne retire le propriétaire est de nouveau attribué, à quelqu'un "
        "d'autre.",
        "A lead that was given and whose owner a person clears is given once more, to somebody else.",
    ),
    "owner_cleared_leave": (
        "Un lead attribué dont une personne retire le propriétaire reste sans propriétaire.",
        "A lead that was given and whose owner a person clears stays without owner.",
    ),
    "late": ("Les informations qui arrivent tard", "Facts that come late"),
    "late_text": (
        "Le pays, la fonction ou l'entreprise d'un lead n'arrivent parfois qu'après le contact lui-même.",
        "The country, the job title or the company of a lead sometimes come only after the contact itself.",
    ),
    "late_wait": (
        "Un nouveau lead attend {wait} au plus, et seulement si une information qui manque encore peut "
        "changer sa destination ; il n'attend plus dès qu'elle est là, ou que rien n'a changé pendant "
        "{quiet}.",
        "A new lead waits {wait} at most, and only while a fact that is still missing can change where it "
        "goes; it waits no longer once that fact is there, or nothing has changed for {quiet}.",
    ),
    "late_no_wait": (
        "Aucun lead n'attend : il est attribué selon ce qui est connu.",
        "No lead waits: it is decided on what is known.",
    ),
    "late_never": (
        "Il n'attend pas ce que HubSpot remplit de lui-même, aussitôt ou bien plus tard : {names}.",
        "It does not wait for what HubSpot fills by itself, at once or long after: {names}.",
    ),
    "late_revise": (
        "Pendant {revise} après son arrivée, un lead que personne n'a commencé est décidé de nouveau si ses "
        "informations arrivent ou changent.",
        "For {revise} after it came, a lead that nobody has begun is decided once more if its facts come or "
        "change.",
    ),
    "late_no_revise": (
        "Une fois décidé, il ne l'est pas de nouveau quand ses informations changent.",
        "Once it is decided, it is not decided again when its facts change.",
    ),
    "late_keeps": (
        "Qui l'a déjà le garde, si les règles le permettent encore ; sinon il va où elles l'envoient.",
        "Whoever has it keeps it, if the rules still allow that; otherwise it goes where they send it.",
    ),
    "night": ("La nuit", "At night"),
    "night_text": (
        "Chaque nuit à {at}, les contacts qu'aucun message de HubSpot n'a annoncés sont cherchés et "
        "attribués, ce que sont devenus les leads donnés est relevé, et ces règles sont comparées avec le "
        "portail.",
        "Every night at {at}, contacts that no message of HubSpot's announced are looked for and routed, "
        "what has become of the leads is read, and these rules are compared with the portal.",
    ),
    "night_moves": (
        "Puis des leads ouverts changent de mains, selon la règle qui les avait attribués, sans jamais "
        "revenir à qui les avait ; une personne qui choisit un propriétaire a toujours raison :",
        "Then open leads move, by the rule that had given them, and never back to whoever had them; a person "
        "who chooses an owner is always right:",
    ),
    "night_gone": (
        "ceux d'un propriétaire désactivé dans HubSpot",
        "those of an owner who was deactivated in HubSpot",
    ),
    "night_away": (
        "ceux que quelqu'un n'a pas commencés et qui reste absent {span} ou plus",
        "those that somebody has not begun who stays away for {span} or longer",
    ),
    "night_overdue": (
        "ceux que personne n'a commencés {span} après l'échéance",
        "those that nobody has begun {span} after they were due",
    ),
    "night_queued": (
        "ceux qui attendent depuis {span} dans une file : ils vont à la personne dont c'est le tour",
        "those that have waited {span} in a queue: they go to the rep whose turn it is",
    ),
    "night_brake": (
        "Une nuit qui en déplacerait plus de {count}, ou plus de {share} des leads ouverts, n'en déplace "
        "aucun et attend l'accord d'une personne.",
        "A night that would move more than {count}, or more than {share} of the open leads, moves none and "
        "waits for somebody's approval.",
    ),
    "email_disposable": ("jetable", "disposable"),
    "weekdays": ("lun mar mer jeu ven sam dim", "Mon Tue Wed Thu Fri Sat Sun"),
}


def say(language: str, phrase: str, **words: object) -> str:
    """The phrase in `fr` or `en` with its placeholders filled in."""
    french, english = PHRASES[phrase]
    return unbroken(french).format(**words) if language == "fr" else english.format(**words)


def unbroken(french: str) -> str:
    """French text with no-break spaces, so that signs such as `:` never begin a line."""
    for sign in ":;?!»":
        french = french.replace(f" {sign}", f"\u00a0{sign}")
    return french.replace("« ", "«\u00a0")


def either(language: str, words: Iterable[str]) -> str:
    """Words joined by "or": `a, b ou c`."""
    *first, last = words
    return f"{', '.join(first)} {say(language, 'or')} {last}" if first else last


def span_in_words(span: timedelta, language: str) -> str:
    """Duration such as `20 s`, `15 min`, `4 h`, `1 h 30` or `14 jours`."""
    minutes, rest_of_minute = divmod(span, timedelta(minutes=1))
    if rest_of_minute or not minutes:
        return f"{span // timedelta(seconds=1)} s"
    if minutes and minutes % (24 * 60) == 0:
        days = minutes // (24 * 60)
        return say(language, "day" if days == 1 else "days", count=days)
    hours, rest = divmod(minutes, 60)
    if hours == 0:
        return f"{rest} min"
    return f"{hours} h {rest:02}" if rest else f"{hours} h"


def percent(part: int, whole: int, language: str) -> str:
    """Percentage without decimals, such as `33 %` in French and `33%` in English."""
    number = f"{100 * part / whole:.0f}"
    return f"{number}\u00a0%" if language == "fr" else f"{number}%"
