import { util } from '@aws-appsync/utils';

// The caller's own exams, newest date first, through the index by owner. Data source: exams.
// The token names its listing and the last key of the page before: the next page starts there whatever was changed between.
const LIMIT_MAX = 1000;
const DATE_ID =
  '^[0-9]{4}-[0-9]{2}-[0-9]{2}#[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\\s\\S])';

function listingOf(ctx) {
  return `mine/${ctx.identity.sub}/`;
}

export function request(ctx) {
  const limit = ctx.args.limit ?? 100;
  if (limit < 1 || limit > LIMIT_MAX) {
    util.error(`limit is 1 to ${LIMIT_MAX}.`, 'BadRequest', null, { field: 'limit' });
  }
  const listing = listingOf(ctx);
  const token = ctx.args.nextToken ?? null;
  let expression = '#owner = :owner';
  const names = { '#owner': 'owner' };
  const values = { ':owner': ctx.identity.sub };
  if (token !== null) {
    if (!token.startsWith(listing) || !util.matches(DATE_ID, token.slice(listing.length))) {
      util.error('nextToken is not one of this listing.', 'BadRequest', null, { field: 'nextToken' });
    }
    expression = '#owner = :owner AND #dateId < :after';
    names['#dateId'] = 'dateId';
    values[':after'] = token.slice(listing.length);
  }
  return {
    operation: 'Query',
    index: 'byOwner',
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
  const items = ctx.result.items.slice(0, limit);
  const more = ctx.result.items.length > limit || (ctx.result.nextToken ?? null) !== null;
  return {
    items,
    nextToken: more && items.length > 0 ? `${listingOf(ctx)}${items[items.length - 1].dateId}` : null,
  };
}
