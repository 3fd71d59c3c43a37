// Results of an exam that the caller may see. Functions: readExam, queryRows.
export function request(ctx) {
  ctx.stash.access = 'READ';
  ctx.stash.examId = ctx.args.examId;
  return {};
}

export function response(ctx) {
  return ctx.stash.answer;
}
