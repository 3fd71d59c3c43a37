import { util } from '@aws-appsync/utils';

// Reads the exam again after its rows were written. Data source: exams.
// A row written while the exam is being published must be announced, and one written while it is being withdrawn, or
// before its hour, must not: only a read after the write can tell. An exam deleted in the meantime is not found.
// stash in: examId, items. stash out: items as every answer and event shows them: without HIDDEN, and ordered by their
//           random ids, since the order in which they were entered could identify the people behind codes; awaited ones,
//           which are the owner's alone, only if all are; readable, whether guests may read these items;
//           published, whether they hear of them unasked.
const HIDDEN = { name: null, number: null, comment: null }; // the owner's alone, and by query alone

export function request(ctx) {
  return {
    operation: 'GetItem',
    key: util.dynamodb.toMapValues({ id: ctx.stash.examId }),
    consistentRead: true,
  };
}

export function response(ctx) {
  if (ctx.error) {
    util.error(ctx.error.message, ctx.error.type);
  }
  if ((ctx.result?.version ?? null) === null) {
    util.error('There is no such exam.', 'NotFound');
  }
  const graded = ctx.stash.items.filter((item) => item.grade !== 'AWAITED');
  const releaseAt = util.time.parseISO8601ToEpochMilliSeconds(ctx.result.releaseAt ?? '1970-01-01T00:00:00Z');
  const readable = ctx.result.published && releaseAt <= util.time.nowEpochMilliSeconds() && graded.length > 0;
  const published = readable && (ctx.result.listed ?? true);
  // Everybody who subscribes gets the same answer: no code that finds somebody's own result, and nothing of HIDDEN.
  const hidden = ctx.result.audience === 'OWN' ? { ...HIDDEN, student: '' } : HIDDEN;
  const shown = {};
  for (const item of graded.length > 0 ? graded : ctx.stash.items) {
    // Whether the grade was changed, or taken back, since the results came to be public.
    const corrected = readable && (item.regradedAt ?? '') > (ctx.result.publicSince ?? '');
    shown[item.id] = { ...item, ...hidden, readable, published, corrected };
  }
  const ids = Object.keys(shown);
  ids.sort(); // APPSYNC_JS allows no comparison function
  ctx.stash.readable = readable;
  ctx.stash.published = published;
  ctx.stash.items = ids.map((id) => shown[id]);
  return null;
}
