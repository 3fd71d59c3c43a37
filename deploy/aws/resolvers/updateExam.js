import { util } from '@aws-appsync/utils';

// Changes an exam that still has the version the caller saw. Data source: exams.
// stash in: exam, examId, expectedVersion, fields (validated; a null one is removed); stillEmpty, if the exam must still
//           have no results, and then
//           mustBeEmpty. stash out: answer.
// An exam by link is stored with the status BY_LINK, so that the index of published exams lacks it.
function shown(exam) {
  const listed = exam.listed ?? true;
  return { ...exam, status: exam.published ? 'PUBLISHED' : 'DRAFT', listed, published: exam.published && listed };
}

export function request(ctx) {
  const still = ctx.stash.stillEmpty ?? { expression: '', names: {}, values: {} };
  const values = {
    ...ctx.stash.fields,
    version: ctx.stash.expectedVersion + 1,
    updatedAt: util.time.nowISO8601(),
  };
  if (values.status === 'PUBLISHED' && !ctx.stash.exam.listed) {
    values.status = 'BY_LINK';
  }
  if (Object.hasOwn(values, 'date')) {
    values.dateId = `${values.date}#${ctx.stash.examId}`;
  }
  const names = {};
  const placeholders = {};
  const assignments = [];
  let removal = '';
  for (const name of Object.keys(values)) {
    names[`#${name}`] = name;
    if (values[name] === null) {
      removal = ` REMOVE #${name}`;
    } else {
      placeholders[`:${name}`] = values[name];
      assignments.push(`#${name} = :${name}`);
    }
  }
  return {
    operation: 'UpdateItem',
    key: util.dynamodb.toMapValues({ id: ctx.stash.examId }),
    update: {
      expression: `SET ${assignments.join(', ')}${removal}`,
      expressionNames: names,
      expressionValues: util.dynamodb.toMapValues(placeholders),
    },
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
  ctx.stash.answer = shown(ctx.result);
  return ctx.stash.answer;
}
