"""The resolvers of the schema's queries and mutations.

`authorization` has checked the caller before a resolver runs.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from sqlite3 import Connection
from typing import Any

from deploy.local.backend.appsync.authorization import Caller, ResolveInfo
from deploy.local.backend.appsync.errors import ApiError
from deploy.local.backend.appsync.paging import next_token, position_after
from deploy.local.backend.appsync.realtime.subscriptions import MutationEvent
from deploy.local.backend.appsync.rules.class_lists import (
    change_class_list,
    create_class_list,
    remove_class_list,
)
from deploy.local.backend.appsync.rules.exams import (
    change_exam,
    create_exam,
    publish_exam,
    remove_exam,
    unpublish_exam,
)
from deploy.local.backend.appsync.rules.guesses import GuessLimits
from deploy.local.backend.appsync.rules.history import change_object
from deploy.local.backend.appsync.rules.results import (
    change_result,
    create_result,
    create_results,
    erase_changes,
    remove_result,
    remove_results,
    retract_result,
)
from deploy.local.backend.appsync.rules.teacher_mutation import TeacherMutation
from deploy.local.backend.appsync.selection import projected, selected_fields
from deploy.local.backend.appsync.validation import checked_page_limit
from deploy.local.backend.appsync.wire_rows import (
    WireObject,
    are_results_public,
    class_list_object,
    exam_object,
    result_object,
)
from deploy.local.backend.storage.changes import list_changes
from deploy.local.backend.storage.class_lists import find_class_list, list_class_lists
from deploy.local.backend.storage.database import Database
from deploy.local.backend.storage.exams import Exam, find_exam, list_owned_exams, list_published_exams
from deploy.local.backend.storage.loop_writer import LoopWriter
from deploy.local.backend.storage.results import (
    count_results,
    find_result,
    find_results_of_student,
    list_results,
)

__all__ = ["ApiResolvers"]

RESULTS_COUNT_MAX = 1000  # shown as "1000 or more": an exact number is not needed

SHORT_ROWS_MAX = 10  # in a batch

Rule = Callable[[Connection, TeacherMutation], WireObject]

_RULES: Mapping[str, Rule] = {
    "createExam": create_exam,
    "updateExam": change_exam,
    "deleteExam": remove_exam,
    "publishExam": publish_exam,
    "unpublishExam": unpublish_exam,
    "createResults": create_result,
    "updateResults": change_result,
    "deleteResults": remove_result,
    "retractResults": retract_result,
    "createResultsBatch": create_results,
    "deleteResultsBatch": remove_results,
    "eraseChanges": erase_changes,
    "createClassList": create_class_list,
    "updateClassList": change_class_list,
    "deleteClassList": remove_class_list,
}
_OF_ROWS = frozenset(
    {
        "createResults",
        "updateResults",
        "deleteResults",
        "retractResults",
        "createResultsBatch",
        "deleteResultsBatch",
    }
)


class ApiResolvers:
    """`announce` is called on the event loop, in the order of the commits, before the caller's answer."""

    def __init__(
        self,
        database: Database,
        writer: LoopWriter,
        *,
        announce: Callable[[MutationEvent], None],
        now_s: Callable[[], float],
    ) -> None:
        self._database, self._writer = database, writer
        self._announce, self._now_s = announce, now_s
        self._guesses = GuessLimits(now_s)

    def by_field(self) -> dict[tuple[str, str], Callable[..., Any]]:
        """(type, field) → resolver; every other field is read from its parent object."""
        mutations = {("Mutation", name): self._mutation(rule) for name, rule in _RULES.items()}
        return {
            ("Query", "listExams"): self._list_exams,
            ("Query", "listMyExams"): self._list_my_exams,
            ("Query", "getExam"): self._get_exam,
            ("Query", "listResults"): self._list_results,
            ("Query", "getResults"): self._get_results,
            ("Query", "findResult"): self._find_result,
            ("Query", "listChanges"): self._list_changes,
            ("Query", "listMyClassLists"): self._list_class_lists,
            ("Query", "getClassList"): self._get_class_list,
            ("Exam", "resultsCount"): self._results_count,
            **mutations,
        }

    def _list_exams(
        self, _source: object, _info: ResolveInfo, limit: int | None = None, **given: str | None
    ) -> WireObject:
        listing = ("listExams",)
        after = _exam_position(given.get("nextToken"), listing)
        row_count = checked_page_limit(limit)
        exams = self._database.read(lambda c: list_published_exams(c, row_count + 1, after))
        return _exam_page(exams, row_count, listing, self._now_s())

    def _list_my_exams(
        self, _source: object, info: ResolveInfo, limit: int | None = None, **given: str | None
    ) -> WireObject:
        owner = _teacher(info)
        listing = ("listMyExams", owner)
        after = _exam_position(given.get("nextToken"), listing)
        row_count = checked_page_limit(limit)
        exams = self._database.read(lambda c: list_owned_exams(c, owner, row_count + 1, after))
        return _exam_page(exams, row_count, listing, self._now_s())

    def _get_exam(self, _source: object, info: ResolveInfo, **given: str) -> WireObject | None:
        exam = self._database.read(lambda c: _visible_exam(c, given["id"], info.context))
        return None if exam is None else _queried(exam, self._now_s())

    def _list_results(
        self,
        _source: object,
        info: ResolveInfo,
        *,
        examId: str,  # noqa: N803  # the schema's names
        limit: int | None = None,
        nextToken: str | None = None,  # noqa: N803
    ) -> WireObject:
        listing = ("listResults", examId)
        after = position_after(nextToken, listing, 1)
        row_count = checked_page_limit(limit)
        caller: Caller = info.context
        now_s = self._now_s()

        def work(connection: Connection) -> WireObject:
            exam = _visible_exam(connection, examId, caller)
            is_owner = exam is not None and exam.owner == caller.sub
            if exam is None or not (is_owner or are_results_public(exam, now_s)):
                return {"items": [], "nextToken": None}
            after_id = after[0] if after else None
            rows = list_results(connection, examId, row_count + 1, after_id, with_awaited=is_owner)
            page = rows[:row_count]
            return {
                "items": [result_object(row, exam, now_s, for_owner=is_owner) for row in page],
                "nextToken": next_token(listing, (page[-1].id,)) if len(rows) > row_count else None,
            }

        return self._database.read(work)

    def _get_results(self, _source: object, info: ResolveInfo, **given: str) -> WireObject | None:
        caller: Caller = info.context
        now_s = self._now_s()

        def work(connection: Connection) -> WireObject | None:
            exam = _visible_exam(connection, given["examId"], caller)
            result = find_result(connection, exam.id, given["id"]) if exam else None
            if exam is None or result is None:
                return None
            is_owner = exam.owner == caller.sub
            if not is_owner and (result.is_awaited or not are_results_public(exam, now_s)):
                return None
            return result_object(result, exam, now_s, for_owner=is_owner)

        return self._database.read(work)

    def _find_result(self, _source: object, info: ResolveInfo, **given: str) -> WireObject | None:
        """The code of a result that is awaited goes the whole way of a wrong one."""
        exam_id, code, now_s = given["examId"], given["code"], self._now_s()
        exam = self._database.read(lambda c: find_exam(c, exam_id))
        if exam is None or not exam.is_own_result_only or not are_results_public(exam, now_s):
            return None
        forgive = self._guesses.begin(exam_id, info.context.address)
        found = self._database.read(lambda c: find_results_of_student(c, exam_id, code, 2))
        result = found[0] if len(found) == 1 else None  # the same code twice would show somebody else's
        if result is None or result.is_awaited:
            return None
        forgive()
        return result_object(result, exam, now_s, with_comment=True)

    def _list_changes(
        self, _source: object, info: ResolveInfo, limit: int | None = None, **given: str | None
    ) -> WireObject:
        exam_id, result_id = str(given["examId"]), given.get("id")
        listing = ("listChanges", exam_id, result_id or "")
        after = position_after(given.get("nextToken"), listing, 1)
        row_count = checked_page_limit(limit)

        def work(connection: Connection) -> WireObject:
            exam = find_exam(connection, exam_id)
            if exam is None or exam.owner != _teacher(info):
                return {"items": [], "nextToken": None}
            number = int(after[0]) if after else None
            found = list_changes(connection, exam_id, result_id, row_count + 1, number)
            page = found[:row_count]
            more = len(found) > row_count
            return {
                "items": [change_object(change) for change in page],
                "nextToken": next_token(listing, (str(page[-1].number),)) if more else None,
            }

        return self._database.read(work)

    def _list_class_lists(
        self, _source: object, info: ResolveInfo, limit: int | None = None, **given: str | None
    ) -> WireObject:
        owner = _teacher(info)
        listing = ("listMyClassLists", owner)
        after = position_after(given.get("nextToken"), listing, 1)
        row_count = checked_page_limit(limit)
        after_id = after[0] if after else None
        found = self._database.read(lambda c: list_class_lists(c, owner, row_count + 1, after_id))
        page = found[:row_count]
        return {
            "items": [class_list_object(one, with_students=False) for one in page],
            "nextToken": next_token(listing, (page[-1].id,)) if len(found) > row_count else None,
        }

    def _get_class_list(self, _source: object, info: ResolveInfo, **given: str) -> WireObject | None:
        found = self._database.read(lambda c: find_class_list(c, _teacher(info), given["id"]))
        return None if found is None else class_list_object(found)

    def _results_count(self, source: WireObject, info: ResolveInfo) -> int | None:
        """Only in a query, and only for the owner: subscribers receive a mutation's answer."""
        if not source.get("isQueried") or source["owner"] != info.context.sub:
            return None
        return self._database.read(lambda c: count_results(c, str(source["id"]), RESULTS_COUNT_MAX))

    def _mutation(self, rule: Rule) -> Callable[..., Awaitable[WireObject]]:
        async def resolve(_source: object, info: ResolveInfo, **given: Any) -> WireObject:
            selection = selected_fields(info)
            mutation = TeacherMutation(
                info.field_name,
                given["input"],
                _teacher(info),
                self._now_s(),
                given.get("releaseAt"),
                selection,
                info.context.username,
            )

            def announce(stored: WireObject) -> None:
                self._announce(MutationEvent(info.field_name, projected(stored, selection)))

            try:
                return await self._writer.write(
                    lambda connection: rule(connection, mutation), announce, is_short=_is_short(mutation)
                )
            except ApiError as error:
                # The row in a conflict has only the selected fields, as on AppSync; of a batch, its items'.
                error.data = projected(error.data, selection.get("items", selection))
                raise

        return resolve


def _is_short(mutation: TeacherMutation) -> bool:
    """Whether it takes well below a millisecond: what a teacher types does."""
    return mutation.field in _OF_ROWS and len(mutation.input.get("rows", ())) <= SHORT_ROWS_MAX


def _teacher(info: ResolveInfo) -> str:
    """The caller's sub; callers without one were refused before."""
    return str(info.context.sub)


def _visible_exam(connection: Connection, exam_id: str, caller: Caller) -> Exam | None:
    exam = find_exam(connection, exam_id)
    if exam is None or not (exam.is_published or exam.owner == caller.sub):
        return None
    return exam


def _exam_position(token: str | None, listing: tuple[str, ...]) -> tuple[str, str] | None:
    position = position_after(token, listing, 2)
    return None if position is None else (position[0], position[1])


def _exam_page(exams: Sequence[Exam], row_count: int, listing: tuple[str, ...], now_s: float) -> WireObject:
    page = exams[:row_count]
    return {
        "items": [_queried(exam, now_s) for exam in page],
        "nextToken": next_token(listing, (page[-1].date, page[-1].id)) if len(exams) > row_count else None,
    }


def _queried(exam: Exam, now_s: float) -> WireObject:
    return {**exam_object(exam, now_s), "isQueried": True}
