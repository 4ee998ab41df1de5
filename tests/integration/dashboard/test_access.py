"""Closed by default: no session, no page; and how sessions begin and end."""

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import Engine, text

from dashboard.app import ROUTES
from dashboard.problems import API
from dashboard.sessions import LIFE
from domain.tables.accounts import Role
from tests.integration.dashboard.scene import OURS, PASSWORD, Browser, Clock, an_account

OPEN = {"/sign-in", "/livez", "/readyz", "/static", f"{API}/session"}
CLOSED = sorted({route.path for route in ROUTES} - OPEN)


def count_sessions(engine: Engine) -> int:
    with engine.connect() as connection:
        (count,) = connection.execute(text("SELECT count(*) FROM dashboard_sessions")).one()
    return int(count)


class TestStrangers:
    @pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE", "OPTIONS"])
    def test_nothing_but_the_open_paths_is_answered(self, stranger: Browser, method: str) -> None:
        for path in [*CLOSED, "/nothing", "//", "/static", f"{API}/nothing"]:
            url = f"{str(stranger.client.base_url).rstrip('/')}{path}"
            answer = stranger.client.request(method, url, headers=OURS)
            leads = method in ("GET", "HEAD") and not path.startswith(API)
            assert answer.status_code == (303 if leads else 401), path
            if leads:
                assert answer.headers["location"].startswith("/sign-in")
                assert answer.text == ""

    def test_the_live_part_is_closed_too(self, stranger: Browser) -> None:
        assert stranger.get("/", **{"HX-Request": "true"}).status_code == 401

    def test_a_made_up_cookie_opens_nothing(self, stranger: Browser) -> None:
        for made_up in ("x", "x" * 43, "' OR 1=1 --"):
            answer = stranger.get("/", cookie=f"momento-session={made_up}")
            assert answer.status_code == 303

    @pytest.mark.parametrize("name", ["dashboard.css", "live.js", "momento.svg"])
    def test_static_files_are_open(self, stranger: Browser, name: str) -> None:
        assert stranger.get(f"/static/{name}").status_code == 200

    @pytest.mark.parametrize("path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/"])
    def test_and_nothing_beside_them(self, stranger: Browser, path: str) -> None:
        assert "import" not in stranger.get(path).text
        assert stranger.get(path).status_code in (303, 404)


class TestSignIn:
    @pytest.mark.parametrize("role", Role)
    def test_every_role_sees_the_board_under_its_name(
        self, stranger: Browser, engine: Engine, role: Role
    ) -> None:
        an_account(engine, "grace", role)
        answer = stranger.sign_in("Grace")
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        shown = stranger.get().text
        assert f'grace <span class="role">{role}</span>' in shown

    def test_its_cookie_is_for_our_own_pages_only(self, stranger: Browser, engine: Engine) -> None:
        an_account(engine)
        cookies = stranger.sign_in("ada").headers.get_list("set-cookie")
        (cookie,) = [each for each in cookies if each.startswith("momento-session=")]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert "Max-Age=43200" in cookie
        assert "Secure" not in cookie
        assert "Domain" not in cookie

    def test_behind_tls_it_travels_over_tls_alone(self, stranger: Browser) -> None:
        answer = stranger.get("/sign-in", **{"x-forwarded-proto": "https"})
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-momento-form=")
        assert "Secure" in cookie

    def test_only_a_hash_of_the_token_is_kept(self, stranger: Browser, engine: Engine) -> None:
        an_account(engine)
        stranger.sign_in("ada")
        token = stranger.client.cookies["momento-session"]
        with engine.connect() as connection:
            statement = text("SELECT to_jsonb(kept)::text FROM dashboard_sessions AS kept")
            (row,) = connection.execute(statement).one()
        assert token not in row
        assert token.encode().hex() not in row

    @pytest.mark.parametrize(
        ("name", "password"),
        [("ada", "wrong"), ("nobody", PASSWORD), ("", ""), ("a\0da", PASSWORD), ("ada", "\0")],
    )
    def test_a_wrong_name_is_answered_like_a_wrong_password(
        self, stranger: Browser, engine: Engine, name: str, password: str
    ) -> None:
        an_account(engine)
        answer = stranger.sign_in(name, password)
        assert answer.status_code == 403
        assert "That name and password don&#39;t belong together." in answer.text
        assert count_sessions(engine) == 0

    def test_who_is_signed_in_is_sent_on(self, viewer: Browser) -> None:
        assert viewer.get("/sign-in").headers["location"] == "/"

    def test_after_many_failures_even_the_right_password_must_wait(
        self, stranger: Browser, engine: Engine
    ) -> None:
        an_account(engine)
        statuses = [stranger.sign_in("nobody", "wrong").status_code for _ in range(10)]
        assert statuses == [403] * 10
        answer = stranger.sign_in("ada")
        assert answer.status_code == 429
        assert 0 < int(answer.headers["retry-after"]) <= 30
        assert count_sessions(engine) == 0


