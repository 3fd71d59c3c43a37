"""A teacher whose exams the students' pages show."""

import datetime as dt

from shared.api.calls import BATCH_MAX, TeacherApi
from shared.model.exam import Audience, Exam, NewExam, NewResult
from shared.model.scales import OUT_OF_20, Scale
from shared.settings import load_teacher_settings
from tests.backend_process import BackendClient
from tests.builders import new_id
from tests.pair_process import PairProcess

__all__ = ["Author"]


class Author:
    """A teacher who writes through the API, because these tests check what students see."""

    def __init__(self, pair: PairProcess) -> None:
        backend = BackendClient(pair.backend_url, pair.data_dir)
        username = f"author-{new_id()[:8]}"
        backend.create_teacher(username)
        token = backend.sign_in(username).access_token
        settings = load_teacher_settings({}, pair.data_dir / "backend.env")
        self.api = TeacherApi(settings.backend, lambda: token)

    def exam(
        self,
        subject: str,
        grades: dict[str, str],
        *,
        scale: Scale = OUT_OF_20,
        audience: Audience = Audience.NAMES,
        is_published: bool = True,
        date: dt.date = dt.date(2026, 6, 18),
    ) -> Exam:
        """A published exam, or a draft."""
        new = NewExam(f"{subject} {new_id()[:6]}", date, "M. Curie", scale, audience)
        exam = self.api.create_exam(new)
        if is_published:
            exam = self.api.publish_exam(exam.id, exam.version)
        rows = [NewResult(student, grade) for student, grade in grades.items()]
        for start in range(0, len(rows), BATCH_MAX):
            self.api.create_results(exam.id, rows[start : start + BATCH_MAX])
        return exam
