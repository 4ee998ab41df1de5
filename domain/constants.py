"""Every number of the rules, named, with its unit in the type or the name."""

from datetime import UTC, datetime, time, timedelta

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

# What ops do
REVEALED_FOR = timedelta(minutes=10)
WHY_LIMIT_CHARACTERS = 2_000
DISCARDS_KEPT = timedelta(days=30)
BULK_KEPT = timedelta(days=90)
# One operation takes no more; whoever has more to do does it in several.
BULK_MOST = 10_000
BULK_RATES = (5, 20, 100, 500)
BULK_RATE = 20
# What only writes rows of ours goes faster.
BULK_CHUNK = 1_000
# Of those that were tried: if more fail again, the rest is left alone.
BULK_FAILED_SHARE = 0.05
# For so long a bulk operation waits for what it has handed to the workers.
BULK_PATIENCE = timedelta(hours=1)

# What takes the place of what was erased
ERASED_TEXT = "[erased]"
ERASED_URL = "https://erased.invalid/"
NO_BIRTH_DATE = "1900-01-01"
ERASED_EMAIL = "erased@erased.invalid"

# People
ADULT_AGE_YEARS = 18
DEFAULT_ZONE = "America/New_York"
# By the clocks where somebody lives
QUIET_FROM = time(21)
QUIET_UNTIL = time(8)

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

# What becomes due
COMPLETED_AFTER_END = timedelta(hours=2)
FINALIZED_AFTER_COMPLETION = timedelta(hours=24)
OFFLINE_AFTER = timedelta(minutes=5)
# How long before it a reminder of something is due
START_REMINDERS = (timedelta(hours=24), timedelta(hours=2))
INVITATION_REMINDER = timedelta(hours=6)
DUO_REMINDER = timedelta(hours=24)
BADGE_REMINDER = timedelta(days=14)
SUBSCRIPTION_REMINDER = timedelta(days=3)
# An event waits for what may still change it, until that has failed more often than this: with the
# pauses of `FAILED_FIRST_PAUSE`, after about twenty minutes.
WAITED_FOR_ATTEMPTS = 4
# What was published stays noted for so long; longer than anything stays due.
SAID_KEPT = timedelta(days=30)

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
# Vectors and summaries: what is asked of ports outside
VECTOR_DIMENSIONS = 384
# Below what models take at once, whatever the script.
TEXT_LIMIT_CHARACTERS = 2_000
FEWEST_COMMENTS = 3
MOST_COMMENTS = 200
COMMENT_LIMIT_CHARACTERS = 1_000
SUMMARY_LIMIT_CHARACTERS = 1_000
# For as long nobody else takes what a chore has in hand; longer than a port may take to answer.
REQUEST_LEASE = timedelta(minutes=1)
REFUSED_FIRST_PAUSE = timedelta(minutes=1)
REFUSED_LONGEST_PAUSE = timedelta(days=1)
REST_FIRST_PAUSE = timedelta(seconds=5)
REST_LONGEST_PAUSE = timedelta(minutes=10)
# Between two looks whether the other handlers of a domain event are through.
CAUSE_FIRST_LOOK = timedelta(milliseconds=200)
CAUSE_LONGEST_PAUSE = timedelta(minutes=5)

# Matching: who is proposed for an event, and in which order
EVENING_FROM = time(17)
# A fee of up to so many cents is of price level 1, 2, 3; beyond it is of level 4.
PRICE_LEVEL_FEES = (1_000, 2_500, 5_000)
# Parts of a score beside the likeness to what somebody likes, which lies between -1 and 1.
DISLIKE_WEIGHT = 0.5
CONTRIBUTION_WEIGHT = 0.1
# At this contribution score somebody has half of what contributing is worth.
CONTRIBUTION_HALF = 10.0
RELIABILITY_WEIGHT = 0.2
# From this likeness on an interest is said to suit an event.
SUITING_LIKENESS = 0.25
# So many of those who fit and whose taste is nearest are scored in full.
NEAREST = 1_000
PROPOSALS_KEPT = 100

