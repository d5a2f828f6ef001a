"""The environment is read whole or refused with every mistake, and no secret is ever shown."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from router.settings import SettingsInvalid, read_settings

CANARY = "pat-eu1-canary-5b1f"
CLIENT_CANARY = "client-canary-77aa"
ENOUGH = {
    "HUBSPOT_ACCESS_TOKEN": CANARY,
    "HUBSPOT_CLIENT_SECRET": CLIENT_CANARY,
    "HUBSPOT_PORTAL_ID": "4242",
    "PUBLIC_WEBHOOK_URL": "https://leads.example.com/webhooks/hubspot",
}


def test_four_variables_are_enough() -> None:
    settings = read_settings(ENOUGH)

    assert settings.hubspot_base_url == "https://api.hubapi.com"
    assert settings.hubspot_api_version == "v3"
    assert settings.redis_url is None
    assert settings.ledger_url.get_secret_value().endswith("/var/ledger.sqlite3")
    assert (settings.host, settings.port) == ("0.0.0.0", 8080)
    assert (settings.hubspot_calls_per_10s, settings.hubspot_calls_per_day) == (100, 250_000)


def test_everything_missing_is_named_at_once_with_its_remedy() -> None:
    with pytest.raises(SettingsInvalid) as caught:
        read_settings({})

    lines = str(caught.value).splitlines()
    assert [line.split()[0] for line in lines] == list(ENOUGH)
    assert all(" is not set. Put " in line for line in lines)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HUBSPOT_ACCESS_TOKEN", f"{CANARY} {CANARY}"),
        ("HUBSPOT_CLIENT_SECRET", f"{CANARY},{CANARY},{CANARY}"),
        ("HUBSPOT_CLIENT_SECRET", f"{CANARY},"),
        ("HUBSPOT_PORTAL_ID", CANARY),
        ("HUBSPOT_PORTAL_ID", "٤٢"),
        ("HUBSPOT_PORTAL_ID", "1" * 19),
        ("PUBLIC_WEBHOOK_URL", f"http://leads.example.com/{CANARY}"),
        ("PUBLIC_WEBHOOK_URL", f"https://{CANARY}["),
        ("PUBLIC_WEBHOOK_URL", f"leads.example.com/{CANARY}"),
        ("HUBSPOT_BASE_URL", f"http://{CANARY}.example.com"),
        ("HUBSPOT_API_VERSION", "2026-13"),
        ("HUBSPOT_CALLS_PER_10S", CANARY),
        ("HUBSPOT_SEARCHES_PER_S", "0"),
        ("NOTIFY_WEBHOOKS", f"{CANARY}"),
        ("NOTIFY_WEBHOOKS", f'{{"default": {{"kind": "slack", "url": "http://example.com/{CANARY}"}}}}'),
        ("NOTIFY_WEBHOOKS", f'{{"default": {{"kind": "irc", "url": "https://example.com/{CANARY}"}}}}'),
        ("REDIS_URL", f"https://:{CANARY}@redis:6379"),
        ("REDIS_URL", f"redis://[{CANARY}"),
        ("DATABASE_URL", f"mysql://root:{CANARY}@host/name"),
        ("PORT", "65536"),
        ("LOG_FORMAT", CANARY),
        ("LOG_LEVEL", CANARY),
    ],
)
def test_a_wrong_value_is_named_and_never_shown(name: str, value: str) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        read_settings(ENOUGH | {name: value})

    (problem,) = caught.value.problems
    assert problem.startswith(f"{name} is wrong: ")
    assert CANARY not in problem


def test_plain_http_is_allowed_on_this_machine() -> None:
    here = {
        "PUBLIC_WEBHOOK_URL": "http://127.0.0.1:8080/webhooks/hubspot",
        "HUBSPOT_BASE_URL": "http://localhost:1",
    }

    settings = read_settings(ENOUGH | here)

    assert settings.hubspot_base_url == "http://localhost:1"


def test_two_client_secrets_are_valid_during_a_rotation() -> None:
    settings = read_settings(ENOUGH | {"HUBSPOT_CLIENT_SECRET": " old , new "})

    assert [secret.get_secret_value() for secret in settings.client_secrets] == ["old", "new"]


def test_an_empty_variable_counts_as_unset() -> None:
    assert read_settings(ENOUGH | {"PORT": " ", "REDIS_URL": ""}).redis_url is None


def test_a_variable_of_somebody_else_is_left_alone() -> None:
    assert read_settings(ENOUGH | {"HOME": "/root", "SOMETHING": "else"}).port == 8080


def test_a_secret_is_read_from_a_file_that_only_its_owner_can_read(tmp_path: Path) -> None:
    settings = read_settings(_with_token_file(tmp_path, mode=0o600))

    assert settings.hubspot_access_token.get_secret_value() == CANARY


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620])
def test_a_secret_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(SettingsInvalid, match=r"HUBSPOT_ACCESS_TOKEN_FILE: others can .*chmod 600") as caught:
        read_settings(_with_token_file(tmp_path, mode=mode))

    assert len(caught.value.problems) == 1
    assert CANARY not in str(caught.value)


def test_a_secret_file_that_is_not_there_is_named_beside_the_other_mistakes(tmp_path: Path) -> None:
    environ = _with_token_file(tmp_path, mode=0o600) | {"PORT": "many"}
    (tmp_path / "token").unlink()

    with pytest.raises(SettingsInvalid) as caught:
        read_settings(environ)

    assert [problem.split()[0] for problem in caught.value.problems] == ["HUBSPOT_ACCESS_TOKEN_FILE:", "PORT"]


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    environ = _with_token_file(tmp_path, mode=0o600) | {"HUBSPOT_ACCESS_TOKEN": CANARY}

    with pytest.raises(SettingsInvalid, match=r"are both set\. Remove one of them"):
        read_settings(environ)


def test_no_secret_shows_in_any_form(caplog: pytest.LogCaptureFixture) -> None:
    settings = read_settings(
        ENOUGH
        | {"REDIS_URL": f"redis://:{CANARY}@host", "DATABASE_URL": f"postgresql://u:{CANARY}@host/name"}
    )

    logging.getLogger("test").warning("settings %s %r", settings, settings)
    shown = [repr(settings), str(settings), settings.model_dump_json(), f"{settings.model_dump()}"]
    shown += [json.dumps(settings.model_dump(mode="json")), caplog.text, repr(settings.secrets)]

    assert not [text for text in shown if CANARY in text or CLIENT_CANARY in text]


def test_the_secrets_to_blot_out_include_passwords_in_addresses() -> None:
    settings = read_settings(ENOUGH | {"REDIS_URL": "redis://:sesame@host"})

    assert {secret.get_secret_value() for secret in settings.secrets} == {CANARY, CLIENT_CANARY, "sesame"}


def test_settings_cannot_be_changed() -> None:
    settings = read_settings(ENOUGH)

    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1  # type: ignore[misc] # this is what is tested


def _with_token_file(directory: Path, *, mode: int) -> dict[str, str]:
    file = directory / "token"
    file.write_text(f"{CANARY}\n")
    file.chmod(mode)
    rest = {name: value for name, value in ENOUGH.items() if name != "HUBSPOT_ACCESS_TOKEN"}
    return rest | {"HUBSPOT_ACCESS_TOKEN_FILE": str(file)}


def test_a_dot_env_file_is_read_and_the_environment_goes_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("\n".join(f"{name}={value}" for name, value in ENOUGH.items()))
    monkeypatch.chdir(tmp_path)
    for name in ENOUGH:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PORT", "9999")

    settings = read_settings()

    assert settings.hubspot_portal_id == ENOUGH["HUBSPOT_PORTAL_ID"]
    assert settings.port == 9999


def test_the_chats_of_a_file_are_secrets(tmp_path: Path) -> None:
    file = tmp_path / "chats.json"
    file.write_text(json.dumps({"default": {"kind": "teams", "url": f"https://example.com/{CANARY}"}}))
    file.chmod(0o600)

    settings = read_settings({**ENOUGH, "NOTIFY_WEBHOOKS_FILE": str(file)})

    assert settings.notify_webhooks is not None
    assert settings.notify_webhooks["default"].kind == "teams"
    assert f"https://example.com/{CANARY}" in [one.get_secret_value() for one in settings.secrets]
    assert f"example.com/{CANARY}" not in repr(settings)


def test_mails_need_a_server_and_readers() -> None:
    server, readers = (
        {"SMTP_URL": "smtps://ops:geheim@mail.acme.fr"},
        {"NIGHT_MAIL_TO": "ops@acme.fr, l@acme.fr"},
    )

    both = read_settings({**ENOUGH, **server, **readers})

    assert both.night_mail_to == ("ops@acme.fr", "l@acme.fr")
    assert "geheim" in [secret.get_secret_value() for secret in both.secrets]
    for half, missing in ((server, "NIGHT_MAIL_TO"), (readers, "SMTP_URL")):
        with pytest.raises(SettingsInvalid, match=f"^{missing} is not set") as caught:
            read_settings({**ENOUGH, **half})
        assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(("name", "value"), [("NIGHT_MAIL_TO", "ops"), ("SMTP_URL", "https://mail.acme.fr")])
def test_a_wrong_mail_setting_is_named(name: str, value: str) -> None:
    others = {"NIGHT_MAIL_TO": "ops@acme.fr", "SMTP_URL": "smtps://mail.acme.fr"}

    with pytest.raises(SettingsInvalid, match=f"^{name} is wrong"):
        read_settings({**ENOUGH, **others, name: value})
