"""What the hosting template guarantees."""

import datetime as dt
import itertools
import re
from collections.abc import Mapping
from typing import Any

import pytest
from cfnlint.decode import decode

from deploy.aws import image_engine
from deploy.aws.__main__ import STACK_NAME_LENGTH_MAX
from deploy.aws.cloudformation.template import HOSTING_TEMPLATE
from deploy.aws.hosting import (
    CONTAINERS_MAX,
    ORIGIN_KEYS,
    VIEWERS_PER_CONTAINER,
    ResultsHour,
    key_change,
)
from deploy.aws.rehearsal import NAME_SUFFIX
from shared.settings import SECRET_LENGTH_MIN, SETTINGS
from shared.web.pings import PING_S
from shared.web.serving import KEEP_ALIVE_S
from shared.web.stop_times import STOP_DEADLINE_S
from student_app.stream.hub import BEAT_S


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    template, problems = decode(str(HOSTING_TEMPLATE))
    assert not problems
    return dict(template["Resources"])


def of_type(resources: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {name: item["Properties"] for name, item in resources.items() if item["Type"] == kind}


def test_a_container_has_enough_time_to_stop_before_it_is_killed(resources: dict[str, Any]) -> None:
    for task in of_type(resources, "AWS::ECS::TaskDefinition").values():
        dashboard = task["ContainerDefinitions"][0]
        assert dashboard["StopTimeout"] >= STOP_DEADLINE_S


def test_the_containers_have_no_permissions_and_the_execution_role_only_images_logs_and_the_session_key(
    resources: dict[str, Any],
) -> None:
    tasks = of_type(resources, "AWS::ECS::TaskDefinition")
    assert set(tasks) == {"TeacherTask", "StudentTask"}
    assert all("TaskRoleArn" not in task for task in tasks.values())
    (role,) = of_type(resources, "AWS::IAM::Role").values()
    (policy,) = role["Policies"]
    actions = {
        action
        for statement in policy["PolicyDocument"]["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    assert actions == {
        "ecr:GetAuthorizationToken",
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "secretsmanager:GetSecretValue",
    }


def test_teachers_sessions_outlive_a_new_version_with_a_key_that_no_description_shows(
    resources: dict[str, Any],
) -> None:
    teacher, student = (
        resources[name]["Properties"]["ContainerDefinitions"][0] for name in ("TeacherTask", "StudentTask")
    )
    assert teacher["Secrets"] == [{"Name": "EXAM_RESULTS_SESSION_KEY", "ValueFrom": {"Ref": "SessionKey"}}]
    assert "EXAM_RESULTS_SESSION_KEY" not in {variable["Name"] for variable in teacher["Environment"]}
    assert "Secrets" not in student
    generated = resources["SessionKey"]["Properties"]["GenerateSecretString"]
    assert generated["PasswordLength"] >= SECRET_LENGTH_MIN


def test_containers_run_without_capabilities_and_report_their_health(resources: dict[str, Any]) -> None:
    for task in of_type(resources, "AWS::ECS::TaskDefinition").values():
        for container in task["ContainerDefinitions"]:
            assert container["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
        assert any("HealthCheck" in container for container in task["ContainerDefinitions"])


def test_only_cloudfront_reaches_the_load_balancer_and_only_with_its_key(resources: dict[str, Any]) -> None:
    door = resources["LoadBalancerDoor"]["Properties"]["SecurityGroupIngress"]
    assert [rule.get("SourcePrefixListId") for rule in door] == [{"Ref": "CloudFrontPrefixList"}]
    (listener,) = of_type(resources, "AWS::ElasticLoadBalancingV2::Listener").values()
    (otherwise,) = listener["DefaultActions"]
    assert otherwise["FixedResponseConfig"]["StatusCode"] == "403"
    rules = of_type(resources, "AWS::ElasticLoadBalancingV2::ListenerRule")
    forwarding = [rule for rule in rules.values() if rule["Actions"][0]["Type"] == "forward"]
    assert len(forwarding) == 2
    for rule in forwarding:
        headers = [condition.get("HttpHeaderConfig", {}) for condition in rule["Conditions"]]
        accepted = [{"Ref": name} for name in ORIGIN_KEYS]
        assert {"HttpHeaderName": "X-Origin-Key", "Values": accepted} in headers
    for distribution in of_type(resources, "AWS::CloudFront::Distribution").values():
        (origin,) = distribution["DistributionConfig"]["Origins"]
        sent = {header["HeaderName"]: header["HeaderValue"] for header in origin["OriginCustomHeaders"]}
        assert sent["X-Origin-Key"] == {"Fn::If": ["SendsKeyA", {"Ref": "OriginKeyA"}, {"Ref": "OriginKeyB"}]}


def accepted_keys(parameters: Mapping[str, str]) -> set[str]:
    return {parameters[name] for name in ORIGIN_KEYS}


@pytest.mark.parametrize("sent", ["A", "B"])
def test_at_no_moment_of_a_key_change_does_cloudfront_send_a_key_that_is_refused(sent: str) -> None:
    parameters = {"OriginKeyA": "first", "OriginKeyB": "second", "OriginKeySent": sent}
    old_key = parameters[f"OriginKey{sent}"]
    new_keys = (f"new {number}" for number in itertools.count())
    for step in key_change(sent, lambda: next(new_keys)):
        after = {**parameters, **step}
        moments = (parameters, after)
        for cloudfront, balancer in itertools.product(moments, moments):
            assert cloudfront[f"OriginKey{cloudfront['OriginKeySent']}"] in accepted_keys(balancer)
        parameters = after
    assert old_key not in accepted_keys(parameters)
    assert parameters[f"OriginKey{parameters['OriginKeySent']}"].startswith("new")


def test_on_a_results_day_enough_containers_run_half_an_hour_before_and_until_three_hours_after(
    resources: dict[str, Any],
) -> None:
    starts_at = dt.datetime(2026, 6, 18, 10, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    evening_before = starts_at - dt.timedelta(hours=14)
    parameters = ResultsHour(starts_at, viewers=3001).parameters(4, evening_before)
    assert parameters == {
        "ResultsDayFrom": "2026-06-18T07:30:00",
        "ResultsDayUntil": "2026-06-18T11:00:00",
        "ResultsDayContainersMin": "6",
        "ResultsDayContainersMax": "12",
    }
    few = ResultsHour(starts_at, viewers=10).parameters(4, evening_before)
    assert few["ResultsDayContainersMax"] == "4"
    condition, actions, _none = resources["StudentScaling"]["Properties"]["ScheduledActions"]["Fn::If"]
    assert condition == "HasResultsDay"
    begins, ends = actions
    assert begins["Schedule"] == {"Fn::Sub": "at(${ResultsDayFrom})"}
    assert begins["ScalableTargetAction"]["MinCapacity"] == {"Ref": "ResultsDayContainersMin"}
    assert ends["Schedule"] == {"Fn::Sub": "at(${ResultsDayUntil})"}
    assert ends["ScalableTargetAction"]["MinCapacity"] == {"Ref": "StudentContainersMin"}


def test_a_results_day_that_is_said_in_the_last_minute_is_not_scheduled_for_the_past() -> None:
    """AWS would never carry it out."""
    starts_at = dt.datetime(2026, 6, 18, 10, tzinfo=dt.UTC)
    given = ResultsHour(starts_at, viewers=3000).parameters(4, starts_at - dt.timedelta(minutes=20))
    assert given["ResultsDayFrom"] == "2026-06-18T09:45:00"
    assert given["ResultsDayUntil"] == "2026-06-18T13:00:00"


def test_the_template_takes_the_times_and_the_containers_of_a_results_day() -> None:
    template, _ = decode(str(HOSTING_TEMPLATE))
    declared = template["Parameters"]
    assert declared["ViewersPerContainer"]["Default"] == VIEWERS_PER_CONTAINER
    starts_at = dt.datetime(2026, 6, 18, 10, tzinfo=dt.UTC)
    assert declared["StudentContainersMax"]["Default"] == int(CONTAINERS_MAX)
    given = ResultsHour(starts_at, viewers=100).parameters(4, starts_at - dt.timedelta(days=1))
    for name in ("ResultsDayFrom", "ResultsDayUntil"):
        assert re.fullmatch(declared[name]["AllowedPattern"], given[name])
        assert re.fullmatch(declared[name]["AllowedPattern"], "")


def test_the_count_of_viewers_restarts_by_itself(resources: dict[str, Any]) -> None:
    containers = resources["StudentTask"]["Properties"]["ContainerDefinitions"]
    (counting,) = (container for container in containers if container["Name"] == "viewer-log")
    assert counting["Essential"] is False
    assert counting["RestartPolicy"]["Enabled"] is True


def test_internal_paths_are_not_published(resources: dict[str, Any]) -> None:
    rule = resources["InsidesRule"]["Properties"]
    assert rule["Priority"] == min(
        other["Priority"]
        for other in of_type(resources, "AWS::ElasticLoadBalancingV2::ListenerRule").values()
    )
    (condition,) = rule["Conditions"]
    assert {"/metrics*", "/_stcore/metrics*"} <= set(condition["PathPatternConfig"]["Values"])
    assert rule["Actions"][0]["FixedResponseConfig"]["StatusCode"] == "404"


def test_teachers_stay_with_their_container_and_new_students_go_to_the_emptier_one(
    resources: dict[str, Any],
) -> None:
    for name, remembered_s in (("TeacherTargets", "86400"), ("StudentTargets", "60")):
        attributes = {
            item["Key"]: item["Value"] for item in resources[name]["Properties"]["TargetGroupAttributes"]
        }
        assert attributes["stickiness.enabled"] == "true"
        assert attributes["stickiness.lb_cookie.duration_seconds"] == remembered_s
        assert attributes["load_balancing.algorithm.type"] == "least_outstanding_requests"


def test_a_bad_version_is_rolled_back_and_monitored_by_alarms(resources: dict[str, Any]) -> None:
    alarms = set(of_type(resources, "AWS::CloudWatch::Alarm"))
    services = of_type(resources, "AWS::ECS::Service")
    assert set(services) == {"TeacherService", "StudentService"}
    for service in services.values():
        rollout = service["DeploymentConfiguration"]
        assert rollout["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
        assert rollout["MinimumHealthyPercent"] == 100
        assert {name["Ref"] for name in rollout["Alarms"]["AlarmNames"]} <= alarms


def test_a_new_version_keeps_the_number_of_containers_of_a_scaled_service(resources: dict[str, Any]) -> None:
    assert "DesiredCount" not in resources["StudentService"]["Properties"]


def test_containers_start_only_once_there_is_a_route_to_pull_images(resources: dict[str, Any]) -> None:
    ways_out = {"RouteOut", "RoutesOfFirstSubnet", "RoutesOfSecondSubnet"}
    for name in ("TeacherService", "StudentService"):
        assert ways_out < set(resources[name]["DependsOn"])


def test_the_student_service_grows_with_its_viewers(resources: dict[str, Any]) -> None:
    (policy,) = of_type(resources, "AWS::ApplicationAutoScaling::ScalingPolicy").values()
    tracked = policy["TargetTrackingScalingPolicyConfiguration"]["CustomizedMetricSpecification"]
    (metric,) = of_type(resources, "AWS::Logs::MetricFilter").values()
    (made,) = metric["MetricTransformations"]
    assert (tracked["Namespace"], tracked["MetricName"]) == (made["MetricNamespace"], made["MetricName"])
    assert made["MetricValue"] == "$.viewers"


def test_every_platform_of_the_command_line_is_allowed_by_the_template() -> None:
    template, _ = decode(str(HOSTING_TEMPLATE))
    assert set(image_engine.PLATFORMS) == set(template["Parameters"]["CpuArchitecture"]["AllowedValues"])


def test_each_hop_ends_idle_connections_before_the_next_one_does(resources: dict[str, Any]) -> None:
    """CloudFront, the balancer, the dashboards: a request on a connection that is being closed is lost."""
    (balancer,) = of_type(resources, "AWS::ElasticLoadBalancingV2::LoadBalancer").values()
    attributes = {item["Key"]: item["Value"] for item in balancer["LoadBalancerAttributes"]}
    idle_s = int(attributes["idle_timeout.timeout_seconds"])
    assert PING_S * 2 < idle_s < KEEP_ALIVE_S
    assert idle_s > BEAT_S * 2
    for distribution in of_type(resources, "AWS::CloudFront::Distribution").values():
        (origin,) = distribution["DistributionConfig"]["Origins"]
        assert origin["CustomOriginConfig"]["OriginKeepaliveTimeout"] < idle_s


def test_streams_are_never_silent_as_long_as_cloudfronts_timeout(resources: dict[str, Any]) -> None:
    for distribution in of_type(resources, "AWS::CloudFront::Distribution").values():
        for origin in distribution["DistributionConfig"]["Origins"]:
            assert origin["CustomOriginConfig"]["OriginReadTimeout"] > BEAT_S * 2


def test_a_second_region_may_have_a_stack_of_the_same_name(resources: dict[str, Any]) -> None:
    """What lives in all regions at once is named after its region, too, in at most 128 characters."""
    (policy,) = of_type(resources, "AWS::CloudFront::ResponseHeadersPolicy").values()
    name = policy["ResponseHeadersPolicyConfig"]["Name"]["Fn::Sub"]
    longest_stack = f"{'a' * STACK_NAME_LENGTH_MAX}{NAME_SUFFIX}-hosting"
    written = name.replace("${AWS::StackName}", longest_stack).replace("${AWS::Region}", "ap-southeast-1")
    assert "${" not in written
    assert written.startswith(f"{longest_stack}-ap-southeast-1")
    assert len(written) <= 128
    assert all("RoleName" not in role for role in of_type(resources, "AWS::IAM::Role").values())


def test_cloudfront_caches_no_errors(resources: dict[str, Any]) -> None:
    distributions = of_type(resources, "AWS::CloudFront::Distribution")
    assert len(distributions) == 2
    for distribution in distributions.values():
        kept = {
            one["ErrorCode"]: one["ErrorCachingMinTTL"]
            for one in distribution["DistributionConfig"]["CustomErrorResponses"]
        }
        assert kept == dict.fromkeys((404, 500, 502, 503, 504), 0)


def test_every_student_setting_that_an_operator_may_need_is_in_its_task(
    resources: dict[str, Any],
) -> None:
    environment = resources["StudentTask"]["Properties"]["ContainerDefinitions"][0]["Environment"]
    limits = {setting.name for setting in SETTINGS if setting.name.endswith("_MAX")}
    assert limits
    assert limits <= {variable["Name"] for variable in environment}
