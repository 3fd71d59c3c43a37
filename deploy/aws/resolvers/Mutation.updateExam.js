// Changes of an exam by its owner. Functions: readExam, checkExam, findAnyResult, updateExam.
export function request(ctx) {
  const { id, expectedVersion, ...fields } = ctx.args.input;
  ctx.stash.access = 'CHANGE';
  ctx.stash.field = ctx.info.fieldName;
  ctx.stash.type = ctx.info.parentTypeName;
  ctx.stash.examId = id;
  ctx.stash.expectedVersion = expectedVersion;
  ctx.stash.fields = fields;
  return {};
}

export function response(ctx) {
  return ctx.stash.answer;
}
