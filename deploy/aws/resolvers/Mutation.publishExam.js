// Shows an exam and its results to everybody. Functions: readExam, updateExam.
export function request(ctx) {
  const { id, expectedVersion } = ctx.args.input;
  ctx.stash.access = 'CHANGE';
  ctx.stash.field = ctx.info.fieldName;
  ctx.stash.type = ctx.info.parentTypeName;
  ctx.stash.examId = id;
  ctx.stash.expectedVersion = expectedVersion;
  ctx.stash.fields = { status: 'PUBLISHED', published: true };
  return {};
}

export function response(ctx) {
  return ctx.stash.answer;
}
