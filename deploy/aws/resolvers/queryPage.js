import { runtime, util } from '@aws-appsync/utils';

// One page of a listing, from a table or from one of its indexes. Data source: exams or results.
// stash in:  listing, with its name; the index, left out for the table; the partition key and its value; the sort key
//            and its direction. With access READ_RESULTS, exam: null if the caller may not see its results.
// stash out: page, with items and nextToken.
// A token is the listing's name and the sort key of the last item: the next page starts after it, whatever has changed
// in between.
const LIMIT_MAX = 1000;
const POSITION =
  '^([0-9]{4}-[0-9]{2}-[0-9]{2}#)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\\s\\S])';

export function request(ctx) {
  const limit = ctx.args.limit ?? 100;
  if (limit < 1 || limit > LIMIT_MAX) {
    util.error(`limit is 1 to ${LIMIT_MAX}.`, 'BadRequest', null, { field: 'limit' });
  }
  const { name, index, key, value, sortKey, isDescending } = ctx.stash.listing;
  const token = ctx.args.nextToken ?? null;
  let expression = '#key = :value';
  const names = { '#key': key };
  const values = { ':value': value };
  if (token !== null) {
    const position = token.slice(name.length);
    if (!token.startsWith(name) || !util.matches(POSITION, position)) {
      util.error('nextToken is not one of this listing.', 'BadRequest', null, { field: 'nextToken' });
    }
    expression = `#key = :value AND #sortKey ${isDescending ? '<' : '>'} :after`;
    names['#sortKey'] = sortKey;
    values[':after'] = position;
  }
  ctx.stash.page = { items: [], nextToken: null };
  if (ctx.stash.access === 'READ_RESULTS' && (ctx.stash.exam ?? null) === null) {
    runtime.earlyReturn({});
  }
  const query = {
    operation: 'Query',
    query: { expression, expressionNames: names, expressionValues: util.dynamodb.toMapValues(values) },
    scanIndexForward: !isDescending,
    limit: limit + 1, // one more shows whether another page follows
  };
  // DynamoDB reads a table consistently, an index never.
  return (index ?? null) === null ? { ...query, consistentRead: true } : { ...query, index };
}

export function response(ctx) {
  if (ctx.error) {
    util.error(ctx.error.message, ctx.error.type);
  }
  const limit = ctx.args.limit ?? 100;
  const { name, sortKey } = ctx.stash.listing;
  const items = ctx.result.items.slice(0, limit);
  const hasMore = ctx.result.items.length > limit || (ctx.result.nextToken ?? null) !== null;
  ctx.stash.page = {
    items,
    nextToken: hasMore && items.length > 0 ? `${name}${items[items.length - 1][sortKey]}` : null,
  };
  return null;
}
