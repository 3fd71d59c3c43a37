"""The compose file: valid, hardened, one .env for both kinds of backend, and settings the apps accept."""

from pathlib import Path
from typing import Any

import pytest

from deploy.local.backend import stop_times as backend_stop_times
from shared.settings import PREFIX, SETTINGS, load_student_settings, load_teacher_settings
from shared.web import stop_times as dashboard_stop_times
from tests.deploy.containers.compose_file import (
    COMPOSE,
    VariableMissing,
    composed,
    env_values,
    variables,
)
from tests.deploy.containers.tools import run_tool

AWS = {
    "EXAM_RESULTS_REGION": "eu-west-1",
    "EXAM_RESULTS_API_URL": "https://abc.appsync-api.eu-west-1.amazonaws.com/graphql",
    "EXAM_RESULTS_USER_POOL_ID": "eu-west-1_AbCdEfGhI",
    "EXAM_RESULTS_USER_POOL_CLIENT_ID": "1234567890abcdefghijklmnop",
    "EXAM_RESULTS_IDENTITY_POOL_ID": "eu-west-1:00000000-0000-4000-8000-000000000000",
}


def environment_of(service: dict[str, Any], values: dict[str, str]) -> dict[str, str]:
    """The environment of the container's process: all of .env, overridden by what the compose file sets."""
    assert service["env_file"] == [".env"]
    return {**values, **{name: str(value) for name, value in service["environment"].items()}}


def test_the_file_matches_the_published_schema() -> None:
    answer = run_tool("check-jsonschema", ["--builtin-schema", "vendor.compose-spec", str(COMPOSE)])
    assert answer.returncode == 0, answer.stdout


def test_the_schema_would_refuse_an_unknown_key(tmp_path: Path) -> None:
    broken = tmp_path / "compose.yaml"
    broken.write_text(COMPOSE.read_text().replace("read_only: true", "readonly: true"))
    answer = run_tool("check-jsonschema", ["--builtin-schema", "vendor.compose-spec", str(broken)])
    assert answer.returncode == 1
    assert "readonly" in answer.stdout


def test_the_example_has_every_variable_and_no_unused_one() -> None:
    shown = set(env_values(with_examples=True))
    known = {setting.name for setting in SETTINGS} | variables() | {"COMPOSE_PROFILES"}
    assert variables() <= shown
    assert shown <= known


def test_an_empty_site_is_refused_by_name() -> None:
    with pytest.raises(VariableMissing, match="STUDENT_SITE"):
        composed({"TEACHER_SITE": "https://localhost:8443"})


@pytest.mark.parametrize("name", ["backend", "teacher", "student", "proxy"])
def test_every_service_runs_unprivileged_on_a_read_only_root_within_limits(name: str) -> None:
    service = composed(env_values())["services"][name]
    assert service["user"] == "10001:10001"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "privileged" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "unless-stopped"
    assert service["mem_limit"]
    assert service["ulimits"]["nofile"] >= 16384


def test_a_container_has_enough_time_to_stop_before_it_is_killed() -> None:
    needed_s = max(dashboard_stop_times.STOP_DEADLINE_S, backend_stop_times.STOP_DEADLINE_S)
    for service in composed(env_values())["services"].values():
        assert float(service["stop_grace_period"].removesuffix("s")) >= needed_s


def test_only_the_proxy_is_reachable_from_outside() -> None:
    services = composed(env_values())["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert [name for name, service in services.items() if "outside" in service["networks"]] == ["proxy"]


def test_the_dashboards_read_the_ids_of_the_embedded_backend_and_none_of_its_keys(
    tmp_path: Path,
) -> None:
    values = env_values()
    services = composed(values)["services"]
    command = services["backend"]["command"]
    written = command[command.index("--settings-file") + 1]
    assert services["backend"]["profiles"] == [values["COMPOSE_PROFILES"]]
    for name in ("teacher", "student"):
        environment = environment_of(services[name], values)
        assert environment["EXAM_RESULTS_ENV_FILE"] == written
        assert services[name]["volumes"] == ["settings:/settings:ro"]
        assert services[name]["depends_on"]["backend"] == {"condition": "service_healthy", "required": False}
    env_file = tmp_path / "backend.env"
    env_file.write_text("".join(f"{key}={text}\n" for key, text in AWS.items()))
    environment = environment_of(services["teacher"], values) | {"EXAM_RESULTS_ENV_FILE": str(env_file)}
    teacher = load_teacher_settings(environment)
    assert teacher.backend.user_pool_id == AWS["EXAM_RESULTS_USER_POOL_ID"]
    assert (teacher.student_url, teacher.has_secure_cookies) == (values["STUDENT_SITE"], True)
    assert teacher.trusted_proxies == 1


def test_without_the_embedded_backend_the_same_file_works_for_aws(tmp_path: Path) -> None:
    values = env_values() | {"COMPOSE_PROFILES": ""} | AWS
    services = composed(values)["services"]
    for name, load in (("teacher", load_teacher_settings), ("student", load_student_settings)):
        settings = load(environment_of(services[name], values), env_file=tmp_path / "no such file")
        assert settings.backend.api_url == AWS["EXAM_RESULTS_API_URL"]
        assert settings.trusted_proxies == 1


def test_the_student_metrics_are_only_on_the_internal_network(tmp_path: Path) -> None:
    values = env_values() | {"COMPOSE_PROFILES": ""} | AWS
    environment = environment_of(composed(values)["services"]["student"], values)
    settings = load_student_settings(environment, env_file=tmp_path / "no such file")
    assert (settings.metrics_host, settings.metrics_port) == ("0.0.0.0", 9102)


def test_settings_in_the_example_are_accepted_by_both_dashboards(tmp_path: Path) -> None:
    offered = {name: text for name, text in env_values(with_examples=True).items() if name.startswith(PREFIX)}
    environment = offered | AWS
    nowhere = tmp_path / "no such file"
    assert load_teacher_settings(environment, nowhere).session_idle_minutes == 240
    assert load_student_settings(environment, nowhere).streams_max == 5000
