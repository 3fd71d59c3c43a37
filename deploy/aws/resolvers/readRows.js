import { runtime, util } from '@aws-appsync/utils';

// Reads rows of one exam by their ids. Data source: results.
// stash in:  examId; exam (null: nothing is read); rows, each with an id; mustExist, if a missing row is refused and
//            the rows carry an expectedVersion.
// stash out: stored, the rows found, by id, without what deleteRows leaves, which has no version.
const HIDDEN = { name: null, number: null, comment: null }; // the owner's alone, and by query alone
const UUID = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\\s\\S])';

export function request(ctx) {
  ctx.stash.stored = {};
  if (ctx.stash.exam === null) {
    runtime.earlyReturn({});
  }
  const keys = [];
  for (const row of ctx.stash.rows) {
    if (!util.matches(UUID, row.id)) {
      // No stored item has such an id, and DynamoDB refuses empty keys.
      if (ctx.stash.mustExist) {
        util.error('There is no such result.', 'NotFound');
      }
      runtime.earlyReturn({});
    }
    keys.push(util.dynamodb.toMapValues({ examId: ctx.stash.examId, id: row.id }));
  }
  const tables = {};
  tables[ctx.env.RESULTS_TABLE] = { keys, consistentRead: true };
  return { operation: 'BatchGetItem', tables };
}

export function response(ctx) {
  if (ctx.error) {
    util.error(ctx.error.message, ctx.error.type);
  }
  const table = ctx.env.RESULTS_TABLE;
  const unprocessed = ctx.result.unprocessedKeys ?? {};
  if ((unprocessed[table] ?? []).length > 0) {
    util.error('The database is busy; try again.', 'DynamoDB:ProvisionedThroughputExceededException');
  }
  for (const item of ctx.result.data[table]) {
    if ((item?.version ?? null) !== null) {
      ctx.stash.stored[item.id] = item;
    }
  }
  if (ctx.stash.mustExist) {
    for (const row of ctx.stash.rows) {
      const stored = ctx.stash.stored[row.id] ?? null;
      if (stored === null) {
        util.error('There is no such result.', 'NotFound');
      }
      if (stored.version !== row.expectedVersion) {
        const readable = ctx.stash.areResultsPublic && stored.grade !== 'AWAITED';
        const current = { ...stored, ...HIDDEN, readable, published: readable && ctx.stash.exam.listed };
        util.error('The result has changed since you read it.', 'ConflictException', current);
      }
    }
  }
  return null;
}
