"""AWS Amplify's JavaScript client, in a web page of another origin, against the embedded backend over TLS.

Nothing in the backend is replaced or adapted to the page: this shows that the cross-origin
headers, both ways of signing, the password proof and the real-time protocol are those that Amplify expects.
"""

import datetime as dt
import http.server
import ipaddress
import os
import threading
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyotp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from playwright.sync_api import Browser, Page

from deploy.local.backend.cognito.request_fields import Fields
from deploy.local.backend.cognito.user_pool import admin
from tests.backend_process import RunningBackend, running_backend
from tests.browser.amplify.prepare import BUNDLE, is_prepared

DEADLINE_MS = 40_000
TEMPORARY, PASSWORD = "Temporary-Pass-0", "Pässwort-neu-1"

CREATE_EXAM = (
    "mutation C($input: CreateExamInput!) { createExam(input: $input) { id version published owner } }"
)
PUBLISH = (
    "mutation P($input: ExamVersionInput!) { publishExam(input: $input) { id version published owner } }"
)
CREATE_RESULT = (
    "mutation R($input: CreateResultsInput!) { createResults(input: $input)"
    " { id examId student grade published version owner } }"
)
LIST_EXAMS = "query { listExams { items { id subject } } }"
HEAR_RESULTS = "subscription H($examId: ID) { onCreateResults(examId: $examId) { id student grade } }"


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBackend]:
    """Over TLS, because Amplify's real-time client supports nothing else."""
    folder = tmp_path_factory.mktemp("backend")
    certificate, key = own_certificate(folder)
    with running_backend(folder / "data", tls_certificate=certificate, tls_key=key) as running:
        yield running