class TestForms:
    def test_one_without_its_token_is_refused(self, stranger: Browser, engine: Engine) -> None:
        an_account(engine)
        stranger.get("/sign-in")
        for token in ("", "x" * 43):
            form = {"csrf": token, "name": "ada", "password": PASSWORD}
            assert stranger.post("/sign-in", form).status_code == 403
        assert count_sessions(engine) == 0

    def test_one_without_its_cookie_is_refused(self, stranger: Browser, engine: Engine) -> None:
        an_account(engine)
        token = stranger.token("/sign-in")
        stranger.client.cookies.clear()
        form = {"csrf": token, "name": "ada", "password": PASSWORD}
        assert stranger.post("/sign-in", form).status_code == 403

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
            {"origin": "https://evil.example"},
            {"origin": "null"},
            {"origin": ""},
        ],
    )
    def test_one_from_elsewhere_is_refused(
        self, stranger: Browser, engine: Engine, headers: dict[str, str]
    ) -> None:
        an_account(engine)
        form = {"csrf": stranger.token("/sign-in"), "name": "ada", "password": PASSWORD}
        answer = stranger.post("/sign-in", form, headers)
        assert answer.status_code == 403
        assert count_sessions(engine) == 0

    def test_without_tls_the_origin_will_do(
        self, stranger: Browser, engine: Engine, address: str
    ) -> None:
        an_account(engine)
        form = {"csrf": stranger.token("/sign-in"), "name": "ada", "password": PASSWORD}
        assert stranger.post("/sign-in", form, {"origin": address}).status_code == 303

    @pytest.mark.parametrize(
        ("body", "kind", "status"),
        [
            (b"{}", "application/json", 415),
            (b"name=" + b"a" * 20_000, "application/x-www-form-urlencoded", 413),
            (b"&".join([b"a=b"] * 200), "application/x-www-form-urlencoded", 400),
            (b"\xff", "application/x-www-form-urlencoded", 400),
        ],
    )
    def test_what_is_no_small_form_is_refused(
        self, stranger: Browser, body: bytes, kind: str, status: int
    ) -> None:
        headers = {**OURS, "content-type": kind}
        answer = stranger.client.post("/sign-in", content=body, headers=headers)
        assert answer.status_code == status


class TestSignOut:
    def test_the_session_is_gone_for_good(self, viewer: Browser, engine: Engine) -> None:
        held = viewer.client.cookies["momento-session"]
        answer = viewer.post("/sign-out", {"csrf": viewer.token("/")})
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
        assert "momento-session" not in viewer.client.cookies
        assert viewer.get("/", cookie=f"momento-session={held}").status_code == 303
        assert count_sessions(engine) == 0

    def test_a_form_without_its_token_signs_nobody_out(
        self, viewer: Browser, engine: Engine
    ) -> None:
        assert viewer.post("/sign-out", {"csrf": "x"}).status_code == 403
        assert viewer.post("/sign-out", {"csrf": viewer.token("/")}, {}).status_code == 403
        assert viewer.get().status_code == 200

    def test_a_link_signs_nobody_out(self, viewer: Browser) -> None:
        assert viewer.get("/sign-out").status_code == 405
        assert viewer.get().status_code == 200


class TestSessions:
    def test_one_ends_after_twelve_hours(self, viewer: Browser, clock: Clock) -> None:
        clock.now += LIFE - timedelta(seconds=1)
        assert viewer.get().status_code == 200
        clock.now += timedelta(seconds=1)
        assert viewer.get().status_code == 303

    def test_who_is_removed_is_signed_out(self, viewer: Browser, engine: Engine) -> None:
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM dashboard_users WHERE name = 'ada'"))
        assert viewer.get().status_code == 303

    def test_those_that_ran_out_are_cleared_away(
        self, open_browser: Callable[[], Browser], engine: Engine, clock: Clock
    ) -> None:
        an_account(engine)
        open_browser().sign_in("ada")
        clock.now += LIFE
        open_browser().sign_in("ada")
        assert count_sessions(engine) == 1


class TestHeaders:
    @pytest.mark.parametrize("path", ["/", "/sign-in", "/nothing", "/livez", "/static/live.js"])
    def test_no_answer_lets_foreign_script_in(self, viewer: Browser, path: str) -> None:
        headers = viewer.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers
        assert "server" not in headers

    @pytest.mark.parametrize("path", ["/", "/sign-in"])
    def test_pages_are_kept_nowhere(self, viewer: Browser, path: str) -> None:
        assert viewer.get(path).headers["cache-control"] == "private, no-store"

    @pytest.mark.parametrize("path", ["/", "/sign-in"])
    def test_pages_name_nothing_foreign_and_hold_no_script(
        self, stranger: Browser, viewer: Browser, path: str
    ) -> None:
        for answer in (stranger.get(path), viewer.get(path)):
            assert "http://" not in answer.text
            assert "https://" not in answer.text
            assert " style=" not in answer.text
            assert " onclick=" not in answer.text
            assert "<script>" not in answer.text

    def test_files_are_sent_again_only_when_changed(self, stranger: Browser) -> None:
        first: httpx.Response = stranger.get("/static/dashboard.css")
        again = stranger.get("/static/dashboard.css", **{"if-none-match": first.headers["etag"]})
        assert again.status_code == 304
