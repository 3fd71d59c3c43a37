"""One student's records are found in every spelling, and erased wherever they are."""

import dataclasses

import pytest

from shared.api.calls import TeacherApi
from shared.model.class_list import ClassList, ClassStudent, NewClassList
from shared.model.exam import Audience, NewExam, NewResult
from shared.model.scales import OUT_OF_20
from teacher_app.exam.person import (
    Listing,
    Person,
    Records,
    StudentResult,
    erase,
    persons_found,
    records_of,
)
from tests.backend_process import RunningBackend, SignedInTeacher
from tests.builders import a_result, an_exam, new_id
from tests.wire.clients import backend_settings

BY_NAME, BY_CODE = an_exam("Physics"), an_exam("Ethics", audience=Audience.CODES)
LIST = ClassList(new_id(), "7a", 2, None, 1)
ADA = StudentResult(BY_NAME, a_result("Ada Lovelace", "12", BY_NAME))
REVERSED = StudentResult(BY_NAME, a_result("LOVELACE, Áda", "9", BY_NAME))
BYRON = StudentResult(BY_NAME, a_result("Ada Byron", "5", BY_NAME, number="0018"))
CODED = StudentResult(BY_CODE, a_result("K7M2QX", "14", BY_CODE, name="Ada Lovelace"))
NAMELESS = StudentResult(BY_CODE, a_result("7KQ2MX", "3", BY_CODE))
UNKNOWN = StudentResult(BY_CODE, a_result("W3PZ9B", "3", BY_CODE))
LISTED = Listing(LIST, ClassStudent("Ada Lovelace", "0017", "7KQ2MX"))
RECORDS = Records((ADA, REVERSED, BYRON, CODED, NAMELESS, UNKNOWN), (LISTED,))
LOVELACE = Person("Ada Lovelace", (ADA, REVERSED, CODED, NAMELESS), (LISTED,))


@pytest.mark.parametrize("typed", ["ada lovelace", "Lovelace, Ada", "lovel", "0017", "7kq2mx", "K7M2QX"])
def test_a_student_is_found_by_any_spelling_number_or_code_with_all_records(typed: str) -> None:
    assert persons_found(RECORDS, typed) == [LOVELACE]


def test_a_student_is_found_by_the_number_of_a_result() -> None:
    assert persons_found(RECORDS, " 0018") == [Person("Ada Byron", (BYRON,), ())]
    assert persons_found(RECORDS, "18") == [Person("Ada Byron", (BYRON,), ())]


def test_of_several_students_all_are_found_the_exact_name_first() -> None:
    zoe = StudentResult(BY_NAME, a_result("Ada", "1", BY_NAME))
    found = persons_found(dataclasses.replace(RECORDS, results=(*RECORDS.results, zoe)), "ada")
    assert [one.name for one in found] == ["Ada", "Ada Byron", "Ada Lovelace"]


def test_a_code_without_a_name_is_a_student_of_its_own() -> None:
    assert persons_found(RECORDS, "w3pz9b") == [Person("W3PZ9B", (UNKNOWN,), ())]


@pytest.mark.parametrize("typed", ["", "  ", "nobody", "001", "·"])
def test_nothing_typed_finds_nobody(typed: str) -> None:
    assert persons_found(RECORDS, typed) == []


@pytest.fixture
def api(backend: RunningBackend, teacher: SignedInTeacher) -> TeacherApi:
    return TeacherApi(backend_settings(backend), lambda: teacher.access_token)


def read_records(api: TeacherApi) -> Records:
    exams = list(api.list_my_exams())
    lists = [api.get_class_list(one.id) for one in api.list_class_lists()]
    results = {exam.id: list(api.list_results(exam.id)) for exam in exams}
    histories = {exam.id: list(api.all_changes(exam.id)) for exam in exams}
    return records_of(exams, results, filter(None, lists), histories)


def test_what_is_erased_is_gone_and_everybody_else_stays(api: TeacherApi) -> None:
    name = f"Zoë {new_id()[:8]}"
    exam, other = (api.create_exam(NewExam("Physics", BY_NAME.date, "A", OUT_OF_20)) for _ in range(2))
    api.create_results(exam.id, [NewResult(name, "12"), NewResult("Grace", "9")])
    api.create_results(other.id, [NewResult(name, "AWAITED")])
    class_list = api.create_class_list(
        NewClassList("7a", (ClassStudent(name, "17"), ClassStudent("Grace"), ClassStudent(name, "18")))
    )
    (person,) = persons_found(read_records(api), name)
    assert (len(person.results), len(person.listings)) == (2, 2)

    # Meanwhile somebody else is deleted, and the list is changed, in another tab.
    gone = next(one for one in person.results if one.exam.id == other.id).result
    api.delete_result(other.id, gone.id, gone.version)
    (deleted,) = persons_found(read_records(api), name)
    assert sorted(one.is_past for one in deleted.results) == [False, True]
    api.update_class_list(class_list.id, class_list.version, title="7b")

    erase(api, person.results, person.listings)
    erase(api, person.results, person.listings)
    assert persons_found(read_records(api), name) == []
    assert [row.student for row in api.list_results(exam.id)] == ["Grace"]
    stored = api.get_class_list(class_list.id)
    assert stored is not None
    assert [one.name for one in stored.students or ()] == ["Grace"]
    assert stored.title == "7b"
    api.close()


def test_the_history_is_found_and_erased_too(api: TeacherApi) -> None:
    """A deleted result, one that was deleted with others, and a name that was corrected: the result that has
    another name by now stays."""
    name = f"Zoë {new_id()[:8]}"
    exam = api.create_exam(NewExam("Physics", BY_NAME.date, "A", OUT_OF_20))
    made = api.create_results(exam.id, [NewResult(name, "12"), NewResult("Grace", "9"), NewResult(name, "3")])
    first, grace, mistaken = sorted(made, key=lambda row: ("12", "9", "3").index(row.grade))
    api.update_result(exam.id, mistaken.id, mistaken.version, student="Blaise")
    api.delete_results(exam.id, [(first.id, first.version), (grace.id, grace.version)])
    (person,) = persons_found(read_records(api), name)
    assert [(one.result.id, one.is_past) for one in person.results] == [(first.id, True), (mistaken.id, True)]
    erase(api, person.results, person.listings)
    assert persons_found(read_records(api), name) == []
    assert name not in str(list(api.all_changes(exam.id)))
    assert [change.before["student"] for change in api.all_changes(exam.id)] == ["Grace"]
    assert [row.student for row in api.list_results(exam.id)] == ["Blaise"]
    api.close()
