import { util } from '@aws-appsync/utils';

// Deletes an exam that still has the version the caller saw. Data source: exams.
// stash in: examId, exam, expectedVersion, stillEmpty, mustBeEmpty. stash out: answer, newer than every version before.
// An exam by link is stored with the status BY_LINK, so that the index of published exams lacks it.
function shown(exam) {
  const listed = exam.listed ?? true;
  return { ...exam, status: exam.published ? 'PUBLISHED' : 'DRAFT', listed, published: exam.published && listed };
}

export function request(ctx) {
  const still = ctx.stash.stillEmpty ?? { expression: '', names: {}, values: {} };
  return {
    operation: 'DeleteItem',
    key: util.dynamodb.toMapValues({ id: ctx.stash.examId }),
    condition: {
      expression: `#version = :expectedVersion${still.expression}`,
      expressionNames: { '#version': 'version', ...still.names },
      expressionValues: util.dynamodb.toMapValues({ ':expectedVersion': ctx.stash.expectedVersion, ...still.values }),
    },
  };
}

export function response(ctx) {
  if (ctx.error && ctx.error.type === 'DynamoDB:ConditionalCheckFailedException') {
    if (ctx.result && ctx.result.version === ctx.stash.expectedVersion) {
      util.error(ctx.stash.mustBeEmpty, 'PreconditionFailed');
    }
    const current = ctx.result ? shown(ctx.result) : null;
    util.error('The exam has changed since you read it.', 'ConflictException', current);
  }
  if (ctx.error) {
    util.error(ctx.error.message, ctx.error.type);
  }
  ctx.stash.answer = { ...ctx.stash.exam, version: ctx.stash.exam.version + 1, updatedAt: util.time.nowISO8601() };
  return ctx.stash.answer;
}
