import { util } from '@aws-appsync/utils';

// Deletes rows that still have the versions the caller saw, all or none. Data source: results.
// stash in: exam, examId, rows, stored. stash out: items, each newer than every version before.
const HIDDEN = { name: null, number: null, comment: null }; // the owner's alone, and by query alone

export function request(ctx) {
  const now = util.time.nowISO8601();
  const items = [];
  const transactItems = [];
  for (const row of ctx.stash.rows) {
    const stored = ctx.stash.stored[row.id];
    items.push({ ...stored, version: stored.version + 1, updatedAt: now });
    transactItems.push({
      table: ctx.env.RESULTS_TABLE,
      operation: 'DeleteItem',
      key: util.dynamodb.toMapValues({ examId: ctx.stash.examId, id: row.id }),
      condition: {
        expression: '#version = :expectedVersion',
        expressionNames: { '#version': 'version' },
        expressionValues: util.dynamodb.toMapValues({ ':expectedVersion': row.expectedVersion }),
        returnValuesOnConditionCheckFailure: true,
      },
    });
  }
  ctx.stash.items = items;
  return { operation: 'TransactWriteItems', transactItems };
}

export function response(ctx) {
  if (!ctx.error) {
    return null;
  }
  for (const reason of ctx.result?.cancellationReasons ?? []) {
    if (reason !== null && reason.type === 'ConditionalCheckFailed') {
      const readable = ctx.stash.areResultsPublic && reason.item?.grade !== 'AWAITED';
      const published = readable && ctx.stash.exam.listed;
      const current = reason.item ? { ...reason.item, ...HIDDEN, readable, published } : null;
      util.error('The result has changed since you read it.', 'ConflictException', current);
    }
  }
  util.error(ctx.error.message, ctx.error.type);
}
