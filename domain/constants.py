"""Every number of the rules, named, with its unit in the type or the name."""

from datetime import UTC, datetime, timedelta

# The envelope and the ledger
DATA_LIMIT_BYTES = 64 * 1024
BATCH_LIMIT = 1_000
ID_LIMIT_CHARACTERS = 128
SOURCE_LIMIT_CHARACTERS = 256
CLOCK_TOLERANCE = timedelta(minutes=5)
EARLIEST_TIME = datetime(1970, 1, 1, tzinfo=UTC)
LATEST_TIME = datetime(2200, 1, 1, tzinfo=UTC)
DEFERRED_PATIENCE = timedelta(days=7)
# A second look after each pause heals a wake-up that was missed, for ten minutes within half a
# minute, then more slowly: see docs/decisions/0005.
DEFERRED_LOOKS = (
    *(timedelta(seconds=pause) for pause in (1, 2, 4, 8, 15)),
    *(timedelta(seconds=30),) * 20,
    *(timedelta(minutes=5),) * 12,
    timedelta(hours=1),
)
FAILED_ATTEMPTS = 8
FAILED_FIRST_PAUSE = timedelta(seconds=15)
FAILED_PAUSE_FACTOR = 4
KILLED_ATTEMPTS = 5

# What takes the place of what was erased
ERASED_TEXT = "[erased]"
ERASED_URL = "https://erased.invalid/"
NO_BIRTH_DATE = "1900-01-01"
ERASED_EMAIL = "erased@erased.invalid"

# People
ADULT_AGE_YEARS = 18

# Profiles
AUTHENTIC_BADGE_MONTHS = 12
INTERESTS_AT_MOST = 50
# Looks of the face card: after how many attended events, or for how many kudos of how many givers.
VINTAGE_EVENTS = 3
GOLDEN_EVENTS = 10
KIND_KUDOS = 10
KIND_GIVERS = 5

# Events
MATERIAL_SHIFT = timedelta(minutes=30)

# Invitations and seats
INVITATION_LIFE = timedelta(hours=48)
INVITATION_CLOSES_BEFORE_START = timedelta(hours=6)
EARLY_CANCELLATION = timedelta(hours=24)
RECONFIRMATION_LIFE = timedelta(hours=48)
RECONFIRMATION_CLOSES_BEFORE_START = timedelta(hours=12)
RECONFIRMATION_AT_LEAST = timedelta(hours=2)

# Duos
DUO_LIFE = timedelta(days=7)

# Attendance
CHECK_IN_OPENS_BEFORE_START = timedelta(minutes=30)
CHECK_IN_RADIUS_METRES = 500.0
EARTH_RADIUS_METRES = 6_371_008.8

# Absentee rating
RELIABILITY_HALF_LIFE = timedelta(days=180)
RELIABILITY_PRIOR = 0.9
RELIABILITY_PRIOR_WEIGHT = 3.0
OUTCOME_CREDITS = {
    "attended": 1.00,
    "late": 0.75,
    "cancelled_late": 0.40,
    "check_in_abandoned": 0.20,
    "no_show": 0.00,
}

# Kudos, ratings and the contribution score
AFTERWARDS_WINDOW = timedelta(days=14)
ATTENDANCE_CREDIT = 0.5
# A giver's worth is kept as a whole number of 2**-40, so that sums are exact in any order.
GRATITUDE_UNIT_BITS = 40

# Subscriptions
SUBSCRIPTION_GRACE = timedelta(days=3)

# What is asked of the data
PAGE_LENGTH = 20
PAGE_LIMIT = 100
PHOTOS_SHOWN = 100
# So many who match are ranked; a word that everybody has must not make a search slow.
SEARCH_CANDIDATES = 1_000
SEARCH_LIMIT_CHARACTERS = 200
METRES_PER_MILE = 1_609.344
MOST_MILES_AWAY = 250.0
# Safety
SUSPENDING_REPORTERS = 3
REPORTS_WINDOW = timedelta(days=30)

# Host reliability
LATE_HOST_CANCELLATION = timedelta(hours=48)
FLAGGING_CANCELLATIONS = 3
FLAGGING_WINDOW = timedelta(days=90)
POOR_AVERAGE_STARS = 3
POOR_AVERAGE_AT_LEAST_RATINGS = 5
# A host is flagged again for the same reason only after this.
FLAG_PAUSE = timedelta(days=90)

# Support
TICKET_METADATA_LIMIT_BYTES = 16 * 1024
