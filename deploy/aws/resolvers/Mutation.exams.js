import { util } from '@aws-appsync/utils';

// Changes of an exam by a teacher. The functions of each field:
// createExam: checkExam, readExam, putExam.
// updateExam: readExam, checkExam, findAnyResult, updateExam.
// deleteExam: readExam, findAnyResult, queryHistory, deleteExam.
// publishExam: readExam, checkExam, updateExam.
// unpublishExam: readExam, updateExam.
function secondsToRelease(exam) {
  const releaseAt = util.time.parseISO8601ToEpochMilliSeconds(exam.releaseAt ?? '1970-01-01T00:00:00Z');
  return Math.max(0, releaseAt - util.time.nowEpochMilliSeconds()) / 1000;
}

export function request(ctx) {
  const field = ctx.info.fieldName;
  const { id, expectedVersion, ...fields } = ctx.args.input;
  ctx.stash.field = field;
  ctx.stash.access = field === 'createExam' ? 'CREATE' : 'CHANGE';
  ctx.stash.examId = id;
  ctx.stash.expectedVersion = expectedVersion ?? null;
  ctx.stash.fields = fields;
  if (field === 'publishExam') {
    ctx.stash.fields = { status: 'PUBLISHED', published: true, releaseAt: ctx.args.releaseAt ?? null };
  } else if (field === 'unpublishExam') {
    ctx.stash.fields = { status: 'DRAFT', published: false, releaseAt: null };
    ctx.stash.mustBePublished = 'The exam is a draft.';
  } else if (field === 'deleteExam') {
    ctx.stash.historyPage = { limit: 100, keysOnly: true, from: null };
    ctx.stash.mustBeEmpty = 'The exam has results: delete them first.';
  }
  return {};
}

export function response(ctx) {
  const exam = ctx.stash.answer;
  // The answer is also the event: isEvent keeps the owner's count of results out of it.
  return { ...exam, secondsToRelease: secondsToRelease(exam), isEvent: true };
}
