"""The initial properties of the portal of acme.fr."""

from collections.abc import Iterable

import pycountry

from router.sandbox.crm.properties import Option, Property, defined

LIFECYCLE = (
    "subscriber",
    "lead",
    "marketingqualifiedlead",
    "salesqualifiedlead",
    "opportunity",
    "customer",
    "evangelist",
    "other",
)
INDUSTRIES = {
    "ACCOUNTING": "Comptabilité",
    "AUTOMOTIVE": "Automobile",
    "BANKING": "Banque",
    "COMPUTER_SOFTWARE": "Logiciels",
    "CONSTRUCTION": "Construction",
    "EDUCATION_MANAGEMENT": "Enseignement",
    "FOOD_BEVERAGES": "Agroalimentaire",
    "GOVERNMENT_ADMINISTRATION": "Administration publique",
    "HIGHER_EDUCATION": "Enseignement supérieur",
    "HOSPITAL_HEALTH_CARE": "Santé",
    "HOSPITALITY": "Hôtellerie",
    "INFORMATION_TECHNOLOGY_AND_SERVICES": "Services informatiques",
    "INSURANCE": "Assurance",
    "LOGISTICS_AND_SUPPLY_CHAIN": "Logistique",
    "MACHINERY": "Machines",
    "MANAGEMENT_CONSULTING": "Conseil",
    "PHARMACEUTICALS": "Pharmacie",
    "REAL_ESTATE": "Immobilier",
    "RETAIL": "Distribution",
    "TELECOMMUNICATIONS": "Télécommunications",
    "UTILITIES": "Énergie",
}
SOURCES = (
    "ORGANIC_SEARCH",
    "PAID_SEARCH",
    "EMAIL_MARKETING",
    "SOCIAL_MEDIA",
    "REFERRALS",
    "OTHER_CAMPAIGNS",
    "DIRECT_TRAFFIC",
    "OFFLINE",
    "PAID_SOCIAL",
)
LEAD_STATUSES = {
    "NEW": "Nouveau",
    "OPEN": "Ouvert",
    "IN_PROGRESS": "En cours",
    "OPEN_DEAL": "Transaction ouverte",
    "UNQUALIFIED": "Non qualifié",
    "ATTEMPTED_TO_CONTACT": "Tentative de contact",
    "CONNECTED": "Contact établi",
    "BAD_TIMING": "Mauvais moment",
}
EMPLOYEES = ("1-5", "5-25", "25-50", "50-100", "100-500", "500-1000", "1000+")
REQUESTS = {
    "demo": "Démonstration",
    "devis": "Devis",
    "contenu": "Contenu",
    "support": "Support",
    "candidature": "Candidature",
}
PRODUCTS = {"crm": "CRM", "bi": "Décisionnel", "cybersecurite": "Cybersécurité", "paie": "Paie"}
LANGUAGES = {"fr": "Français", "en": "Anglais", "de": "Allemand", "es": "Espagnol"}

GROUPS = {
    "contacts": {"contactinformation": "Contact", "acme": "Acme"},
    "companies": {"companyinformation": "Entreprise"},
    "users": {"userinformation": "Utilisateur"},
    "tasks": {"task": "Tâche"},
}


def properties_of(kind: str) -> dict[str, Property]:
    """The properties that `contacts`, `companies`, `users` or `tasks` start with, by name."""
    listed = {"contacts": _contacts, "companies": _companies, "users": _users, "tasks": _tasks}[kind]()
    return {prop.name: prop for prop in listed}


def _contacts() -> Iterable[Property]:
    yield from (
        _text("email", "Adresse e-mail"),
        _text("firstname", "Prénom"),
        _text("lastname", "Nom"),
        _text("jobtitle", "Intitulé du poste"),
        _text("phone", "Téléphone"),
        _text("company", "Nom de l'entreprise"),
        _text("website", "Site web"),
        _text("zip", "Code postal"),
        _text("city", "Ville"),
        _text("state", "Région"),
        _text("country", "Pays/Région"),
        _choice("hs_country_region_code", "Code de pays", {c.alpha_2: c.name for c in pycountry.countries}),
        _choice("lifecyclestage", "Phase du cycle de vie", LIFECYCLE),
        _choice("hs_lead_status", "Statut du lead", LEAD_STATUSES),
        _choice("numemployees", "Nombre d'employés", EMPLOYEES),
        _owner(),
        _owned_since(),
        _fixed("associatedcompanyid", "Entreprise principale", "number"),
        _fixed("hs_merged_object_ids", "Identifiants fusionnés", "string"),
        _fixed("createdate", "Date de création", "datetime"),
        _fixed("lastmodifieddate", "Dernière modification", "datetime"),
        _fixed("hs_object_id", "ID de l'objet", "number"),
        _choice("hs_analytics_source", "Source d'origine", SOURCES, read_only=True),
        _fixed("recent_conversion_date", "Conversion récente", "datetime"),
        _fixed("num_conversion_events", "Nombre de conversions", "number"),
        _fixed("hs_analytics_last_visit_timestamp", "Dernière visite", "datetime"),
        _fixed("hs_email_last_click_date", "Dernier clic d'e-mail", "datetime"),
        _fixed("notes_last_contacted", "Dernier contact", "datetime"),
        _fixed("notes_last_updated", "Dernière activité", "datetime"),
        _choice("hs_is_unworked", "Contact non travaillé", ("true", "false"), read_only=True),
        _choice("type_demande", "Type de demande", REQUESTS, own=True),
        _choice("produit_interesse", "Produit qui intéresse", PRODUCTS, own=True, field="checkbox"),
        _choice("langue", "Langue", LANGUAGES, own=True),
    )


