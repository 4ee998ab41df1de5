"""What is read is shared by all who look; pages aren't, and whoever acts sees what came of it."""

from collections.abc import Callable

from sqlalchemy import Engine

from domain.tables.accounts import Role
from tests.integration.dashboard.scene import (
    NOW,
    Browser,
    a_delivery,
    a_session,
    an_account,
)

PLACE = "/dead/list?handler=kudos.apply_kudos_given"


def test_viewers_share_what_is_read_and_not_the_page(
    viewer: Browser, open_browser: Callable[[], Browser], engine: Engine
) -> None:
    an_account(engine, "grace", Role.OPERATOR)
    operator = open_browser()
    token = a_session(engine, "grace")
    operator.client.cookies.set("momento-session", token, domain="127.0.0.1")
    for seq in (1, 2):
        a_delivery(engine, seq, "dead", settled_at=NOW, error="E", fingerprint="E")
    for browser, name, may in ((viewer, "ada", False), (operator, "grace", True)):
        page = browser.get(PLACE).text
        assert page.count("data-row") == 2
        assert name in page
        assert ("Retry all 2" in page) is may
    # At once, though what was read a moment ago would still do for whoever only looks.
    form = {"csrf": operator.token(PLACE), "pick": "1~kudos.apply_kudos_given", "back": PLACE}
    answer = operator.post("/deliveries/retry", form)
    assert answer.status_code == 303
    assert operator.get(PLACE).text.count("data-row") == 1
    assert "#1<" in operator.get("/deliveries?due=now").text
