import { runtime, util } from '@aws-appsync/utils';

// Reads the exam and checks the caller's access to it. Data source: exams.
// stash in:  examId; access: READ (null instead of an exam the caller may not see), READ_RESULTS (null instead of one
//            whose results the caller may not see), CREATE (any exam with this id) or CHANGE (refuses all but the owner);
//            expectedVersion, if the exam itself changes; mustBePublished, the
//            message of the refusal if drafts are refused; field, the mutation's name.
// stash out: exam, or null, as it is shown: `published` is true for a listed one alone, the status is PUBLISHED for both;
//            areResultsPublic: the exam is published, and its hour has come by this API's clock.
// What deleteExam leaves is an item without a version: no exam.
const UUID = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\\s\\S])';

// An exam by link is stored with the status BY_LINK, so that the index of published exams lacks it.
function shown(exam) {
  const listed = exam.listed ?? true;
  return { ...exam, status: exam.published ? 'PUBLISHED' : 'DRAFT', listed, published: exam.published && listed };
}

export function request(ctx) {
  if (!util.matches(UUID, ctx.stash.examId)) {
    // No stored item has such an id, and DynamoDB refuses empty keys.
    if (ctx.stash.access === 'CREATE') {
      util.error('id must be a UUID in lower case.', 'BadRequest', null, { field: 'id' });
    }
    if (ctx.stash.access === 'CHANGE') {
      util.error('There is no such exam.', 'NotFound');
    }
    ctx.stash.exam = null;
    runtime.earlyReturn({});
  }
  return {
    operation: 'GetItem',
    key: util.dynamodb.toMapValues({ id: ctx.stash.examId }),
    consistentRead: true,
  };
}

export function response(ctx) {
  if (ctx.error) {
    util.error(ctx.error.message, ctx.error.type);
  }
  const exam = (ctx.result?.version ?? null) === null ? null : shown(ctx.result);
  const caller = ctx.identity?.sub ?? null;
  const owned = exam !== null && caller !== null && exam.owner === caller;
  const releaseAt = util.time.parseISO8601ToEpochMilliSeconds(exam?.releaseAt ?? '1970-01-01T00:00:00Z');
  const isPublic = exam !== null && exam.status === 'PUBLISHED' && releaseAt <= util.time.nowEpochMilliSeconds();
  ctx.stash.areResultsPublic = isPublic;
  if (ctx.stash.access === 'READ_RESULTS') {
    ctx.stash.exam = isPublic || owned ? exam : null;
    return ctx.stash.exam;
  }
  if (ctx.stash.access === 'CREATE') {
    ctx.stash.exam = exam;
    return exam;
  }
  if (ctx.stash.access === 'READ') {
    ctx.stash.exam = exam !== null && (exam.status === 'PUBLISHED' || owned) ? exam : null;
    return ctx.stash.exam;
  }
  if (exam === null) {
    util.error('There is no such exam.', 'NotFound');
  }
  if (!owned) {
    util.error(`Not Authorized to access ${ctx.stash.field} on type Mutation`, 'Unauthorized');
  }
  const expected = ctx.stash.expectedVersion ?? null;
  if (expected !== null && exam.version !== expected) {
    util.error('The exam has changed since you read it.', 'ConflictException', exam);
  }
  if ((ctx.stash.mustBePublished ?? null) !== null) {
    if (exam.status !== 'PUBLISHED') {
      util.error(ctx.stash.mustBePublished, 'PreconditionFailed');
    }
    if (!exam.listed && !ctx.info.selectionSetList.includes('listed')) {
      const message = 'Select listed of an exam by link: subscribers are filtered on it.';
      util.error(message, 'BadRequest', null, { field: 'listed' });
    }
  }
  ctx.stash.exam = exam;
  return exam;
}
