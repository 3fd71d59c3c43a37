"""Every GraphQL document that the dashboards send: one fragment a type and kind of caller.

A subscriber receives only the fields that the mutation selected. So the mutations share one fragment a type,
and the subscriptions select a part of it. `published` and `owner` are always in it: the API's filters look at
them. Guests have fragments of their own, without the teachers' fields: asking for one of those is refused.
"""

from __future__ import annotations

from enum import StrEnum, auto

__all__ = [
    "CREATE_CLASS_LIST",
    "CREATE_EXAM",
    "CREATE_RESULTS",
    "CREATE_RESULTS_BATCH",
    "DELETE_CLASS_LIST",
    "DELETE_EXAM",
    "DELETE_RESULTS",
    "DELETE_RESULTS_BATCH",
    "ERASE_CHANGES",
    "GET_CLASS_LIST",
    "GET_EXAM",
    "GET_RESULTS",
    "GUEST_EVENTS",
    "GUEST_FIND_RESULT",
    "GUEST_GET_EXAM",
    "GUEST_GET_RESULTS",
    "GUEST_LIST_EXAMS",
    "GUEST_LIST_RESULTS",
    "GUEST_SUBSCRIPTIONS",
    "LIST_CHANGES",
    "LIST_EXAMS",
    "LIST_MY_CLASS_LISTS",
    "LIST_MY_EXAMS",
    "LIST_RESULTS",
    "MUTATIONS",
    "PROBE_SUBSCRIPTION",
    "PUBLISH_EXAM",
    "QUERIES",
    "RETRACT_RESULTS",
    "UNPUBLISH_EXAM",
    "UPDATE_CLASS_LIST",
    "UPDATE_EXAM",
    "UPDATE_RESULTS",
    "GuestEvent",
    "guest_subscriptions_of",
]

_GUEST_EXAM_FIELDS = (
    "id subject date teacher scale status audience listed published releaseAt secondsToRelease version"
    " createdAt updatedAt"
)
_GUEST_RESULT_FIELDS = "id examId student grade readable published version corrected"

GUEST_EXAM = f"fragment GuestExam on Exam {{ {_GUEST_EXAM_FIELDS} }}"
GUEST_RESULT = f"fragment GuestResult on Results {{ {_GUEST_RESULT_FIELDS} }}"
# What mutations answer, and so what every subscriber can receive at most: nothing that leaves by query alone.
CHANGED_EXAM = f"fragment ChangedExam on Exam {{ {_GUEST_EXAM_FIELDS} owner }}"
CHANGED_RESULT = f"fragment ChangedResult on Results {{ {_GUEST_RESULT_FIELDS} createdAt updatedAt owner }}"
# What teachers read.
TEACHER_EXAM = f"fragment TeacherExam on Exam {{ {_GUEST_EXAM_FIELDS} owner resultsCount }}"
TEACHER_RESULT = (
    f"fragment TeacherResult on Results {{ {_GUEST_RESULT_FIELDS} createdAt updatedAt owner"
    " name number comment }"
)


def _list_all(field: str, fragment: str, spread: str) -> str:
    return (
        f"query {field[0].upper()}{field[1:]}($limit: Int, $nextToken: String) "
        f"{{ {field}(limit: $limit, nextToken: $nextToken) "
        f"{{ items {{ ...{spread} }} nextToken }} }} {fragment}"
    )


def _get_exam(fragment: str, spread: str) -> str:
    return f"query GetExam($id: ID!) {{ getExam(id: $id) {{ ...{spread} }} }} {fragment}"


def _list_results(fragment: str, spread: str) -> str:
    return (
        "query ListResults($examId: ID!, $limit: Int, $nextToken: String) "
        "{ listResults(examId: $examId, limit: $limit, nextToken: $nextToken) "
        f"{{ items {{ ...{spread} }} nextToken }} }} {fragment}"
    )


def _get_results(fragment: str, spread: str) -> str:
    return (
        "query GetResults($examId: ID!, $id: ID!) "
        f"{{ getResults(examId: $examId, id: $id) {{ ...{spread} }} }} {fragment}"
    )


