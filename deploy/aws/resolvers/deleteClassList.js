import { util } from '@aws-appsync/utils';

// Deletes a class list that still has the version the caller saw. Data source: results.
// It leaves its id for a day, as deleteRows does, and for the same reason.
const KEPT_S = 86400;

export function request(ctx) {
  const { id, expectedVersion } = ctx.args.input;
  return {
    operation: 'PutItem',
    key: util.dynamodb.toMapValues({ examId: `class-lists/${ctx.identity.sub}`, id }),
    attributeValues: util.dynamodb.toMapValues({
      expiresAt: Math.floor(util.time.nowEpochMilliSeconds() / 1000) + KEPT_S,
    }),
    condition: {
      expression: '#version = :expectedVersion',
      expressionNames: { '#version': 'version' },
      expressionValues: util.dynamodb.toMapValues({ ':expectedVersion': expectedVersion }),
    },
  };
}

export function response(ctx) {
  if (ctx.error && ctx.error.type !== 'DynamoDB:ConditionalCheckFailedException') {
    util.error(ctx.error.message, ctx.error.type);
  }
  if (ctx.error && (ctx.result?.version ?? null) === null) {
    util.error('There is no such class list.', 'NotFound');
  }
  if (ctx.error) {
    util.error('The class list has changed since you read it.', 'ConflictException', ctx.result);
  }
  return null;
}
