import { runtime, util } from '@aws-appsync/utils';

// Refuses a change that requires an exam without results. Data source: results.
// stash in:  examId, exam; mustBeEmpty, the message of the refusal, or null if results do not matter.
// stash out: stillEmpty, the condition of the change: no result was added since the exam was read, which putRows counts.
export function request(ctx) {
  if ((ctx.stash.mustBeEmpty ?? null) === null) {
    runtime.earlyReturn({});
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
  const additions = ctx.stash.exam.additions ?? null;
  ctx.stash.stillEmpty = {
    expression: additions === null ? ' AND attribute_not_exists(#additions)' : ' AND #additions = :additions',
    names: { '#additions': 'additions' },
    values: additions === null ? {} : { ':additions': additions },
  };
  return null;
}
