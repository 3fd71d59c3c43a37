// Changes of one row. Functions: readExam, readRows, checkRows, updateRow, confirmExam.
export function request(ctx) {
  const { examId, ...row } = ctx.args.input;
  ctx.stash.examId = examId;
  ctx.stash.rows = [row];
  ctx.stash.mustExist = true;
  ctx.stash.access = 'CHANGE';
  ctx.stash.field = ctx.info.fieldName;
  ctx.stash.type = ctx.info.parentTypeName;
  return {};
}

export function response(ctx) {
  return ctx.stash.items[0];
}
