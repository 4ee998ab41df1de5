"""The settings decide who tells people, and the sandbox may stand in for each."""

from pathlib import Path

from tests.helpers.sandbox import NOW, email, push, sms, told
from workers.providers.ports import Accepted, Mailer, Pusher, Texter
from workers.providers.senders import make_senders
from workers.sandbox import running_sandbox
from workers.settings import load_settings


def test_nobody_is_told_where_nothing_is_set_up() -> None:
    senders = make_senders(load_settings({}))
    assert (senders.pusher, senders.texter, senders.mailer) == (None, None, None)


def test_all_go_to_the_sandbox_where_its_urls_are_set(tmp_path: Path) -> None:
    with running_sandbox(tmp_path) as sandbox:
        rules = sandbox.twilio.rules
        settings = load_settings(
            {
                "EXPO_URL": sandbox.expo_server.url,
                "TWILIO_URL": sandbox.twilio_server.url,
                "TWILIO_ACCOUNT_SID": rules.account_sid,
                "TWILIO_AUTH_TOKEN": rules.auth_token,
                "TWILIO_MESSAGING_SERVICE_SID": rules.service_sid,
                "GATEWAY_PUBLIC_URL": "https://workers.example/",
                "SMTP_URL": sandbox.smtp.url,
                "EMAIL_FROM": "a@momento.example",
            }
        )
        senders = make_senders(settings)
        assert senders.pusher
        assert senders.texter
        assert senders.mailer
        pusher: Pusher = senders.pusher
        texter: Texter = senders.texter
        mailer: Mailer = senders.mailer
        results = [*pusher.push([push(1)]), texter.text(sms(2), now=NOW), mailer.mail(email(3))]
        senders.pusher.close()
        senders.texter.close()
        assert all(isinstance(result, Accepted) for result in results)
        (text,) = sandbox.twilio.texts()
        assert text.callback is not None
        assert text.callback.startswith("https://workers.example/webhooks/twilio/status?")
        assert [told(sandbox, each) for each in ("expo", "twilio", "smtp")] == [
            ["n1"],
            ["n2"],
            ["n3"],
        ]
