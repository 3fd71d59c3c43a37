"""Prints what parliament finds in IAM policies: {name: policy} as JSON on standard input.

Run by the tests in the checkers' environment.
"""

import json
import sys

from parliament import analyze_policy_string

if __name__ == "__main__":
    for name, policy in json.load(sys.stdin).items():
        for finding in analyze_policy_string(json.dumps(policy)).findings:
            print(f"{name}: {finding.issue}: {finding.detail}")
