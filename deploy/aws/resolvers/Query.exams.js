import { util } from '@aws-appsync/utils';

// The exams that the caller may see. The functions of each field:
// getExam: readExam.
// listExams: queryExams.
// listMyExams: queryExams.
function secondsToRelease(exam) {
  const releaseAt = util.time.parseISO8601ToEpochMilliSeconds(exam.releaseAt ?? '1970-01-01T00:00:00Z');
  return Math.max(0, releaseAt - util.time.nowEpochMilliSeconds()) / 1000;
}

// An exam by link is stored with the status BY_LINK, so that the index of published exams lacks it.
function shown(exam) {
  const listed = exam.listed ?? true;
  return { ...exam, status: exam.published ? 'PUBLISHED' : 'DRAFT', listed, published: exam.published && listed };
}

function shownTo(identity, exam) {
  const isGuest = (identity?.sub ?? null) === null;
  const answer = { ...exam, secondsToRelease: secondsToRelease(exam) };
  return isGuest ? { ...answer, owner: null } : answer;
}

export function request(ctx) {
  const field = ctx.info.fieldName;
  const newestFirst = { sortKey: 'dateId', isDescending: true };
  if (field === 'getExam') {
    ctx.stash.access = 'READ';
    ctx.stash.examId = ctx.args.id;
  } else if (field === 'listMyExams') {
    const owner = ctx.identity.sub;
    ctx.stash.listing = { ...newestFirst, name: `mine/${owner}/`, index: 'byOwner', key: 'owner', value: owner };
  } else {
    ctx.stash.listing = { ...newestFirst, name: 'exams/', index: 'byStatus', key: 'status', value: 'PUBLISHED' };
  }
  return {};
}

export function response(ctx) {
  if (ctx.info.fieldName === 'getExam') {
    const exam = ctx.stash.exam ?? null;
    return exam === null ? null : shownTo(ctx.identity, exam);
  }
  const { items, nextToken } = ctx.stash.page;
  return { items: items.map((exam) => shownTo(ctx.identity, shown(exam))), nextToken };
}
