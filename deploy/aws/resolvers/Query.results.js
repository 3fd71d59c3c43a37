// The results of an exam that the caller may see. The functions of each field:
// getResults: readExam, readRows.
// listResults: readExam, queryRows.
// findResult: readExam, countByExam, countByAddress, queryCode, readRows, takeOwnRow, forgiveByExam, forgiveByAddress.
// Where each student sees the own result only, whom a result is about is the owner's alone.
// Awaited results, names, numbers and comments go to the exam's owner alone, a comment also to whoever has the code.
// Times go to teachers alone: the order of entry could identify the people behind codes.
// A page is shorter by the awaited results that it leaves out, and by what deleteRows leaves, which has no version; its
// token is the position of the last one read.
const HIDDEN = { name: null, number: null, comment: null }; // the owner's alone

function isShownTo(identity, row, exam) {
  const isDeleted = (row.version ?? null) === null;
  return !isDeleted && (row.grade !== 'AWAITED' || exam.owner === (identity?.sub ?? null));
}

function shownTo(identity, row, exam, isPublic) {
  const caller = identity?.sub ?? null;
  const readable = isPublic && row.grade !== 'AWAITED';
  const isOwner = exam.owner === caller;
  const shown = { ...row, ...(isOwner ? {} : HIDDEN), readable, published: readable && exam.listed };
  // Whether the grade was changed, or taken back, since the results came to be public.
  shown.corrected = readable && (row.regradedAt ?? '') > (exam.publicSince ?? '');
  if (exam.audience === 'OWN' && !isOwner) {
    shown.student = '';
  }
  return caller === null ? { ...shown, owner: null, createdAt: null, updatedAt: null } : shown;
}

export function request(ctx) {
  const { examId, id } = ctx.args;
  ctx.stash.access = 'READ_RESULTS';
  ctx.stash.examId = examId;
  if (ctx.info.fieldName === 'getResults') {
    ctx.stash.rows = [{ id }];
  } else if (ctx.info.fieldName === 'listResults') {
    ctx.stash.listing = { name: `results/${examId}/`, key: 'examId', value: examId, sortKey: 'id', isDescending: false };
  }
  return {};
}

export function response(ctx) {
  const { exam, page, stored, areResultsPublic } = ctx.stash;
  if (ctx.info.fieldName === 'findResult') {
    const found = ctx.stash.found ?? null;
    if (found === null) {
      return null;
    }
    return { ...shownTo(null, found, exam, areResultsPublic), student: '', comment: found.comment ?? null };
  }
  if (ctx.info.fieldName === 'getResults') {
    const row = stored[ctx.args.id] ?? null;
    return row !== null && isShownTo(ctx.identity, row, exam) ? shownTo(ctx.identity, row, exam, areResultsPublic) : null;
  }
  const shown = page.items.filter((row) => isShownTo(ctx.identity, row, exam));
  return { items: shown.map((row) => shownTo(ctx.identity, row, exam, areResultsPublic)), nextToken: page.nextToken };
}
