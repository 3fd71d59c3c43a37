// One result of an exam that the caller may see. Functions: readExam, readRows.
export function request(ctx) {
  ctx.stash.access = 'READ';
  ctx.stash.examId = ctx.args.examId;
  ctx.stash.rows = [{ id: ctx.args.id }];
  return {};
}

export function response(ctx) {
  const stored = ctx.stash.stored[ctx.args.id] ?? null;
  if (stored === null) {
    return null;
  }
  const exam = ctx.stash.exam;
  const caller = ctx.identity?.sub ?? null;
  const row = { ...stored, published: exam.published, name: exam.owner === caller ? stored.name : null };
  if (caller === null) {
    row.owner = null;
    row.createdAt = null;
    row.updatedAt = null;
  }
  return row;
}
