import { util } from '@aws-appsync/utils';

// Takes the grade of one row back, if the row still has the version the caller saw. Data source: results.
// stash in: exam, examId, rows (one), stored. stash out: items, with the row as it was, one version on: for everybody but
//           the owner the event says that it is gone.
const HIDDEN = { name: null, number: null, comment: null }; // the owner's alone, and by query alone

export function request(ctx) {
  const { id, expectedVersion } = ctx.stash.rows[0];
  const stored = ctx.stash.stored[id];
  if (stored.grade === 'AWAITED') {
    util.error('The result has no grade.', 'PreconditionFailed');
  }
  const version = expectedVersion + 1;
  const now = util.time.nowISO8601();
  ctx.stash.items = [{ ...stored, version, updatedAt: now }];
  return {
    operation: 'UpdateItem',
    key: util.dynamodb.toMapValues({ examId: ctx.stash.examId, id }),
    update: {
      expression: 'SET #grade = :awaited, #version = :version, #updatedAt = :now',
      expressionNames: { '#grade': 'grade', '#version': 'version', '#updatedAt': 'updatedAt' },
      expressionValues: util.dynamodb.toMapValues({ ':awaited': 'AWAITED', ':version': version, ':now': now }),
    },
    condition: {
      expression: '#version = :expectedVersion',
      expressionNames: { '#version': 'version' },
      expressionValues: util.dynamodb.toMapValues({ ':expectedVersion': expectedVersion }),
    },
  };
}

export function response(ctx) {
  if (ctx.error && ctx.error.type === 'DynamoDB:ConditionalCheckFailedException') {
    const readable = ctx.stash.areResultsPublic && ctx.result?.grade !== 'AWAITED';
    const published = readable && ctx.stash.exam.listed;
    const current = ctx.result ? { ...ctx.result, ...HIDDEN, readable, published } : null;
    util.error('The result has changed since you read it.', 'ConflictException', current);
  }
  if (ctx.error) {
    util.error(ctx.error.message, ctx.error.type);
  }
  return null;
}
