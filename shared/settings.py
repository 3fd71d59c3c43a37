"""The only reader of the environment: names that start with EXAM_RESULTS_, with a `.env` file as fallback.

The same code runs on the embedded backend and on AWS; only these settings differ. An unknown name is an
error, because a mistyped optional setting would otherwise be ignored silently.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

from shared.model.errors import SettingsInvalid

__all__ = [
    "PREFIX",
    "SETTINGS",
    "BackendSettings",
    "Setting",
    "StudentSettings",
    "TeacherSettings",
    "load_student_settings",
    "load_teacher_settings",
]

PREFIX = "EXAM_RESULTS_"
SECRET_LENGTH_MIN = 32


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its full name, its purpose, and its default text (None: it is required)."""

    name: str
    purpose: str
    default: str | None
    readers: str = "both"  # "both" dashboards, "teacher", "student", or the embedded "backend"


SETTINGS: tuple[Setting, ...] = tuple(
    Setting(PREFIX + name, purpose, default, readers)
    for name, purpose, default, readers in (
        ("ENV_FILE", "a file with settings; default .env in the working directory", "", "both"),
        ("REGION", "the AWS region, such as eu-west-1", None, "both"),
        ("API_URL", "the exam API's address, ending in /graphql", None, "both"),
        ("REALTIME_URL", "the address for subscriptions; derived from API_URL when empty", "", "both"),
        ("USER_POOL_ID", "the user pool that teachers sign in to", None, "both"),
        ("USER_POOL_CLIENT_ID", "the app client of the user pool, without a secret", None, "both"),
        ("IDENTITY_POOL_ID", "the identity pool that issues guest credentials", None, "both"),
        ("COGNITO_ENDPOINT_URL", "the address of both Cognito services; empty on AWS", "", "both"),
        ("STUDENT_URL", "the student dashboard's public address, for links and QR codes", "", "teacher"),
        ("SESSION_IDLE_MINUTES", "minutes of inactivity before a teacher is signed out", "240", "teacher"),
        (
            "SESSION_KEY",
            "a secret of 32 or more characters, with which sessions outlive a restart; empty: they do not",
            "",
            "teacher",
        ),
        ("SENDS_MAIL", "whether the user pool sends codes by e-mail", "true", "teacher"),
        (
            "HELP_CONTACT",
            "whom teachers ask about their accounts, such as the school's office",
            "",
            "teacher",
        ),
        ("SMTP_URL", "the mail server: smtps://USER:PASSWORD@HOST, or smtp:// for STARTTLS", "", "backend"),
        ("SMTP_FROM", "the sender's address of codes and invitations", "", "backend"),
        ("SECURE_COOKIES", "true when browsers reach the dashboard over https", "false", "teacher"),
        ("TRUSTED_PROXIES", "how many proxies in front to trust for the client's address", "0", "both"),
        ("STREAMS_MAX", "live streams in total, and sessions of pages; more are refused", "5000", "student"),
        ("STREAMS_PER_ADDRESS_MAX", "the same per client address, such as a whole school", "2000", "student"),
        ("EXAMS_LOADED_MAX", "exams whose results are in memory at once", "200", "student"),
        ("METRICS_PORT", "the port of /metrics; 0 turns it off", "0", "student"),
        ("METRICS_HOST", "the address that /metrics listens on", "127.0.0.1", "student"),
    )
)


@dataclass(frozen=True, slots=True)
class BackendSettings:
    """Where the backend is. `cognito_endpoint_url` is None on AWS. No address ends in a slash."""

    region: str
    api_url: str
    realtime_url: str
    user_pool_id: str
    user_pool_client_id: str
    identity_pool_id: str
    cognito_endpoint_url: str | None = None


@dataclass(frozen=True, slots=True)
class TeacherSettings:
    """The teacher dashboard's settings. `session_key` is None where sessions end with the process."""

    backend: BackendSettings
    student_url: str | None = None
    session_idle_minutes: int = 240
    session_key: str | None = field(default=None, repr=False)
    sends_mail: bool = True
    help_contact: str | None = None
    has_secure_cookies: bool = False
    trusted_proxies: int = 0


@dataclass(frozen=True, slots=True)
class StudentSettings:
    """The student dashboard's settings. `metrics_port` is None when /metrics is off."""

    backend: BackendSettings
    streams_max: int = 5000
    streams_per_address_max: int = 2000
    exams_loaded_max: int = 200
    trusted_proxies: int = 0
    metrics_port: int | None = None
    metrics_host: str = "127.0.0.1"


def load_teacher_settings(
    environ: Mapping[str, str] | None = None, env_file: Path | None = None
) -> TeacherSettings:
    """The teacher dashboard's settings. The environment takes precedence over the file.

    Raises SettingsInvalid, whose one line names the setting and the remedy.
    """
    given = _setting_texts(environ, env_file)
    return TeacherSettings(
        backend=_backend(given),
        student_url=_optional(given, "STUDENT_URL", _url),
        session_idle_minutes=_integer(given, "SESSION_IDLE_MINUTES", 1, 7 * 24 * 60),
        session_key=_optional(given, "SESSION_KEY", _secret),
        sends_mail=_boolean(given, "SENDS_MAIL"),
        help_contact=given[PREFIX + "HELP_CONTACT"] or None,
        has_secure_cookies=_boolean(given, "SECURE_COOKIES"),
        trusted_proxies=_integer(given, "TRUSTED_PROXIES", 0, 10),
    )


