import { runtime, util } from '@aws-appsync/utils';

// Refuses a change that only an exam without results may have. Data source: results.
// stash in: mustBeEmpty, the message of the refusal, or null when results do not matter; examId.
export function request(ctx) {
  if ((ctx.stash.mustBeEmpty ?? null) === null) {
    runtime.earlyReturn(null);
  }
  return {
    operation: 'Query',
    query: {
      expression: '#examId = :examId',
      expressionNames: { '#examId': 'examId' },
      expressionValues: util.dynamodb.toMapValues({ ':examId': ctx.stash.examId }),
    },
    limit: 1,
    consistentRead: true,
  };
}

export function response(ctx) {
  if (ctx.error) {
    util.error(ctx.error.message, ctx.error.type);
  }
  if (ctx.result.items.length > 0) {
    util.error(ctx.stash.mustBeEmpty, 'PreconditionFailed');
  }
  return null;
}
