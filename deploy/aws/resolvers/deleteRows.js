import { util } from '@aws-appsync/utils';

// Deletes rows that still have the versions the caller saw, all or none; the same transaction writes the history, in one
// record of all of them: a transaction takes 100 items, of which 99 are rows. Data source: results.
// A row's key stays for a day, with nothing but the hour at which DynamoDB removes it: a try to create the row that was
// held up on the way, while a repeated one was answered, is then refused. It has no longer than its caller's token, which
// Cognito issues for a day at most. What is removed late refuses for longer, which does no harm: ids are used once.
// stash in: exam, examId, rows, stored. stash out: items, each newer than every version before.
const HIDDEN = { name: null, number: null, comment: null }; // the owner's alone, and by query alone
const VALUES = ['student', 'grade', 'name', 'number', 'comment'];
// In all texts of the rows: DynamoDB takes items of at most 400 kB. Three bytes each, as many as a UTF-16 unit takes at
// most, are 375 kB; ids and names of fields are 12 kB.
const CHARACTERS_MAX = 125000;
const KEPT_S = 86400;

export function request(ctx) {
  const now = util.time.nowISO8601();
  const expiresAt = Math.floor(util.time.nowEpochMilliSeconds() / 1000) + KEPT_S;
  const items = [];
  const transactItems = [];
  const deleted = {};
  let characters = 0;
  for (const row of ctx.stash.rows) {
    const stored = ctx.stash.stored[row.id];
    items.push({ ...stored, version: stored.version + 1, updatedAt: now });
    const before = {};
    for (const field of VALUES) {
      const value = stored[field] ?? null;
      if (value !== null) {
        before[field] = value;
        characters += value.length;
      }
    }
    deleted[row.id] = { before };
    transactItems.push({
      table: ctx.env.RESULTS_TABLE,
      operation: 'PutItem',
      key: util.dynamodb.toMapValues({ examId: ctx.stash.examId, id: row.id }),
      attributeValues: util.dynamodb.toMapValues({ expiresAt }),
      condition: {
        expression: '#version = :expectedVersion',
        expressionNames: { '#version': 'version' },
        expressionValues: util.dynamodb.toMapValues({ ':expectedVersion': row.expectedVersion }),
        returnValuesOnConditionCheckFailure: true,
      },
    });
  }
  if (characters > CHARACTERS_MAX) {
    const message = `The rows of a batch have at most ${CHARACTERS_MAX} characters in all their texts.`;
    util.error(message, 'BadRequest', null, { field: 'rows' });
  }
  ctx.stash.items = items;
  const { sub, username } = ctx.identity;
  transactItems.push({
    table: ctx.env.RESULTS_TABLE,
    operation: 'PutItem',
    key: util.dynamodb.toMapValues({ examId: `history/${ctx.stash.examId}`, id: `${now}#${util.autoId()}` }),
    attributeValues: util.dynamodb.toMapValues({ at: now, by: sub, byName: username, kind: 'DELETED', rows: deleted }),
  });
  return { operation: 'TransactWriteItems', transactItems };
}

export function response(ctx) {
  if (!ctx.error) {
    return null;
  }
  for (const reason of ctx.result?.cancellationReasons ?? []) {
    if (reason !== null && reason.type === 'ConditionalCheckFailed') {
      const readable = ctx.stash.areResultsPublic && reason.item?.grade !== 'AWAITED';
      const published = readable && ctx.stash.exam.listed;
      const isDeleted = (reason.item?.version ?? null) === null;
      const current = isDeleted ? null : { ...reason.item, ...HIDDEN, readable, published };
      util.error('The result has changed since you read it.', 'ConflictException', current);
    }
  }
  util.error(ctx.error.message, ctx.error.type);
}
