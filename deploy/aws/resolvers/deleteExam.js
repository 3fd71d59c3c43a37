import { util } from '@aws-appsync/utils';

// Deletes an exam that still has the version the caller saw. Data source: exams.
// stash in: examId, expectedVersion. stash out: answer, newer than every version before.
export function request(ctx) {
  return {
    operation: 'DeleteItem',
    key: util.dynamodb.toMapValues({ id: ctx.stash.examId }),
    condition: {
      expression: '#version = :expectedVersion',
      expressionNames: { '#version': 'version' },
      expressionValues: util.dynamodb.toMapValues({ ':expectedVersion': ctx.stash.expectedVersion }),
    },
  };
}

export function response(ctx) {
  if (ctx.error && ctx.error.type === 'DynamoDB:ConditionalCheckFailedException') {
    util.error('The exam has changed since you read it.', 'ConflictException', ctx.result ?? null);
  }
  if (ctx.error) {
    util.error(ctx.error.message, ctx.error.type);
  }
  ctx.stash.answer = { ...ctx.stash.exam, version: ctx.stash.exam.version + 1, updatedAt: util.time.nowISO8601() };
  return ctx.stash.answer;
}
