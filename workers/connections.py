"""One real connection to the database and one to the broker, or a line that says what is wrong."""

import logging
from typing import Final
from urllib.parse import urlsplit

import pika
import psycopg
import redis
from pika.exceptions import AMQPError, ProbableAccessDeniedError, ProbableAuthenticationError
from psycopg.conninfo import make_conninfo
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy.exc import ArgumentError

from workers.database import psycopg_url
from workers.errors import CommandError

TIMEOUT_S: Final = 5

# What the server says, and what a person does about it.
DATABASE_HINTS: Final = {
    "password authentication failed": "Check the user and the password in the URL.",
    "no password supplied": "Put the password into the URL: postgresql://user:password@host/name.",
    "no pg_hba.conf entry": "The server doesn't let this user in from here; ask who runs it.",
    "does not exist": "Create it, or correct the URL.",
    "Connection refused": "Check host and port, and that Postgres is running.",
    "No such file or directory": "Nothing listens at that socket; is that Postgres running?",
    "could not translate host name": "Check the host's name.",
    "failed to resolve host": "Check the host's name.",
    "timeout": "The host doesn't answer; check its address and the network between.",
}
ELSE: Final = "Check the URL, or unset it to use the embedded server."


def check_database(url: str) -> None:
    """Connect once to the database; raises CommandError if that fails."""
    try:
        # str() would mask the password, which the connection needs.
        plain = psycopg_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        conninfo = make_conninfo(plain, connect_timeout=TIMEOUT_S)
    except (ValueError, ArgumentError, psycopg.ProgrammingError):
        message = "DATABASE_URL can't be read. Write postgresql://user:password@host:5432/name."
        # Not chained: the parser's error quotes the whole URL.
        raise CommandError(message) from None
    try:
        psycopg.connect(conninfo).close()
    except psycopg.OperationalError as error:
        raise CommandError(f"DATABASE_URL: {_reason_and_hint(error)}") from None


def check_broker(url: str) -> None:
    """Connect once to the broker; raises CommandError if that fails."""
    if urlsplit(url).scheme.startswith("amqp"):
        _check_rabbitmq(url)
    else:
        _check_redis(url)


def _reason_and_hint(error: psycopg.OperationalError) -> str:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else "cannot connect"
    hint = next((hint for sign, hint in DATABASE_HINTS.items() if sign in str(error)), ELSE)
    return f"{reason.rstrip('.')}. {hint}"


def _check_redis(url: str) -> None:
    try:
        client = redis.Redis.from_url(
            url,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError:
        message = "BROKER_URL can't be read. Write redis://:password@host:6379/0."
        raise CommandError(message) from None
    try:
        client.ping()
    except redis.AuthenticationError:
        message = "BROKER_URL: Redis refuses the user or the password. Check both in the URL."
        raise CommandError(message) from None
    except redis.RedisError as error:
        message = f"BROKER_URL: {_one_line(error)}. Check host and port, and that Redis is running."
        raise CommandError(message) from None
    finally:
        client.close()


def _check_rabbitmq(url: str) -> None:
    # It logs every attempt with its traceback, and we say it in one line.
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    try:
        parameters = pika.URLParameters(url)
        parameters.connection_attempts = 1
        parameters.socket_timeout = TIMEOUT_S
        parameters.stack_timeout = TIMEOUT_S
        pika.BlockingConnection(parameters).close()
    except ValueError:
        message = "BROKER_URL can't be read. Write amqp://user:password@host:5672/%2F."
        raise CommandError(message) from None
    except (ProbableAuthenticationError, ProbableAccessDeniedError):
        message = (
            "BROKER_URL: RabbitMQ refuses the user, the password or the virtual host."
            " Check all three in the URL."
        )
        raise CommandError(message) from None
    except (AMQPError, OSError):
        place = f"{parameters.host}:{parameters.port}"
        message = (
            f"BROKER_URL: cannot connect to {place}."
            " Check host and port, and that RabbitMQ is running."
        )
        raise CommandError(message) from None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")
