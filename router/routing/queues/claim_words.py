"""Sentences for reps about claims and releases, in French and in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PHRASES: Final[Mapping[str, Mapping[str, str]]] = {
    "claimed": {
        "en": "Contact {contact} is yours; HubSpot shows it in a few seconds.",
        "fr": "Le contact {contact} est à vous ; HubSpot l'affiche dans quelques secondes.",
    },
    "released": {
        "en": "Contact {contact} is back in the queue; HubSpot shows it in a few seconds.",
        "fr": "Le contact {contact} est de nouveau dans la file ; HubSpot l'affiche dans quelques secondes.",
    },
    "taken": {"en": "{who} has this lead already.", "fr": "{who} a déjà ce lead."},
    "nobody": {"en": "nobody", "fr": "personne"},
    "owner": {"en": "HubSpot owner {owner_id}", "fr": "le propriétaire HubSpot {owner_id}"},
    "not_yours": {
        "en": "This lead belongs to {who}, so you cannot give it back.",
        "fr": "Ce lead appartient à {who} : vous ne pouvez pas le rendre.",
    },
    "unknown": {
        "en": "Lead Router knows no contact {contact}, or it is being erased. Check the number.",
        "fr": "Lead Router ne connaît pas de contact {contact}, ou on l'efface. Vérifiez le numéro.",
    },
    "gone": {
        "en": "HubSpot has no contact {contact} any more.",
        "fr": "HubSpot n'a plus de contact {contact}.",
    },
    "not_waiting": {
        "en": "Contact {contact} waits in no queue (it is {state}).",
        "fr": "Le contact {contact} n'attend dans aucune file (état : {state}).",
    },
    "not_released": {
        "en": "Nobody can give contact {contact} back now (it is {state}). Try again in a minute.",
        "fr": "Personne ne peut rendre le contact {contact} (état : {state}). Réessayez bientôt.",
    },
    "try_again": {
        "en": "Contact {contact} is being decided at this very moment. Try again.",
        "fr": "Une décision sur le contact {contact} est en cours. Réessayez.",
    },
    "not_in_team": {
        "en": "{rep} is not in the team {team}, whose queue this is. Add them in team.yaml.",
        "fr": "{rep} n'est pas dans l'équipe {team}, à qui est cette file. Ajoutez-le dans team.yaml.",
    },
    "no_team": {
        "en": "{rep} is in no team whose queue could take the lead. Add them to one in team.yaml.",
        "fr": "{rep} n'est dans aucune équipe dont la file prendrait ce lead. Voyez team.yaml.",
    },
    "no_such_rep": {
        "en": "There is no rep {rep}. The names stand below 'reps' in team.yaml.",
        "fr": "Il n'y a pas de commercial {rep}. Les noms sont sous 'reps' dans team.yaml.",
    },
    "no_owner": {
        "en": "{rep} is no active owner in HubSpot. Activate them there.",
        "fr": "{rep} n'est pas un propriétaire actif dans HubSpot. Activez-le là-bas.",
    },
    "no_reason": {
        "en": "Say why you give the lead back.",
        "fr": "Dites pourquoi vous rendez ce lead.",
    },
    "shadow": {
        "en": "In shadow mode nothing is written to HubSpot, so nothing can be claimed or given back.",
        "fr": "En mode shadow rien n'est écrit dans HubSpot : on ne peut ni prendre ni rendre un lead.",
    },
    "full": {
        "en": "{rep} is at capacity ({count}).",
        "fr": "{rep} est au complet ({count}).",
    },
    "often": {
        "en": "{rep} has claimed {count} leads within an hour; the next one at {at}.",
        "fr": "{rep} a pris {count} leads en une heure ; le prochain à {at}.",
    },
    "link_wrong": {
        "en": "This is no claim link of ours, or it was changed. Open it as it stands in the message.",
        "fr": "Ce lien n'est pas un des nôtres, ou il a été modifié. Ouvrez celui du message.",
    },
    "link_old": {
        "en": "This claim link is too old. The lead may still wait: ask your sales operations.",
        "fr": "Ce lien est trop ancien. Le lead attend peut-être encore : demandez à vos sales ops.",
    },
    "link_revoked": {
        "en": "The claim links of {rep} that were made until now are revoked. Ask for a new one.",
        "fr": "Les liens de {rep} créés jusqu'ici ont été révoqués. Demandez-en un nouveau.",
    },
    "link_other_team": {
        "en": "This link is for the queue of {team}, but contact {contact} waits in that of {queue} now.",
        "fr": "Ce lien vaut pour la file de {team}, mais le contact {contact} attend dans celle de {queue}.",
    },
    "links_off": {
        "en": "Claim links are switched off here: CLAIM_SECRET is not set.",
        "fr": "Les liens sont désactivés ici : CLAIM_SECRET n'est pas défini.",
    },
    "claim_button": {"en": "Claim", "fr": "Prendre"},
}
"""Sentence by name and language; the braces are filled by `say`."""


def say(language: str, phrase: str, **words: object) -> str:
    """The sentence in `fr` or `en` with its words filled in."""
    return PHRASES[phrase][language].format(**words)


def say_in_both(phrase: str) -> str:
    """The sentence in both languages, for a reader whose language is unknown."""
    return " · ".join(PHRASES[phrase].values())
