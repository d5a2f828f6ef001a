"""The settings from the environment: one frozen object, or every mistake at once."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from dotenv import dotenv_values
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Json,
    SecretStr,
    StringConstraints,
    ValidationError,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from router.security.hidden import keys_in, passwords_in
from router.security.private_files import OF_OTHERS, close_var
from router.security.setting_urls import of_scheme, protected_secret_url, protected_url

SECRETS: Final = (
    "HUBSPOT_ACCESS_TOKEN",
    "HUBSPOT_CLIENT_SECRET",
    "NOTIFY_WEBHOOKS",
    "CLAIM_SECRET",
    "SMTP_URL",
    "HEALTH_TOKEN",
    "REDIS_URL",
    "DATABASE_URL",
)
"""Each of them may be in a file that its variable with _FILE behind names."""
LONGEST_SECRET: Final = 200_000
SHORTEST_SECRET: Final = 16
SHORTEST_KEEP: Final = timedelta(days=180)
"""Twice as long as leads are followed and remembered."""


class SettingsInvalid(Exception):
    """The environment has mistakes; `problems` has one sentence for each, with the remedy and no secret."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _visible(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[!-~]+", secret.get_secret_value()):
        raise ValueError("it has spaces, line ends or characters that no token has")
    return secret


def _long_enough(secret: SecretStr) -> SecretStr:
    if len(_visible(secret).get_secret_value()) < SHORTEST_SECRET:
        raise ValueError(f"it has fewer than {SHORTEST_SECRET} characters")
    return secret


def _one_or_two(secrets: SecretStr) -> SecretStr:
    parts = secrets.get_secret_value().split(",")
    if len(parts) > 2 or not all(part.strip() for part in parts):
        raise ValueError("it has to be one secret, or two with a comma between them")
    for part in parts:
        _long_enough(SecretStr(part.strip()))
    return secrets


def _addresses(text: object) -> object:
    """The mail addresses of a text that separates them by commas."""
    if not isinstance(text, str):
        return text
    found = tuple(part.strip() for part in text.split(","))
    if not all(re.fullmatch(r"[^@\s<>,;]+@[^@\s<>,;]+", part) for part in found):
        raise ValueError("it has to be one mail address, or several with commas between them")
    return found


def _span(text: object) -> object:
    """The time span of `400d` or `3y`; a year has 365 days."""
    if not isinstance(text, str):
        return text
    found = re.fullmatch(r"([1-9][0-9]{0,4})([dy])", text)
    if found is None:
        raise ValueError("it is no span of days or years")
    return timedelta(days=int(found[1]) * (365 if found[2] == "y" else 1))


def _long_kept(span: timedelta | None) -> timedelta | None:
    if span is not None and span < SHORTEST_KEEP:
        raise ValueError(f"it is shorter than {SHORTEST_KEEP.days} days, for which leads may still change")
    return span


Keep = Annotated[timedelta | None, BeforeValidator(_span), AfterValidator(_long_kept)]
Url = Annotated[str, AfterValidator(protected_url)]
Token = Annotated[SecretStr, AfterValidator(_visible)]
ClientSecrets = Annotated[SecretStr, AfterValidator(_one_or_two)]
SigningSecret = Annotated[SecretStr, AfterValidator(_long_enough)]
RedisUrl = Annotated[SecretStr, of_scheme("redis", "rediss", "unix")]
DatabaseUrl = Annotated[SecretStr, of_scheme("sqlite", "postgres", "postgresql", "postgresql+psycopg")]
SmtpUrl = Annotated[SecretStr, of_scheme("smtp", "smtps")]
Addresses = Annotated[tuple[str, ...], BeforeValidator(_addresses)]
# 18 digits fit into 64 bits, like HubSpot's own numbers, and the decoder of deliveries needs that.
PortalId = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,17}$")]
ApiVersion = Annotated[str, StringConstraints(pattern=r"^(v3|20[0-9]{2}-(0[1-9]|1[0-2]))$")]


