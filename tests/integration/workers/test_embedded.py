"""Postgres and Redis that start by themselves, whatever became of their last run."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

import psutil
import psycopg
import pytest
import redis

from workers import embedded
from workers.embedded.files import wait_until

SOON = timedelta(seconds=10)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    # A space, since people's paths have them.
    home = tmp_path / "a home"
    yield home
    embedded.stop(home)


@pytest.fixture
def far_home(tmp_path: Path) -> Iterator[Path]:
    home = tmp_path / ("far-away-" * 10) / ("and-further-" * 10)
    yield home
    embedded.stop(home)


def ask(url: str, statement: str) -> object:
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        cursor = connection.execute(statement)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def servers_in(home: Path) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if _works_in(process, home)]


def _works_in(process: psutil.Process, home: Path) -> bool:
    try:
        return Path(process.cwd()).is_relative_to(home.resolve())
    except (psutil.Error, OSError):
        return False


def kill_everything_in(home: Path) -> None:
    for process in servers_in(home):
        # One server takes its own children along.
        with suppress(psutil.NoSuchProcess):
            process.kill()
    assert wait_until(lambda: not servers_in(home), SOON)


def settings_of(url: str) -> dict[str, str]:
    with redis.Redis.from_url(url) as client:
        names = ("save", "appendonly", "maxmemory-policy", "port")
        return {name: client.config_get(name)[name] for name in names}


class TestStartPostgres:
    def test_a_second_start_finds_the_server_that_runs(self, home: Path) -> None:
        url = embedded.start_postgres(home)
        started = ask(url, "SELECT pg_postmaster_start_time()")
        assert embedded.start_postgres(home) == url
        assert ask(url, "SELECT pg_postmaster_start_time()") == started

    def test_what_was_committed_survives_a_kill_of_every_process(self, home: Path) -> None:
        url = embedded.start_postgres(home)
        ask(url, "CREATE TABLE kept (id int)")
        ask(url, "INSERT INTO kept VALUES (7)")
        kill_everything_in(home)
        assert ask(embedded.start_postgres(home), "SELECT id FROM kept") == 7

    def test_a_number_that_now_belongs_to_a_stranger_holds_nothing_back(self, home: Path) -> None:
        embedded.start_postgres(home)
        pid_file = home / "postgres" / "data" / "postmaster.pid"
        left_behind = pid_file.read_text(encoding="utf-8").splitlines()
        owner = pid_file.stat().st_uid
        kill_everything_in(home)
        # The same user's process, since only that one keeps Postgres from starting.
        as_owner = owner if os.geteuid() == 0 else None
        with subprocess.Popen(["/bin/sleep", "600"], user=as_owner, cwd="/") as stranger:
            pid_file.write_text("\n".join([str(stranger.pid), *left_behind[1:]]), encoding="utf-8")
            assert ask(embedded.start_postgres(home), "SELECT 1") == 1
            assert stranger.poll() is None
            stranger.kill()

    def test_a_first_start_that_was_cut_short_is_begun_anew(self, home: Path) -> None:
        half_made = home / "postgres" / "data.new7gq2"
        half_made.mkdir(parents=True)
        (half_made / "PG_VERSION").write_text("18\n", encoding="utf-8")
        assert ask(embedded.start_postgres(home), "SELECT 1") == 1
        assert not half_made.exists()

    def test_a_path_too_long_for_a_socket_gets_a_short_private_one(self, far_home: Path) -> None:
        url = embedded.start_postgres(far_home)
        assert ask(url, "SELECT 1") == 1
        sockets = Path(unquote(url.partition("host=")[2]))
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        assert not sockets.is_relative_to(far_home)

    def test_a_server_whose_socket_was_cleaned_away_is_started_again(self, far_home: Path) -> None:
        url = embedded.start_postgres(far_home)
        sockets = Path(unquote(url.partition("host=")[2]))
        for file in sockets.iterdir():
            file.unlink()
        sockets.rmdir()
        assert ask(embedded.start_postgres(far_home), "SELECT 1") == 1

    def test_nobody_else_can_reach_the_socket(self, home: Path) -> None:
        url = embedded.start_postgres(home)
        sockets = Path(unquote(url.partition("host=")[2]))
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        assert ask(url, "SHOW listen_addresses") == ""

    def test_commits_wait_for_the_disk(self, home: Path) -> None:
        url = embedded.start_postgres(home)
        for setting in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
            assert ask(url, f"SHOW {setting}") == "on"

    def test_vectors_can_be_had(self, home: Path) -> None:
        url = embedded.start_postgres(home)
        ask(url, "CREATE EXTENSION vector")
        assert ask(url, "SELECT '[1,2]'::vector <-> '[1,2]'") == 0

    def test_it_outlives_the_process_that_started_it(self, home: Path) -> None:
        script = "import pathlib, sys; from workers import embedded"
        script += "; embedded.start_postgres(pathlib.Path(sys.argv[1]))"
        subprocess.run([sys.executable, "-c", script, str(home)], check=True)
        assert ask(embedded.postgres_url(home), "SELECT 1") == 1

    def test_data_of_another_version_is_refused_by_name(self, home: Path) -> None:
        data = home / "postgres" / "data"
        data.mkdir(parents=True)
        (data / "PG_VERSION").write_text("15\n", encoding="utf-8")
        with pytest.raises(embedded.EmbeddedError, match="made by Postgres 15") as caught:
            embedded.start_postgres(home)
        assert "\n" not in str(caught.value)


class TestStartRedis:
    def test_a_second_start_finds_the_server_that_runs(self, home: Path) -> None:
        with redis.Redis.from_url(embedded.start_redis(home)) as client:
            client.set("still", "here")
            embedded.start_redis(home)
            assert client.get("still") == b"here"

    def test_it_starts_again_after_a_kill(self, home: Path) -> None:
        embedded.start_redis(home)
        kill_everything_in(home)
        with redis.Redis.from_url(embedded.start_redis(home)) as client:
            assert client.ping()

    def test_one_that_has_stopped_answering_is_replaced(self, home: Path) -> None:
        embedded.start_redis(home)
        (stopped,) = servers_in(home)
        stopped.suspend()
        with redis.Redis.from_url(embedded.start_redis(home)) as client:
            assert client.ping()
        assert stopped not in servers_in(home)

    def test_it_keeps_nothing_on_disk_and_drops_nothing_in_silence(self, home: Path) -> None:
        assert settings_of(embedded.start_redis(home)) == {
            "save": "",
            "appendonly": "no",
            "maxmemory-policy": "noeviction",
            "port": "0",
        }

    def test_a_path_too_long_for_a_socket_gets_a_short_private_one(self, far_home: Path) -> None:
        url = embedded.start_redis(far_home)
        with redis.Redis.from_url(url) as client:
            assert client.ping()
        sockets = Path(unquote(url.removeprefix("unix://"))).parent
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700


class TestStop:
    def test_nothing_is_left_running(self, home: Path) -> None:
        embedded.start_postgres(home)
        embedded.start_redis(home)
        embedded.stop(home)
        assert servers_in(home) == []

    def test_nothing_happens_where_nothing_runs(self, home: Path) -> None:
        embedded.stop(home)
        assert servers_in(home) == []
