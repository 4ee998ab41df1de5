"""What the environment may say, and what it is told when it says something else."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from workers.settings import SettingsError, load_settings

SECRET = "hunter2"
# What may not be missing where its token is set.
SID, TOKEN, SERVICE = "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_MESSAGING_SERVICE_SID"
TWILIO = {SID: "AC1", SERVICE: "MG1"}
SECRETS = {
    "DATABASE_URL": f"postgresql://momento:{SECRET}@db.example/momento",
    "BROKER_URL": f"redis://:{SECRET}@redis.example:6379/0",
    "EXPO_ACCESS_TOKEN": SECRET,
    "TWILIO_AUTH_TOKEN": SECRET,
    "STRIPE_API_KEY": SECRET,
    "STRIPE_WEBHOOK_SECRET": SECRET,
    "CLERK_WEBHOOK_SECRET": SECRET,
    "SMTP_URL": f"smtp://user:{SECRET}@mail.example",
    "SANDBOX_URL": f"http://sandbox:{SECRET}@127.0.0.1:1",
    "EMBEDDINGS_API_KEY": SECRET,
    "SUMMARIES_API_KEY": SECRET,
    "SENTRY_DSN": f"https://{SECRET}@sentry.example/1",
}


def refusal(**environ: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ)
    return str(caught.value)


class TestDefaults:
    def test_an_empty_environment_is_enough(self) -> None:
        settings = load_settings({})
        assert settings.database_url is None
        assert settings.broker_url is None
        assert (settings.gateway_host, settings.gateway_port) == ("127.0.0.1", 8400)
        assert (settings.dashboard_host, settings.dashboard_port) == ("127.0.0.1", 8401)
        assert settings.momento_home == Path(".momento").resolve()
        assert settings.momento_worker_processes == 2
        assert settings.momento_batch_size == 4_000
        assert settings.log_format == "console"

    def test_an_empty_value_counts_as_unset(self) -> None:
        settings = load_settings({"BROKER_URL": "", "GATEWAY_PORT": "", "MOMENTO_HOME": ""})
        assert settings == load_settings({})
        assert settings.model_fields_set == set()

    def test_variables_of_others_are_none_of_our_business(self) -> None:
        assert load_settings({"PATH": "/bin", "HOME": "/home/x"}) == load_settings({})

    def test_nothing_can_be_changed_afterwards(self) -> None:
        settings = load_settings({})
        with pytest.raises(ValidationError):
            settings.gateway_port = 1  # type: ignore[misc]


class TestSecrets:
    @pytest.mark.parametrize("name", SECRETS)
    def test_a_secret_is_in_no_repr(self, name: str) -> None:
        companions = TWILIO if name.startswith("TWILIO") else {}
        settings = load_settings({name: SECRETS[name], **companions})
        assert SECRET not in repr(settings)
        assert SECRET not in str(settings)
        assert SECRET not in settings.model_dump_json()

    def test_a_secret_can_be_had_by_asking(self) -> None:
        url = load_settings(SECRETS | TWILIO).database_url
        assert url is not None
        assert url.get_secret_value() == SECRETS["DATABASE_URL"]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("DATABASE_URL", f"mysql://user:{SECRET}@db.example/momento"),
            ("DATABASE_URL", SECRET),
            ("BROKER_URL", f"kafka://user:{SECRET}@broker.example"),
            ("BROKER_URL", SECRET),
            ("EMBEDDINGS_URL", f"ftp://user:{SECRET}@models.example"),
            ("SUMMARIES_URL", SECRET),
            # A password that begins a path, or ends up as a port.
            ("SMTP_URL", f"smtp://user:{SECRET}/{SECRET}@mail.example"),
            ("SMTP_URL", f"smtp://user:{SECRET}"),
            ("SMTP_URL", f"smtp://[{SECRET}"),
            ("EXPO_URL", f"http://:{SECRET}"),
            ("SENTRY_DSN", SECRET),
            ("SENTRY_DSN", "https://sentry.example/1"),
            ("SENTRY_DSN", f"https://{SECRET}@sentry.example"),
            ("SENTRY_DSN", f"https://{SECRET}@sentry.example/{SECRET}"),
            ("GATEWAY_PORT", SECRET),
            ("LOG_FORMAT", SECRET),
            ("MOMENTO_BATCH_SIZE", SECRET),
        ],
    )
    def test_no_error_shows_the_value(self, name: str, value: str) -> None:
        message = refusal(**{name: value})
        assert SECRET not in message
        assert message.startswith(f"{name}: ")


class TestRefusals:
    @pytest.mark.parametrize(
        ("wrong", "right"),
        [
            ("MOMENTO_HOEM", "MOMENTO_HOME"),
            ("MOMENTO_WORKER_PROCESS", "MOMENTO_WORKER_PROCESSES"),
            ("MOMENTO_DATABASE_URL", "DATABASE_URL"),
            ("MOMENTO_BATCHSIZE", "MOMENTO_BATCH_SIZE"),
        ],
    )
    def test_an_unknown_variable_is_refused_with_a_suggestion(self, wrong: str, right: str) -> None:
        assert (
            refusal(**{wrong: "1"}) == f"{wrong} is no variable of Momento; did you mean {right}?"
        )

    def test_an_unknown_variable_like_no_other_is_told_all_there_are(self) -> None:
        assert "MOMENTO_HOME, MOMENTO_WORKER_PROCESSES" in refusal(MOMENTO_XYZ="1")

    def test_an_unknown_variable_is_refused_even_if_empty(self) -> None:
        assert "did you mean MOMENTO_HOME?" in refusal(MOMENTO_HOEM="")

    def test_a_broker_of_an_unknown_kind_is_told_the_known_ones(self) -> None:
        message = refusal(BROKER_URL="kafka://broker.example")
        assert 'starts with "kafka://"' in message
        for scheme in ("redis://", "rediss://", "unix://", "amqp://"):
            assert scheme in message

    @pytest.mark.parametrize("port", ["0", "65536", "-1", "eight", "8400.5"])
    def test_a_port_is_a_whole_number_in_range(self, port: str) -> None:
        assert refusal(GATEWAY_PORT=port).startswith("GATEWAY_PORT: input should be ")

    @pytest.mark.parametrize("port", ["EMBEDDINGS", "SUMMARIES"])
    def test_a_service_without_a_model_is_half_a_setting(self, port: str) -> None:
        environ = {f"{port}_URL": f"https://user:{SECRET}@models.example/v1"}
        said = refusal(**environ)
        assert said.startswith(f"{port}_MODEL: ")
        assert SECRET not in said
        assert load_settings({**environ, f"{port}_MODEL": "small"})

    @pytest.mark.parametrize(
        ("found", "said"),
        [
            (
                [SID],
                f"{TOKEN} and {SERVICE}: {SID} is set, so set these too",
            ),
            (
                [SID, TOKEN],
                f"{SERVICE}: {SID} and {TOKEN} are set, so set this too",
            ),
            (
                ["TWILIO_URL"],
                f"{SID}, {TOKEN} and {SERVICE}: TWILIO_URL is set, so set these too",
            ),
        ],
    )
    def test_credentials_of_twilio_are_named_that_are_missing(
        self, found: list[str], said: str
    ) -> None:
        found_there = dict.fromkeys(found, "http://hunter2.example")
        assert refusal(**found_there) == f"{said}, or none of them."

    def test_a_sandbox_stands_in_for_providers_that_there_are(self) -> None:
        settings = load_settings({"SANDBOX_PROVIDERS": "smtp, expo"})
        assert settings.sandbox_providers == {"smtp", "expo"}
        assert refusal(SANDBOX_PROVIDERS="apns").startswith("SANDBOX_PROVIDERS: input should be ")

    def test_all_faults_are_told_on_one_line(self) -> None:
        message = refusal(GATEWAY_PORT="x", LOG_FORMAT="xml")
        assert "GATEWAY_PORT" in message
        assert "LOG_FORMAT" in message
        assert "\n" not in message
