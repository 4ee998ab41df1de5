"""G15: a secret in each setting, and all goes wrong: no log, no error and no row shows it."""

import signal
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Engine, text

from domain.tables.notifications import Channel
from tests.acceptance.faults.scene import our_environment
from tests.factories.audience import gather, line_up
from tests.helpers.ledger import until
from tests.helpers.processes import RELAY, WORKERS, Program
from workers.ports import free_ports
from workers.sandbox import running_sandbox

SECRET: Final = "s3cr3tcanary"
PATIENCE: Final = timedelta(seconds=60)
DEBUG: Final = {"LOG_LEVEL": "debug"}
NOWHERE: Final = f"postgresql://momento:{SECRET}@127.0.0.1:1/momento"
# Nobody has set a password there, which Redis says.
SECRETS: Final = {
    "EXPO_ACCESS_TOKEN": SECRET,
    "TWILIO_AUTH_TOKEN": SECRET,
    "TWILIO_MESSAGING_SERVICE_SID": "MG1",
    "TWILIO_ACCOUNT_SID": "AC1",
    "STRIPE_API_KEY": SECRET,
    "STRIPE_WEBHOOK_SECRET": SECRET,
    "CLERK_WEBHOOK_SECRET": SECRET,
    "SENTRY_DSN": f"https://{SECRET}@127.0.0.1:1/1",
    "EMBEDDINGS_URL": f"http://user:{SECRET}@127.0.0.1:1",
    "EMBEDDINGS_MODEL": "m",
    "EMBEDDINGS_API_KEY": SECRET,
    "SUMMARIES_URL": f"http://user:{SECRET}@127.0.0.1:1",
    "SUMMARIES_MODEL": "m",
    "SUMMARIES_API_KEY": SECRET,
    "SMTP_URL": f"smtp://user:{SECRET}@127.0.0.1:1",
}


def said_by(module: str, environment: Mapping[str, str], log: Path) -> str:
    """What a program says while it can't do anything, and when it is asked to go."""
    program = Program(module, environment, log).start()
    try:
        until(lambda: log.stat().st_size > 0 or program.has_ended, f"{module} speaks", PATIENCE)
        program.signal(signal.SIGTERM)
        program.wait(PATIENCE)
    finally:
        program.end()
    return log.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "module", [RELAY, WORKERS, "scheduler", "workers.sending", "gateway", "dashboard"]
)
def test_without_database_and_broker(module: str, redis_server: str, tmp_path: Path) -> None:
    ports = free_ports("127.0.0.1", (0, 0))
    broker = redis_server.replace("redis://", f"redis://:{SECRET}@", 1)
    places = {"GATEWAY_PORT": str(ports[0]), "DASHBOARD_PORT": str(ports[1])}
    environment = our_environment(NOWHERE, broker) | DEBUG | SECRETS | places
    said = said_by(module, environment, tmp_path / "log")
    assert said
    assert SECRET not in said


def test_providers_that_refuse_them(engine: Engine, database_url: str, tmp_path: Path) -> None:
    """401 from Expo and Twilio, and a mail relay that wants another password."""
    now = datetime.now(UTC)
    gather(engine, 3, now=now)
    for channel in Channel:
        line_up(engine, channel, count=3, now=now)
    with running_sandbox(tmp_path / "sandbox") as sandbox:
        environment = our_environment(database_url, "redis://127.0.0.1:1") | DEBUG | SECRETS
        mail = sandbox.smtp.url.partition("@")[2] or sandbox.smtp.url.partition("//")[2]
        environment |= {
            "EXPO_URL": sandbox.expo_server.url,
            "TWILIO_URL": sandbox.twilio_server.url,
            "SMTP_URL": f"smtp://user:{SECRET}@{mail}",
        }
        log = tmp_path / "sender.log"
        program = Program("workers.sending", environment, log).start()
        rests = "SELECT count(*) FROM port_rests WHERE failures > 0"

        def refused() -> bool:
            with engine.connect() as connection:
                return bool(connection.execute(text(rests)).scalar_one() >= 1)

        try:
            until(refused, "providers refuse", PATIENCE)
        finally:
            program.end()
    said = log.read_text(encoding="utf-8")
    assert said
    assert SECRET not in said
    with engine.connect() as connection:
        for table in ("port_rests", "handovers", "notifications"):
            rows = connection.execute(text(f"SELECT kept::text FROM {table} AS kept")).scalars()
            assert not [row for row in rows if SECRET in row]
