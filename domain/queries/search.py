"""Who is to be found, by what they do, like and feel."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlmodel import Session

from domain.constants import PAGE_LENGTH, SEARCH_CANDIDATES, SEARCH_LIMIT_CHARACTERS
from domain.queries.page import BEST_FIRST, Page, one_more, page
from domain.sql import fetch


class FoundPerson(NamedTuple):
    """Somebody who matches what was looked for; `rank` compares within one search only."""

    user_id: str
    name: str | None
    current_photo_url: str | None
    career: str | None
    interests: Sequence[str]
    mood: str | None
    rank: float


def search_people(
    session: Session,
    words: str,
    *,
    asker_id: str | None = None,
    after: str | None = None,
    limit: int = PAGE_LENGTH,
) -> Page[FoundPerson]:
    """Give people whose career, interests or mood match, the best first.

    `words` are written as for a search engine: quotes for a phrase, OR, and - for what must not be
    there; at most 200 characters, else ValueError. Only people who are active are found, and for an
    asker neither they themselves nor anybody across a block. Of more than 1,000 who match, 1,000
    are ranked. Index: users_search_document_idx. Cost: these 1,000, whom the asker blocks or is
    blocked by, and the words' entries in the index.
    """
    if len(words) > SEARCH_LIMIT_CHARACTERS:
        raise ValueError(f"a search has at most {SEARCH_LIMIT_CHARACTERS} characters")
    rank, person = BEST_FIRST.after(after)
    rows = fetch(
        session,
        _SEARCH,
        # Postgres keeps no NUL in a text.
        words=words.replace("\0", " "),
        asker=asker_id,
        candidates=SEARCH_CANDIDATES,
        rank=rank,
        person=person,
        limit=one_more(limit),
    )
    found = map(FoundPerson._make, rows)
    return page(found, limit, key=lambda each: (each.rank, each.user_id))


# What is looked for comes from a row, not from a parameter, lest Postgres takes a frequent word for
# a reason to read the whole table. What only says whom not to find (-lawyer) can't use the index:
# querytree tells, and nobody is found.
_SEARCH: Final = """
WITH asked AS MATERIALIZED (
    SELECT query FROM websearch_to_tsquery('english', %(words)s) AS query
    WHERE querytree(query) NOT IN ('', 'T')
), best AS MATERIALIZED (
    SELECT id, career, interests, mood, rank
    FROM asked CROSS JOIN LATERAL (
        SELECT id, career, interests, mood, ts_rank(search_document, asked.query)::float8 AS rank
        FROM users WHERE status = 'active' AND search_document @@ asked.query
        LIMIT %(candidates)s
    ) AS candidate
    WHERE (rank, id) < (%(rank)s::float8, %(person)s::uuid)
        AND id IS DISTINCT FROM %(asker)s::uuid
        AND id NOT IN (
            SELECT blocked_id FROM blocked_users
            WHERE blocker_id = %(asker)s::uuid AND unblocked_at IS NULL
            UNION ALL
            SELECT blocker_id FROM blocked_users
            WHERE blocked_id = %(asker)s::uuid AND unblocked_at IS NULL)
    ORDER BY rank DESC, id DESC LIMIT %(limit)s
)
SELECT best.id, coalesce(profile.preferred_name, profile.first_name), profile.current_photo_url,
    best.career, coalesce(best.interests, '[]'), best.mood, best.rank
FROM best LEFT JOIN social_profiles AS profile ON profile.user_id = best.id
ORDER BY best.rank DESC, best.id DESC
"""
