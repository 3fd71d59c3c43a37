"""Settings: from the environment and, below it, a file; every error is one clear line."""

from pathlib import Path

import pytest

from shared.model.errors import SettingsInvalid
from shared.settings import (
    PREFIX,
    SETTINGS,
    BackendSettings,
    load_student_settings,
    load_teacher_settings,
)

GIVEN = {
    PREFIX + "REGION": "eu-west-1",
    PREFIX + "API_URL": "http://127.0.0.1:8500/graphql",
    PREFIX + "USER_POOL_ID": "eu-west-1_AbCdEfGhI",
    PREFIX + "USER_POOL_CLIENT_ID": "client1",
    PREFIX + "IDENTITY_POOL_ID": "eu-west-1:7b0e1c1e-3c2d-4a77-9a52-0d8f9a1b2c3d",
}


@pytest.fixture(autouse=True)
def no_file_of_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_same_backend_is_read_by_both_dashboards() -> None:
    teacher, student = load_teacher_settings(GIVEN), load_student_settings(GIVEN)
    assert teacher.backend == student.backend
    assert teacher.backend == BackendSettings(
        region="eu-west-1",
        api_url="http://127.0.0.1:8500/graphql",
        realtime_url="ws://127.0.0.1:8500/graphql/realtime",
        user_pool_id="eu-west-1_AbCdEfGhI",
        user_pool_client_id="client1",
        identity_pool_id=GIVEN[PREFIX + "IDENTITY_POOL_ID"],
        cognito_endpoint_url=None,
    )
    assert teacher.session_idle_minutes == 240
    assert not teacher.has_secure_cookies
    assert teacher.student_url is None
    assert student.metrics_port is None


def test_appsyncs_own_host_has_a_sister_host_for_subscriptions() -> None:
    url = "https://abc.appsync-api.eu-west-1.amazonaws.com/graphql"
    settings = load_student_settings({**GIVEN, PREFIX + "API_URL": url})
    assert settings.backend.realtime_url == "wss://abc.appsync-realtime-api.eu-west-1.amazonaws.com/graphql"


def test_a_custom_domain_has_a_sister_path_and_can_be_overruled() -> None:
    https = {**GIVEN, PREFIX + "API_URL": "https://api.example.org/graphql"}
    assert load_student_settings(https).backend.realtime_url == "wss://api.example.org/graphql/realtime"
    other = {**https, PREFIX + "REALTIME_URL": "wss://live.example.org/graphql"}
    assert load_student_settings(other).backend.realtime_url == "wss://live.example.org/graphql"


def test_the_environment_takes_precedence_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "backend.env"
    lines = [f"{name}={text}" for name, text in GIVEN.items()]
    file.write_text("\n".join([*lines, "OTHER_PROGRAM=1", f"{PREFIX}STREAMS_MAX=7"]), encoding="utf-8")
    assert load_student_settings({}, file).streams_max == 7
    assert load_student_settings({PREFIX + "STREAMS_MAX": "8"}, file).streams_max == 8
    assert load_student_settings({PREFIX + "ENV_FILE": str(file)}).streams_max == 7


def test_a_file_named_env_in_the_working_directory_is_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "\n".join(f'{name}="{text}"' for name, text in GIVEN.items()), encoding="utf-8"
    )
    assert load_teacher_settings({}).backend.user_pool_client_id == "client1"


def test_the_real_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in GIVEN.items():
        monkeypatch.setenv(name, text)
    assert load_teacher_settings().backend.region == "eu-west-1"


@pytest.mark.parametrize("name", sorted(GIVEN))
def test_a_missing_setting_is_one_line_that_names_it(name: str) -> None:
    for given in ({k: v for k, v in GIVEN.items() if k != name}, {**GIVEN, name: "  "}):
        with pytest.raises(SettingsInvalid) as refusal:
            load_student_settings(given)
        assert refusal.value.name == name
        assert str(refusal.value).startswith(f"{name}: is missing")
        assert "\n" not in str(refusal.value)


def test_an_unknown_name_is_refused_with_the_nearest_known_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="did you mean EXAM_RESULTS_API_URL") as refusal:
        load_student_settings({**GIVEN, PREFIX + "API_ULR": "x"})
    assert refusal.value.name == PREFIX + "API_ULR"
    with pytest.raises(SettingsInvalid, match="remove it"):
        load_student_settings({**GIVEN, PREFIX + "ZZZ": "x"})
    file = tmp_path / "some.env"
    file.write_text(f"{PREFIX}STREAM_MAX=1\n", encoding="utf-8")
    with pytest.raises(SettingsInvalid, match="did you mean EXAM_RESULTS_STREAMS_MAX"):
        load_student_settings(GIVEN, file)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("API_URL", "127.0.0.1:8500/graphql", "http:// or https://"),
        ("API_URL", "http://127.0.0.1:8500", "must end in /graphql"),
        ("API_URL", "http:///graphql", "no address"),
        ("REALTIME_URL", "http://a/graphql", "ws:// or wss://"),
        ("COGNITO_ENDPOINT_URL", "ftp://a", "http:// or https://"),
        ("USER_POOL_ID", "AbCdEf", "must look like eu-west-1_"),
        ("USER_POOL_ID", "eu-west-1_", "must look like eu-west-1_"),
        ("SESSION_IDLE_MINUTES", "0", "from 1 to"),
        ("SESSION_IDLE_MINUTES", "four", "whole number"),
        ("SECURE_COOKIES", "yes", "true or false"),
        ("TRUSTED_PROXIES", "-1", "from 0 to 10"),
        ("ENV_FILE", "nowhere.env", "no file"),
    ],
)
def test_an_unusable_setting_is_one_line_that_says_why(name: str, text: str, reason: str) -> None:
    with pytest.raises(SettingsInvalid) as refusal:
        load_teacher_settings({**GIVEN, PREFIX + name: text})
    assert refusal.value.name == PREFIX + name
    assert reason in refusal.value.reason
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "name", ["STREAMS_MAX", "STREAMS_PER_ADDRESS_MAX", "EXAMS_LOADED_MAX", "METRICS_PORT"]
)
def test_the_student_dashboards_numbers_are_checked(name: str) -> None:
    with pytest.raises(SettingsInvalid, match=name):
        load_student_settings({**GIVEN, PREFIX + name: "many"})


def test_an_address_loses_its_last_slash() -> None:
    settings = load_teacher_settings(
        {
            **GIVEN,
            PREFIX + "COGNITO_ENDPOINT_URL": "http://127.0.0.1:8500/",
            PREFIX + "SECURE_COOKIES": "True",
        }
    )
    assert settings.backend.cognito_endpoint_url == "http://127.0.0.1:8500"
    assert settings.has_secure_cookies


def test_every_setting_says_what_it_is_for() -> None:
    assert len({setting.name for setting in SETTINGS}) == len(SETTINGS)
    for setting in SETTINGS:
        assert setting.name.startswith(PREFIX)
        assert setting.purpose
        assert setting.readers in {"both", "teacher", "student", "backend"}