class Webhook(BaseModel):
    """A chat webhook: Slack, Teams (a workflow) or any service that takes JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    kind: Literal["slack", "teams", "json"]
    url: Annotated[SecretStr, AfterValidator(protected_secret_url)]


class Settings(BaseSettings):
    """Every setting by the name of its variable. A description is the remedy shown to people."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    hubspot_access_token: Token = Field(description="Put the access token of your HubSpot app there.")
    hubspot_client_secret: ClientSecrets = Field(
        description="Put the client secret of your HubSpot app there (old,new while you rotate it)."
    )
    hubspot_portal_id: PortalId = Field(description="Put the number of your HubSpot account there.")
    public_webhook_url: Url = Field(
        description="Put the address that HubSpot calls there, exactly as in the app's settings: "
        "https://…/webhooks/hubspot."
    )
    hubspot_base_url: Url = Field("https://api.hubapi.com", description="Leave it out, outside of tests.")
    hubspot_api_version: ApiVersion = Field("v3", description="Use v3, or a dated version such as 2026-03.")
    hubspot_calls_per_10s: int = Field(
        100, ge=10, le=10_000, description="Use your account's limit, such as 100 or 190."
    )
    hubspot_searches_per_s: int = Field(5, ge=1, le=50, description="Leave it out: HubSpot allows 5.")
    hubspot_calls_per_day: int = Field(
        250_000, ge=100, description="Use your account's limit, such as 250000 or 625000."
    )
    reconcile_days: int = Field(
        3, ge=1, le=90, description="Use the days that a night looks back for contacts that were missed."
    )
    redis_url: RedisUrl | None = Field(
        None, description="Use redis://host:6379/0, or leave it out for the embedded server."
    )
    database_url: DatabaseUrl | None = Field(
        None, description="Use postgresql://user:password@host/name, or leave it out for SQLite in VAR_DIR."
    )
    ledger_keep: Keep = Field(
        None, description="Use 400d or 3y (180d at least), or leave it out to keep every decision."
    )
    notify_webhooks: Json[dict[str, Webhook]] | None = Field(
        None,
        description='Write JSON, by rep, team or default: {"default": {"kind": "slack", "url": "https://…"}}.',
    )
    notify_allow_private: bool = Field(
        False, description="Use true only if your chat is inside your own network."
    )
    smtp_url: SmtpUrl | None = Field(
        None, description="Use smtps://user:password@host, or leave it out for no mail."
    )
    night_mail_to: Addresses = Field(
        (), description="Name who gets the report of each night: ops@acme.fr, lea@acme.fr."
    )
    night_mail_from: Addresses = Field(
        (), max_length=1, description="Name the one address that the reports come from."
    )
    claim_secret: SigningSecret | None = Field(
        None, description="Use 32 characters of chance that nothing else uses, or leave it out for no links."
    )
    api_tokens_file: Path | None = Field(
        None, description="Name the file that router token add writes, or leave it out for no API."
    )
    health_token: SigningSecret | None = Field(
        None, description="Use 16 characters or more, or leave it out: then /health gives no details."
    )
    config_dir: Path = Field(Path("config"), description="Name the directory of the rule files.")
    var_dir: Path = Field(Path("var"), description="Name a directory that we may write in.")
    host: str = Field("0.0.0.0", description="Use 0.0.0.0, or 127.0.0.1 behind a proxy.")  # noqa: S104 - hosts reach us from outside the container
    port: int = Field(8080, ge=0, le=65_535, description="Use a port number; 0 takes a free one.")
    request_deadline_s: int = Field(
        10, ge=1, le=120, description="Use the seconds within which a request has to be complete."
    )
    max_connections: int = Field(
        500, ge=20, le=900, description="Use fewer than the files that a process may open, usually 1024."
    )
    max_connections_per_client: int = Field(
        50, ge=10, le=900, description="Use as many as MAX_CONNECTIONS behind a proxy with one address."
    )
    log_format: Literal["auto", "json", "console"] = Field("auto", description="Use auto, json or console.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Use debug, info, warning or error."
    )

    @property
    def client_secrets(self) -> tuple[SecretStr, ...]:
        """The client secrets a signature may be made with: one, or two during a rotation."""
        return tuple(
            SecretStr(part.strip()) for part in self.hubspot_client_secret.get_secret_value().split(",")
        )

    @property
    def ledger_url(self) -> SecretStr:
        """The ledger's address: DATABASE_URL, or SQLite under VAR_DIR."""
        return self.database_url or SecretStr(f"sqlite:///{self.var_dir.absolute() / 'ledger.sqlite3'}")

    @property
    def secrets(self) -> tuple[SecretStr, ...]:
        """Every value that must never be shown, for the log's last filter."""
        passwords = (
            password
            for url in (self.redis_url, self.database_url, self.smtp_url)
            if url
            for password in passwords_in(url.get_secret_value())
        )
        webhooks = (webhook.url.get_secret_value() for webhook in (self.notify_webhooks or {}).values())
        return (
            self.hubspot_access_token,
            *self.client_secrets,
            *(secret for secret in (self.claim_secret, self.health_token) if secret),
            *(SecretStr(password) for password in passwords if password),
            *(SecretStr(key) for url in webhooks for key in keys_in(url)),
        )

    def close_var_dir(self) -> None:
        """Take VAR_DIR, if it is used, from other users. Raises `NotPrivate`. Every process does it first."""
        if self.redis_url is None or self.database_url is None:
            close_var(self.var_dir)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        *others: PydanticBaseSettingsSource,  # noqa: ARG003
        **more: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The only source: the values from `read_settings`, so that a test controls its whole environment."""
        return (init_settings,)


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings in `environ`; raises `SettingsInvalid` with every mistake.

    By default that is the process's own environment, on top of a file `.env` in the current directory.

    An empty variable counts as unset. HUBSPOT_ACCESS_TOKEN_FILE and the like (`SECRETS`) name files
    that hold the secret instead. Only their owner may be able to read these files, and a `.env` with secrets.
    """
    environ = {**_in_dot_env(Path(".env")), **os.environ} if environ is None else environ
    names = [field.upper() for field in Settings.model_fields]
    given: dict[str, Any] = {name: environ[name].strip() for name in names if environ.get(name, "").strip()}
    problems: dict[str, str] = {}
    for name in SECRETS:
        path = environ.get(f"{name}_FILE", "").strip()
        if not path:
            continue
        try:
            given[name] = _secret_in(Path(path), instead_of=name, also_given=name in given)
        except SettingsInvalid as error:
            problems[name] = str(error)
            given.pop(name, None)
    try:
        settings = Settings(**{name.lower(): value for name, value in given.items()})
    except ValidationError as error:
        for mistake in error.errors(include_input=False, include_url=False, include_context=False):
            name = str(mistake["loc"][0]).upper()
            problems.setdefault(name, _sentence(name, mistake["type"], mistake["msg"]))
    if ("NIGHT_MAIL_TO" in given) != ("SMTP_URL" in given) and not problems.keys() & {"SMTP_URL"}:
        missing = "SMTP_URL" if "NIGHT_MAIL_TO" in given else "NIGHT_MAIL_TO"
        remedy = Settings.model_fields[missing.lower()].description
        problems[missing] = f"{missing} is not set, and mails need SMTP_URL and NIGHT_MAIL_TO. {remedy}"
    tokens = given.get("API_TOKENS_FILE")
    if tokens and _open_to_others(Path(tokens)):
        problems["API_TOKENS_FILE"] = f"API_TOKENS_FILE: others can use {tokens}. Run: chmod 600 {tokens}"
    if problems:
        raise SettingsInvalid(tuple(problems[name] for name in names if name in problems))
    return settings


