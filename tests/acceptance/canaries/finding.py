"""Finds canaries: the columns in which they may stand, and lines in which they may not."""

import re
from collections.abc import Collection
from typing import Final

from sqlalchemy import Engine, text

from domain.privacy.traces import FACT_TRACES, TRACES
from tests.helpers import clerk
from tests.helpers.canaries import AREA

SIGN: Final = re.compile(rf"canary|{re.escape(AREA)}|{AREA[1:]}|Canary|{clerk.PHONE[1:]}")
# Columns that hold what people said of themselves and others, or how to reach them: their own.
OWN: Final = frozenset(
    {
        *((trace.table, column) for trace in TRACES for column in trace.erased),
        *((trace.table, "data") for trace in FACT_TRACES),
        *((table, "data") for table in ("duo_facts", "event_photo_facts", "push_token_facts")),
        *(("users", column) for column in ("phone_number", "email", "last_name", "clerk_id")),
        *(("users", column) for column in ("career", "interests", "mood", "search_document")),
        *(("users", column) for column in ("availability_preferences", "payment_customer_id")),
        *(
            ("social_profiles", column)
            for column in (
                "first_name",
                "preferred_name",
                "bio",
                "vibe_summary",
                "pronouns",
                "occupation",
                "location",
                "current_photo_url",
                "current_face_card_photo_url",
                "face_card_source_photo_url",
            )
        ),
        *(("host_profiles", column) for column in ("host_name", "host_bio", "address")),
        ("host_profiles", "website_url"),
        ("host_photos", "url"),
        ("host_photos", "caption"),
        ("profile_photos", "url"),
        ("user_social_links", "url"),
        ("social_connections", "shared_url"),
        ("push_notification_tokens", "token"),
        # The names of interests belong to nobody (docs/decisions/0022).
        ("interests", "name"),
        ("user_interest_vectors", "persona_name"),
        ("embeddings", "target"),
        # The texts of an event are its host's.
        ("events", "arrival_signpost"),
        ("feedback_summaries", "summary"),
        ("events", "event_summary"),
    }
)


def columns_with_canaries(engine: Engine) -> set[tuple[str, str]]:
    """(table, column) of whatever holds one."""
    with engine.connect() as connection:
        tables = connection.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ).all()
        return {
            (table, column)
            for table in tables
            for (column,) in connection.execute(
                text(
                    f'SELECT DISTINCT said.key FROM "{table}" AS kept,'
                    " jsonb_each_text(to_jsonb(kept)) AS said WHERE said.value ~ :sign"
                ),
                {"sign": SIGN.pattern.replace(r"\+", "[+]")},
            )
        }


def lines_with_canaries(said: Collection[str]) -> list[str]:
    """Where one stands, with what is around it."""
    return [
        line[max(0, found.start() - 300) : found.end() + 50]
        for line in said
        if (found := SIGN.search(line))
    ]
