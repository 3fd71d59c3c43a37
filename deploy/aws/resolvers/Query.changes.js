import { util } from '@aws-appsync/utils';

// The history of the caller's own exam, newest first. The functions of each field:
// listChanges: readExam, queryHistory.
// A token is the listing's name, and the record and result of the last change: the next page starts after it. Within a
// record results are in the order of their ids. With an id, a page is shorter by what it leaves out.
const LIMIT_MAX = 1000;
const OF_EXAM = '-'; // in the place of a result's id
const LAST = '~'; // after every id
const POSITION =
  '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z#[0-9a-f-]{36}/([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[-~])(?![\\s\\S])';

function listingName(ctx) {
  return `changes/${ctx.args.examId}/${ctx.args.id ?? ''}/`;
}

function positionOf(ctx) {
  const token = ctx.args.nextToken ?? null;
  const [record, row] = token === null ? [null, null] : token.slice(listingName(ctx).length).split('/');
  return { record, row };
}

function changesOf(record) {
  const { at, by, byName, kind } = record;
  const known = { at, by, byName, kind };
  if ((record.rows ?? null) === null) {
    const { before, after } = record;
    return [{ ...known, id: `${record.id}/${OF_EXAM}`, row: OF_EXAM, resultId: null, before, after }];
  }
  const ids = Object.keys(record.rows);
  ids.sort();
  return ids.map((id) => {
    const { before, after } = record.rows[id];
    return { ...known, id: `${record.id}/${id}`, row: id, resultId: id, before, after };
  });
}

export function request(ctx) {
  const limit = ctx.args.limit ?? 100;
  if (limit < 1 || limit > LIMIT_MAX) {
    util.error(`limit is 1 to ${LIMIT_MAX}.`, 'BadRequest', null, { field: 'limit' });
  }
  const token = ctx.args.nextToken ?? null;
  const name = listingName(ctx);
  if (token !== null && !(token.startsWith(name) && util.matches(POSITION, token.slice(name.length)))) {
    util.error('nextToken is not one of this listing.', 'BadRequest', null, { field: 'nextToken' });
  }
  ctx.stash.access = 'READ';
  ctx.stash.examId = ctx.args.examId;
  // The record in which the last page ended is read again.
  ctx.stash.historyPage = { limit: limit + 1, keysOnly: false, from: positionOf(ctx).record };
  return {};
}

export function response(ctx) {
  const limit = ctx.args.limit ?? 100;
  const { items, hasMore } = ctx.stash.history;
  const after = positionOf(ctx);
  const changes = [];
  for (const record of items) {
    for (const change of changesOf(record)) {
      if (record.id !== after.record || change.row > after.row) {
        changes.push({ ...change, examId: ctx.args.examId });
      }
    }
  }
  const page = changes.slice(0, limit);
  let nextToken = null;
  if (changes.length > limit) {
    nextToken = `${listingName(ctx)}${page[limit - 1].id}`;
  } else if (hasMore) {
    nextToken = `${listingName(ctx)}${items[items.length - 1].id}/${LAST}`;
  }
  const wanted = ctx.args.id ?? null;
  return { items: page.filter((change) => wanted === null || change.resultId === wanted), nextToken };
}
