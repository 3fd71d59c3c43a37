"""A private bucket for templates that are too long to be sent with a request."""

import json
from dataclasses import dataclass

from botocore.exceptions import ClientError

from deploy.aws.cloudformation.template import fingerprint
from deploy.aws.connection import Connection, aws_errors

__all__ = ["TemplateStore"]

MISSING_CODES = ("404", "NoSuchBucket", "NotFound")
KEPT_DAYS = 30  # CloudFormation reads a template once, at the change


@dataclass(frozen=True, slots=True)
class TemplateStore:
    """The bucket exam-results-templates-ACCOUNT-REGION, created when needed."""

    connection: Connection

    def put(self, stack_name: str, template: str) -> str:
        """Stores the template; returns its URL for CloudFormation."""
        bucket = self._bucket()
        self._ensure(bucket)
        key = f"{stack_name}/{fingerprint(template)}.yaml"
        with aws_errors():
            self.connection.client("s3").put_object(
                Bucket=bucket, Key=key, Body=template.encode(), ContentType="application/yaml"
            )
        if self.connection.endpoint_url:
            return f"{self.connection.endpoint_url}/{bucket}/{key}"
        return f"https://{bucket}.s3.{self.connection.region}.amazonaws.com/{key}"

    def clear(self, stack_name: str) -> None:
        """Deletes the stack's templates, and the bucket if no other stack's are left."""
        bucket = self._bucket()
        s3 = self.connection.client("s3")
        with aws_errors():
            if not self._exists(bucket):
                return
            pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
            keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
            ours = [key for key in keys if key.startswith(f"{stack_name}/")]
            for start in range(0, len(ours), 1000):
                listed = [{"Key": key} for key in ours[start : start + 1000]]
                s3.delete_objects(Bucket=bucket, Delete={"Objects": listed})
            if len(ours) == len(keys):
                s3.delete_bucket(Bucket=bucket)

    def _bucket(self) -> str:
        return f"exam-results-templates-{self.connection.account_id()}-{self.connection.region}"

    def _exists(self, bucket: str) -> bool:
        try:
            self.connection.client("s3").head_bucket(Bucket=bucket)
        except ClientError as error:
            if error.response["Error"]["Code"] in MISSING_CODES:
                return False
            raise
        return True

    def _ensure(self, bucket: str) -> None:
        s3 = self.connection.client("s3")
        with aws_errors():
            if self._exists(bucket):
                return
            place = {"LocationConstraint": self.connection.region}
            # us-east-1 is the default, and S3 refuses it as a constraint.
            elsewhere = {} if self.connection.region == "us-east-1" else {"CreateBucketConfiguration": place}
            s3.create_bucket(Bucket=bucket, **elsewhere)
            s3.put_public_access_block(
                Bucket=bucket,
                PublicAccessBlockConfiguration={
                    "BlockPublicAcls": True,
                    "IgnorePublicAcls": True,
                    "BlockPublicPolicy": True,
                    "RestrictPublicBuckets": True,
                },
            )
            s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(_only_over_tls(bucket)))
            s3.put_bucket_lifecycle_configuration(
                Bucket=bucket,
                LifecycleConfiguration={
                    "Rules": [
                        {
                            "ID": "old-templates",
                            "Status": "Enabled",
                            "Filter": {"Prefix": ""},
                            "Expiration": {"Days": KEPT_DAYS},
                        }
                    ]
                },
            )


def _only_over_tls(bucket: str) -> dict[str, object]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }
