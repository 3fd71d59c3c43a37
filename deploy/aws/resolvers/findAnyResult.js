import { runtime, util } from '@aws-appsync/utils';

// Refuses a change that requires an exam without results. Data source: results.
// stash in:  examId, exam; mustBeEmpty, the message of the refusal, or null if results do not matter.
// stash out: stillEmpty, the condition of the change: no result was added since the exam was read, which putRows counts.
// What deleteRows leaves, without a version, is no result.
const READ_MAX = 12000; // DynamoDB reads 1 MB at a time, which is 11,000 of what deleteRows leaves

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
    filter: { expression: 'attribute_exists(#version)', expressionNames: { '#version': 'version' } },
    projection: { expression: '#id', expressionNames: { '#id': 'id' } },
    limit: READ_MAX, // before the filter
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
  if ((ctx.result.nextToken ?? null) !== null) {
    const message = 'Thousands of results of this exam were deleted a short time ago. Try it again in a few days.';
    util.error(message, 'PreconditionFailed');
  }
  const additions = ctx.stash.exam.additions ?? null;
  ctx.stash.stillEmpty = {
    expression: additions === null ? ' AND attribute_not_exists(#additions)' : ' AND #additions = :additions',
    names: { '#additions': 'additions' },
    values: additions === null ? {} : { ':additions': additions },
  };
  return null;
}
