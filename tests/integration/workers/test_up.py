"""`momento up` with real processes: what it starts, keeps running, and leaves behind (nothing)."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.place import SOON, STEADY, Place, a_place, one_line
from workers import embedded
from workers.connections import check_broker, check_database
from workers.embedded.files import wait_until
from workers.settings import load_settings

# One that starts others, of which one leaves the process group.
FAMILY = "family: sh -c 'sleep 601 & setsid sleep 602 & wait'"
STUBBORN = "stubborn: python -c 'import signal, time; signal.signal(15, signal.SIG_IGN); print(\"deaf\"); time.sleep(603)'"  # noqa: E501
GATEWAY = "gateway: python -m http.server $GATEWAY_PORT --bind 127.0.0.1 --directory {answers}"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with a_place(tmp_path) as place:
        yield place


class TestStopping:
    @pytest.mark.parametrize("request_to_stop", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_a_request_to_stop_leaves_no_process_behind(
        self, place: Place, request_to_stop: signal.Signals
    ) -> None:
        up = place.up(STEADY, FAMILY)
        place.until_said("Momento is up.")
        assert wait_until(lambda: any("sleep 602" in line for line in place.left()), SOON)
        up.send_signal(request_to_stop)
        assert up.wait(SOON.total_seconds()) == 0
        assert place.left() == []
        assert not (place.home / "env").exists()

    def test_one_that_does_not_listen_is_killed_at_the_second_request(self, place: Place) -> None:
        up = place.up(STEADY, STUBBORN)
        place.until_said("deaf")
        up.send_signal(signal.SIGINT)
        place.until_said("stopping")
        up.send_signal(signal.SIGINT)
        assert up.wait(SOON.total_seconds()) == 0
        assert "stubborn did not stop and was killed" in place.output
        assert place.left() == []

    def test_one_that_does_not_listen_is_killed_after_ten_seconds(self, place: Place) -> None:
        up = place.up(STUBBORN)
        place.until_said("deaf")
        up.send_signal(signal.SIGTERM)
        assert up.wait(SOON.total_seconds()) == 0
        assert place.left() == []

    def test_a_request_during_the_start_stops_it_as_well(self, place: Place) -> None:
        up = place.up(STEADY)
        place.until_said("Momento is starting.")
        up.send_signal(signal.SIGINT)
        assert up.wait(SOON.total_seconds()) == 130
        assert place.left() == []

    @pytest.mark.parametrize("step", ["initdb", "--single"])
    def test_a_request_while_the_database_is_made_ends_that_as_well(
        self, place: Place, step: str
    ) -> None:
        up = place.up(STEADY)
        assert wait_until(lambda: any(step in line for line in place.left()), SOON)
        up.send_signal(signal.SIGINT)
        assert up.wait(SOON.total_seconds()) == 130
        assert place.left() == []
        place.up(STEADY)
        place.until_said("Momento is up.")


class TestKilled:
    def test_its_programs_end_when_it_is_killed_outright(self, place: Place) -> None:
        up = place.up(STEADY)
        place.until_said("Momento is up.")
        up.kill()
        up.wait()
        assert wait_until(lambda: not any("sleep" in line for line in place.left()), SOON)

    def test_it_starts_again_on_what_a_killed_run_left(self, place: Place) -> None:
        up = place.up(STEADY, FAMILY)
        place.until_said("Momento is up.")
        up.kill()
        up.wait()
        again = place.up(STEADY)
        place.until_said("Momento is up.")
        assert sum("sleep" in line for line in place.left()) == 1
        again.send_signal(signal.SIGINT)
        assert again.wait(SOON.total_seconds()) == 0
        assert place.left() == []

    def test_it_starts_again_after_one_that_was_killed_while_making_the_database(
        self, place: Place
    ) -> None:
        up = place.up(STEADY)
        assert wait_until(lambda: any("initdb" in line for line in place.left()), SOON)
        up.kill()
        up.wait()
        place.up(STEADY)
        place.until_said("Momento is up.")


class TestRestarting:
    def test_a_program_that_ends_is_started_again(self, place: Place) -> None:
        place.up(STEADY, "brief: sh -c 'echo hello; exit 3'")
        place.until_said("brief ended with exit code 3; again in 1 s")
        place.until_said("hello", times=2)
        place.until_said("again in 2 s")

    def test_a_program_that_is_killed_is_started_again(self, place: Place) -> None:
        place.up(STEADY, "brief: sh -c 'echo me $$; sleep 600'")
        place.until_said("| me ")
        pid = int(place.output.partition("| me ")[2].split()[0])
        os.kill(pid, signal.SIGKILL)
        place.until_said("brief ended by SIGKILL")
        place.until_said("| me ", times=2)

    def test_an_embedded_server_that_is_killed_is_started_again(self, place: Place) -> None:
        place.up(STEADY)
        place.until_said("Momento is up.")
        for pid_file in ("redis/pid", "postgres/data/postmaster.pid"):
            lines = (place.home / pid_file).read_text(encoding="utf-8").splitlines()
            os.kill(int(lines[0]), signal.SIGKILL)
        place.until_said("Postgres has ended and is started again")
        place.until_said("Redis has ended and is started again")
        assert wait_until(lambda: embedded.redis_runs(place.home), SOON)
        check_broker(embedded.redis_url(place.home))
        check_database(embedded.postgres_url(place.home))

    def test_five_quick_failures_in_a_row_stop_everything(self, place: Place) -> None:
        up = place.up(STEADY, "brief: sh -c 'echo no luck; exit 3'")
        assert up.wait(SOON.total_seconds()) == 1
        last = place.output.splitlines()[-1]
        assert "brief failed 5 times in a row, at last with exit code 3" in last
        assert "no luck" in last
        assert place.left() == []


class TestRefusing:
    def test_a_second_one_on_the_same_home_says_so(self, place: Place) -> None:
        up = place.up(STEADY)
        place.until_said("Momento is up.")
        line = one_line(place.momento("up"))
        assert "already running" in line
        assert f"(process {up.pid})" in line
        assert up.poll() is None

    @pytest.mark.parametrize(
        ("variable", "url", "said"),
        [
            ("DATABASE_URL", "postgresql://a:hunter2@127.0.0.1:1/b", "Connection refused"),
            ("DATABASE_URL", "postgresql://a:hunter2@127.0.0.1:x/b", "can't be read"),
            ("DATABASE_URL", "postgresql://a:hunter2@host.invalid/b", "Check the host's name"),
            ("DATABASE_URL", "mysql://a:hunter2@127.0.0.1/b", 'starts with "mysql://"'),
            ("BROKER_URL", "redis://:hunter2@127.0.0.1:1/0", "Connection refused"),
            ("BROKER_URL", "amqp://a:hunter2@127.0.0.1:1/b", "cannot connect to 127.0.0.1:1"),
            ("BROKER_URL", "kafka://a:hunter2@127.0.0.1", 'starts with "kafka://"'),
        ],
    )
    def test_a_wrong_url_gets_one_line_without_its_password(
        self, place: Place, variable: str, url: str, said: str
    ) -> None:
        line = one_line(place.momento("up", **{variable: url}))
        assert variable in line
        assert said in line
        assert "hunter2" not in line

    def test_a_database_that_does_not_exist_is_named(self, place: Place) -> None:
        url = embedded.start_postgres(place.directory / "other")
        wrong = url.replace("/momento?", "/nonesuch?")
        try:
            line = one_line(place.momento("up", DATABASE_URL=wrong))
        finally:
            embedded.stop(place.directory / "other")
        assert 'database "nonesuch" does not exist. Create it' in line

    def test_a_process_that_is_not_in_the_procfile_is_refused(self, place: Place) -> None:
        assert "There is no process relais; there are relay" in one_line(
            place.momento("up", "relais")
        )


class TestWelcome:
    def test_it_is_said_when_all_of_them_are_at_work(self, place: Place) -> None:
        place.up()
        place.until_said("Momento is up.")
        assert re.search(r"sign in +as operator, password in \S+/dashboard-password", place.output)
        seen = json.loads(place.momento("status", "--json").stdout)
        assert len(seen["workers"]) == load_settings({}).momento_worker_processes
        ports = dict(re.findall(r"export (\w+)_PORT=(\d+)", place.momento("env").stdout))
        for service in ("GATEWAY", "DASHBOARD"):
            url = f"http://127.0.0.1:{ports[service]}/readyz"
            with urllib.request.urlopen(url, timeout=5) as answer:
                assert answer.status == 200

    def test_it_is_not_said_as_long_as_one_is_missing(self, place: Place) -> None:
        place.up("relay: sleep 600", "brief: sh -c 'echo hello; exit 3'")
        place.until_said("hello", times=2)
        assert "Momento is up." not in place.output

    def test_its_line_for_the_shell_works_where_the_reader_is(self, place: Place) -> None:
        place.up(STEADY)
        place.until_said("Ctrl-C")
        line = re.search(r"shell +(eval .+)", place.output)
        assert line is not None
        others = {name: value for name, value in os.environ.items() if name != "MOMENTO_HOME"}
        shown = subprocess.run(
            ["/bin/sh", "-c", f'{line[1]}\nprintf %s "$MOMENTO_HOME"'],
            env=others | {"PATH": os.defpath},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        assert shown == str(place.home)


class TestPorts:
    def test_a_gateway_that_answers_is_announced_with_its_place(self, place: Place) -> None:
        place.up(STEADY, GATEWAY)
        place.until_said("Momento is up.")
        port = self.port_given(place)
        place.until_said(f"http://127.0.0.1:{port}/v1/events")

    def test_a_default_port_that_is_taken_is_avoided(self, place: Place) -> None:
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if taken.connect_ex(("127.0.0.1", 8400)) != 0:
                taken.close()
                with socket.create_server(("127.0.0.1", 8400)):
                    place.up(GATEWAY)
                    place.until_said("Momento is up.")
            else:
                place.up(GATEWAY)
                place.until_said("Momento is up.")
        assert self.port_given(place) != 8400

    def test_a_port_that_was_asked_for_and_is_taken_is_refused(self, place: Place) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            line = one_line(place.momento("up", GATEWAY_PORT=str(port)))
        assert f"GATEWAY_PORT: port {port} is taken" in line

    @staticmethod
    def port_given(place: Place) -> int:
        script = place.momento("env").stdout
        return int(script.partition("GATEWAY_PORT=")[2].split()[0])


class TestEnv:
    def test_it_prints_what_a_shell_needs(self, place: Place) -> None:
        place.up(STEADY)
        place.until_said("Momento is up.")
        script = place.momento("env").stdout
        shown = subprocess.run(
            ["/bin/sh", "-c", f'{script}\nprintf %s "$DATABASE_URL $BROKER_URL"'],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        home = place.home
        assert shown == f"{embedded.postgres_url(home)} {embedded.redis_url(home)}"
        assert stat.S_IMODE((home / "env").stat().st_mode) == 0o600

    def test_it_says_so_where_nothing_runs(self, place: Place) -> None:
        result = place.momento("env")
        assert "No system is running" in one_line(result)
        assert result.stdout == ""

    def test_a_shell_that_took_the_variables_over_can_start_it_again(self, place: Place) -> None:
        up = place.up(STEADY)
        place.until_said("Momento is up.")
        up.send_signal(signal.SIGINT)
        up.wait(SOON.total_seconds())
        urls = {
            "DATABASE_URL": embedded.postgres_url(place.home),
            "BROKER_URL": embedded.redis_url(place.home),
        }
        place.up(STEADY, **urls)
        place.until_said("Momento is up.")
