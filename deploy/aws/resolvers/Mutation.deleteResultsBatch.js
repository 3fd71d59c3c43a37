// Deletes up to 100 rows, all or none. Functions: readExam, checkRows, readRows, deleteRows, confirmExam.
export function request(ctx) {
  ctx.stash.examId = ctx.args.input.examId;
  ctx.stash.rows = ctx.args.input.rows;
  ctx.stash.mustExist = true;
  ctx.stash.access = 'CHANGE';
  ctx.stash.field = ctx.info.fieldName;
  ctx.stash.type = ctx.info.parentTypeName;
  return {};
}

export function response(ctx) {
  const { examId, published, items, exam } = ctx.stash;
  return { examId, published, items, owner: exam.owner };
}
