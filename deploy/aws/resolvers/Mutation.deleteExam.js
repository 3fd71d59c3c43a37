// Deletes an exam without results. Functions: readExam, findAnyResult, deleteExam.
export function request(ctx) {
  const { id, expectedVersion } = ctx.args.input;
  ctx.stash.access = 'CHANGE';
  ctx.stash.field = ctx.info.fieldName;
  ctx.stash.type = ctx.info.parentTypeName;
  ctx.stash.examId = id;
  ctx.stash.expectedVersion = expectedVersion;
  ctx.stash.mustBeEmpty = 'The exam has results: delete them first.';
  return {};
}

export function response(ctx) {
  return ctx.stash.answer;
}
