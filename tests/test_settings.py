"""The environment is read whole or refused with every mistake, and no secret is ever shown."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from router.security.hidden import Hidden
from router.settings import SECRETS, Settings, SettingsInvalid, read_settings

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
        ("HUBSPOT_CLIENT_SECRET", "x" * 15),
        ("HUBSPOT_CLIENT_SECRET", f"{CANARY},{'x' * 15}"),
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
        ("REDIS_URL", f"redis://:{CANARY}/x@host:6379/0"),
        ("REDIS_URL", f"redis://:{CANARY}?x@host"),
        ("REDIS_URL", f"redis://:{CANARY}#x@host"),
        ("REDIS_URL", f"redis://:{CANARY}\u2100x@host"),
        ("REDIS_URL", f"redis://host:{CANARY}/0"),
        ("REDIS_URL", "redis://host:65536/0"),
        ("REDIS_URL", f"redis://host/0?{CANARY}=1"),
        ("REDIS_URL", f"redis://host/0?socket_timeout={CANARY}"),
        ("REDIS_URL", CANARY),
        ("SMTP_URL", f"smtps://ops:{CANARY}/x@mail.acme.fr"),
        ("SMTP_URL", f"smtps://mail.acme.fr:{CANARY}"),
        ("SMTP_URL", "smtps://"),
        ("DATABASE_URL", f"postgresql://u:{CANARY}@host:{CANARY}/name"),
        ("DATABASE_URL", f"postgresql://u:x@{CANARY}@host/name"),
        ("DATABASE_URL", f"mysql://root:{CANARY}@host/name"),
        ("PORT", "65536"),
        ("LEDGER_KEEP", CANARY),
        ("LEDGER_KEEP", "400"),
        ("LEDGER_KEEP", "30d"),
        ("LOG_FORMAT", CANARY),
        ("LOG_LEVEL", CANARY),
    ],
)
def test_a_wrong_value_is_named_and_never_shown(name: str, value: str) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        read_settings(ENOUGH | {name: value})

    problem = caught.value.problems[0]
    assert problem.startswith(f"{name} is wrong: ")
    assert len(caught.value.problems) == 1
    assert CANARY not in problem


def test_plain_http_is_allowed_on_this_machine() -> None:
    here = {
        "PUBLIC_WEBHOOK_URL": "http://127.0.0.1:8080/webhooks/hubspot",
        "HUBSPOT_BASE_URL": "http://localhost:1",
    }

    settings = read_settings(ENOUGH | here)

    assert settings.hubspot_base_url == "http://localhost:1"


def test_two_client_secrets_are_valid_during_a_rotation() -> None:
    settings = read_settings(ENOUGH | {"HUBSPOT_CLIENT_SECRET": f" {'o' * 16} , {'n' * 16} "})

    assert [secret.get_secret_value() for secret in settings.client_secrets] == ["o" * 16, "n" * 16]


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


@pytest.mark.parametrize(("text", "days"), [("400d", 400), ("180d", 180), ("3y", 1_095)])
def test_the_span_for_which_the_ledger_keeps_leads_is_in_days_or_years(text: str, days: int) -> None:
    assert read_settings(ENOUGH | {"LEDGER_KEEP": text}).ledger_keep == timedelta(days=days)
    assert read_settings(ENOUGH).ledger_keep is None


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
    a_dot_env(tmp_path, monkeypatch, ENOUGH, mode=0o600)
    monkeypatch.setenv("PORT", "9999")

    settings = read_settings()

    assert settings.hubspot_portal_id == ENOUGH["HUBSPOT_PORTAL_ID"]
    assert settings.port == 9999


def a_dot_env(folder: Path, monkeypatch: pytest.MonkeyPatch, values: dict[str, str], *, mode: int) -> None:
    """A folder with a .env, and nothing of it in the environment."""
    file = folder / ".env"
    file.write_text("\n".join(f"{name}={value}" for name, value in values.items()))
    file.chmod(mode)
    monkeypatch.chdir(folder)
    for name in ENOUGH:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_dot_env_with_secrets_that_others_can_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    a_dot_env(tmp_path, monkeypatch, ENOUGH, mode=mode)

    with pytest.raises(SettingsInvalid, match=r"^\.env has secrets .* Run: chmod 600 \.env$"):
        read_settings()


def test_a_dot_env_without_secrets_may_be_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_dot_env(tmp_path, monkeypatch, {"PORT": "9999", "REDIS_URL": ""}, mode=0o644)
    for name, value in ENOUGH.items():
        monkeypatch.setenv(name, value)

    assert read_settings().port == 9999


def test_a_dot_env_that_is_no_text_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_dot_env(tmp_path, monkeypatch, {}, mode=0o600)
    (tmp_path / ".env").write_bytes(b"A=\xff")

    with pytest.raises(SettingsInvalid, match=r"^\.env cannot be read \(it is not text\)"):
        read_settings()


def test_a_file_of_tokens_that_others_can_use_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.touch()
    file.chmod(0o622)

    with pytest.raises(
        SettingsInvalid, match=r"^API_TOKENS_FILE: others can use .* Run: chmod 600 .*/tokens$"
    ):
        read_settings({**ENOUGH, "API_TOKENS_FILE": str(file)})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REDIS_URL", f"redis://:{CANARY}@host:6379/0"),
        ("DATABASE_URL", f"postgresql://u:{CANARY}@host/name"),
        ("CLAIM_SECRET", f"claims-{CANARY}"),
    ],
)
def test_an_address_with_a_password_may_be_in_a_file(tmp_path: Path, name: str, value: str) -> None:
    file = tmp_path / "secret"
    file.write_text(value)
    file.chmod(0o600)

    settings = read_settings({**ENOUGH, f"{name}_FILE": str(file)})

    assert getattr(settings, name.lower()).get_secret_value() == value


def test_every_setting_that_is_a_secret_may_be_in_a_file() -> None:
    fields = {name.upper() for name, field in Settings.model_fields.items() if "Secret" in str(field)}

    assert fields | {"NOTIFY_WEBHOOKS"} == set(SECRETS)


@pytest.mark.parametrize(
    "url",
    [
        "redis://:p%2Fw@host:6379/0",
        "rediss://user:pw@[::1]:6380/1?ssl_cert_reqs=none",
        "redis://host?db=2&socket_timeout=3",
        "unix:///run/valkey.sock?db=1",
    ],
)
def test_addresses_that_redis_takes_are_taken(url: str) -> None:
    found = read_settings(ENOUGH | {"REDIS_URL": url}).redis_url

    assert found is not None
    assert found.get_secret_value() == url


def test_a_name_with_an_at_sign_may_stand_in_the_mail_servers_address() -> None:
    url = "smtps://ops@acme.fr:geheim@mail.acme.fr"

    settings = read_settings({**ENOUGH, "SMTP_URL": url, "NIGHT_MAIL_TO": "ops@acme.fr"})

    assert "geheim" in {secret.get_secret_value() for secret in settings.secrets}


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


PASSWORD = "geheim/sesame@oeffne:dich?bitte"
ENCODED = quote(PASSWORD, safe="")


@pytest.mark.parametrize(
    "setting",
    [
        {"REDIS_URL": f"redis://:{ENCODED}@host:6379/0"},
        {"REDIS_URL": f"redis://host:6379/0?password={ENCODED}"},
        {"DATABASE_URL": f"postgresql://u:{ENCODED}@host/name"},
        {"DATABASE_URL": f"postgresql:///name?host=/run/pg&password={ENCODED}"},
        {"SMTP_URL": f"smtps://ops:{ENCODED}@mail.acme.fr", "NIGHT_MAIL_TO": "ops@acme.fr"},
        {"NOTIFY_WEBHOOKS": f'{{"default": {{"kind": "json", "url": "https://u:{ENCODED}@chat.fr/x"}}}}'},
    ],
)
@pytest.mark.parametrize(
    "shown", [PASSWORD, ENCODED, repr(PASSWORD), json.dumps(PASSWORD), *PASSWORD.replace("@", "/").split("/")]
)
def test_no_spelling_and_no_part_of_a_password_is_written(setting: dict[str, str], shown: str) -> None:
    hidden = Hidden()
    hidden.set(read_settings(ENOUGH | setting).secrets)

    written = hidden.without(f"cannot reach '{shown}' now")

    assert not [part for part in ("geheim", "sesame", "oeffne", "bitte") if part in written]
    assert written.startswith("cannot reach '")


def test_the_key_in_a_webhooks_path_is_hidden_and_common_words_are_not() -> None:
    url = "https://hooks.slack.com/services/T0/B0/abcdefghijklmnop1234"
    hidden = Hidden()
    hidden.set(
        read_settings(
            ENOUGH | {"NOTIFY_WEBHOOKS": f'{{"default": {{"kind": "slack", "url": "{url}"}}}}'}
        ).secrets
    )

    written = hidden.without(
        f"{url} | /services/T0/B0/abcdefghijklmnop1234 | abcdefghijklmnop1234 | https services slack"
    )

    assert written == "********** | ********** | ********** | https services slack"
