"""The exam API as typed calls, as a teacher or as a guest.

Repeated after a lost answer are queries; creates, whose ids are ours; and updates and deletes, because
if the second attempt is refused, the current row shows whether the first one arrived:

- an update that conflicts has arrived if the row is one version further and has the requested values;
- a delete that finds no row has arrived, since rows disappear only by being deleted.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared.api import operations
from shared.api.http import GraphQLEndpoint, GuestSignature, Patience, TeacherToken
from shared.api.own_exams import OwnExams
from shared.identity.guest import GuestCredentials
from shared.model.class_list import ClassList, ClassStudent, NewClassList, class_list_from_wire
from shared.model.errors import (
    ApiRefused,
    BackendUnreachable,
    FieldInvalid,
    HistoryRemains,
    NotAllowed,
    NotFound,
    VersionConflict,
)
from shared.model.exam import (
    Audience,
    Exam,
    ExamChanges,
    ExamStatus,
    NewExam,
    NewResult,
    Result,
    ResultChanges,
    exam_from_wire,
    result_from_wire,
    time_to_wire,
)
from shared.model.grades import AWAITED
from shared.model.history import Change, HistoryPage, change_from_wire
from shared.model.scales import Scale
from shared.settings import BackendSettings

__all__ = [
    "BATCH_BYTES_MAX",
    "BATCH_MAX",
    "CHANGES_MAX",
    "DELETED_CHARACTERS_MAX",
    "PAGE_MAX",
    "GuestApi",
    "TeacherApi",
]

logger = logging.getLogger(__name__)

PAGE_MAX = 1000  # rows of one page at most; the API refuses more
CHANGES_MAX = 400  # of one page at most: a longer one may have more values than an answer takes
BATCH_MAX = 99  # rows of one batch at most: DynamoDB's transactions take 100 items, of which one is the exam
BATCH_BYTES_MAX = 1_000_000  # of its new rows as JSON: AppSync, and so the API, takes requests of 1 MiB
DELETED_CHARACTERS_MAX = 125_000  # in UTF-16, of rows deleted together: they are one record of the history


class _Reader:
    """What guests and teachers both read, each with documents of their own."""

    _LIST_EXAMS: str
    _GET_EXAM: str
    _LIST_RESULTS: str
    _GET_RESULTS: str

    def __init__(self, url: str, endpoint: GraphQLEndpoint) -> None:
        self._url = url
        self._endpoint = endpoint

    def close(self) -> None:
        """Closes idle connections."""
        self._endpoint.close()

    def list_exams(self, page_size: int = PAGE_MAX) -> Iterator[Exam]:
        """Published exams, newest date first; pages are asked for as they are needed."""
        return self._readable_exams(self._pages(self._LIST_EXAMS, {}, page_size))

    def get_exam(self, exam_id: str) -> Exam | None:
        """The exam, or None if it does not exist or is somebody else's draft."""
        row = self._query(self._GET_EXAM, {"id": exam_id})
        return None if row is None else self._exam(row)

    def list_results(self, exam_id: str, page_size: int = PAGE_MAX) -> Iterator[Result]:
        """Results in the order of their ids; none for an exam that the caller may not see."""
        rows = self._pages(self._LIST_RESULTS, {"examId": exam_id}, page_size)
        return (self._result(row) for row in rows)

    def get_result(self, exam_id: str, result_id: str) -> Result | None:
        """The result, or None if the caller may not see it or it does not exist."""
        row = self._query(self._GET_RESULTS, {"examId": exam_id, "id": result_id})
        return None if row is None else self._result(row)

    def _pages(self, document: str, variables: dict[str, Any], page_size: int) -> Iterator[dict[str, Any]]:
        token: str | None = None
        while True:
            page = self._query(document, {**variables, "limit": page_size, "nextToken": token})
            try:
                rows, token = list(page["items"]), page["nextToken"]
            except (KeyError, TypeError) as error:
                raise BackendUnreachable(self._url, f"its page cannot be read: {error!r}") from error
            yield from rows
            if token is None:
                return

    def _query(self, document: str, variables: dict[str, Any]) -> Any:
        value, _ = self._endpoint.ask(document, variables, is_repeatable=True)
        return value

    def _readable_exams(self, rows: Iterable[Any]) -> Iterator[Exam]:
        """One exam that cannot be read, such as one whose scale another client made up, hides no other."""
        for row in rows:
            try:
                yield self._exam(row)
            except BackendUnreachable as error:
                logger.warning("an exam is left out: %s", error.reason)

    def _exam(self, row: Any) -> Exam:
        try:
            return exam_from_wire(row)
        except (KeyError, TypeError, ValueError, FieldInvalid) as error:
            raise BackendUnreachable(self._url, f"its exam cannot be read: {error!r}") from error

    def _result(self, row: Any) -> Result:
        try:
            return result_from_wire(row)
        except (KeyError, TypeError, ValueError) as error:
            raise BackendUnreachable(self._url, f"its result cannot be read: {error!r}") from error


