"""Names, towns, jobs and companies of the sandbox's people."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST_NAMES = _words(
    "Jeanne Thomas Chloé Antoine Émilie Julien Manon Nicolas Élise François Sarah Karim Aïcha Mathieu "
    "Inès Guillaume Noémie Loïc Gaëlle Yannick Solène Erwan Maëlle Benoît Céline Raphaël Amélie Mehdi "
    "Pauline Grégoire Anaïs Stéphane Delphine Cédric Valérie Olivier Agnès Thierry Zoé Hervé"
)
LAST_NAMES = _words(
    "Boulanger Lefèvre Girard Bonnet Dupont Lambert Fontaine Rousseau Vincent Müller Leroy Faure Mercier "
    "Blanc Guérin Boyer Garnier Chevalier François Legrand Gauthier Perrin Robin Clément Morin Nicolas "
    "Henry Roussel Mathieu Gautier Masson Marchand Duval Denis Dumont Le-Goff Noël Meyer Dufour Benoît"
)
FOREIGN_NAMES = {
    "NO": (("Ingrid", "Haugen"), ("Olav", "Berg"), ("Kari", "Nilsen")),
    "DE": (("Jürgen", "Schneider"), ("Anke", "Vogel"), ("Lukas", "Weiß")),
    "CH": (("Beat", "Zimmermann"), ("Chantal", "Favre")),
    "BE": (("Pieter", "Janssens"), ("Amandine", "Dubois")),
    "ES": (("Lucía", "Fernández"), ("Javier", "Ortega")),
    "MA": (("Youssef", "El-Amrani"), ("Salma", "Bennani")),
}
FRENCH_TOWNS = (
    ("75011", "Paris"),
    ("75008", "Paris"),
    ("92400", "Courbevoie"),
    ("92927", "Paris La Défense CEDEX"),
    ("78000", "Versailles"),
    ("93200", "Saint-Denis"),
    ("94000", "Créteil"),
    ("69003", "Lyon"),
    ("13002", "Marseille"),
    ("01000", "Bourg-en-Bresse"),
    ("06000", "Nice"),
    ("31000", "Toulouse"),
    ("33000", "Bordeaux"),
    ("34000", "Montpellier"),
    ("38000", "Grenoble"),
    ("63000", "Clermont-Ferrand"),
    ("44000", "Nantes"),
    ("35000", "Rennes"),
    ("29200", "Brest"),
    ("14000", "Caen"),
    ("49000", "Angers"),
    ("59000", "Lille"),
    ("59040", "Lille CEDEX"),
    ("67000", "Strasbourg"),
    ("68100", "Mulhouse"),
    ("54000", "Nancy"),
    ("51100", "Reims"),
    ("21000", "Dijon"),
    ("80000", "Amiens"),
)
RARE_TOWNS = (
    ("20000", "Ajaccio"),
    ("20200", "Bastia"),
    ("97400", "Saint-Denis"),
    ("97110", "Pointe-à-Pitre"),
    ("6000", "Nice"),
    ("1000", "Bourg-en-Bresse"),
    ("31035 CEDEX 1", "Toulouse CEDEX"),
    ("69 003", "Lyon"),
    ("", ""),
)
"""Corsica, overseas, a zero lost in a spreadsheet, a CEDEX in the postcode, a space, nothing at all."""
FOREIGN_TOWNS = {
    "NO": ("0150", "Oslo", "Norway", "no"),
    "DE": ("70173", "Stuttgart", "Allemagne", "de"),
    "CH": ("1201", "Genève", "Suisse", "ch"),
    "BE": ("1000", "Bruxelles", "Belgique", "be"),
    "ES": ("28001", "Madrid", "Espagne", "es"),
    "MA": ("20000", "Casablanca", "Maroc", "ma"),
}
LANGUAGE_OF = {"NO": "en", "DE": "de", "CH": "de", "BE": "fr", "ES": "es", "MA": "fr"}
JOBS = (
    ("PDG", 7),
    ("Directeur général", 6),
    ("Gérante", 5),
    ("DSI", 9),
    ("Directrice financière", 9),
    ("DRH", 6),
    ("Directeur commercial", 8),
    ("Responsable RH", 9),
    ("Responsable marketing", 8),
    ("Responsable informatique", 7),
    ("Chef de projet CRM", 6),
    ("Comptable", 5),
    ("Assistante de direction", 4),
    ("Consultant", 4),
    ("Stagiaire", 4),
    ("Étudiante en alternance", 5),
    ("Chargée du budget", 3),
    ("", 5),
)
FREE_MAIL = ("gmail.com", "orange.fr", "sfr.fr", "laposte.net", "hotmail.fr", "free.fr", "wanadoo.fr")
COMPANY_WORDS = _words(
    "Alpina Armor Atlas Boréal Calliope Cévennes Datalys Estuaire Forgeval Galion Hexalis Isère "
    "Jurassique Kerlann Lumen Mistral Novéa Océane Pyrène Quartz Rhodia Savane Tramontane Univers Valmy "
    "Westal Ypsilon Zénith Brocéliande Cassiopée Dorval Éclipse"
)
COMPANY_SECTORS = (
    ("COMPUTER_SOFTWARE", "Logiciels", 16),
    ("BANKING", "Banque", 9),
    ("INSURANCE", "Assurances", 8),
    ("RETAIL", "Distribution", 12),
    ("LOGISTICS_AND_SUPPLY_CHAIN", "Logistique", 9),
    ("EDUCATION_MANAGEMENT", "Formation", 6),
    ("GOVERNMENT_ADMINISTRATION", "Métropole", 5),
    ("HOSPITAL_HEALTH_CARE", "Santé", 8),
    ("CONSTRUCTION", "Bâtiment", 9),
    ("MACHINERY", "Mécanique", 8),
    ("FOOD_BEVERAGES", "Saveurs", 7),
    ("", "Groupe", 3),
)
EMPLOYEES = ((4, 8), (9, 8), (18, 12), (35, 13), (49, 4), (50, 4), (80, 13), (150, 13), (320, 10))
LARGE = ((900, 5), (1000, 2), (2400, 5), (12000, 3))
"""Number of employees and how common it is."""