GUEST_FIND_RESULT = (
    "query FindResult($examId: ID!, $code: String!) "
    f"{{ findResult(examId: $examId, code: $code) {{ ...GuestResult comment }} }} {GUEST_RESULT}"
)


def _mutation(field: str, input_type: str, selection: str, fragment: str) -> str:
    return (
        f"mutation {field[0].upper()}{field[1:]}($input: {input_type}!) "
        f"{{ {field}(input: $input) {{ {selection} }} }} {fragment}"
    )


def _subscription(field: str, selection: str, fragment: str) -> str:
    return f"subscription {{ {field} {{ {selection} }} }} {fragment}"


LIST_EXAMS = _list_all("listExams", TEACHER_EXAM, "TeacherExam")
LIST_MY_EXAMS = _list_all("listMyExams", TEACHER_EXAM, "TeacherExam")
GET_EXAM = _get_exam(TEACHER_EXAM, "TeacherExam")
LIST_RESULTS = _list_results(TEACHER_RESULT, "TeacherResult")
GET_RESULTS = _get_results(TEACHER_RESULT, "TeacherResult")

GUEST_LIST_EXAMS = _list_all("listExams", GUEST_EXAM, "GuestExam")
GUEST_GET_EXAM = _get_exam(GUEST_EXAM, "GuestExam")
GUEST_LIST_RESULTS = _list_results(GUEST_RESULT, "GuestResult")
GUEST_GET_RESULTS = _get_results(GUEST_RESULT, "GuestResult")

CREATE_EXAM = _mutation("createExam", "CreateExamInput", "...ChangedExam", CHANGED_EXAM)
UPDATE_EXAM = _mutation("updateExam", "UpdateExamInput", "...ChangedExam", CHANGED_EXAM)
DELETE_EXAM = _mutation("deleteExam", "ExamVersionInput", "...ChangedExam", CHANGED_EXAM)
PUBLISH_EXAM = (
    "mutation PublishExam($input: ExamVersionInput!, $releaseAt: AWSDateTime) "
    f"{{ publishExam(input: $input, releaseAt: $releaseAt) {{ ...ChangedExam }} }} {CHANGED_EXAM}"
)
UNPUBLISH_EXAM = _mutation("unpublishExam", "ExamVersionInput", "...ChangedExam", CHANGED_EXAM)
CREATE_RESULTS = _mutation("createResults", "CreateResultsInput", "...ChangedResult", CHANGED_RESULT)
UPDATE_RESULTS = _mutation("updateResults", "UpdateResultsInput", "...ChangedResult", CHANGED_RESULT)
DELETE_RESULTS = _mutation("deleteResults", "DeleteResultsInput", "...ChangedResult", CHANGED_RESULT)
RETRACT_RESULTS = _mutation("retractResults", "ResultVersionInput", "...ChangedResult", CHANGED_RESULT)

_CLASS_LIST = "fragment TeacherClassList on ClassList { id title studentCount version }"
_CLASS_STUDENTS = "...TeacherClassList gradebook students { name number code }"
LIST_MY_CLASS_LISTS = _list_all("listMyClassLists", _CLASS_LIST, "TeacherClassList")
GET_CLASS_LIST = (
    f"query GetClassList($id: ID!) {{ getClassList(id: $id) {{ {_CLASS_STUDENTS} }} }} {_CLASS_LIST}"
)
CREATE_CLASS_LIST = _mutation("createClassList", "CreateClassListInput", _CLASS_STUDENTS, _CLASS_LIST)
UPDATE_CLASS_LIST = _mutation("updateClassList", "UpdateClassListInput", _CLASS_STUDENTS, _CLASS_LIST)
DELETE_CLASS_LIST = _mutation("deleteClassList", "ClassListVersionInput", "...TeacherClassList", _CLASS_LIST)