# Notifications
# A push may go out in quiet hours for what concerns an event that starts within this.
NEAR_START = timedelta(hours=3)
# Kudos that come within this of the first are told as one.
KUDOS_GATHERED = timedelta(minutes=15)
# A change of plan is told by SMS too when the start is as near as this.
SMS_BEFORE_START = timedelta(hours=48)
PAYMENT_NEWS_LIFE = timedelta(hours=48)
MESSAGE_NEWS_LIFE = timedelta(hours=24)
NEWS_LIFE = timedelta(days=7)
# What is over and done with is kept for so long, so that ops can say what somebody was told.
NOTIFICATIONS_KEPT = timedelta(days=90)
# Somebody with more phones is told on those that were registered last.
MOST_PHONES = 10
# A sender that was stopped or swapped out for so long doesn't ask a provider any more.
HANDOVER_LIMIT = timedelta(minutes=1)
# By then what is in hand is lost with its sender: the limit, and the longest that a call takes.
HANDOVER_LEASE = timedelta(minutes=2)
# A message that may have been accepted is listed by then, if it was.
LISTED_WITHIN = timedelta(minutes=2)
# When a provider is asked what became of a message, counted from when it was handed over. Expo
# forgets after a day.
PUSH_LOOKS = (
    timedelta(minutes=15),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=23),
)
SMS_LOOKS = (timedelta(minutes=15), timedelta(hours=2), timedelta(hours=24))
# No request uses a channel up for longer: whoever says so has a clock that is ahead.
LONGEST_PACE = timedelta(minutes=2)
# What a provider didn't take is tried again after a pause that doubles, up to the longest.
RETRY_FIRST_PAUSE = timedelta(minutes=1)
RETRY_LONGEST_PAUSE = timedelta(hours=1)
MOST_TRIES = 8
# An address of which the provider has said that it can't be reached is left alone for so long.
UNREACHABLE_FOR = timedelta(days=30)
SMS_SINGLE_SEPTETS = 160
SMS_PART_SEPTETS = 153
SMS_SINGLE_UNITS = 70
SMS_PART_UNITS = 67
# So much of a name or title is shown.
SHOWN_CHARACTERS = 60
# A webhook's own time may differ from ours by so much, either way.
WEBHOOK_TOLERANCE = timedelta(minutes=5)
# Objects have other shapes in other versions: the webhook endpoint at Stripe is set to this one.
STRIPE_API_VERSION = "2026-10-28.endive"
# Stripe keeps an idempotency key for a day at least; after it the same request is another one.
REFUND_KEY_LIFE = timedelta(hours=20)
# A refund that Stripe has and that isn't made yet is looked after, ever less often.
REFUND_FIRST_LOOK = timedelta(minutes=15)
REFUND_LONGEST_PAUSE = timedelta(days=1)
# Money that hasn't gone back by then is shown to ops.
REFUND_PATIENCE = timedelta(days=1)
# So far back Stripe lists its events.
STRIPE_REMEMBERS = timedelta(days=30)
# An event may be listed later than others that happened after it.
STRIPE_LISTED_LATE = timedelta(hours=1)
# What is younger is most likely still on its way to the webhook.
STRIPE_TELLS_WITHIN = timedelta(minutes=5)
# Of so much time events are read, and then that is noted.
STRIPE_WINDOW = timedelta(days=1)
# What confirmation fees are asked for in.
FEE_CURRENCY = "usd"
# What a provider said that is about nothing we know is shown to ops after so long.
INBOX_PATIENCE = timedelta(days=7)
# What is settled is kept for so long: longer than Stripe remembers its events, which is 30 days.
INBOX_KEPT = timedelta(days=90)
# Figures of a minute, an hour and a day are kept for so long.
MINUTES_KEPT = timedelta(days=7)
HOURS_KEPT = timedelta(days=90)
DAYS_KEPT = timedelta(days=3 * 365)
# A kind of failure that was not met for so long is forgotten.
FAILURES_KEPT = timedelta(days=90)
# Every snapshot is kept for so long, then the first of each minute.
SNAPSHOTS_DENSE = timedelta(hours=2)
SNAPSHOTS_KEPT = timedelta(days=7)

# So long at most ops hold back a lane, a handler or a schedule in one go: a pause isn't to be
# forgotten.
PAUSE_LONGEST = timedelta(days=7)