class GuestApi(_Reader):
    """Reads published data as a guest. Refused credentials are renewed once. Thread-safe; close() it."""

    _LIST_EXAMS = operations.GUEST_LIST_EXAMS
    _GET_EXAM = operations.GUEST_GET_EXAM
    _LIST_RESULTS = operations.GUEST_LIST_RESULTS
    _GET_RESULTS = operations.GUEST_GET_RESULTS

    def __init__(
        self,
        settings: BackendSettings,
        guest: GuestCredentials,
        *,
        patience: Patience = Patience(),  # noqa: B008  # frozen
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        signature = GuestSignature(guest.current, settings.region)
        endpoint = GraphQLEndpoint(settings.api_url, signature, patience=patience, sleep=sleep)
        super().__init__(settings.api_url, endpoint)
        self._guest = guest

    def find_result(self, exam_id: str, code: str) -> Result | None:
        """The one result with this code, where each student sees the own result only, with its comment; its
        `student` is "".

        None if there is none, or it is awaited. Raises TooManyAttempts.
        """
        row = self._query(operations.GUEST_FIND_RESULT, {"examId": exam_id, "code": code})
        return None if row is None else self._result(row)

    def _query(self, document: str, variables: dict[str, Any]) -> Any:
        used = self._guest.current()
        try:
            return super()._query(document, variables)
        except NotAllowed as refusal:
            if refusal.is_about_the_row:
                raise
            self._guest.renew(used)
            return super()._query(document, variables)


class TeacherApi(_Reader):
    """Reads and writes as one teacher. Any thread may use it; close() it at the end.

    `access_token` returns a valid token at each call, such as TeacherSession.access_token, and
    `replace_refused` another one than that which was refused; what they raise comes through. Every call
    raises BackendUnreachable and, when the API says no, NotAllowed, NotFound, InputRefused, StateRefused or
    VersionConflict (with the present row).
    """

    _LIST_EXAMS = operations.LIST_EXAMS
    _GET_EXAM = operations.GET_EXAM
    _LIST_RESULTS = operations.LIST_RESULTS
    _GET_RESULTS = operations.GET_RESULTS

    def __init__(
        self,
        settings: BackendSettings,
        access_token: Callable[[], str],
        *,
        replace_refused: Callable[[str], str] | None = None,
        patience: Patience = Patience(),  # noqa: B008  # frozen
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._token = TeacherToken(access_token)
        self._replace_refused = replace_refused
        endpoint = GraphQLEndpoint(settings.api_url, self._token, patience=patience, sleep=sleep)
        super().__init__(settings.api_url, endpoint)
        self._own_exams = OwnExams(time.monotonic)

    def list_my_exams(self, page_size: int = PAGE_MAX) -> Iterator[Exam]:
        """The caller's own exams, drafts too, newest date first, as they are after every call made here."""
        listed = self._readable_exams(self._pages(operations.LIST_MY_EXAMS, {}, page_size))
        return self._own_exams.complete(listed, self.get_exam)

    # Exams.

    def create_exam(self, new: NewExam) -> Exam:
        """The new exam, a draft."""
        return self._noted(self._exam(self._mutate(operations.CREATE_EXAM, new.to_wire())))

    def update_exam(
        self,
        exam_id: str,
        expected_version: int,
        *,
        subject: str | None = None,
        date: dt.date | None = None,
        teacher: str | None = None,
        scale: Scale | None = None,
        audience: Audience | None = None,
        is_listed: bool | None = None,
    ) -> Exam:
        """The exam with these fields changed; None leaves a field as it is. Raises FieldInvalid too."""
        changes = ExamChanges(subject, date, teacher, scale, audience, is_listed)
        wanted = _given(
            subject=changes.subject,
            date=date,
            teacher=changes.teacher,
            scale=scale,
            audience=audience,
            is_listed=is_listed,
        )
        wire = {"id": exam_id, "expectedVersion": expected_version, **changes.to_wire()}
        return self._change_exam(operations.UPDATE_EXAM, wire, wanted)

    def publish_exam(
        self, exam_id: str, expected_version: int, *, release_at: dt.datetime | None = None
    ) -> Exam:
        """From now on everybody sees it, and its results: at once, or from `release_at` on, which is aware,
        to come, and in whole milliseconds. Raises InputRefused for another hour."""
        wire = {"id": exam_id, "expectedVersion": expected_version}
        wanted: dict[str, object] = {"status": ExamStatus.PUBLISHED, "release_at": release_at}
        hour = None if release_at is None else time_to_wire(release_at)
        return self._change_exam(operations.PUBLISH_EXAM, wire, wanted, releaseAt=hour)

    def unpublish_exam(self, exam_id: str, expected_version: int) -> Exam:
        """From now on its owner alone sees it."""
        wire = {"id": exam_id, "expectedVersion": expected_version}
        return self._change_exam(operations.UNPUBLISH_EXAM, wire, {"status": ExamStatus.DRAFT})

    def delete_exam(self, exam_id: str, expected_version: int) -> None:
        """Deletes an exam that has no results, with its history; raises StateRefused if it has results."""
        while True:
            try:
                self._delete(operations.DELETE_EXAM, {"id": exam_id, "expectedVersion": expected_version})
                break
            except HistoryRemains:
                continue  # each call erases a part, and the last one the exam
        self._own_exams.note(exam_id, None)

    # Results.

    def create_result(self, exam_id: str, new: NewResult) -> Result:
        """The new result; its name, number and comment are not returned."""
        return self._result(self._mutate(operations.CREATE_RESULTS, {"examId": exam_id, **new.to_wire()}))

    def update_result(
        self,
        exam_id: str,
        result_id: str,
        expected_version: int,
        *,
        student: str | None = None,
        grade: str | None = None,
        name: str | None = None,
        number: str | None = None,
        comment: str | None = None,
    ) -> Result:
        """The result with these fields changed; None leaves a field as it is, "" removes a name, a number or
        a comment. Raises FieldInvalid too."""
        changes = ResultChanges(student, grade, name, number, comment)
        wire = {"id": result_id, "examId": exam_id, "expectedVersion": expected_version, **changes.to_wire()}
        try:
            return self._result(self._mutate(operations.UPDATE_RESULTS, wire))
        except VersionConflict as conflict:
            current = conflict.current
            wanted = _given(student=changes.student, grade=changes.grade)
            if (
                isinstance(current, Result)
                and _has_arrived(conflict, expected_version, wanted)
                and self._has_private(current, changes.to_wire())
            ):
                return current
            raise

    def delete_result(self, exam_id: str, result_id: str, expected_version: int) -> None:
        """Deletes one result."""
        wire = {"id": result_id, "examId": exam_id, "expectedVersion": expected_version}
        self._delete(operations.DELETE_RESULTS, wire)

    def retract_result(self, exam_id: str, result_id: str, expected_version: int) -> Result:
        """Takes the grade back: the result, awaited again. Raises StateRefused if it has no grade."""
        wire = {"id": result_id, "examId": exam_id, "expectedVersion": expected_version}
        try:
            retracted = self._result(self._mutate(operations.RETRACT_RESULTS, wire))
        except VersionConflict as conflict:
            current = conflict.current
            if isinstance(current, Result) and _has_arrived(conflict, expected_version, {"grade": AWAITED}):
                return current
            raise
        # The answer has the grade that was taken back: it is the event of the result's disappearance.
        return replace(retracted, grade=AWAITED, is_published=False)

    def create_results(self, exam_id: str, rows: Sequence[NewResult]) -> list[Result]:
        """Stores 1 to BATCH_MAX rows, all or none, with one event; all are awaited, or none is."""
        _check_batch(rows)
        wire = {"examId": exam_id, "rows": [row.to_wire() for row in rows]}
        return [self._result(row) for row in self._mutate(operations.CREATE_RESULTS_BATCH, wire)["items"]]

    def delete_results(self, exam_id: str, rows: Iterable[tuple[str, int]]) -> None:
        """Deletes 1 to BATCH_MAX rows (id, version seen), all or none, with one event."""
        pairs = list(rows)
        _check_batch(pairs)
        wire = {
            "examId": exam_id,
            "rows": [{"id": result_id, "expectedVersion": version} for result_id, version in pairs],
        }
        try:
            self._mutate(operations.DELETE_RESULTS_BATCH, wire)
        except NotFound as refusal:
            gone = {result_id for result_id, _ in pairs}
            if not refusal.lost_tries or any(row.id in gone for row in self.list_results(exam_id)):
                raise

    # History.

    def list_changes(
        self, exam_id: str, *, result_id: str | None = None, limit: int = 50, next_token: str | None = None
    ) -> HistoryPage:
        """A page of the history of the caller's own exam, newest first; none of other exams'. Of one result,
        a page may be shorter than `limit`, and still not be the last."""
        variables = {"examId": exam_id, "id": result_id, "limit": limit, "nextToken": next_token}
        page = self._query(operations.LIST_CHANGES, variables)
        try:
            changes = tuple(change_from_wire(row) for row in page["items"])
            return HistoryPage(changes, page["nextToken"])
        except (KeyError, TypeError, ValueError) as error:
            raise BackendUnreachable(self._url, f"its history cannot be read: {error!r}") from error

    def all_changes(self, exam_id: str, result_id: str | None = None) -> Iterator[Change]:
        """The whole history, read as it is needed."""
        token: str | None = None
        while True:
            page = self.list_changes(exam_id, result_id=result_id, limit=CHANGES_MAX, next_token=token)
            yield from page.changes
            token = page.next_token
            if token is None:
                return

    def erase_changes(self, exam_id: str, result_id: str) -> None:
        """Erases one result from the history; done again after an interruption, it goes on."""
        token: str | None = None
        while True:
            wire = {"examId": exam_id, "id": result_id, "nextToken": token}
            token = self._mutate(operations.ERASE_CHANGES, wire)["nextToken"]
            if token is None:
                return

    # Class lists.

    def list_class_lists(self, page_size: int = PAGE_MAX) -> Iterator[ClassList]:
        """The caller's own, without their students, in the order of their ids."""
        rows = self._pages(operations.LIST_MY_CLASS_LISTS, {}, page_size)
        return (self._class_list(row) for row in rows)

    def get_class_list(self, list_id: str) -> ClassList | None:
        """The caller's own list with this id, with its students; None if there is none."""
        row = self._query(operations.GET_CLASS_LIST, {"id": list_id})
        return None if row is None else self._class_list(row)

    def create_class_list(self, new: NewClassList) -> ClassList:
        """The new list."""
        return self._class_list(self._mutate(operations.CREATE_CLASS_LIST, new.to_wire()))

    def update_class_list(
        self,
        list_id: str,
        expected_version: int,
        *,
        title: str | None = None,
        students: Sequence[ClassStudent] | None = None,
        gradebook: str | None = None,
    ) -> ClassList:
        """The list with these fields changed; None leaves a field as it is, "" removes `gradebook`."""
        wire: dict[str, Any] = {"id": list_id, "expectedVersion": expected_version}
        if title is not None:
            wire["title"] = title
        if students is not None:
            wire["students"] = [student.to_wire() for student in students]
        if gradebook is not None:
            wire["gradebook"] = gradebook or None
        wanted = _given(
            title=title, students=None if students is None else tuple(students), gradebook=gradebook
        )
        try:
            return self._class_list(self._mutate(operations.UPDATE_CLASS_LIST, wire))
        except VersionConflict as conflict:
            current = conflict.current
            if isinstance(current, ClassList) and _has_arrived(conflict, expected_version, wanted):
                return current
            raise

    def delete_class_list(self, list_id: str, expected_version: int) -> None:
        """Deletes the list; exams and their students stay."""
        self._delete(operations.DELETE_CLASS_LIST, {"id": list_id, "expectedVersion": expected_version})

    def _class_list(self, row: Any) -> ClassList:
        try:
            return class_list_from_wire(row)
        except (KeyError, TypeError, ValueError, FieldInvalid) as error:
            raise BackendUnreachable(self._url, f"its class list cannot be read: {error!r}") from error

    def _query(self, document: str, variables: dict[str, Any]) -> Any:
        """Asks again with another token if this one is refused: by a clock that was set meanwhile it may be
        too old, or from the future."""
        try:
            return super()._query(document, variables)
        except NotAllowed as refusal:
            if refusal.is_about_the_row or self._replace_refused is None:
                raise
            lost_tries = refusal.lost_tries
        self._replace_refused(self._token.last_used)
        try:
            return super()._query(document, variables)
        except ApiRefused as refusal:
            refusal.lost_tries += lost_tries
            raise

    def _mutate(self, document: str, wire: dict[str, Any], **arguments: object) -> Any:
        # The answer's null fields that the schema leaves nullable come with an error, which raised already.
        value = self._query(document, {"input": wire, **arguments})
        if value is None:
            raise BackendUnreachable(self._url, "the answer has no row")
        return value

    def _change_exam(
        self, document: str, wire: dict[str, Any], wanted: dict[str, object], **arguments: object
    ) -> Exam:
        try:
            return self._noted(self._exam(self._mutate(document, wire, **arguments)))
        except VersionConflict as conflict:
            current = conflict.current
            if isinstance(current, Exam) and _has_arrived(conflict, wire["expectedVersion"], wanted):
                return self._noted(current)
            raise

    def _noted(self, exam: Exam) -> Exam:
        self._own_exams.note(exam.id, exam)
        return exam

    def _delete(self, document: str, wire: dict[str, Any]) -> None:
        try:
            self._mutate(document, wire)
        except NotFound as refusal:
            if not refusal.lost_tries:
                raise

    def _has_private(self, current: Result, changed: Mapping[str, object]) -> bool:
        """No mutation returns these, not even to the owner, so they have to be queried."""
        wanted = {name: changed[name] for name in ("name", "number", "comment") if name in changed}
        row = self.get_result(current.exam_id, current.id) if wanted else current
        return (
            row is not None
            and row.version == current.version
            and all(getattr(row, name) == value for name, value in wanted.items())
        )


def _has_arrived(conflict: VersionConflict, expected_version: int, wanted: dict[str, object]) -> bool:
    """Whether a try whose answer was lost made the change that this conflict is about."""
    current = conflict.current
    if not conflict.lost_tries or current is None or current.version != expected_version + 1:
        return False
    return all(getattr(current, name) == value for name, value in wanted.items())


def _given(**changes: object) -> dict[str, object]:
    """Without the fields that stay as they are."""
    return {name: value for name, value in changes.items() if value is not None}


def _check_batch(rows: Sequence[object]) -> None:
    if not 1 <= len(rows) <= BATCH_MAX:
        raise FieldInvalid("rows", f"A batch has 1 to {BATCH_MAX} rows, not {len(rows)}.")
