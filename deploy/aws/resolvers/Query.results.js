// The results of an exam that the caller may see. The functions of each field:
// getResults: readExam, readRows.
// listResults: readExam, queryRows.
// Names go to the exam's owner alone, times to teachers alone: the order of entry could identify the people behind codes.
function shownTo(identity, row, exam) {
  const caller = identity?.sub ?? null;
  const shown = { ...row, published: exam.published, name: exam.owner === caller ? row.name : null };
  return caller === null ? { ...shown, owner: null, createdAt: null, updatedAt: null } : shown;
}

export function request(ctx) {
  const { examId, id } = ctx.args;
  ctx.stash.access = 'READ';
  ctx.stash.examId = examId;
  if (ctx.info.fieldName === 'getResults') {
    ctx.stash.rows = [{ id }];
  } else {
    ctx.stash.listing = { name: `results/${examId}/`, key: 'examId', value: examId, sortKey: 'id', isDescending: false };
  }
  return {};
}

export function response(ctx) {
  const { exam, page, stored } = ctx.stash;
  if (ctx.info.fieldName === 'getResults') {
    const row = stored[ctx.args.id] ?? null;
    return row === null ? null : shownTo(ctx.identity, row, exam);
  }
  return { items: page.items.map((row) => shownTo(ctx.identity, row, exam)), nextToken: page.nextToken };
}
