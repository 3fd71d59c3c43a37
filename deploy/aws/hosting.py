"""`publish-images` and `host`: the dashboards as containers on AWS.

They use two more stacks, named after the backend's: NAME-images (the registry) and NAME-hosting (the rest).
"""

import base64
import dataclasses
import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from deploy.aws.cloudformation.stack import Stack
from deploy.aws.cloudformation.template import (
    BACKEND_TEMPLATE,
    HOSTING_TEMPLATE,
    IMAGES_TEMPLATE,
    read_template,
)
from deploy.aws.connection import Connection, aws_errors
from deploy.aws.errors import AwsRefused, InputWrong
from deploy.aws.image_engine import ImageEngine
from deploy.console import Console

__all__ = [
    "CONTAINERS_MAX",
    "VIEWERS_PER_CONTAINER",
    "HostingCommands",
    "ResultsHour",
    "hosting_stacks",
    "key_change",
]

DASHBOARDS = ("teacher", "student")
ORIGIN_KEYS = ("OriginKeyA", "OriginKeyB")
VIEWERS_PER_CONTAINER = 600  # this and the next as the hosting template's parameters have it
CONTAINERS_MAX = "4"
STARTED_BEFORE = dt.timedelta(minutes=30)  # a container needs some minutes, and early viewers come earlier
STOPPED_AFTER = dt.timedelta(hours=3)
AFTER_DEPLOYING = dt.timedelta(minutes=5)  # a stack that only learns of a results day is updated by then
ECS_SERVICE = "ecs.amazonaws.com"
CLOUDFRONT_LIST = "com.amazonaws.global.cloudfront.origin-facing"


@dataclass(frozen=True, slots=True)
class ResultsHour:
    """When results come out, with its zone, and how many are expected to wait for them."""

    starts_at: dt.datetime
    viewers: int

    @property
    def containers(self) -> int:
        """How many student containers its viewers need."""
        return math.ceil(self.viewers / VIEWERS_PER_CONTAINER)

    @property
    def ends_at(self) -> dt.datetime:
        """When the containers of other days suffice again."""
        return self.starts_at + STOPPED_AFTER

    def begins_at(self, now: dt.datetime) -> dt.datetime:
        """When its containers start: not in the past, where AWS would never do what is scheduled."""
        return max(self.starts_at - STARTED_BEFORE, now + AFTER_DEPLOYING)

    def parameters(self, containers_max: int, now: dt.datetime) -> dict[str, str]:
        """The hosting template's parameters. `containers_max` is the number allowed on other days."""
        return {
            "ResultsDayFrom": _utc_text(self.begins_at(now)),
            "ResultsDayUntil": _utc_text(self.ends_at),
            "ResultsDayContainersMin": str(self.containers),
            "ResultsDayContainersMax": str(max(2 * self.containers, containers_max)),
        }


NO_RESULTS_HOUR = {"ResultsDayFrom": "", "ResultsDayUntil": ""}


def key_change(sent: str, new_key: Callable[[], str]) -> tuple[dict[str, str], ...]:
    """The changes of parameters, one after another, after which CloudFront sends a new key and the balancer
    no longer accepts the old one. `sent` is "A" or "B".

    CloudFormation may change CloudFront before the balancer or after it, so within each change both keys that
    CloudFront sends, before and after, are accepted before and after.
    """
    other = "B" if sent == "A" else "A"
    return (
        {f"OriginKey{other}": new_key()},
        {"OriginKeySent": other},
        {f"OriginKey{sent}": new_key()},
    )


