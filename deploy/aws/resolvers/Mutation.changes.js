import { util } from '@aws-appsync/utils';

// Erases one result from the history of an exam, a page at a time. The functions of each field:
// eraseChanges: readExam, queryHistory, eraseResult.
const RECORDS_MAX = 100; // one transaction of DynamoDB takes 100 items
const RECORD = '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z#[0-9a-f-]{36}(?![\\s\\S])';

export function request(ctx) {
  const { examId, nextToken } = ctx.args.input;
  const from = nextToken ?? null;
  if (from !== null && !util.matches(RECORD, from)) {
    util.error('nextToken is not one of this history.', 'BadRequest', null, { field: 'nextToken' });
  }
  ctx.stash.field = ctx.info.fieldName;
  ctx.stash.access = 'CHANGE';
  ctx.stash.examId = examId;
  ctx.stash.historyPage = { limit: RECORDS_MAX, keysOnly: false, from };
  return {};
}

export function response(ctx) {
  const { items, hasMore } = ctx.stash.history;
  return { examId: ctx.stash.examId, nextToken: hasMore ? items[items.length - 1].id : null };
}
