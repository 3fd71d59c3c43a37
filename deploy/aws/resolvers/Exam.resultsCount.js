import { runtime, util } from '@aws-appsync/utils';

// How many results an exam has, for its owner; null for everybody else. Data source: results.
const COUNT_MAX = 1000; // shown as "1000 or more"

export function request(ctx) {
  const caller = ctx.identity?.sub ?? null;
  if (caller === null || ctx.source.owner !== caller) {
    runtime.earlyReturn(null);
  }
  return {
    operation: 'Query',
    query: {
      expression: '#examId = :examId',
      expressionNames: { '#examId': 'examId' },
      expressionValues: util.dynamodb.toMapValues({ ':examId': ctx.source.id }),
    },
    projection: { expression: '#id', expressionNames: { '#id': 'id' } },
    limit: COUNT_MAX,
    consistentRead: true,
  };
}

export function response(ctx) {
  if (ctx.error) {
    util.error(ctx.error.message, ctx.error.type);
  }
  return ctx.result.items.length;
}