def load_student_settings(
    environ: Mapping[str, str] | None = None, env_file: Path | None = None
) -> StudentSettings:
    """The student dashboard's settings; works like load_teacher_settings."""
    given = _setting_texts(environ, env_file)
    return StudentSettings(
        backend=_backend(given),
        streams_max=_integer(given, "STREAMS_MAX", 1, 1_000_000),
        streams_per_address_max=_integer(given, "STREAMS_PER_ADDRESS_MAX", 1, 1_000_000),
        exams_loaded_max=_integer(given, "EXAMS_LOADED_MAX", 1, 100_000),
        trusted_proxies=_integer(given, "TRUSTED_PROXIES", 0, 10),
        metrics_port=_integer(given, "METRICS_PORT", 0, 65535) or None,
        metrics_host=given[PREFIX + "METRICS_HOST"],
    )


def _setting_texts(environ: Mapping[str, str] | None, env_file: Path | None) -> dict[str, str]:
    """Full name -> stripped text of every setting, with defaults filled in."""
    real = {
        name: text
        for name, text in (os.environ if environ is None else environ).items()
        if name.startswith(PREFIX)
    }
    named = real.get(PREFIX + "ENV_FILE", "").strip()
    path = env_file or Path(named or ".env")
    if named and env_file is None and not path.is_file():
        raise SettingsInvalid(PREFIX + "ENV_FILE", f"there is no file {path}.")
    # The file may have other programs' names in it; ours must be known, wherever they come from.
    filed = {
        name: text or ""
        for name, text in (dotenv_values(path) if path.is_file() else {}).items()
        if name.startswith(PREFIX)
    }
    known = {setting.name: setting for setting in SETTINGS}
    for name in sorted({**filed, **real}):
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
            hint = f"did you mean {near[0]}?" if near else "remove it."
            raise SettingsInvalid(name, f"there is no such setting; {hint}")
    given = {name: text.strip() for name, text in {**filed, **real}.items()}
    texts: dict[str, str] = {}
    for setting in SETTINGS:
        text = given.get(setting.name) or setting.default
        if text is None:
            raise SettingsInvalid(setting.name, f"is missing: give {setting.purpose}.")
        texts[setting.name] = text
    return texts


def _backend(given: Mapping[str, str]) -> BackendSettings:
    api_url = _url(given, "API_URL")
    if not api_url.endswith("/graphql"):
        raise SettingsInvalid(PREFIX + "API_URL", "must end in /graphql.")
    user_pool_id = given[PREFIX + "USER_POOL_ID"]
    region = given[PREFIX + "REGION"]
    if "_" not in user_pool_id or not user_pool_id.split("_")[1]:
        raise SettingsInvalid(PREFIX + "USER_POOL_ID", f"must look like {region}_AbCdEfGhI.")
    return BackendSettings(
        region=region,
        api_url=api_url,
        realtime_url=_optional(given, "REALTIME_URL", _url) or _realtime_url(api_url),
        user_pool_id=user_pool_id,
        user_pool_client_id=given[PREFIX + "USER_POOL_CLIENT_ID"],
        identity_pool_id=given[PREFIX + "IDENTITY_POOL_ID"],
        cognito_endpoint_url=_optional(given, "COGNITO_ENDPOINT_URL", _url),
    )


def _realtime_url(api_url: str) -> str:
    """AppSync has a second host for subscriptions; every other API a path below its own."""
    address = api_url.replace("https://", "wss://", 1).replace("http://", "ws://", 1)
    if ".appsync-api." in address:
        return address.replace(".appsync-api.", ".appsync-realtime-api.", 1)
    return f"{address}/realtime"


def _optional(
    given: Mapping[str, str], name: str, read: Callable[[Mapping[str, str], str], str]
) -> str | None:
    return read(given, name) if given[PREFIX + name] else None


def _url(given: Mapping[str, str], name: str) -> str:
    text = given[PREFIX + name].rstrip("/")
    schemes = {"ws", "wss"} if name == "REALTIME_URL" else {"http", "https"}
    parts = urlsplit(text)
    if parts.scheme not in schemes or not parts.hostname:
        wanted = " or ".join(f"{scheme}://" for scheme in sorted(schemes))
        raise SettingsInvalid(PREFIX + name, f"“{text}” is no address: it must start with {wanted}.")
    return text


def _secret(given: Mapping[str, str], name: str) -> str:
    text = given[PREFIX + name]
    if len(text) < SECRET_LENGTH_MIN:
        raise SettingsInvalid(
            PREFIX + name, f"is too short: give {SECRET_LENGTH_MIN} or more random characters."
        )
    return text


def _integer(given: Mapping[str, str], name: str, least: int, most: int) -> int:
    text = given[PREFIX + name]
    if not (text.isascii() and text.isdigit()) or not least <= int(text) <= most:
        raise SettingsInvalid(PREFIX + name, f"“{text}” must be a whole number from {least} to {most}.")
    return int(text)


def _boolean(given: Mapping[str, str], name: str) -> bool:
    text = given[PREFIX + name].casefold()
    if text not in {"true", "false"}:
        raise SettingsInvalid(PREFIX + name, f"“{text}” must be true or false.")
    return text == "true"
