import { util } from '@aws-appsync/utils';

// Changes one row that still has the version the caller saw, or takes its grade back; the same transaction writes the
// history. Data source: results.
// stash in: field, exam, examId, areResultsPublic, rows (one, validated; a null field is removed), stored.
// stash out: items. Of a grade that was taken back, the row as it was, one version on: for everybody but the owner the
//            event says that it is gone.
const HIDDEN = { name: null, number: null, comment: null }; // the owner's alone, and by query alone
const VALUES = ['student', 'grade', 'name', 'number', 'comment'];

function valuesOf(row) {
  const values = {};
  for (const field of VALUES) {
    if ((row[field] ?? null) !== null) {
      values[field] = row[field];
    }
  }
  return values;
}

function isSame(row, other) {
  let same = true;
  for (const field of VALUES) {
    same = same && (row[field] ?? null) === (other[field] ?? null);
  }
  return same;
}

function recordOf(ctx, stored, row, kind) {
  const rows = {};
  rows[stored.id] = { before: valuesOf(stored), after: valuesOf(row) };
  const { sub, username } = ctx.identity;
  return {
    table: ctx.env.RESULTS_TABLE,
    operation: 'PutItem',
    key: util.dynamodb.toMapValues({
      examId: `history/${ctx.stash.examId}`,
      id: `${row.updatedAt}#${util.autoId()}`,
    }),
    attributeValues: util.dynamodb.toMapValues({ at: row.updatedAt, by: sub, byName: username, kind, rows }),
  };
}

export function request(ctx) {
  const { id, expectedVersion, ...sent } = ctx.stash.rows[0];
  const stored = ctx.stash.stored[id];
  const isRetraction = ctx.stash.field === 'retractResults';
  if (isRetraction && stored.grade === 'AWAITED') {
    util.error('The result has no grade.', 'PreconditionFailed');
  }
  const fields = isRetraction ? { grade: 'AWAITED' } : sent;
  const now = util.time.nowISO8601();
  const values = { ...fields, version: expectedVersion + 1, updatedAt: now };
  if (ctx.stash.exam.audience === 'OWN' && Object.hasOwn(fields, 'student')) {
    values.code = fields.student;
  }
  if (Object.hasOwn(fields, 'grade') && fields.grade !== stored.grade && stored.grade !== 'AWAITED') {
    values.regradedAt = now;
  }
  const row = { ...stored, ...values };
  ctx.stash.items = [isRetraction ? { ...row, grade: stored.grade } : row];
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
  const update = {
    table: ctx.env.RESULTS_TABLE,
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
      returnValuesOnConditionCheckFailure: true,
    },
  };
  const kind = isRetraction ? 'RETRACTED' : 'UPDATED';
  return {
    operation: 'TransactWriteItems',
    transactItems: isSame(stored, row) ? [update] : [update, recordOf(ctx, stored, row, kind)],
  };
}

export function response(ctx) {
  if (!ctx.error) {
    return null;
  }
  const reasons = ctx.result?.cancellationReasons ?? [];
  const reason = reasons[0] ?? null;
  if (reason !== null && reason.type === 'ConditionalCheckFailed') {
    const item = reason.item ?? null;
    const readable = ctx.stash.areResultsPublic && item?.grade !== 'AWAITED';
    const published = readable && ctx.stash.exam.listed;
    const isDeleted = (item?.version ?? null) === null;
    const current = isDeleted ? null : { ...item, ...HIDDEN, readable, published };
    util.error('The result has changed since you read it.', 'ConflictException', current);
  }
  util.error(ctx.error.message, ctx.error.type);
}
