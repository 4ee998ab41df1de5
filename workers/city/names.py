"""Names for people, places and evenings, so that a city is pleasant to look at."""

FIRST_NAMES = (
    "Ada", "Amara", "Ben", "Bilal", "Carmen", "Chidi", "Dana", "Diego", "Elif", "Emre", "Fatima",
    "Felix", "Grace", "Hana", "Hugo", "Imani", "Ines", "Jonas", "Kai", "Keiko", "Lena", "Liam",
    "Mai", "Malik", "Mira", "Nadia", "Noah", "Olga", "Omar", "Paula", "Priya", "Quinn", "Rafael",
    "Rosa", "Sami", "Sofia", "Tariq", "Tess", "Uma", "Viktor", "Wen", "Yara", "Yusuf", "Zoe",
)  # fmt: skip
LAST_NAMES = (
    "Abara", "Almeida", "Baker", "Bianchi", "Castillo", "Chen", "Dubois", "Eriksen", "Farah",
    "García", "Haddad", "Ito", "Jansen", "Kowalski", "Lindgren", "Mbeki", "Nakamura", "O'Brien",
    "Okafor", "Patel", "Rossi", "Singh", "Tanaka", "Ueda", "Vargas", "Wójcik", "Yilmaz", "Zhang",
)  # fmt: skip
OCCUPATIONS = ("architect", "baker", "carpenter", "cellist", "doctor", "nurse", "teacher", "welder")
PRONOUNS = ("she/her", "he/him", "they/them")
MOODS = ("calm", "curious", "bold", "tired of screens")
ZONES = ("America/New_York", "America/Chicago", "Europe/Lisbon")
PLACE_NAMES = (
    "Alder Café", "Bluebird Books", "Corner Kiln", "Dockside Hall", "East Garden", "Fern & Fig",
    "Glass House", "Harbour Walk", "Ink Studio", "Juniper Bar", "Kite Hill", "Lantern Kitchen",
)  # fmt: skip
EVENINGS = (
    "Dumplings by hand", "A walk along the river", "Board games and soup", "Life drawing",
    "Ceramics for beginners", "Songs around a table", "Chess and cheese", "Poetry after work",
    "Rooftop stargazing", "A kitchen full of strangers",
)  # fmt: skip
SIGNPOSTS = ("the blue door", "ring twice", "by the fountain", "upstairs, left")
COMMENTS = (
    "Lovely people.",
    "A bit loud, but I would come again.",
    "The host made everybody feel at home.",
    "Too short!",
)
ODD_ROLES = ("Instructor", "Photographer", "cohost")
CO_HOST_ROLES = ("Co-host", "co-host", "CO-HOST", "Co-Host")
