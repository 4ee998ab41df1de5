"""Who tells people, and who gives money back: the providers that the settings name."""

from dataclasses import dataclass
from typing import Final

from workers.providers.expo import URL as EXPO_URL
from workers.providers.expo import ExpoPusher
from workers.providers.smtp import Relay, SmtpMailer
from workers.providers.stripe import URL as STRIPE_URL
from workers.providers.stripe import StripeTill
from workers.providers.twilio import URL as TWILIO_URL
from workers.providers.twilio import TwilioAccount, TwilioTexter
from workers.settings import Settings

STATUS_PATH: Final = "/webhooks/twilio/status"


@dataclass(frozen=True, slots=True)
class Senders:
    """One for each channel; None where nothing is set up."""

    pusher: ExpoPusher | None
    texter: TwilioTexter | None
    mailer: SmtpMailer | None


def make_senders(settings: Settings) -> Senders:
    """Give the senders that the settings ask for."""
    return Senders(_pusher(settings), _texter(settings), _mailer(settings))


def _pusher(settings: Settings) -> ExpoPusher | None:
    url, token = settings.expo_url, settings.expo_access_token
    if url is None and token is None:
        return None
    return ExpoPusher(token, url=EXPO_URL if url is None else url.get_secret_value())


def _texter(settings: Settings) -> TwilioTexter | None:
    sid, token = settings.twilio_account_sid, settings.twilio_auth_token
    service, url = settings.twilio_messaging_service_sid, settings.twilio_url
    if sid is None or token is None or service is None:
        return None
    public = settings.gateway_public_url
    callback = None if public is None else public.get_secret_value().rstrip("/") + STATUS_PATH
    account = TwilioAccount(sid, token, service_sid=service, callback_url=callback)
    return TwilioTexter(account, url=TWILIO_URL if url is None else url.get_secret_value())


def _mailer(settings: Settings) -> SmtpMailer | None:
    if settings.smtp_url is None:
        return None
    return SmtpMailer(Relay(settings.smtp_url, settings.email_from))


def make_till(settings: Settings) -> StripeTill | None:
    """Give the way to Stripe; None where nothing is set up."""
    key, url = settings.stripe_api_key, settings.stripe_url
    if key is None:
        return None
    return StripeTill(key, url=STRIPE_URL if url is None else url.get_secret_value())