def _in_dot_env(path: Path) -> dict[str, str]:
    """The variables of the file; without it, none. With a secret in it, only its owner may read it."""
    try:
        with path.open(encoding="utf-8") as file:
            found = {name: value for name, value in dotenv_values(stream=file).items() if value is not None}
            is_open = stat.S_IMODE(os.fstat(file.fileno()).st_mode) & OF_OTHERS
    except (FileNotFoundError, IsADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsInvalid((f".env cannot be read ({_why(error)}). Correct it, or remove it.",)) from None
    if is_open and any(found.get(name, "").strip() for name in SECRETS):
        raise SettingsInvalid((".env has secrets in it, and others can read it. Run: chmod 600 .env",))
    return found


def _open_to_others(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & OF_OTHERS)
    except OSError:  # not there yet: it is made by the first token
        return False


def _why(error: OSError | UnicodeDecodeError) -> str:
    return error.strerror or "no reason given" if isinstance(error, OSError) else "it is not text"


def _secret_in(path: Path, *, instead_of: str, also_given: bool) -> str:
    variable = f"{instead_of}_FILE"
    if also_given:
        raise SettingsInvalid((f"{instead_of} and {variable} are both set. Remove one of them.",))
    try:
        with path.open(encoding="utf-8") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & OF_OTHERS:
                raise SettingsInvalid((f"{variable}: others can read {path}. Run: chmod 600 {path}",))
            secret = file.read(LONGEST_SECRET).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsInvalid(
            (f"{variable}: cannot read {path} ({_why(error)}). Correct the path.",)
        ) from None
    if not secret:
        raise SettingsInvalid((f"{variable}: {path} is empty. Write the secret into it.",))
    return secret


def _sentence(name: str, kind: str, message: str) -> str:
    remedy = Settings.model_fields[name.lower()].description
    if kind == "missing":
        return f"{name} is not set. {remedy}"
    reason = message.removeprefix("Value error, ")
    return f"{name} is wrong: {reason[:1].lower()}{reason[1:]}. {remedy}"
