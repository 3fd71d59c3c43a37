import { runtime, util } from '@aws-appsync/utils';

// Stores a new draft. Idempotent: the same create again returns the stored exam. Data source: exams.
// stash in: examId, fields (validated), exam (the stored exam with this id, or null). stash out: answer.
// An exam by link is stored with the status BY_LINK, so that the index of published exams lacks it.
function shown(exam) {
  const listed = exam.listed ?? true;
  return { ...exam, status: exam.published ? 'PUBLISHED' : 'DRAFT', listed, published: exam.published && listed };
}

function refuse(ctx, stored) {
  if (stored !== null && (stored.version ?? null) === null) {
    // deleteExam has left this: a try whose answer was lost arrives after the exam was deleted.
    util.error('The exam with this id was deleted.', 'ConflictException');
  }
  // Another teacher's draft is not shown.
  const current =
    stored !== null && (stored.status === 'PUBLISHED' || stored.owner === ctx.identity.sub) ? stored : null;
  util.error('An exam with this id exists already, with other content.', 'ConflictException', current);
}

function isSame(ctx, stored) {
  const fields = ctx.stash.fields;
  return (
    stored.owner === ctx.identity.sub &&
    stored.version === 1 &&
    stored.subject === fields.subject &&
    stored.date === fields.date &&
    stored.teacher === fields.teacher &&
    stored.scale === fields.scale &&
    stored.audience === fields.audience &&
    stored.listed === (fields.listed ?? true)
  );
}

export function request(ctx) {
  const stored = ctx.stash.exam;
  if (stored !== null) {
    if (!isSame(ctx, stored)) {
      refuse(ctx, stored);
    }
    ctx.stash.answer = stored;
    runtime.earlyReturn(stored);
  }
  const now = util.time.nowISO8601();
  const { subject, date, teacher, scale, audience, listed } = ctx.stash.fields;
  return {
    operation: 'PutItem',
    key: util.dynamodb.toMapValues({ id: ctx.stash.examId }),
    attributeValues: util.dynamodb.toMapValues({
      subject,
      date,
      teacher,
      scale,
      audience,
      listed: listed ?? true,
      status: 'DRAFT',
      published: false,
      version: 1,
      createdAt: now,
      updatedAt: now,
      owner: ctx.identity.sub,
      dateId: `${date}#${ctx.stash.examId}`,
    }),
    condition: { expression: 'attribute_not_exists(#id)', expressionNames: { '#id': 'id' } },
  };
}

export function response(ctx) {
  const stored = ctx.result ? shown(ctx.result) : null;
  if (ctx.error && ctx.error.type !== 'DynamoDB:ConditionalCheckFailedException') {
    util.error(ctx.error.message, ctx.error.type);
  }
  if (ctx.error && (stored === null || !isSame(ctx, stored))) {
    refuse(ctx, stored);
  }
  ctx.stash.answer = stored;
  return stored;
}
