"""Each student sees the own result only, on a real dashboard: no byte has a student or a list."""

import contextlib
import datetime as dt

import httpx

from shared.api.calls import TeacherApi
from shared.model.exam import Audience, NewExam, NewResult
from shared.model.scales import OUT_OF_20
from tests.backend_process import RunningBackend, SignedInTeacher
from tests.dashboard_process import StudentDashboard
from tests.wire.clients import backend_settings
from tests.wire.student_streams import LiveStream

CODES = [f"7K4QX29M3{last}" for last in "TZABCD"]


def test_the_code_alone_finds_a_result(backend: RunningBackend, teacher: SignedInTeacher) -> None:
    settings = backend_settings(backend)
    with (
        contextlib.closing(TeacherApi(settings, lambda: teacher.access_token)) as api,
        StudentDashboard(backend.settings) as dashboard,
    ):
        exam = api.create_exam(
            NewExam("Algebra", dt.date(2026, 6, 18), "Ms Ada", OUT_OF_20, Audience.OWN, is_listed=False)
        )
        rows = [
            NewResult(code, str(10 + n), f"Person {n}", number=f"S-17-{n}", comment=f"Said\nto {n}.")
            for n, code in enumerate(CODES)
        ]
        api.create_results(exam.id, rows)
        api.publish_exam(exam.id, exam.version)

        def own(code: str) -> httpx.Response:
            return httpx.post(f"{dashboard.url}/live/{exam.id}/own", json={"code": code}, trust_env=False)

        def text_of(path: str) -> str:
            return httpx.get(f"{dashboard.url}{path}", trust_env=False, follow_redirects=True).text

        with LiveStream(dashboard.url, exam.id) as stream:
            snapshot = stream.next("snapshot")
            assert snapshot.students == []
            first = own(CODES[0])
            assert first.json()["comment"] == "Said\nto 0."
            assert first.headers["Cache-Control"] == "no-store"
            api.update_result(exam.id, rows[0].id, 1, comment="")  # everybody hears that something changed
            change = stream.next("change")
            assert change.data == {"rows": [], "gone": []}
            assert own(CODES[0]).json()["comment"] == ""
            paths = (
                f"/?exam={exam.id}",
                f"/live/{exam.id}.json",
                f"/board/{exam.id}",
                f"/board/{exam.id}.csv",
            )
            texts = [text_of(path) for path in paths]
            assert all("Algebra" in text for text in texts)
            for text in [*texts, str(snapshot.data), str(stream.next("numbers").data)]:
                assert not [secret for secret in (*CODES, "Person", "S-17-", "Said") if secret in text]
        row = own("7k4qx-29m3t").json()["row"]
        assert (row[1], row[2]) == ("", "10")
        assert (
            own("7К4QX–29M3 Т").json()["row"] == row
        )  # letters of a Cyrillic keyboard, a telephone's hyphen
        assert own("7K4QX29M3E").json() == {"row": None}
        assert own("7K4QX29M30").json() == {"row": None}  # D or Q
        for wrong in ({"content": b"{"}, {"json": ["code"]}, {"json": {"code": 5}}):
            answer = httpx.post(f"{dashboard.url}/live/{exam.id}/own", trust_env=False, **wrong)  # type: ignore[arg-type]
            assert answer.status_code == 404
        tried = [own("7K4QX29M3E") for _ in range(80)]
        assert {answer.status_code for answer in tried} == {200, 429}
        assert "Too many codes were tried from your address" in tried[-1].json()["error"]
