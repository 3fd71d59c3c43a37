// Hides an exam and its results again. Functions: readExam, updateExam.
export function request(ctx) {
  const { id, expectedVersion } = ctx.args.input;
  ctx.stash.access = 'CHANGE';
  ctx.stash.field = ctx.info.fieldName;
  ctx.stash.type = ctx.info.parentTypeName;
  ctx.stash.examId = id;
  ctx.stash.expectedVersion = expectedVersion;
  ctx.stash.mustBePublished = 'The exam is a draft.';
  ctx.stash.fields = { status: 'DRAFT', published: false };
  return {};
}

export function response(ctx) {
  return ctx.stash.answer;
}
