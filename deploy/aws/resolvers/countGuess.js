import { runtime, util } from '@aws-appsync/utils';

// Counts a code that is about to be looked up: countByExam, then countByAddress. Data source: results. The arithmetic of guessing is in deploy/local/backend/appsync/rules/guesses.py.
// Beyond the limit every code is refused until the minute ends. An item is one minute's count, and expires by itself.
// stash in:  exam, areResultsPublic. stash out: guesses, the keys of what was counted.
const WINDOW_S = 60;
const MOST = { exam: 1200, address: 600 };
const WHERE = { exam: 'for this exam', address: 'from this address' };
const KEPT_S = 3600;

export function request(ctx) {
  const guesses = ctx.stash.guesses ?? [];
  const exam = ctx.stash.exam;
  if (exam === null || exam.audience !== 'OWN' || !ctx.stash.areResultsPublic) {
    runtime.earlyReturn({});
  }
  const window = Math.floor(util.time.nowEpochMilliSeconds() / (1000 * WINDOW_S));
  const kind = guesses.length === 0 ? 'exam' : 'address';
  const addresses = ctx.identity?.sourceIp ?? [''];
  // The last one is the connection's own; those before it are what the caller says.
  const target = kind === 'exam' ? exam.id : addresses[addresses.length - 1];
  const key = { examId: `guesses/${kind}/${target}`, id: `${window}` };
  ctx.stash.guesses = [...guesses, key];
  ctx.stash.guessKind = kind;
  return {
    operation: 'UpdateItem',
    key: util.dynamodb.toMapValues(key),
    update: {
      expression: 'SET #expiresAt = :expiresAt ADD #guesses :one',
      expressionNames: { '#expiresAt': 'expiresAt', '#guesses': 'guesses' },
      expressionValues: util.dynamodb.toMapValues({ ':expiresAt': (window + 1) * WINDOW_S + KEPT_S, ':one': 1 }),
    },
    condition: {
      expression: 'attribute_not_exists(#guesses) OR #guesses < :most',
      expressionNames: { '#guesses': 'guesses' },
      expressionValues: util.dynamodb.toMapValues({ ':most': MOST[kind] }),
    },
  };
}

export function response(ctx) {
  if (ctx.error && ctx.error.type === 'DynamoDB:ConditionalCheckFailedException') {
    const now = util.time.nowEpochMilliSeconds();
    const wait = Math.floor((1000 * WINDOW_S - (now % (1000 * WINDOW_S))) / 1000) + 1;
    const message = `Too many codes that find no result were tried ${WHERE[ctx.stash.guessKind]}. Try again in ${wait} s.`;
    util.error(message, 'TooManyAttempts', null, { retryAfterSeconds: wait });
  }
  if (ctx.error) {
    util.error(ctx.error.message, ctx.error.type);
  }
  return null;
}
