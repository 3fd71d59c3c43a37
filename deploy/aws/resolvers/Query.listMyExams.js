// The caller's own exams, newest date first. Functions: queryExams.
export function request(ctx) {
  ctx.stash.index = 'byOwner';
  ctx.stash.key = 'owner';
  ctx.stash.value = ctx.identity.sub;
  ctx.stash.listing = `mine/${ctx.identity.sub}/`;
  return {};
}

export function response(ctx) {
  return ctx.stash.answer;
}
