"""The errors of deploying to AWS. Each text is one that the operator can act on.

DeployError
  CredentialsMissing    no keys, an unknown profile, an expired sign-in
  AwsRefused            AWS refused: the operation, its error code and message
  AwsUnreachable        no answer
  StackMissing          the named stack does not exist
  StackFailed           a change of the stack failed: the resources and reasons
  StackUnfinished       the stack exists and lacks an output: it is half made, or another stack
  KeptDataFound         a new stack would be empty beside the data that an earlier one left
  StackStuck            the stack is in a state that needs a person's decision
  InputWrong            an invalid argument
  SmokeFailed           a stack failed some of the checks
  RehearsalFailed       steps of a rehearsal failed
  EngineFailed          docker, podman or buildah failed: its own output says why
"""

from dataclasses import dataclass

__all__ = [
    "AwsRefused",
    "AwsUnreachable",
    "CredentialsMissing",
    "DeployError",
    "EngineFailed",
    "InputWrong",
    "KeptDataFound",
    "RehearsalFailed",
    "ResourceFailure",
    "SmokeFailed",
    "StackFailed",
    "StackMissing",
    "StackStuck",
    "StackUnfinished",
]


@dataclass(frozen=True, slots=True)
class ResourceFailure:
    """A resource that could not be created, changed or deleted, and AWS's reason."""

    logical_id: str
    resource_type: str
    status: str
    reason: str

    def __str__(self) -> str:
        return f"{self.logical_id} ({self.resource_type}), {self.status}: {self.reason}"


class DeployError(Exception):
    """The base class; str() is shown to the operator."""


class CredentialsMissing(DeployError):
    def __init__(self, reason: str) -> None:
        super().__init__(
            f"No usable AWS credentials: {reason} "
            "Sign in (aws configure, aws sso login), or name a --profile."
        )
        self.reason = reason


class AwsRefused(DeployError):
    def __init__(self, operation: str, code: str, message: str) -> None:
        super().__init__(f"AWS refused {operation}: {code}: {message}")
        self.operation = operation
        self.code = code
        self.message = message


class StackUnfinished(DeployError):
    def __init__(self, stack_name: str, status: str, output: str) -> None:
        super().__init__(
            f"The stack {stack_name} is {status} and has no output {output}. If it was never finished, run: "
            "python -m deploy.aws up. If it is another stack, name the right one with --stack-name."
        )
        self.stack_name = stack_name
        self.status = status
        self.output = output


class AwsUnreachable(DeployError):
    def __init__(self, endpoint: str, reason: str) -> None:
        super().__init__(f"No answer from {endpoint}: {reason}")
        self.endpoint = endpoint
        self.reason = reason


class StackMissing(DeployError):
    def __init__(self, stack_name: str, region: str) -> None:
        super().__init__(
            f"There is no stack {stack_name} in {region}. Make it with: python -m deploy.aws up. If it is "
            "elsewhere, name the right --region, --profile or --stack-name."
        )
        self.stack_name = stack_name
        self.region = region


class StackFailed(DeployError):
    def __init__(self, stack_name: str, status: str, failures: tuple[ResourceFailure, ...]) -> None:
        listed = "".join(f"\n  {failure}" for failure in failures) or "\n  AWS named no resource."
        super().__init__(f"The stack {stack_name} failed and is now {status}.{listed}")
        self.stack_name = stack_name
        self.status = status
        self.failures = failures


class KeptDataFound(DeployError):
    def __init__(self, stack_name: str, resources: tuple[str, ...]) -> None:
        listed = "".join(f"\n  {resource}" for resource in resources)
        super().__init__(
            f"An earlier {stack_name} left its data:{listed}\n"
            "Make a stack of them with `adopt`, delete them with `delete-kept`, or begin beside them without "
            "any data: up --empty."
        )
        self.stack_name = stack_name
        self.resources = resources


class StackStuck(DeployError):
    def __init__(self, stack_name: str, status: str, advice: str) -> None:
        super().__init__(f"The stack {stack_name} is {status}. {advice}")
        self.stack_name = stack_name
        self.status = status
        self.advice = advice


class InputWrong(DeployError):
    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


class SmokeFailed(DeployError):
    def __init__(self, checks: tuple[str, ...]) -> None:
        super().__init__(f"{len(checks)} of the checks failed: {'; '.join(checks)}.")
        self.checks = checks


class RehearsalFailed(DeployError):
    def __init__(self, steps: tuple[str, ...]) -> None:
        super().__init__(f"{len(steps)} of the steps failed: {', '.join(steps)}.")
        self.steps = steps


class EngineFailed(DeployError):
    def __init__(self, engine: str, step: str, status: int) -> None:
        super().__init__(f"{engine} could not {step} (exit status {status}); its own lines above say why.")
        self.engine = engine
        self.step = step
        self.status = status
