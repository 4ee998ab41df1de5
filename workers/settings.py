"""One typed, frozen class that holds everything the environment decides."""

import difflib
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from workers.errors import CommandError
from workers.halves import missing_halves

DATABASE_SCHEMES: Final = ("postgresql", "postgres", "postgresql+psycopg")
BROKER_SCHEMES: Final = ("redis", "rediss", "unix", "amqp", "amqps")
HTTP_SCHEMES: Final = ("https", "http")
SMTP_SCHEMES: Final = ("smtp", "smtps")
PREFIX: Final = "MOMENTO_"


class SettingsError(CommandError):
    """The environment holds something that we can't take; one line says what."""


def _has_scheme(url: SecretStr, schemes: tuple[str, ...]) -> SecretStr:
    scheme, separator, _ = url.get_secret_value().partition("://")
    if not separator or scheme not in schemes:
        known = ", ".join(f"{name}://" for name in schemes)
        # Without :// the text before it may be a password that landed in the wrong variable.
        found = f'starts with "{scheme}://"' if separator else "has no scheme"
        fault = f"{found}; use one of {known}"
        raise PydanticCustomError("url_scheme", "{fault}", {"fault": fault})
    return url


def _is_http(url: SecretStr) -> SecretStr:
    return _has_place(_has_scheme(url, HTTP_SCHEMES))


def _is_smtp(url: SecretStr) -> SecretStr:
    return _has_place(_has_scheme(url, SMTP_SCHEMES))


def _has_place(url: SecretStr) -> SecretStr:
    """Refuse what names no host, or no port that could be one: whoever reads it would quote it."""
    try:
        is_whole = bool((parts := urlsplit(url.get_secret_value())).hostname) and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole:
        raise PydanticCustomError("url_place", "names no host and port; %-encode the password")
    return url


def _is_dsn(url: SecretStr) -> SecretStr:
    """Refuse what isn't https://KEY@HOST/PROJECT, as Sentry shows it."""
    _is_http(url)
    parts = urlsplit(url.get_secret_value())
    project = parts.path.rpartition("/")[2]
    if not parts.username or not (project.isascii() and project.isdecimal()):
        raise PydanticCustomError("dsn", "is no DSN of Sentry; use https://KEY@HOST/PROJECT")
    return url


def _several(text: str | frozenset[str]) -> frozenset[str]:
    return frozenset(text.replace(",", " ").split()) if isinstance(text, str) else text


def _absolute(path: Path) -> Path:
    return path.expanduser().resolve()


Port = Annotated[int, Field(ge=1, le=65535)]
Provider = Literal["expo", "twilio", "smtp", "stripe"]