_VALUES = "student grade name number comment subject date teacher scale audience listed status releaseAt"
LIST_CHANGES = (
    "query ListChanges($examId: ID!, $id: ID, $limit: Int, $nextToken: String) "
    "{ listChanges(examId: $examId, id: $id, limit: $limit, nextToken: $nextToken) "
    "{ items { id examId at by byName kind resultId before { ...Values } after { ...Values } } nextToken } } "
    f"fragment Values on ChangedValues {{ {_VALUES} }}"
)
ERASE_CHANGES = (
    "mutation EraseChanges($input: EraseChangesInput!) { eraseChanges(input: $input) { examId nextToken } }"
)

_BATCH = "examId readable published owner items { ...ChangedResult }"
CREATE_RESULTS_BATCH = _mutation("createResultsBatch", "CreateResultsBatchInput", _BATCH, CHANGED_RESULT)
DELETE_RESULTS_BATCH = _mutation("deleteResultsBatch", "DeleteResultsBatchInput", _BATCH, CHANGED_RESULT)

_GUEST_BATCH = "examId readable published items { ...GuestResult }"


class GuestEvent(StrEnum):
    """What an event changes for guests."""

    EXAM_UPDATED = auto()
    EXAM_PUBLISHED = auto()
    EXAM_REMOVED = auto()
    RESULTS_PUT = auto()
    RESULTS_REMOVED = auto()


# Field of the Subscription type -> what its events change: everything that a guest's feed listens to.
GUEST_EVENTS: dict[str, GuestEvent] = {
    "onUpdateExam": GuestEvent.EXAM_UPDATED,
    "onPublishExam": GuestEvent.EXAM_PUBLISHED,
    "onUnpublishExam": GuestEvent.EXAM_REMOVED,
    "onDeleteExam": GuestEvent.EXAM_REMOVED,
    "onCreateResults": GuestEvent.RESULTS_PUT,
    "onUpdateResults": GuestEvent.RESULTS_PUT,
    "onDeleteResults": GuestEvent.RESULTS_REMOVED,
    "onCreateResultsBatch": GuestEvent.RESULTS_PUT,
    "onDeleteResultsBatch": GuestEvent.RESULTS_REMOVED,
}


def _guest_subscription(field: str, exam_id: str | None = None) -> str:
    is_exam = field.endswith("Exam")
    name = field if exam_id is None else f'{field}({"id" if is_exam else "examId"}: "{exam_id}")'
    if is_exam:
        return _subscription(name, "...GuestExam", GUEST_EXAM)
    is_batch = field.endswith("Batch")
    return _subscription(name, _GUEST_BATCH if is_batch else "...GuestResult", GUEST_RESULT)


def guest_subscriptions_of(exam_id: str) -> dict[str, str]:
    """Field of the Subscription type -> document that listens to this exam alone, listed or not."""
    return {field: _guest_subscription(field, exam_id) for field in GUEST_EVENTS}


# Field of the Subscription type -> document.
GUEST_SUBSCRIPTIONS: dict[str, str] = {field: _guest_subscription(field) for field in GUEST_EVENTS}

# Started and stopped only to see whether the server still answers on this socket.
PROBE_SUBSCRIPTION = "subscription Probe { onDeleteExam { id } }"

QUERIES: tuple[str, ...] = (
    LIST_EXAMS,
    LIST_MY_EXAMS,
    GET_EXAM,
    LIST_RESULTS,
    GET_RESULTS,
    LIST_CHANGES,
    LIST_MY_CLASS_LISTS,
    GET_CLASS_LIST,
    GUEST_LIST_EXAMS,
    GUEST_GET_EXAM,
    GUEST_LIST_RESULTS,
    GUEST_GET_RESULTS,
    GUEST_FIND_RESULT,
)
MUTATIONS: tuple[str, ...] = (
    CREATE_EXAM,
    UPDATE_EXAM,
    DELETE_EXAM,
    PUBLISH_EXAM,
    UNPUBLISH_EXAM,
    CREATE_RESULTS,
    UPDATE_RESULTS,
    DELETE_RESULTS,
    RETRACT_RESULTS,
    CREATE_RESULTS_BATCH,
    DELETE_RESULTS_BATCH,
    ERASE_CHANGES,
    CREATE_CLASS_LIST,
    UPDATE_CLASS_LIST,
    DELETE_CLASS_LIST,
)
