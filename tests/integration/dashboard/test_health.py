"""What the dashboard says of itself to machines, and to people when the database is away."""

import httpx
from sqlalchemy import Engine, text

from dashboard.__main__ import server_config
from dashboard.app import make_app
from tests.helpers.serving import serving
from tests.integration.dashboard.scene import Browser
from workers.database import make_engine


def test_it_lives(stranger: Browser) -> None:
    assert stranger.get("/livez").json() == {"status": "ok"}


def test_it_is_ready(stranger: Browser) -> None:
    answer = stranger.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"


def test_without_its_tables_it_is_not(stranger: Browser, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE dashboard_sessions CASCADE"))
    answer = stranger.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "failed": "migrations"}


def test_without_a_database_it_lives_and_says_what_is_missing() -> None:
    nowhere = make_engine("postgresql://nobody@127.0.0.1:1/none", process="dashboard", pool_size=1)
    with (
        serving(make_app(nowhere), server_config) as url,
        httpx.Client(base_url=url, timeout=30) as client,
    ):
        assert client.get("/livez").status_code == 200
        assert client.get("/readyz").json()["failed"] == "database"
        assert client.get("/sign-in").status_code == 200
        client.cookies.set("momento-session", "x" * 43)
        answer = client.get("/")
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"
        assert "The database doesn&#39;t answer" in answer.text
        assert "127.0.0.1:1" not in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    nowhere.dispose()