def _companies() -> Iterable[Property]:
    group = "companyinformation"
    yield from (
        _text("name", "Nom", group),
        _text("domain", "Domaine", group),
        _text("country", "Pays/Région", group),
        _text("zip", "Code postal", group),
        _text("city", "Ville", group),
        _choice("industry", "Secteur", INDUSTRIES, group=group),
        defined("numberofemployees", "Effectif", type="number", field_type="number", group=group),
        defined(
            "annualrevenue", "Chiffre d'affaires annuel", type="number", field_type="number", group=group
        ),
        _owner(group),
        _owned_since(group),
        _fixed("createdate", "Date de création", "datetime", group),
        _fixed("hs_lastmodifieddate", "Dernière modification", "datetime", group),
        _fixed("hs_object_id", "ID de l'objet", "number", group),
    )


def _users() -> Iterable[Property]:
    group = "userinformation"
    yield from (
        _text("hs_email", "Adresse e-mail", group),
        _text("hs_given_name", "Prénom", group),
        _text("hs_family_name", "Nom", group),
        _fixed("hs_internal_user_id", "ID d'utilisateur", "number", group),
        _fixed("hubspot_owner_id", "Propriétaire", "string", group),
        _choice("hs_availability_status", "Disponibilité", ("available", "away"), group=group),
        _text("hs_out_of_office_hours", "Absences", group),
        _text("hs_working_hours", "Heures de travail", group),
        _text("hs_standard_time_zone", "Fuseau horaire", group),
        _fixed("createdate", "Date de création", "datetime", group),
        _fixed("hs_lastmodifieddate", "Dernière modification", "datetime", group),
        _fixed("hs_object_id", "ID de l'objet", "number", group),
    )


def _tasks() -> Iterable[Property]:
    group = "task"
    yield from (
        _text("hs_task_subject", "Titre", group),
        _text("hs_task_body", "Notes", group),
        _choice("hs_task_status", "Statut", ("NOT_STARTED", "IN_PROGRESS", "COMPLETED"), group=group),
        _choice("hs_task_type", "Type", ("TODO", "CALL", "EMAIL"), group=group),
        defined("hs_timestamp", "Échéance", type="datetime", field_type="date", group=group),
        _owner(group),
        _owned_since(group),
        _fixed("createdate", "Date de création", "datetime", group),
        _fixed("hs_lastmodifieddate", "Dernière modification", "datetime", group),
        _fixed("hs_object_id", "ID de l'objet", "number", group),
    )


def _text(name: str, label: str, group: str = "contactinformation") -> Property:
    return defined(name, label, group=group)


def _fixed(name: str, label: str, kind: str, group: str = "contactinformation") -> Property:
    field = "date" if kind == "datetime" else "number" if kind == "number" else "text"
    return defined(name, label, type=kind, field_type=field, group=group, read_only=True)


def _choice(
    name: str,
    label: str,
    options: dict[str, str] | tuple[str, ...],
    *,
    group: str = "contactinformation",
    field: str = "select",
    read_only: bool = False,
    own: bool = False,
) -> Property:
    labels = options if isinstance(options, dict) else {value: value for value in options}
    return defined(
        name,
        label,
        type="enumeration",
        field_type=field,
        group="acme" if own else group,
        options=tuple(Option(value, text) for value, text in labels.items()),
        read_only=read_only,
        hubspot_defined=not own,
    )


def _owner(group: str = "contactinformation") -> Property:
    return defined(
        "hubspot_owner_id", "Propriétaire du contact", type="enumeration", field_type="select", group=group
    )


def _owned_since(group: str = "contactinformation") -> Property:
    return _fixed("hubspot_owner_assigneddate", "Date d'attribution du propriétaire", "datetime", group)
