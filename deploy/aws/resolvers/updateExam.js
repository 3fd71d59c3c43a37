import { util } from '@aws-appsync/utils';

// Changes an exam that still has the version the caller saw; the same transaction writes the history. Data source: exams.
// stash in: field, exam, examId, areResultsPublic, expectedVersion, fields (validated; a null one is removed); stillEmpty,
//           if the exam must still have no results, and then mustBeEmpty. stash out: answer.
// publicSince is from when the results are public without a break, if they are; none: for longer than it is stored.
// An exam by link is stored with the status BY_LINK, so that the index of published exams lacks it.
function shown(exam) {
  const listed = exam.listed ?? true;
  return { ...exam, status: exam.published ? 'PUBLISHED' : 'DRAFT', listed, published: exam.published && listed };
}

const KINDS = { updateExam: 'EXAM_UPDATED', publishExam: 'PUBLISHED', unpublishExam: 'WITHDRAWN' };
const VALUES = ['subject', 'date', 'teacher', 'scale', 'audience', 'listed', 'status', 'releaseAt'];

function valuesOf(exam) {
  const values = {};
  for (const field of VALUES) {
    if ((exam[field] ?? null) !== null) {
      values[field] = exam[field];
    }
  }
  return values;
}

function isSame(exam, other) {
  let same = true;
  for (const field of VALUES) {
    same = same && (exam[field] ?? null) === (other[field] ?? null);
  }
  return same;
}

export function request(ctx) {
  const { exam, examId, expectedVersion, field } = ctx.stash;
  const still = ctx.stash.stillEmpty ?? { expression: '', names: {}, values: {} };
  const now = util.time.nowISO8601();
  const values = { ...ctx.stash.fields, version: expectedVersion + 1, updatedAt: now };
  if (field === 'publishExam') {
    const already = ctx.stash.areResultsPublic ? (exam.publicSince ?? null) : now;
    values.publicSince = values.releaseAt ?? already;
  } else if (field === 'unpublishExam') {
    values.publicSince = null;
  }
  if (values.status === 'PUBLISHED' && !exam.listed) {
    values.status = 'BY_LINK';
  }
  if (Object.hasOwn(values, 'date')) {
    values.dateId = `${values.date}#${examId}`;
  }
  ctx.stash.answer = shown({ ...exam, published: exam.status === 'PUBLISHED', ...values });
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
    table: ctx.env.EXAMS_TABLE,
    operation: 'UpdateItem',
    key: util.dynamodb.toMapValues({ id: examId }),
    update: {
      expression: `SET ${assignments.join(', ')}${removal}`,
      expressionNames: names,
      expressionValues: util.dynamodb.toMapValues(placeholders),
    },
    condition: {
      expression: `#version = :expectedVersion${still.expression}`,
      expressionNames: { '#version': 'version', ...still.names },
      expressionValues: util.dynamodb.toMapValues({ ':expectedVersion': expectedVersion, ...still.values }),
      returnValuesOnConditionCheckFailure: true,
    },
  };
  if (isSame(exam, ctx.stash.answer)) {
    return { operation: 'TransactWriteItems', transactItems: [update] };
  }
  const record = {
    table: ctx.env.RESULTS_TABLE,
    operation: 'PutItem',
    key: util.dynamodb.toMapValues({ examId: `history/${examId}`, id: `${now}#${util.autoId()}` }),
    attributeValues: util.dynamodb.toMapValues({
      at: now,
      by: ctx.identity.sub,
      byName: ctx.identity.username,
      kind: KINDS[field],
      before: valuesOf(exam),
      after: valuesOf(ctx.stash.answer),
    }),
  };
  return { operation: 'TransactWriteItems', transactItems: [update, record] };
}

export function response(ctx) {
  if (!ctx.error) {
    return ctx.stash.answer;
  }
  const reason = (ctx.result?.cancellationReasons ?? [])[0] ?? null;
  if (reason !== null && reason.type === 'ConditionalCheckFailed') {
    const item = reason.item ?? null;
    if (item !== null && item.version === ctx.stash.expectedVersion) {
      util.error(ctx.stash.mustBeEmpty, 'PreconditionFailed');
    }
    const current = (item?.version ?? null) === null ? null : shown(item);
    util.error('The exam has changed since you read it.', 'ConflictException', current);
  }
  util.error(ctx.error.message, ctx.error.type);
}