class Settings(BaseSettings):
    """What the environment decides, read once at the edge and handed inwards.

    Make one with `load_settings`. Whatever is secret, URLs with passwords included, is a
    SecretStr, so that no repr, log line or error shows it.
    """

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    database_url: (
        Annotated[SecretStr, AfterValidator(partial(_has_scheme, schemes=DATABASE_SCHEMES))] | None
    ) = None
    broker_url: (
        Annotated[SecretStr, AfterValidator(partial(_has_scheme, schemes=BROKER_SCHEMES))] | None
    ) = None

    # Where the embedded servers keep their data.
    momento_home: Annotated[Path, AfterValidator(_absolute)] = Field(
        default=Path(".momento"), validate_default=True
    )
    momento_worker_processes: Annotated[int, Field(ge=1, le=256)] = 2
    # How many deliveries one claim takes at most.
    momento_batch_size: Annotated[int, Field(ge=1, le=10_000)] = 4_000
    # For so long what the ledger has settled is kept, and at least; whole months are dropped.
    momento_ledger_retention_days: Annotated[int, Field(ge=40, le=36_500)] = 400

    gateway_host: str = "127.0.0.1"
    gateway_port: Port = 8400
    dashboard_host: str = "127.0.0.1"
    dashboard_port: Port = 8401
    # By which names, ports left out, browsers may ask for the dashboard, besides this machine's.
    dashboard_hosts: Annotated[frozenset[str], BeforeValidator(_several)] = frozenset()
    # What the dashboard's badge says; red where it is production.
    momento_environment: Annotated[str, Field(pattern=r"^[a-z0-9 -]{1,24}$")] = "local"

    # Figures for Prometheus: on the first free port from here on; 0: nowhere.
    metrics_host: str = "127.0.0.1"
    metrics_port: Annotated[int, Field(ge=0, le=65535)] = 9400
    metrics_token: SecretStr | None = None
    # Where the gateway can be reached from outside, for what providers tell us.
    gateway_public_url: Annotated[SecretStr, AfterValidator(_is_http)] | None = None

    # The URLs of providers are their own unless a sandbox is to stand in.
    expo_url: Annotated[SecretStr, AfterValidator(_is_http)] | None = None
    expo_access_token: SecretStr | None = None
    twilio_url: Annotated[SecretStr, AfterValidator(_is_http)] | None = None
    twilio_account_sid: str | None = None
    twilio_auth_token: SecretStr | None = None
    twilio_messaging_service_sid: str | None = None
    # Segments a second that the sender may send: 1 for a long code in the US, more for others.
    twilio_mps: Annotated[float, Field(ge=0.1, le=2_000)] = 1.0
    stripe_url: Annotated[SecretStr, AfterValidator(_is_http)] | None = None
    stripe_api_key: SecretStr | None = None
    stripe_webhook_secret: SecretStr | None = None
    clerk_webhook_secret: SecretStr | None = None
    # smtp://user:password@host:587, with STARTTLS where it is offered, or smtps://.
    smtp_url: Annotated[SecretStr, AfterValidator(_is_smtp)] | None = None
    email_from: str = "Momento <momento@localhost>"

    # For whom a sandbox stands in, and where it takes orders; `momento up` sets both.
    sandbox_providers: Annotated[frozenset[Provider], BeforeValidator(_several)] = frozenset()
    sandbox_url: Annotated[SecretStr, AfterValidator(_is_http)] | None = None

    # Any service with OpenAI's interface, e.g. https://api.openai.com/v1; unset means local.
    embeddings_url: Annotated[SecretStr, AfterValidator(_is_http)] | None = None
    embeddings_model: str | None = None
    embeddings_api_key: SecretStr | None = None
    summaries_url: Annotated[SecretStr, AfterValidator(_is_http)] | None = None
    summaries_model: str | None = None
    summaries_api_key: SecretStr | None = None

    log_format: Literal["json", "console"] = "console"
    # One line a batch at info, and one a domain event at debug.
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    # Where errors are sent, by their log lines alone; unset means nowhere.
    sentry_dsn: Annotated[SecretStr, AfterValidator(_is_dsn)] | None = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take values from `load_settings` alone, so that no file or later change slips in."""
        return (init_settings,)


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings; an empty value counts as unset.

    Raises SettingsError for a value of the wrong kind and for a `MOMENTO_` variable that doesn't
    exist. Its message never holds the value.
    """
    _refuse_unknown(environ)
    values: dict[str, Any] = {
        name: environ[name.upper()] for name in Settings.model_fields if environ.get(name.upper())
    }
    _refuse_undecodable(values)
    try:
        settings = Settings(**values)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        message = "; ".join(f"{str(f['loc'][0]).upper()}: {_plain(f['msg'])}" for f in faults)
        raise SettingsError(f"{message}.") from None
    for message in missing_halves([name.upper() for name in values]):
        raise SettingsError(message)
    return settings


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = [name.upper() for name in Settings.model_fields]
    ours = [name for name in known if name.startswith(PREFIX)]
    # Compared without the prefix: it would make every name look alike.
    meant = {name.removeprefix(PREFIX): name for name in known}
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known:
            close = difflib.get_close_matches(name.removeprefix(PREFIX), meant, n=1)
            hint = f"did you mean {meant[close[0]]}?" if close else f"there are {', '.join(ours)}."
            message = f"{name} is no variable of Momento; {hint}"
            raise SettingsError(message)


def _refuse_undecodable(values: Mapping[str, str]) -> None:
    """Refuse bytes that aren't UTF-8: they'd fail wherever they are used, and in many ways."""
    for name, value in values.items():
        try:
            value.encode()
        except UnicodeEncodeError:
            # Not chained: the error holds the value.
            raise SettingsError(f"{name.upper()}: is not text in UTF-8.") from None


def _plain(message: str) -> str:
    return message[0].lower() + message[1:]
