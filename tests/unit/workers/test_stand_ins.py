"""For whom the sandbox stands in, and that what was given out is never taken for real."""

import json
import socket
import stat
from pathlib import Path

import pytest

from workers.settings import load_settings
from workers.stand_ins import StandIns

REAL = {
    "EXPO_ACCESS_TOKEN": "real",
    "TWILIO_ACCOUNT_SID": "ACreal",
    "TWILIO_AUTH_TOKEN": "real",
    "TWILIO_MESSAGING_SERVICE_SID": "MGreal",
    "SMTP_URL": "smtp://relay.example",
    "STRIPE_API_KEY": "sk_real",
}


def given(home: Path, *, gateway: str = "127.0.0.1", **environ: str) -> dict[str, str]:
    """What a run in this environment is given."""
    stand_ins = StandIns(home)
    settings = load_settings(stand_ins.without_ours(environ))
    return stand_ins.give(settings, gateway=(gateway, 81))


class TestGive:
    @pytest.mark.parametrize(
        ("found", "providers"),
        [
            ([], "expo,twilio,smtp,stripe"),
            (["EXPO_ACCESS_TOKEN"], "twilio,smtp,stripe"),
            (["SMTP_URL"], "expo,twilio,stripe"),
            ([name for name in REAL if name.startswith("TWILIO")], "expo,smtp,stripe"),
            (["STRIPE_API_KEY"], "expo,twilio,smtp"),
            (["STRIPE_API_KEY", *(name for name in REAL if "TWILIO" in name)], "expo,smtp"),
        ],
        ids=str,
    )
    def test_stands_in_where_there_are_no_credentials(
        self, tmp_path: Path, found: list[str], providers: str
    ) -> None:
        variables = given(tmp_path, **{name: REAL[name] for name in found})
        assert variables["SANDBOX_PROVIDERS"] == providers
        calls_us = "twilio" in providers or "stripe" in providers
        assert ("GATEWAY_PUBLIC_URL" in variables) is calls_us
        assert not set(variables) & set(found)
        assert load_settings(variables)

    def test_a_url_alone_says_where_expo_is(self, tmp_path: Path) -> None:
        variables = given(tmp_path, EXPO_URL="http://127.0.0.1:9000")
        assert variables["SANDBOX_PROVIDERS"] == "twilio,smtp,stripe"

    def test_who_hears_from_a_real_stripe_gets_no_stand_in(self, tmp_path: Path) -> None:
        """It would know nothing of the payments that are to go back."""
        variables = given(tmp_path, STRIPE_WEBHOOK_SECRET="whsec_real")
        assert variables["SANDBOX_PROVIDERS"] == "expo,twilio,smtp"
        assert not any(name.startswith("STRIPE") for name in variables)

    def test_stands_in_for_nobody_where_all_have_credentials(self, tmp_path: Path) -> None:
        assert given(tmp_path, **REAL) == {}
        assert list(tmp_path.iterdir()) == []

    def test_every_port_is_another(self, tmp_path: Path) -> None:
        variables = given(tmp_path)
        ports = [url.rpartition(":")[2] for name, url in variables.items() if "_URL" in name]
        assert len(set(ports)) == len(ports) == 6

    @pytest.mark.parametrize(
        ("host", "place"),
        [
            ("0.0.0.0", "127.0.0.1:81"),  # noqa: S104 - nothing is bound
            ("::", "[::1]:81"),
            ("::1", "[::1]:81"),
            ("box.example", "box.example:81"),
        ],
    )
    def test_twilio_is_told_where_the_gateway_is(
        self, tmp_path: Path, host: str, place: str
    ) -> None:
        assert given(tmp_path, gateway=host)["GATEWAY_PUBLIC_URL"] == f"http://{place}"

    def test_unless_somebody_said_so(self, tmp_path: Path) -> None:
        variables = given(tmp_path, GATEWAY_PUBLIC_URL="https://momento.example")
        assert "GATEWAY_PUBLIC_URL" not in variables


class TestSecrets:
    def test_are_other_ones_in_another_home_and_the_same_in_the_next_run(
        self, tmp_path: Path
    ) -> None:
        one, again, other = (given(tmp_path / home) for home in ("one", "one", "other"))
        assert one == again
        for name in ("TWILIO_AUTH_TOKEN", "STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET"):
            assert one[name] != other[name]
        keys = {each["SANDBOX_URL"].partition("@")[0] for each in (one, other)}
        assert len(keys) == 2
        assert min(map(len, keys)) > 32

    def test_are_for_their_owner_alone(self, tmp_path: Path) -> None:
        given(tmp_path)
        mode = (tmp_path / "sandbox" / "given.json").stat().st_mode
        assert stat.S_IMODE(mode) == 0o600

    @pytest.mark.parametrize("text", ["", "{", "[]", '{"SMTP_URL": 7}', '{"SMTP_URL": []}', "é"])
    def test_are_made_anew_where_the_file_is_spoilt(self, tmp_path: Path, text: str) -> None:
        file = tmp_path / "sandbox" / "given.json"
        file.parent.mkdir()
        file.write_text(text, encoding="utf-8")
        assert len(given(tmp_path)["TWILIO_AUTH_TOKEN"]) == 32


class TestWithoutOurs:
    def test_leaves_out_what_an_earlier_run_gave(self, tmp_path: Path) -> None:
        first = given(tmp_path)
        others = {"PATH": "/bin", "SMTP_URL": "smtp://relay.example"}
        assert StandIns(tmp_path).without_ours(first | others) == others

    def test_that_of_another_home_is_real_for_this_one(self, tmp_path: Path) -> None:
        """As its database is; only who commands is never taken over."""
        other = given(tmp_path / "other")
        left = StandIns(tmp_path / "this").without_ours(other)
        assert left == {
            name: value for name, value in other.items() if not name.startswith("SANDBOX_")
        }

    def test_remembers_all_runs_whose_ports_were_others(self, tmp_path: Path) -> None:
        first = given(tmp_path)
        with socket.create_server(("127.0.0.1", int(first["SMTP_URL"].rpartition(":")[2]))):
            second = given(tmp_path)
        assert second["SMTP_URL"] != first["SMTP_URL"]
        assert given(tmp_path, **first) == given(tmp_path, **second) == second
        kept = json.loads((tmp_path / "sandbox/given.json").read_text(encoding="utf-8"))
        assert kept["SMTP_URL"] == [first["SMTP_URL"], second["SMTP_URL"]]
