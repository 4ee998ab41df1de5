"""The delivery log: pages that lose no row, filters, and what they may read for it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.ops.cursors import MomentCursor
from domain.ops.reasons import in_words
from domain.ops.tellings import LOOKED_AT, TellingFilter, list_tellings
from domain.tables.notifications import Channel, NotificationStatus, Template
from tests.helpers.explain import explain, overhear
from tests.helpers.postgres import PostgresServer
from tests.helpers.roles import acting_as

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ANA = UUID("00000000-0000-7000-8000-000000000001")
# A hundred share each moment; every fifth is suppressed; one of three thousand is Ana's.
FLOOD = """
INSERT INTO notifications (id, user_id, category, template, params, channel, dedupe_key, status,
    reason, send_after, expires_at, attempts, domain_event_id, created_at)
SELECT md5(n::text)::uuid,
    CASE WHEN n % 3000 = 0 THEN :ana ELSE md5((n % 500)::text)::uuid END, 'push_social',
    CASE WHEN n % 2 = 0 THEN 'kudos' ELSE 'message' END, '{}', 'push', n::text,
    CASE WHEN n % 5 = 0 THEN 'suppressed' ELSE 'sent' END,
    CASE WHEN n % 5 = 0 THEN 'switched_off' END, :now, :now, 0, n,
    CAST(:now AS timestamptz) - (n / 100) * interval '1 microsecond'
FROM generate_series(1, 30000) AS n
"""


@pytest.fixture(scope="module")
def engine(postgres_server: PostgresServer) -> Iterator[Engine]:
    with postgres_server.engine(pool_size=2) as made:
        with made.begin() as connection:
            connection.execute(text(FLOOD), {"ana": ANA, "now": NOW})
        with made.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE notifications"))
        yield made


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """With the rights of the dashboard."""
    with Session(acting_as(engine, "dashboard")) as made:
        yield made


def walk(session: Session, wanted: TellingFilter, *, limit: int) -> list[str]:
    """Every id, page after page, by what a URL says of the next one."""
    found, after = list[str](), None
    while True:
        page = list_tellings(session, wanted, after=after, limit=limit)
        found += [row.id for row in page.rows]
        if page.after is None:
            return found
        after = MomentCursor.parse(str(page.after))


class TestPages:
    @pytest.mark.parametrize(
        ("wanted", "count"),
        [
            (TellingFilter(since=NOW - timedelta(microseconds=9)), 999),
            (TellingFilter(template=Template.KUDOS, state=NotificationStatus.SUPPRESSED), 3_000),
            (TellingFilter(user=ANA), 10),
            (TellingFilter(user=ANA, until=NOW - timedelta(microseconds=100)), 7),
            (TellingFilter(channel=Channel.SMS), 0),
            (TellingFilter(reason="switched_off", user=ANA), 10),
        ],
    )
    def test_together_hold_every_row_once(
        self, session: Session, wanted: TellingFilter, count: int
    ) -> None:
        found = walk(session, wanted, limit=97)
        assert (len(found), len(set(found))) == (count, count)

    def test_one_that_is_not_full_says_so_and_leads_on(self, session: Session) -> None:
        found = list_tellings(session, TellingFilter(channel=Channel.SMS))
        assert (found.rows, found.was_cut) == ([], True)

    @pytest.mark.parametrize("text", ["", "1", "1~x", "x~" + str(ANA), "9" * 17 + f"~{ANA}~"])
    def test_what_is_no_cursor_is_none(self, text: str) -> None:
        assert MomentCursor.parse(text) is None


class TestCost:
    @pytest.mark.parametrize("generic", [False, True])
    @pytest.mark.parametrize(
        ("wanted", "pages"),
        [
            (TellingFilter(), 60),
            (TellingFilter(user=ANA), 60),
            # So many as are looked at: they lie side by side.
            (TellingFilter(channel=Channel.SMS), 2_500),
        ],
    )
    def test_nothing_is_read_whole(
        self, session: Session, wanted: TellingFilter, pages: int, *, generic: bool
    ) -> None:
        heard = overhear(session)
        after = MomentCursor(NOW - timedelta(microseconds=20), str(ANA))
        list_tellings(session, wanted, after=after)
        for asked in list(heard):
            plan = explain(session, asked, generic=generic)
            assert plan.read_whole == set(), plan
            assert plan.buffers <= pages, plan
        assert len(heard) > 0
        assert LOOKED_AT < 30_000


class TestWords:
    def test_our_codes_have_a_sentence_and_a_providers_have_none(self) -> None:
        assert in_words("switched_off").endswith("off on this channel.")
        assert in_words("30003") == in_words(None) == ""
