// Published exams, newest date first. Functions: queryExams.
export function request(ctx) {
  ctx.stash.index = 'byStatus';
  ctx.stash.key = 'status';
  ctx.stash.value = 'PUBLISHED';
  ctx.stash.listing = 'exams/';
  return {};
}

export function response(ctx) {
  return ctx.stash.answer;
}
