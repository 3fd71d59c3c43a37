// Changes of one result, or of a batch of 1 to 99, all or none. The functions of each field:
// createResults: readExam, checkRows, readRows, putRows, confirmExam.
// updateResults: readExam, readRows, checkRows, updateRow, confirmExam.
// deleteResults: readExam, checkRows, readRows, deleteRows, confirmExam.
// retractResults: readExam, readRows, updateRow, confirmExam.
// createResultsBatch: readExam, checkRows, readRows, putRows, confirmExam.
// deleteResultsBatch: readExam, checkRows, readRows, deleteRows, confirmExam.
export function request(ctx) {
  const { examId, rows, ...row } = ctx.args.input;
  ctx.stash.field = ctx.info.fieldName;
  ctx.stash.access = 'CHANGE';
  ctx.stash.examId = examId;
  ctx.stash.rows = rows ?? [row];
  ctx.stash.mustExist = !ctx.info.fieldName.startsWith('create');
  return {};
}

export function response(ctx) {
  const { examId, readable, published, items, exam } = ctx.stash;
  return Object.hasOwn(ctx.args.input, 'rows') ? { examId, readable, published, items, owner: exam.owner } : items[0];
}
