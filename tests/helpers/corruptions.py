"""What can be wrong in an evening's figures: statements that plant it, by the check it breaks."""

from tests.helpers.pages import an_id

DRINKS = an_id("drinks")
NAMES = ("Ada", "Bo", "Cleo", "Dan", "Eve", "Flo", "Gus", "Hanna")
ADA, BO, CLEO, DAN, EVE, FLO, GUS, HANNA = map(an_id, NAMES)


def event(change: str) -> str:
    return f"UPDATE events SET {change} WHERE id = '{DRINKS}'"


def invitation(change: str, person: str) -> str:
    return f"UPDATE invitations SET {change} WHERE event_id = '{DRINKS}' AND user_id = '{person}'"


def attendance(change: str, person: str) -> str:
    return f"UPDATE attendance SET {change} WHERE event_id = '{DRINKS}' AND user_id = '{person}'"


def metrics(change: str, person: str = ADA) -> str:
    return f"UPDATE user_internal_metrics SET {change} WHERE user_id = '{person}'"


def person(change: str, who: str = ADA) -> str:
    return f"UPDATE users SET {change} WHERE id = '{who}'"


def profile(change: str, who: str = ADA) -> str:
    return f"UPDATE social_profiles SET {change} WHERE user_id = '{who}'"


def photo(change: str) -> str:
    return f"UPDATE profile_photos SET {change} WHERE user_id = '{ADA}'"


def token(change: str) -> str:
    return f"UPDATE push_notification_tokens SET {change} WHERE user_id = '{BO}'"


def rating(change: str) -> str:
    return f"UPDATE ratings SET {change} WHERE rater_id = '{ADA}'"


def host(change: str) -> str:
    return f"UPDATE host_profiles SET {change} WHERE user_id = '{HANNA}'"


def kudos(event: str = "event_id", giver: str = "giver_id", receiver: str = "receiver_id") -> str:
    return (
        "INSERT INTO attendee_kudos (id, event_id, giver_id, receiver_id, kudo)"
        f" SELECT gen_random_uuid(), {event}, {giver}, {receiver}, 'great_energy'"
        " FROM attendee_kudos LIMIT 1"
    )


def duo(change: str) -> str:
    return f"UPDATE duos SET {change} WHERE id = '{an_id('ada and dan')}'"


# A duo of Ada's and Eve's that is told of as it should be, while Ada is in another.
SECOND_DUO = f"""
WITH told AS (
    SELECT id, source, time, jsonb_build_object('initiator_id', '{ADA}', 'partner_id', '{EVE}')
        AS said FROM duo_facts WHERE duo_id = '{an_id("ada and dan")}' AND kind = 'duo.proposed'
), made AS (
    INSERT INTO duos (id, opened_at, open_until, expires_at)
    SELECT '{DRINKS}', time, time + interval '168 hours', time + interval '168 hours' FROM told
    RETURNING id
), joined AS (
    INSERT INTO duo_participants (duo_id, user_id, role)
    SELECT id, unnest(ARRAY['{ADA}', '{EVE}']::uuid[]),
        unnest(ARRAY['initiator', 'participant']) FROM made
)
INSERT INTO duo_facts (duo_id, id, source, time, kind, data)
SELECT '{DRINKS}', id, source, time, 'duo.proposed', said FROM told
"""


def connection(change: str, other: str) -> str:
    return (
        f"UPDATE connections SET {change} WHERE event_id = '{DRINKS}'"
        f" AND owner_id = '{ADA}' AND connected_user_id = '{other}'"
    )


def conversation(change: str, people: str) -> str:
    return f"UPDATE conversations SET {change} WHERE id = '{an_id(f'talk {people}')}'"


NEW = "gen_random_uuid()"
# Generated columns can't be wrong unless somebody makes them plain.
PLAIN_SCORE = "ALTER TABLE user_internal_metrics ALTER contribution_score DROP EXPRESSION; "
PLAIN_THANKS = "ALTER TABLE user_internal_metrics ALTER is_widely_thanked DROP EXPRESSION; "
PLAIN_AVERAGE = "ALTER TABLE host_profiles ALTER average_rating DROP EXPRESSION; "

