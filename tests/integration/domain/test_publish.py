"""What Python code may publish is what may be posted."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.faults import InvalidEnvelopeError
from domain.outbox import publish
from domain.users.payloads import UserStatusChanged, UserVerified
from tests.helpers.pages import START, an_id

VERIFIED = UserVerified(user_id=an_id("Ana"))


class TestPublish:
    """G11: what can't be published is refused, and the caller's transaction goes on."""

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"time": datetime.now(UTC) + timedelta(days=1)}, "time"),
            ({"time": START.replace(tzinfo=None)}, "time"),
            ({"id": ""}, "id"),
            ({"id": "x" * 129}, "id"),
            ({"source": "with a space"}, "source"),
        ],
    )
    def test_refuses_what_the_gateway_refuses(
        self, engine: Engine, changed: dict[str, object], field: str
    ) -> None:
        said = {"source": "/services/api", "time": START, "id": "one", **changed}
        with Session(engine) as session, session.begin():
            with pytest.raises(InvalidEnvelopeError) as refused:
                publish(session, VERIFIED, **said)  # type: ignore[arg-type]
            assert [fault.field for fault in refused.value.faults] == [field]
            assert publish(session, VERIFIED, source="/services/api", time=START, id="two")

    def test_refuses_a_nul_in_text(self, engine: Engine) -> None:
        changed = UserStatusChanged(user_id=an_id("Ana"), status="paused", reason="a\x00b")
        with Session(engine) as session, session.begin():
            with pytest.raises(InvalidEnvelopeError, match=r"data\.reason"):
                publish(session, changed, source="/services/api", time=START, id="one")
            assert session.connection().execute(text("SELECT count(*) FROM outbox")).scalar() == 0
