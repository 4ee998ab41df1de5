"""How providers see the gateway, and by what they prove who they are."""

from dataclasses import dataclass

from pydantic import SecretStr


@dataclass(frozen=True, slots=True)
class Outside:
    """What the settings say of it; None where nothing is set up."""

    # Scheme, host and what may stand before our paths, as the world knows them.
    public_url: SecretStr | None = None
    twilio_auth_token: SecretStr | None = None
    # Several, divided by commas, while one takes the other's place.
    stripe_webhook_secret: SecretStr | None = None
    clerk_webhook_secret: SecretStr | None = None
