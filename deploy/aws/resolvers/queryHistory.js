import { runtime, util } from '@aws-appsync/utils';

// Reads a page of an exam's history for its owner, newest first. Data source: results.
// An exam's history is a partition of that table: no exam has its key, which is no UUID. A record is one change of the
// exam, or of up to 99 results by one mutation: rows, by the result's id, each with before and, unless deleted, after.
// stash in:  exam (null or somebody else's: nothing is read); historyPage, with limit (of records), keysOnly, and
//            `from`, the sort key of the first record, or null.
// stash out: history, with items and hasMore.
export function request(ctx) {
  const { exam, historyPage } = ctx.stash;
  ctx.stash.history = { items: [], hasMore: false };
  if (exam === null || exam.owner !== (ctx.identity?.sub ?? null)) {
    runtime.earlyReturn({});
  }
  const names = { '#partition': 'examId' };
  const values = { ':partition': `history/${exam.id}` };
  let expression = '#partition = :partition';
  if (historyPage.from !== null) {
    expression = '#partition = :partition AND #id <= :from';
    names['#id'] = 'id';
    values[':from'] = historyPage.from;
  }
  const query = {
    operation: 'Query',
    query: { expression, expressionNames: names, expressionValues: util.dynamodb.toMapValues(values) },
    scanIndexForward: false,
    limit: historyPage.limit,
    consistentRead: true,
  };
  return historyPage.keysOnly
    ? { ...query, projection: { expression: '#id', expressionNames: { '#id': 'id' } } }
    : query;
}

export function response(ctx) {
  if (ctx.error) {
    util.error(ctx.error.message, ctx.error.type);
  }
  ctx.stash.history = { items: ctx.result.items, hasMore: (ctx.result.nextToken ?? null) !== null };
  return null;
}
