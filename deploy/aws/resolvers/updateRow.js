import { util } from '@aws-appsync/utils';

// Changes one row that still has the version the caller saw. Data source: results.
// stash in: exam, examId, rows (one, validated; a null field is removed). stash out: items.
const HIDDEN = { name: null, number: null, comment: null }; // the owner's alone, and by query alone

export function request(ctx) {
  const { id, expectedVersion, ...fields } = ctx.stash.rows[0];
  const values = { ...fields, version: expectedVersion + 1, updatedAt: util.time.nowISO8601() };
  if (ctx.stash.exam.audience === 'OWN' && Object.hasOwn(fields, 'student')) {
    values.code = fields.student;
  }
  const names = {};
  const placeholders = {};
  const assignments = [];
  const removals = [];
  for (const name of Object.keys(values)) {
    names[`#${name}`] = name;
    if (values[name] === null) {
      removals.push(`#${name}`);
    } else {
      placeholders[`:${name}`] = values[name];
      assignments.push(`#${name} = :${name}`);
    }
  }
  const removal = removals.length > 0 ? ` REMOVE ${removals.join(', ')}` : '';
  return {
    operation: 'UpdateItem',
    key: util.dynamodb.toMapValues({ examId: ctx.stash.examId, id }),
    update: {
      expression: `SET ${assignments.join(', ')}${removal}`,
      expressionNames: names,
      expressionValues: util.dynamodb.toMapValues(placeholders),
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
  ctx.stash.items = [ctx.result];
  return null;
}