@dataclass(frozen=True, slots=True)
class HostingCommands:
    """The hosting commands for the backend's stack `stack`. `new_key` returns a random key, with which
    CloudFront identifies itself to the load balancer."""

    stack: Stack
    connection: Connection
    console: Console
    now: Callable[[], dt.datetime]
    new_key: Callable[[], str]

    def publish_images(self, engine: ImageEngine, architecture: str, *, is_swapped: bool = False) -> str:
        """Builds both images and pushes them; returns their tag, of the current time and the architecture.

        `is_swapped`: each under the other's name, to rehearse a version that does not start.
        """
        images = _sibling(self.stack, "images")
        images.deploy(read_template(IMAGES_TEMPLATE), {})
        outputs = images.outputs()
        registry, username, password = self._registry_access()
        engine.sign_in(registry, username, password)
        tag = f"{self.now():%Y%m%d-%H%M%S}-{architecture.lower()}"
        for dashboard, target in zip(DASHBOARDS, DASHBOARDS[:: -1 if is_swapped else 1], strict=True):
            image = f"{outputs[_repository_output(dashboard)]}:{tag}"
            engine.build(target, image, architecture, tag)
            engine.push(image)
            self.console.say(f"Published {image}")
        return tag

    def host(
        self,
        parameters: Mapping[str, str],
        image_tag: str | None,
        *,
        is_key_new: bool,
        results_hour: ResultsHour | None = None,
    ) -> None:
        """Deploys this checkout's hosting template with the images of this tag, None for the newest.

        Safe to repeat, also after a change of the key was interrupted. Raises InputWrong when the images do
        not exist, the results hour is over or fewer containers are allowed than must run.
        """
        if results_hour is not None and results_hour.starts_at <= self.now():
            raise InputWrong("--results-day", f"{results_hour.starts_at:%Y-%m-%d %H:%M} is over.")
        backend = self.stack.outputs()
        if image_tag is None and self.stack.template() != read_template(BACKEND_TEMPLATE):
            self.console.confirm(
                f"{self.stack.name} is of another version than this checkout, whose dashboards may need what "
                "it lacks: `up` brings it. Host them all the same?"
            )
        hosting = _sibling(self.stack, "hosting")
        before = hosting.parameters()
        given = {
            "ApiUrl": backend["ApiUrl"],
            "BackendRegion": backend["Region"],
            "UserPoolId": backend["UserPoolId"],
            "UserPoolClientId": backend["UserPoolClientId"],
            "IdentityPoolId": backend["IdentityPoolId"],
            **self._images(image_tag),
            **parameters,
        }
        given.update({name: self.new_key() for name in ORIGIN_KEYS if name not in before})
        known = {**before, **parameters}
        _check_containers(known)
        given.update(self._results_day(results_hour, known))
        self._ensure_ecs_role()
        hosting.deploy(
            read_template(HOSTING_TEMPLATE),
            {
                **given,
                "CloudFrontPrefixList": self._cloudfront_prefix_list(),
            },
        )
        if is_key_new and before:
            self.console.say("Changing the key in three steps, of which the second waits for CloudFront.")
            for step in key_change(hosting.parameters()["OriginKeySent"], self.new_key):
                hosting.set_parameters(step)
        outputs = hosting.outputs()
        self.console.say(f"teachers   {outputs['TeacherUrl']}")
        self.console.say(f"students   {outputs['StudentUrl']}")

    def _results_day(self, hour: ResultsHour | None, known: Mapping[str, str]) -> dict[str, str]:
        """The parameters of the results day: the given one's, or none once an earlier one is over."""
        if hour is not None:
            begins_at = hour.begins_at(self.now()).astimezone(hour.starts_at.tzinfo)
            self.console.say(
                f"Results day: {hour.containers} student container{'' if hour.containers == 1 else 's'} from "
                f"{begins_at:%A, %Y-%m-%d %H:%M} to {hour.ends_at:%H:%M %Z}."
            )
            return hour.parameters(int(known.get("StudentContainersMax", CONTAINERS_MAX)), self.now())
        until = known.get("ResultsDayUntil", "")
        return NO_RESULTS_HOUR if until and until < _utc_text(self.now()) else {}

    def _registry_access(self) -> tuple[str, str, str]:
        """Registry, user name, and a password valid for twelve hours (ECR, GetAuthorizationToken)."""
        with aws_errors():
            answer = self.connection.client("ecr").get_authorization_token()
        given: Mapping[str, Any] = answer["authorizationData"][0]
        username, _, password = base64.b64decode(given["authorizationToken"]).decode().partition(":")
        return str(given["proxyEndpoint"]).removeprefix("https://"), username, password

    def newest_tag(self) -> str:
        """Of the published images. Raises InputWrong if there are none."""
        return self._images(None)["StudentImage"].rpartition(":")[2]

    def _images(self, wanted_tag: str | None) -> dict[str, str]:
        """The template's parameters for both images of the tag, None for the newest. Raises InputWrong."""
        images = _sibling(self.stack, "images")
        if images.describe() is None:
            raise InputWrong("host", "no images have been published: run publish-images first.")
        outputs = images.outputs()
        uris = {dashboard: outputs[_repository_output(dashboard)] for dashboard in DASHBOARDS}
        # An interrupted publication leaves one image without the other: its tag does not count.
        tags = set.intersection(*(self._tags(uri) for uri in uris.values()))
        if not tags:
            raise InputWrong("host", "one of the two images is missing: run publish-images again.")
        if wanted_tag is not None and wanted_tag not in tags:
            raise InputWrong("--image-tag", f"published are {', '.join(sorted(tags))}.")
        tag = wanted_tag or max(tags)  # tags begin with the time
        architecture = "X86_64" if tag.endswith("x86_64") else "ARM64"
        named = {f"{dashboard.capitalize()}Image": f"{uri}:{tag}" for dashboard, uri in uris.items()}
        return {**named, "CpuArchitecture": architecture}

    def _tags(self, repository_uri: str) -> set[str]:
        name = repository_uri.partition("/")[2]
        with aws_errors():
            pages = (
                self.connection.client("ecr").get_paginator("describe_images").paginate(repositoryName=name)
            )
            details = [item for page in pages for item in page["imageDetails"]]
        return {str(tag) for item in details for tag in item.get("imageTags", [])}

    def _ensure_ecs_role(self) -> None:
        """Creates ECS's service-linked role if it is missing: an account's first cluster fails without it."""
        iam = self.connection.client("iam")
        with aws_errors():
            if not iam.list_roles(PathPrefix=f"/aws-service-role/{ECS_SERVICE}/")["Roles"]:
                made = iam.create_service_linked_role(AWSServiceName=ECS_SERVICE)["Role"]["RoleName"]
                self.console.say(f"Made {made}: ECS needs this role once in every account.")

    def _cloudfront_prefix_list(self) -> str:
        with aws_errors():
            answer = self.connection.client("ec2").describe_managed_prefix_lists(
                Filters=[{"Name": "prefix-list-name", "Values": [CLOUDFRONT_LIST]}]
            )
        lists = answer["PrefixLists"]
        if not lists:
            raise AwsRefused(
                "DescribeManagedPrefixLists",
                "NotFound",
                f"{self.connection.region} has no {CLOUDFRONT_LIST}.",
            )
        return str(lists[0]["PrefixListId"])


def hosting_stacks(stack: Stack) -> list[Stack]:
    """The backend's hosting and images stacks that exist, in the order in which they can be deleted."""
    siblings = [_sibling(stack, kind) for kind in ("hosting", "images")]
    return [sibling for sibling in siblings if sibling.describe() is not None]


def _sibling(stack: Stack, kind: str) -> Stack:
    return dataclasses.replace(stack, name=f"{stack.name}-{kind}")


def _check_containers(known: Mapping[str, str]) -> None:
    """Raises InputWrong where the stack would fail after many minutes. `known`: parameters, but defaults."""
    least = int(known.get("StudentContainersMin", "1"))
    most = int(known.get("StudentContainersMax", CONTAINERS_MAX))
    if least > most:
        raise InputWrong(
            "--student-containers-max", f"{most} is less than the {least} that always run: say both."
        )


def _utc_text(time: dt.datetime) -> str:
    """Such as 2026-06-18T08:30:00, as scheduled actions of AWS Application Auto Scaling have it."""
    return f"{time.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S}"


def _repository_output(dashboard: str) -> str:
    return f"{dashboard.capitalize()}RepositoryUri"
