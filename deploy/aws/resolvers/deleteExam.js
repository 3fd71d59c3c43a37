import { util } from '@aws-appsync/utils';

// Deletes an exam that still has the version the caller saw, with its history. Data source: exams.
// It leaves its id for a day, as deleteRows does, and for the same reason.
// If that does not fit into the same transaction, a part of it is erased and the exam stays. Nothing is added to it
// since it was read: an addition of results moves their count, a publication the version, and without results nothing
// else is written.
// stash in: examId, exam, expectedVersion, stillEmpty, mustBeEmpty, history. stash out: answer, newer than every version before.
// An exam by link is stored with the status BY_LINK, so that the index of published exams lacks it.
const ITEMS_MAX = 100; // of one transaction of DynamoDB
const KEPT_S = 86400;

function shown(exam) {
  const listed = exam.listed ?? true;
  return { ...exam, status: exam.published ? 'PUBLISHED' : 'DRAFT', listed, published: exam.published && listed };
}

export function request(ctx) {
  const { items, hasMore } = ctx.stash.history;
  const records = items.map((item) => ({
    table: ctx.env.RESULTS_TABLE,
    operation: 'DeleteItem',
    key: util.dynamodb.toMapValues({ examId: `history/${ctx.stash.examId}`, id: item.id }),
  }));
  ctx.stash.historyRemains = hasMore || records.length === ITEMS_MAX;
  if (ctx.stash.historyRemains) {
    return { operation: 'TransactWriteItems', transactItems: records };
  }
  const still = ctx.stash.stillEmpty ?? { expression: '', names: {}, values: {} };
  const exam = {
    table: ctx.env.EXAMS_TABLE,
    operation: 'PutItem',
    key: util.dynamodb.toMapValues({ id: ctx.stash.examId }),
    attributeValues: util.dynamodb.toMapValues({
      expiresAt: Math.floor(util.time.nowEpochMilliSeconds() / 1000) + KEPT_S,
    }),
    condition: {
      expression: `#version = :expectedVersion${still.expression}`,
      expressionNames: { '#version': 'version', ...still.names },
      expressionValues: util.dynamodb.toMapValues({ ':expectedVersion': ctx.stash.expectedVersion, ...still.values }),
      returnValuesOnConditionCheckFailure: true,
    },
  };
  return { operation: 'TransactWriteItems', transactItems: [exam, ...records] };
}

export function response(ctx) {
  const reason = (ctx.result?.cancellationReasons ?? [])[0] ?? null;
  if (ctx.error && reason !== null && reason.type === 'ConditionalCheckFailed') {
    const item = reason.item ?? null;
    if (item !== null && item.version === ctx.stash.expectedVersion) {
      util.error(ctx.stash.mustBeEmpty, 'PreconditionFailed');
    }
    const current = (item?.version ?? null) === null ? null : shown(item);
    util.error('The exam has changed since you read it.', 'ConflictException', current);
  }
  if (ctx.error) {
    util.error(ctx.error.message, ctx.error.type);
  }
  if (ctx.stash.historyRemains) {
    util.error('A part of the history is erased. Send the same again for the rest, and the exam.', 'HistoryRemains');
  }
  ctx.stash.answer = { ...ctx.stash.exam, version: ctx.stash.exam.version + 1, updatedAt: util.time.nowISO8601() };
  return ctx.stash.answer;
}
