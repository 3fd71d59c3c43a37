import { util } from '@aws-appsync/utils';

// One page of exams, newest date first, through an index. Data source: exams.
// stash in: index; key and value, of the exams that are listed; listing. stash out: answer.
// The token names its listing and the last key of the page before: the next page starts there whatever was changed between.
const LIMIT_MAX = 1000;
const DATE_ID =
  '^[0-9]{4}-[0-9]{2}-[0-9]{2}#[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\\s\\S])';

export function request(ctx) {
  const limit = ctx.args.limit ?? 100;
  if (limit < 1 || limit > LIMIT_MAX) {
    util.error(`limit is 1 to ${LIMIT_MAX}.`, 'BadRequest', null, { field: 'limit' });
  }
  const { index, key, value, listing } = ctx.stash;
  const token = ctx.args.nextToken ?? null;
  let expression = '#key = :value';
  const names = { '#key': key };
  const values = { ':value': value };
  if (token !== null) {
    if (!token.startsWith(listing) || !util.matches(DATE_ID, token.slice(listing.length))) {
      util.error('nextToken is not one of this listing.', 'BadRequest', null, { field: 'nextToken' });
    }
    expression = '#key = :value AND #dateId < :after';
    names['#dateId'] = 'dateId';
    values[':after'] = token.slice(listing.length);
  }
  return {
    operation: 'Query',
    index,
    query: { expression, expressionNames: names, expressionValues: util.dynamodb.toMapValues(values) },
    scanIndexForward: false,
    limit: limit + 1, // one more tells whether another page follows
  };
}

export function response(ctx) {
  if (ctx.error) {
    util.error(ctx.error.message, ctx.error.type);
  }
  const limit = ctx.args.limit ?? 100;
  const isGuest = (ctx.identity?.sub ?? null) === null;
  const items = [];
  for (const item of ctx.result.items.slice(0, limit)) {
    items.push(isGuest ? { ...item, owner: null } : item);
  }
  const more = ctx.result.items.length > limit || (ctx.result.nextToken ?? null) !== null;
  ctx.stash.answer = {
    items,
    nextToken: more && items.length > 0 ? `${ctx.stash.listing}${items[items.length - 1].dateId}` : null,
  };
  return null;
}