@pytest.fixture(scope="module")
def page_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page's address, on another origin than the backend."""
    if not is_prepared():
        reason = "the Amplify page is missing: run `python -m tests.browser.amplify.prepare`"
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("page")
    (folder / "index.html").write_text("<!doctype html><title>page</title><script src=page.js></script>")
    (folder / "page.js").write_bytes(BUNDLE.read_bytes())
    handler = partial(QuietHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join(5.0)


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Keeps the tests' output clean."""


@pytest.fixture
def new_page(browser: Browser, page_url: str, backend: RunningBackend) -> Iterator[Callable[[], Page]]:
    """Creates pages in separate browser contexts."""
    contexts = []

    def make() -> Page:
        contexts.append(browser.new_context(ignore_https_errors=True))
        page = contexts[-1].new_page()
        page.set_default_timeout(DEADLINE_MS)
        page.goto(page_url)
        names = backend.backend.cognito.names
        page.evaluate(
            "settings => backend.configure(settings)",
            {
                "url": backend.url,
                "region": names.region,
                "userPoolId": names.user_pool_id,
                "userPoolClientId": names.client_id,
                "identityPoolId": names.identity_pool_id,
            },
        )
        return page

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def name(backend: RunningBackend) -> str:
    """A teacher's account with TEMPORARY as its password, and an e-mail address."""
    name, pool = f"teacher-{uuid.uuid4().hex[:8]}", backend.backend.cognito.user_pool
    admin.admin_create_user(
        pool,
        Fields(
            {
                "UserPoolId": pool.names.user_pool_id,
                "Username": name,
                "TemporaryPassword": TEMPORARY,
                "MessageAction": "SUPPRESS",
                "UserAttributes": [
                    {"Name": "email", "Value": f"{name}@school.example"},
                    {"Name": "email_verified", "Value": "true"},
                ],
            }
        ),
    )
    return name


def auth(page: Page, call: str, **given: Any) -> Any:
    """The result of Amplify's call; fails if it is refused."""
    answer = page.evaluate("([name, input]) => backend.auth(name, input)", [call, given or None])
    assert "ok" in answer, answer
    return answer["ok"]


def auth_refusal(page: Page, call: str, **given: Any) -> tuple[str, str]:
    answer = page.evaluate("([name, input]) => backend.auth(name, input)", [call, given])
    assert "error" in answer, answer
    return answer["error"]["name"], answer["error"]["message"]


def graphql(page: Page, query: str, mode: str, **variables: Any) -> Any:
    answer = page.evaluate("([q, v, m]) => backend.graphql(q, v, m)", [query, variables, mode])
    assert "ok" in answer, answer
    return answer["ok"]


def signed_in(page: Page, name: str) -> Page:
    step = auth(page, "signIn", username=name, password=TEMPORARY)["nextStep"]
    assert step["signInStep"] == "CONFIRM_SIGN_IN_WITH_NEW_PASSWORD_REQUIRED"
    assert auth(page, "confirmSignIn", challengeResponse=PASSWORD)["isSignedIn"]
    return page


def last_code(backend: RunningBackend) -> str:
    text = (backend.data_dir / "outbox.jsonl").read_text("utf-8").splitlines()[-1]
    return next(word for word in text.replace(".", " ").split() if len(word) == 6 and word.isdigit())


def test_a_result_reaches_a_guests_page(new_page: Callable[[], Page], name: str) -> None:
    """A teacher's page creates, publishes and adds; a guest's signed subscription receives it."""
    teacher, guest = signed_in(new_page(), name), new_page()
    exam_id = str(uuid.uuid4())
    made = {
        "subject": "Physics",
        "date": "2026-11-23",
        "teacher": "Ada",
        "scale": "OUT_OF_20",
        "audience": "NAMES",
    }
    assert (
        graphql(teacher, CREATE_EXAM, "userPool", input={"id": exam_id, **made})["createExam"]["version"] == 1
    )
    graphql(teacher, PUBLISH, "userPool", input={"id": exam_id, "expectedVersion": 1})

    assert exam_id in {one["id"] for one in graphql(guest, LIST_EXAMS, "iam")["listExams"]["items"]}
    guest.evaluate("([q, v, m]) => backend.subscribe(q, v, m)", [HEAR_RESULTS, {"examId": exam_id}, "iam"])
    guest.wait_for_function("() => backend.states.includes('Connected') || backend.refused.length")
    assert guest.evaluate("backend.refused") == []

    row = {"id": str(uuid.uuid4()), "examId": exam_id, "student": "Grace", "grade": "17.5"}
    graphql(teacher, CREATE_RESULT, "userPool", input=row)
    guest.wait_for_function("() => backend.heard.length")
    assert guest.evaluate("backend.heard") == [
        {"onCreateResults": {"id": row["id"], "student": "Grace", "grade": "17.5"}}
    ]


def test_a_guests_page_is_refused_what_only_teachers_may_do(new_page: Callable[[], Page]) -> None:
    page = new_page()
    given = {"id": str(uuid.uuid4()), "expectedVersion": 1}
    answer = page.evaluate("([q, v, m]) => backend.graphql(q, v, m)", [PUBLISH, {"input": given}, "iam"])
    assert [error["errorType"] for error in answer["error"]["errors"]] == ["Unauthorized"]
    assert auth_refusal(page, "signUp", username="eve", password=PASSWORD) == (
        "NotAuthorizedException",
        "SignUp is not permitted for this user pool",
    )


def test_a_teachers_page_signs_in_with_an_authenticator(new_page: Callable[[], Page], name: str) -> None:
    page = signed_in(new_page(), name)
    identity = page.evaluate("backend.session({forceRefresh: true})")["ok"]
    assert identity["userSub"] == auth(page, "getCurrentUser")["userId"]
    assert identity["accessKeyId"].startswith("ASIA")
    app = pyotp.TOTP(auth(page, "setUpTOTP")["sharedSecret"])
    now_s = dt.datetime.now(dt.UTC).timestamp()
    assert auth_refusal(page, "verifyTOTPSetup", code="12345x")[0] == "EnableSoftwareTokenMFAException"
    auth(page, "verifyTOTPSetup", code=app.at(now_s))
    auth(page, "updateMFAPreference", totp="PREFERRED")
    auth(page, "signOut")

    step = auth(page, "signIn", username=f"{name}@school.example", password=PASSWORD)["nextStep"]
    assert step["signInStep"] == "CONFIRM_SIGN_IN_WITH_TOTP_CODE"
    assert auth_refusal(page, "confirmSignIn", challengeResponse=app.at(now_s))[0] == "CodeMismatchException"
    assert auth(page, "confirmSignIn", challengeResponse=app.at(now_s + 30))["isSignedIn"]
    auth(page, "updateMFAPreference", totp="DISABLED")
    auth(page, "signOut", **{"global": True})
    assert auth(page, "signIn", username=name, password=PASSWORD)["isSignedIn"]


def test_a_teachers_page_changes_and_recovers_the_password(
    new_page: Callable[[], Page], name: str, backend: RunningBackend
) -> None:
    page = signed_in(new_page(), name)
    auth(page, "updatePassword", oldPassword=PASSWORD, newPassword="Another-Horse-2")
    auth(
        page, "updateUserAttribute", userAttribute={"attributeKey": "email", "value": f"new-{name}@s.example"}
    )
    auth(page, "confirmUserAttribute", userAttributeKey="email", confirmationCode=last_code(backend))
    assert auth(page, "fetchUserAttributes")["email_verified"] == "true"
    auth(page, "signOut")
    assert auth_refusal(page, "signIn", username=name, password=PASSWORD) == (
        "NotAuthorizedException",
        "Incorrect username or password.",
    )
    auth(page, "resetPassword", username=name)
    auth(
        page,
        "confirmResetPassword",
        username=name,
        confirmationCode=last_code(backend),
        newPassword="Third-Horse-3",
    )
    assert auth(page, "signIn", username=name, password="Third-Horse-3")["isSignedIn"]


def own_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1, generated for this run: the paths of certificate and key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the embedded backend")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return paths
