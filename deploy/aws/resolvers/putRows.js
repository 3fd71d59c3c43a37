import { runtime, util } from '@aws-appsync/utils';

// Stores new rows, all or none; rows already stored with the same content stay as they are. Data source: results.
// The same transaction counts the addition in the exam, if it exists and has the audience for which the rows were
// validated: what requires an exam without results (deleteExam, a change to codes) is refused when the count moves.
// stash in: exam, areResultsPublic, rows (validated), stored. stash out: items, the rows as they are stored.
const HIDDEN = { name: null, number: null, comment: null }; // the owner's alone, and by query alone
const OPTIONAL = ['name', 'number', 'comment'];

function isSame(row, stored) {
  let same = stored.version === 1 && stored.student === row.student && stored.grade === row.grade;
  for (const field of OPTIONAL) {
    same = same && (stored[field] ?? null) === (row[field] ?? null);
  }
  return same;
}

function refuse(ctx, stored) {
  if (stored !== null && (stored.version ?? null) === null) {
    // deleteRows has left this: a try whose answer was lost arrives after the result was deleted.
    util.error('The result with this id was deleted.', 'ConflictException');
  }
  const readable = ctx.stash.areResultsPublic && stored?.grade !== 'AWAITED';
  const published = readable && ctx.stash.exam.listed;
  const current = stored === null ? null : { ...stored, ...HIDDEN, readable, published };
  util.error('A result with this id exists already, with other content.', 'ConflictException', current);
}

export function request(ctx) {
  const now = util.time.nowISO8601();
  const { exam, examId } = ctx.stash;
  const items = [];
  const missing = [];
  const transactItems = [];
  for (const row of ctx.stash.rows) {
    const stored = ctx.stash.stored[row.id] ?? null;
    if (stored !== null) {
      if (!isSame(row, stored)) {
        refuse(ctx, stored);
      }
      items.push(stored);
    } else {
      const values = {
        student: row.student,
        grade: row.grade,
        version: 1,
        createdAt: now,
        updatedAt: now,
        owner: exam.owner,
      };
      if (exam.audience === 'OWN') {
        values.code = row.student; // for the index by which the student finds the result
      }
      for (const field of OPTIONAL) {
        if ((row[field] ?? null) !== null) {
          values[field] = row[field];
        }
      }
      const key = { examId, id: row.id };
      items.push({ ...key, ...values });
      missing.push(row);
      transactItems.push({
        table: ctx.env.RESULTS_TABLE,
        operation: 'PutItem',
        key: util.dynamodb.toMapValues(key),
        attributeValues: util.dynamodb.toMapValues(values),
        condition: {
          expression: 'attribute_not_exists(#id)',
          expressionNames: { '#id': 'id' },
          returnValuesOnConditionCheckFailure: true,
        },
      });
    }
  }
  ctx.stash.items = items;
  ctx.stash.missing = missing;
  if (transactItems.length === 0) {
    runtime.earlyReturn({});
  }
  const addition = {
    table: ctx.env.EXAMS_TABLE,
    operation: 'UpdateItem',
    key: util.dynamodb.toMapValues({ id: examId }),
    update: {
      expression: 'ADD #additions :one',
      expressionNames: { '#additions': 'additions' },
      expressionValues: util.dynamodb.toMapValues({ ':one': 1 }),
    },
    condition: {
      expression: '#audience = :audience',
      expressionNames: { '#audience': 'audience' },
      expressionValues: util.dynamodb.toMapValues({ ':audience': exam.audience }),
      returnValuesOnConditionCheckFailure: true,
    },
  };
  return { operation: 'TransactWriteItems', transactItems: [addition, ...transactItems] };
}

export function response(ctx) {
  if (!ctx.error) {
    return null;
  }
  // One of these ids was stored between the read and the write: by a conflicting request, or by the same one sent twice.
  const reasons = ctx.result?.cancellationReasons ?? [];
  const ofExam = reasons[0] ?? null;
  if (ofExam !== null && ofExam.type === 'ConditionalCheckFailed' && (ofExam.item?.version ?? null) === null) {
    util.error('There is no such exam.', 'NotFound');
  }
  let index = 1;
  for (const row of ctx.stash.missing) {
    const reason = reasons[index] ?? null;
    index += 1;
    if (reason !== null && reason.type === 'ConditionalCheckFailed') {
      const stored = reason.item ?? null;
      if (stored === null || !isSame(row, stored)) {
        refuse(ctx, stored);
      }
    }
  }
  // The client sends it again, and then finds its rows stored, or validated for the exam's new audience.
  util.error(ctx.error.message, ctx.error.type);
}
