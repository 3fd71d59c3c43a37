import { util } from '@aws-appsync/utils';

// Reads one of the caller's own class lists, before it is deleted. Data source: results.
// stash out: classList. A list that is not the caller's, or was deleted, is not found.
const UUID = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\\s\\S])';

export function request(ctx) {
  const { id } = ctx.args.input;
  if (!util.matches(UUID, id)) {
    // No stored list has such an id, and DynamoDB refuses empty keys.
    util.error('There is no such class list.', 'NotFound');
  }
  const key = util.dynamodb.toMapValues({ examId: `class-lists/${ctx.identity.sub}`, id });
  return { operation: 'GetItem', key, consistentRead: true };
}

export function response(ctx) {
  if (ctx.error) {
    util.error(ctx.error.message, ctx.error.type);
  }
  if ((ctx.result?.version ?? null) === null) {
    util.error('There is no such class list.', 'NotFound');
  }
  ctx.stash.classList = ctx.result;
  return null;
}