# What is planted for each check, which must notice it alone. What a generated column adds up is a
# figure of its own only against its parts, so a wrong part is no second alarm.
CORRUPTIONS = {
    "users.status": [
        f"UPDATE users SET status = 'paused' WHERE id = '{ADA}'",
        f"UPDATE users SET deleted_at = now() WHERE id = '{ADA}'",
        f"UPDATE users SET status = 'active' WHERE id = '{CLEO}'",
    ],
    "erasure.rows": [
        (
            "INSERT INTO event_posts (id, event_id, user_id, content)"
            f" VALUES ({NEW}, '{DRINKS}', '{GUS}', 'I was here')"
        ),
    ],
    "erasure.notifications": [
        (
            "INSERT INTO notifications (id, user_id, category, template, params, channel,"
            " dedupe_key, status, send_after, expires_at, attempts, domain_event_id, created_at)"
            f" SELECT {NEW}, '{GUS}', 'push_social', 'kudos', '{{}}', 'push', 'gus', 'scheduled',"
            " now(), now(), 0, max(seq), now() - interval '3 hours' FROM domain_events"
        ),
    ],
    "erasure": [
        f"UPDATE users SET phone_number = '+12025550100' WHERE id = '{GUS}'",
        f"UPDATE personal_keys SET key = 'readable' WHERE person = '{GUS}'",
        f"DELETE FROM personal_keys WHERE person = '{GUS}'",
        f"INSERT INTO social_profiles (id, user_id) VALUES ('{GUS}', '{GUS}')",
        (
            'UPDATE user_facts SET data = data || \'{"email": "a@b.c"}\''
            f" WHERE user_id = '{GUS}' AND kind = 'user.registered'"
        ),
    ],
    "users.subscription": [
        person("subscription_status = 'free'"),
        person("subscription_ends = now()"),
        person("stripe_subscription_id = 'sub_9'"),
    ],
    "profile_photos.badges": [
        photo("authentic_expires_at = authentic_expires_at + interval '1 day'"),
        photo("authentic_expires_at = NULL"),
    ],
    "social_profiles.photos": [
        profile("current_photo_url = NULL"),
        profile("face_card_source_photo_url = NULL"),
        profile("current_face_card_photo_url = NULL"),
        f"DELETE FROM social_profiles WHERE user_id = '{ADA}'",
        profile("current_photo_url = 'https://pictures.example/other'", BO),
    ],
    "profile_interests": [
        f"DELETE FROM profile_interests WHERE user_id = '{ADA}'",
        (
            "INSERT INTO profile_interests (user_id, interest_id)"
            f" SELECT '{BO}', id FROM interests LIMIT 1"
        ),
    ],
    "users.persona": [
        person("career = 'Nurse'"),
        person("mood = NULL"),
        person("interests = '[]'"),
        person("interests = NULL"),
        person("career = 'Nurse'", BO),
    ],
    "push_notification_tokens": [
        token(f"user_id = '{ADA}'"),
        token("disabled_at = now(), disabled_reason = 'removed'"),
        f"DELETE FROM push_notification_tokens WHERE user_id = '{BO}'",
    ],
    "face_card_unlocks": [
        (
            "INSERT INTO face_card_unlocks (user_id, customization)"
            f" VALUES ('{ADA}', 'style:vintage')"
        ),
    ],
    "users.erased": [
        person("presence_id = 'x'", GUS),
        person("is_online = true", GUS),
        f"INSERT INTO profile_likes (liker_id, liked_id) VALUES ('{DAN}', '{GUS}')",
        (
            "INSERT INTO social_connections (sharer_id, receiver_id, platform, shared_url)"
            f" VALUES ('{GUS}', '{DAN}', 'instagram', 'https://pictures.example/left')"
        ),
        (
            "INSERT INTO user_social_links (id, user_id, platform, url)"
            f" VALUES ('{GUS}', '{GUS}', 'instagram', 'https://pictures.example/left')"
        ),
        (
            "INSERT INTO host_photos (id, host_id, url, photo_type)"
            f" VALUES ('{GUS}', '{GUS}', 'https://pictures.example/left', 'logo')"
        ),
        f"""UPDATE push_token_facts SET data = '{{"token": "x"}}' WHERE user_id = '{GUS}'""",
    ],
    "events.schedule": [
        event("starts_at = starts_at - interval '1 s'"),
        event("ends_at = NULL"),
    ],
    "events.status": [
        event("status = 'cancelled'"),
        event("completed_at = completed_at + interval '1 s'"),
        event("finalized_at = NULL"),
        event("cancelled_at = now()"),
    ],
    # Those that hang on nobody's seat; what does is shown below.
    "invitations.status": [
        invitation("status = 'declined'", FLO),
        invitation("confirmed_at = now()", ADA),
        invitation("reconfirm_by = now()", ADA),
        invitation("expires_at = expires_at + interval '1 s'", FLO),
    ],
    "attendance.rows": [
        f"DELETE FROM attendance WHERE event_id = '{DRINKS}' AND user_id = '{BO}'",
        (
            "INSERT INTO attendance (id, event_id, user_id, status, ends_at)"
            " SELECT invited.id, event_id, user_id, 'no_show', ends_at FROM invitations AS invited"
            " JOIN events ON events.id = event_id"
            f" WHERE event_id = '{DRINKS}' AND user_id = '{FLO}'"
        ),
    ],
    "refunds.state": [
        "DELETE FROM refunds",
        "UPDATE refunds SET state = 'made', due_at = NULL WHERE state = 'due'",
    ],
    "payments.status": [
        "UPDATE payments SET status = 'refunded' WHERE status = 'refund_pending'",
        f"UPDATE payments SET status = 'refunded' WHERE id = '{an_id('payment drinks Bo')}'",
        f"UPDATE payments SET status = 'pending' WHERE id = '{an_id('payment drinks Ada')}'",
    ],
    "attendance.status": [
        attendance("status = 'late'", DAN),
        attendance("status = 'confirmed'", EVE),
        attendance("status = 'no_show'", BO),
        attendance(f"reported_by_user_id = '{EVE}'", DAN),
        attendance("checked_in_at = NULL", ADA),
        attendance("check_in_latitude = 40", ADA),
    ],
    "attendance.ends_at": [
        attendance("ends_at = ends_at + interval '1 s'", DAN),
        attendance("ends_at = NULL", BO),
    ],
    "metrics.absentee_rating": [
        metrics("absentee_rating = absentee_rating * (1 + 1e-8)"),
        metrics("absentee_rating = NULL"),
        metrics("absentee_rating = 1", FLO),
    ],
    "metrics.outcomes_present": [metrics("outcomes_present = outcomes_present + 1")],
    "kudos.counts": [
        "UPDATE attendee_kudos SET counts = NOT counts",
        (
            "UPDATE attendee_kudos SET given_times = ARRAY[given_at, given_at + interval '1 s'],"
            " given_at = given_at + interval '1 s'"
        ),
    ],
    "kudos.strays": [kudos(event=NEW), kudos(giver=NEW), kudos(receiver=NEW)],
    "metrics.gratitude": [metrics("gratitude = gratitude + 1"), metrics("gratitude = 1", FLO)],
    "metrics.contribution_score": [
        PLAIN_SCORE + metrics("contribution_score = contribution_score + 1e-6"),
    ],
    "metrics.aggregated_kudos": [
        metrics("aggregated_kudos = '{}'"),
        metrics("""aggregated_kudos = '{"helpful": 0}'""", FLO),
    ],
    "metrics.kudos_givers": [
        metrics("kudos_givers = kudos_givers + 1"),
        metrics("kudos_count = kudos_count - 1"),
        metrics("kudos_count = 1", FLO),
    ],
    "metrics.is_widely_thanked": [PLAIN_THANKS + metrics("is_widely_thanked = true")],
    "ratings.counts": [
        rating("counts = NOT counts"),
        rating("host_rating_value = 1"),
        rating("comment = NULL"),
        f"DELETE FROM ratings WHERE rater_id = '{ADA}'",
    ],
    "events.ratings": [event("rating_count = 9"), event("event_rating_sum = 0")],
    "events.event_summary": [
        event("""event_summary = event_summary || '{"final_headcount": 9}'"""),
        event("""event_summary = event_summary || '{"host_rating_avg": null}'"""),
        event("event_summary = NULL"),
    ],
    "host_profiles.ratings": [
        host("rating_sum = rating_sum + 1"),
        host("rating_count = rating_count + 1"),
    ],
    "host_profiles.average_rating": [
        PLAIN_AVERAGE + host("average_rating = 3"),
        PLAIN_AVERAGE + host("average_rating = NULL"),
    ],
    "events.feedback_summary": [
        event("""event_summary = event_summary || '{"feedback_summary_ai": "Nice."}'"""),
        f"INSERT INTO feedback_summaries (event_id, comments_hash) VALUES ('{DRINKS}', '')",
    ],
    "vectors.notes": [
        f"DELETE FROM embeddings WHERE kind = 'event' AND target = '{DRINKS}'",
        f"DELETE FROM user_interest_vectors WHERE user_id = '{ADA}' AND vector_type = 'persona_v1'",
    ],
    "vectors.events": [
        f"DELETE FROM embeddings WHERE target = '{DRINKS}'; {event('event_vector = NULL')}",
    ],
    "vectors.interests": [
        (
            "DELETE FROM embeddings WHERE target = 'Soup';"
            " UPDATE interests SET vector = NULL WHERE name = 'Soup'"
        ),
    ],
    "vectors.negative": [
        f"UPDATE user_interest_vectors SET vector = vector + vector WHERE user_id = '{FLO}'",
        f"DELETE FROM user_interest_vectors WHERE user_id = '{FLO}'",
    ],
    "vectors.attraction": [
        person("person_attraction_vector = NULL"),
        person("person_attraction_vector = (SELECT vector FROM interests LIMIT 1)", BO),
    ],
    "vectors.of_the_deleted": [
        (
            "INSERT INTO event_candidates (event_id, user_id, rank, score, match_reason,"
            f" proposed_at) VALUES ('{DRINKS}', '{GUS}', 1, 0, '', now())"
        ),
    ],
    "user_places": [
        f"DELETE FROM user_places WHERE user_id = '{ADA}'",
        f"UPDATE user_places SET latitude = latitude + 1 WHERE user_id = '{ADA}'",
        f"INSERT INTO user_places SELECT '{HANNA}', event_id, 0, 0 FROM user_places LIMIT 1",
    ],
    "connections": [
        f"DELETE FROM connections WHERE owner_id = '{ADA}' AND event_id = '{DRINKS}'",
        (
            "INSERT INTO connections (owner_id, connected_user_id, event_id)"
            f" VALUES ('{ADA}', '{HANNA}', '{DRINKS}')"
        ),
        # Bo didn't come: only what Ada wrote about him puts him there.
        f"DELETE FROM connections WHERE connected_user_id = '{BO}'",
        (
            "INSERT INTO connections (owner_id, connected_user_id, event_id)"
            f" VALUES ('{BO}', '{ADA}', '{DRINKS}')"
        ),
    ],
    "connections.written": [
        connection("is_favorite = false", DAN),
        connection("private_notes = 'Knows soup'", DAN),
        connection("wants_to_connect_again = false", BO),
        connection("does_not_want_to_connect_again = true", BO),
    ],
    "conversations.newest": [
        "UPDATE conversations SET last_message_id = NULL WHERE last_message_id IS NOT NULL",
        conversation("updated_at = updated_at + interval '1 s'", "Ada Dan"),
        conversation("updated_at = updated_at + interval '1 s'", "Dan Hanna"),
        f"UPDATE messages SET sent_at = '2026-06-01' WHERE id = '{an_id('Hello')}'",
    ],
    "conversations.participants": [
        f"DELETE FROM conversation_participants WHERE user_id = '{HANNA}'",
        (
            "INSERT INTO conversation_participants (conversation_id, user_id)"
            f" SELECT id, '{EVE}' FROM conversations LIMIT 1"
        ),
        f"UPDATE messages SET sender_id = '{EVE}' WHERE id = '{an_id('Hello')}'",
    ],
    "event_photos.status": [
        "UPDATE event_photos SET status = 'visible' WHERE status = 'hidden_by_host'",
        "UPDATE event_photos SET status = 'pending_review' WHERE status = 'visible'",
    ],
    "duos.status": [
        duo("status = 'active'"),
        duo("expires_at = expires_at + interval '1 s'"),
        duo("opened_at = opened_at - interval '1 s'"),
        duo("open_until = expires_at"),
        f"UPDATE duos SET status = 'pending' WHERE id = '{an_id('flo and bo')}'",
    ],
    "duos.participants": [
        f"UPDATE duo_participants SET role = 'participant' WHERE user_id = '{ADA}'",
        f"UPDATE duo_participants SET user_id = '{EVE}' WHERE user_id = '{DAN}'",
        f"DELETE FROM duo_participants WHERE user_id = '{DAN}'",
    ],
    "duos.one_at_a_time": [SECOND_DUO],
    "invitations.duo_id": [
        invitation("duo_id = NULL", ADA),
        invitation(f"duo_id = '{an_id('flo and bo')}'", EVE),
    ],
    "blocked_users": [
        f"UPDATE blocked_users SET unblocked_at = now() WHERE blocker_id = '{EVE}'",
        f"UPDATE blocked_users SET unblocked_at = NULL WHERE blocker_id = '{DAN}'",
        "UPDATE blocked_users SET blocked_at = blocked_at - interval '1 s'",
        f"DELETE FROM blocked_users WHERE blocker_id = '{EVE}'",
        (
            "INSERT INTO blocked_users (blocker_id, blocked_id, blocked_at)"
            f" VALUES ('{FLO}', '{BO}', now())"
        ),
    ],
    "reports.status": [
        f"UPDATE reports SET status = 'resolved' WHERE reporter_id = '{ADA}'",
        f"UPDATE reports SET status = 'under_review' WHERE reporter_id = '{BO}'",
        "UPDATE reports SET reported_at = reported_at + interval '1 s'",
    ],
    "host_reliability_log": [
        "UPDATE host_reliability_log SET action_type = 'cancelled'",
        "UPDATE host_reliability_log SET occurred_at = now()",
        "UPDATE host_reliability_log SET metadata = NULL",
        "DELETE FROM host_reliability_log",
    ],
    "support_tickets.status": ["UPDATE support_tickets SET status = 'closed'"],
}
