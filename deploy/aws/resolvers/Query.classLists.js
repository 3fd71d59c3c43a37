import { util } from '@aws-appsync/utils';

// The caller's own class lists: getClassList, listMyClassLists. Data source: results.
// A teacher's lists are one partition of the table of results: no exam has its key, which is no UUID.
// What deleteClassList leaves, without a version, is no list; a page is shorter by it.
const UUID = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\\s\\S])';
const LIMIT_MAX = 1000;
const TOKEN_START = 'class-lists/';

export function request(ctx) {
  const partition = `class-lists/${ctx.identity.sub}`;
  if (ctx.info.fieldName === 'getClassList') {
    // No stored list has another id, and DynamoDB refuses empty keys.
    const id = util.matches(UUID, ctx.args.id) ? ctx.args.id : 'no such list';
    const key = util.dynamodb.toMapValues({ examId: partition, id });
    return { operation: 'GetItem', key, consistentRead: true };
  }
  const limit = ctx.args.limit ?? 100;
  if (limit < 1 || limit > LIMIT_MAX) {
    util.error(`limit is 1 to ${LIMIT_MAX}.`, 'BadRequest', null, { field: 'limit' });
  }
  const token = ctx.args.nextToken ?? null;
  const after = token === null ? '0' : token.slice(TOKEN_START.length);
  if (token !== null && !(token.startsWith(TOKEN_START) && util.matches(UUID, after))) {
    util.error('nextToken is not one of this listing.', 'BadRequest', null, { field: 'nextToken' });
  }
  return {
    operation: 'Query',
    query: {
      expression: '#partition = :partition AND #id > :after',
      expressionNames: { '#partition': 'examId', '#id': 'id' },
      expressionValues: util.dynamodb.toMapValues({ ':partition': partition, ':after': after }),
    },
    limit: limit + 1, // one more shows whether another page follows
    consistentRead: true,
  };
}

export function response(ctx) {
  if (ctx.error) {
    util.error(ctx.error.message, ctx.error.type);
  }
  if (ctx.info.fieldName === 'getClassList') {
    return (ctx.result?.version ?? null) === null ? null : ctx.result;
  }
  const limit = ctx.args.limit ?? 100;
  const items = ctx.result.items.slice(0, limit);
  const hasMore = ctx.result.items.length > limit || (ctx.result.nextToken ?? null) !== null;
  return {
    items: items.filter((item) => (item.version ?? null) !== null).map((item) => ({ ...item, students: null })),
    nextToken: hasMore && items.length > 0 ? `${TOKEN_START}${items[items.length - 1].id}` : null,
  };
}
