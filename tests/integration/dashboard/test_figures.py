"""/metrics of the services: who may see it, what it shows, and what it never shows."""

from collections.abc import Iterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from sqlalchemy import Engine, text

from dashboard.__main__ import server_config
from dashboard.app import make_app
from dashboard.collecting import Collector
from dashboard.snapshots import SnapshotGauges
from domain.figures.recorder import Recorder
from tests.helpers.evening import an_evening
from tests.helpers.roles import acting_as
from tests.helpers.serving import serving
from tests.helpers.telling import tell
from tests.integration.dashboard.scene import plant
from workers.database import make_engine
from workers.exposition import make_registry, may_see, serve_figures
from workers.serving import Measured
from workers.settings import load_settings


@pytest.fixture
def url(engine: Engine) -> Iterator[str]:
    recorder = Recorder()
    registry = make_registry("dashboard", recorder=recorder, more=SnapshotGauges(engine))
    app = Measured(
        make_app(acting_as(engine, "dashboard")), recorder=recorder, registry=registry, token=None
    )
    with serving(app, server_config) as url:
        yield url


def shown(url: str) -> dict[str, float]:
    """Every sample by its name and labels."""
    answer = httpx.get(f"{url}/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        f"{sample.name}{dict(sorted(sample.labels.items())) or ''}": sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


class TestAccess:
    def test_this_machine_sees_figures(self, url: str) -> None:
        assert any(name.startswith("momento_build_info") for name in shown(url))

    @pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
    def test_whoever_comes_through_a_proxy_does_not(self, url: str, header: str) -> None:
        assert httpx.get(f"{url}/metrics", headers={header: "127.0.0.1"}).status_code == 403

    @pytest.mark.parametrize(
        ("peer", "said", "answer"),
        [
            ("127.0.0.1", None, "no"),
            ("127.0.0.1", "Bearer wrong", "no"),
            ("10.0.0.7", "Bearer secret", "yes"),
            ("10.0.0.7", "secret", "no"),
        ],
    )
    def test_with_a_token_only_the_token_counts(
        self, peer: str, said: str | None, answer: str
    ) -> None:
        headers = [] if said is None else [("Authorization", said)]
        may = may_see(SecretStr("secret"), peer=peer, headers=headers)
        assert may is (answer == "yes")

    @pytest.mark.parametrize(
        ("peer", "answer"),
        [("127.0.0.1", "yes"), ("::1", "yes"), ("10.0.0.7", "no"), (None, "no")],
    )
    def test_without_one_the_address_does(self, peer: str | None, answer: str) -> None:
        assert may_see(None, peer=peer, headers=[]) is (answer == "yes")

    def test_pages_stay_closed(self, url: str) -> None:
        assert httpx.get(f"{url}/").status_code in (303, 401)
        assert httpx.get(f"{url}/metrics/").status_code != 200


class TestShown:
    def test_requests_are_measured_by_what_answers_them(self, url: str) -> None:
        for path in ("/livez", "/livez", "/sign-in", "/no/such/page/at/all"):
            httpx.get(f"{url}{path}")
        found = shown(url)
        counts = {name: value for name, value in found.items() if "http_requests_total" in name}
        assert counts["momento_http_requests_total{'endpoint': 'live', 'status': '200'}"] == 2
        assert not any("no/such" in name for name in counts)

    def test_the_newest_snapshot_is_shown_and_an_old_one_only_by_its_age(
        self, url: str, engine: Engine, database_url: str
    ) -> None:
        assert "momento_snapshot_age_seconds" not in shown(url)
        collect(database_url)
        found = shown(url)
        assert found["momento_snapshot_age_seconds"] < 15
        assert found["momento_outbox_waiting"] == 0
        assert found["momento_lane_takers{'lane': 'seats'}"] == 0
        with engine.begin() as connection:
            connection.execute(text("UPDATE snapshots SET at = at - interval '1 minute'"))
        found = shown(url)
        assert found["momento_snapshot_age_seconds"] > 59
        assert "momento_outbox_waiting" not in found

    def test_nothing_personal_is_in_it(self, url: str, engine: Engine, database_url: str) -> None:
        """G15."""
        tell(engine, an_evening())
        plant(engine, "outbox", {"seq": 10**6, "received_at": "2026-06-01Z", "type": "x"})
        collect(database_url)
        said = httpx.get(f"{url}/metrics").text
        with engine.connect() as connection:
            snapshot = connection.execute(text("SELECT data::text FROM snapshots")).scalar_one()
            people = connection.execute(text("SELECT id::text, phone_number FROM users")).all()
        secrets = [value for person in people for value in person if value]
        assert len(secrets) > 4
        for secret in secrets:
            assert secret not in said
            assert secret not in snapshot


def collect(database_url: str) -> None:
    engine = make_engine(database_url, process="collector", pool_size=1)
    collector = Collector(engine, None)
    assert collector.look()
    collector.release()
    engine.dispose()


class TestOwnPort:
    def test_processes_take_the_next_free_port_and_never_fail(self) -> None:
        settings = load_settings({"METRICS_PORT": "19400"})
        first, second = (serve_figures(settings, "worker") for _ in range(2))
        assert first is not None
        assert second is not None
        assert first != second
        assert "momento_build_info" in httpx.get(f"http://{first}/metrics").text
        assert httpx.get(f"http://{second}/other").status_code == 404

    def test_none_is_taken_when_not_wanted(self) -> None:
        assert serve_figures(load_settings({"METRICS_PORT": "0"}), "worker") is None

    def test_a_host_that_is_not_ours_costs_only_the_figures(self) -> None:
        settings = load_settings({"METRICS_HOST": "192.0.2.1"})
        assert serve_figures(settings, "worker") is None
