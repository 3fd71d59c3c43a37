"""`publish-images` and `host`: the dashboards as containers on AWS, beside the backend's stack.

Two more stacks, named after the backend's: NAME-images (the registry) and NAME-hosting (all that runs).
"""

import base64
import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from deploy.aws.connection import Connection, aws_errors
from deploy.aws.console import Console
from deploy.aws.errors import AwsRefused, InputWrong
from deploy.aws.image_engine import ImageEngine
from deploy.aws.stack import Stack
from deploy.aws.template import HOSTING_TEMPLATE, IMAGES_TEMPLATE, read_template

__all__ = ["HostingCommands", "hosting_stacks"]

DASHBOARDS = ("teacher", "student")
ECS_SERVICE = "ecs.amazonaws.com"
CLOUDFRONT_LIST = "com.amazonaws.global.cloudfront.origin-facing"


@dataclass(frozen=True, slots=True)
class HostingCommands:
    """The commands beside the backend's stack `stack`. `new_key` draws the key that CloudFront shows the
    load balancer."""

    stack: Stack
    connection: Connection
    console: Console
    now: Callable[[], dt.datetime]
    new_key: Callable[[], str]

    def publish_images(self, engine: ImageEngine, architecture: str) -> None:
        """Builds both images and pushes them under a tag of this moment."""
        images = self._beside("images")
        images.bring_up(read_template(IMAGES_TEMPLATE), {})
        outputs = images.outputs()
        registry, username, password = self._registry_access()
        engine.sign_in(registry, username, password)
        tag = f"{self.now():%Y%m%d-%H%M%S}-{architecture.lower()}"
        for dashboard in DASHBOARDS:
            image = f"{outputs[_repository_output(dashboard)]}:{tag}"
            engine.build(dashboard, image, architecture, tag)
            engine.push(image)
            self.console.say(f"Published {image}")

    def host(self, parameters: Mapping[str, str], image_tag: str | None, *, is_key_new: bool) -> None:
        """Brings the hosting to this checkout's template and to the images of this tag, None for the newest.

        Safe to repeat. Raises InputWrong where there are no such images.
        """
        backend = self.stack.outputs()
        hosting = self._beside("hosting")
        given = {**self._images(image_tag), **parameters}
        if is_key_new or hosting.describe() is None:
            given["OriginKey"] = self.new_key()
        self._ensure_ecs_role()
        hosting.bring_up(
            read_template(HOSTING_TEMPLATE),
            {
                **given,
                "ApiUrl": backend["ApiUrl"],
                "BackendRegion": backend["Region"],
                "UserPoolId": backend["UserPoolId"],
                "UserPoolClientId": backend["UserPoolClientId"],
                "IdentityPoolId": backend["IdentityPoolId"],
                "CloudFrontPrefixList": self._cloudfront_prefix_list(),
            },
        )
        outputs = hosting.outputs()
        self.console.say(f"teachers   {outputs['TeacherUrl']}")
        self.console.say(f"students   {outputs['StudentUrl']}")

    def _beside(self, kind: str) -> Stack:
        return dataclasses.replace(self.stack, name=f"{self.stack.name}-{kind}")

    def _registry_access(self) -> tuple[str, str, str]:
        """Registry, user name and a password for twelve hours (ECR, GetAuthorizationToken)."""
        with aws_errors():
            answer = self.connection.client("ecr").get_authorization_token()
        given: Mapping[str, Any] = answer["authorizationData"][0]
        username, _, password = base64.b64decode(given["authorizationToken"]).decode().partition(":")
        return str(given["proxyEndpoint"]).removeprefix("https://"), username, password

    def _images(self, wanted_tag: str | None) -> dict[str, str]:
        """The hosting's parameters for both images of the tag, None for the newest. Raises InputWrong."""
        images = self._beside("images")
        if images.describe() is None:
            raise InputWrong("host", "there are no images yet: run publish-images first.")
        outputs = images.outputs()
        uris = {dashboard: outputs[_repository_output(dashboard)] for dashboard in DASHBOARDS}
        # A publication that was cut short left one image without the other: that one does not count.
        tags = set.intersection(*(self._tags(uri) for uri in uris.values()))
        if not tags:
            raise InputWrong("host", "the images are not both there: run publish-images again.")
        if wanted_tag is not None and wanted_tag not in tags:
            raise InputWrong("--image-tag", f"there are {', '.join(sorted(tags))}.")
        tag = wanted_tag or max(tags)  # tags begin with their time
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
        """Makes ECS's own role where it is missing: an account's first cluster fails without it."""
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
    """The stacks beside the backend's that exist, in the order in which they can be taken down."""
    beside = [dataclasses.replace(stack, name=f"{stack.name}-{kind}") for kind in ("hosting", "images")]
    return [one for one in beside if one.describe() is not None]


def _repository_output(dashboard: str) -> str:
    return f"{dashboard.capitalize()}RepositoryUri"
