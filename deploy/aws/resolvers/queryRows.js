import { runtime, util } from '@aws-appsync/utils';

// One page of an exam's rows in the order of their ids. Data source: results.
// stash in: examId; exam, null when nothing may be seen. stash out: answer.
// The token names its listing and the last id of the page before: the next page starts there whatever was changed between.
const LIMIT_MAX = 1000;
const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\\s\\S])';

export function request(ctx) {
  const limit = ctx.args.limit ?? 100;
  if (limit < 1 || limit > LIMIT_MAX) {
    util.error(`limit is 1 to ${LIMIT_MAX}.`, 'BadRequest', null, { field: 'limit' });
  }
  const listing = `results/${ctx.stash.examId}/`;
  const token = ctx.args.nextToken ?? null;
  let expression = '#examId = :examId';
  const names = { '#examId': 'examId' };
  const values = { ':examId': ctx.stash.examId };
  if (token !== null) {
    if (!token.startsWith(listing) || !util.matches(`^${UUID}`, token.slice(listing.length))) {
      util.error('nextToken is not one of this listing.', 'BadRequest', null, { field: 'nextToken' });
    }
    expression = '#examId = :examId AND #id > :after';
    names['#id'] = 'id';
    values[':after'] = token.slice(listing.length);
  }
  ctx.stash.answer = { items: [], nextToken: null };
  if (ctx.stash.exam === null) {
    runtime.earlyReturn(null);
  }
  return {
    operation: 'Query',
    query: { expression, expressionNames: names, expressionValues: util.dynamodb.toMapValues(values) },
    limit: limit + 1, // one more tells whether another page follows
    consistentRead: true,
  };
}

export function response(ctx) {
  if (ctx.error) {
    util.error(ctx.error.message, ctx.error.type);
  }
  const limit = ctx.args.limit ?? 100;
  const exam = ctx.stash.exam;
  const caller = ctx.identity?.sub ?? null;
  const items = [];
  for (const item of ctx.result.items.slice(0, limit)) {
    const row = { ...item, published: exam.published, name: exam.owner === caller ? item.name : null };
    if (caller === null) {
      row.owner = null;
      row.createdAt = null;
      row.updatedAt = null;
    }
    items.push(row);
  }
  const more = ctx.result.items.length > limit || (ctx.result.nextToken ?? null) !== null;
  ctx.stash.answer = {
    items,
    nextToken: more && items.length > 0 ? `results/${ctx.stash.examId}/${items[items.length - 1].id}` : null,
  };
  return null;
}
