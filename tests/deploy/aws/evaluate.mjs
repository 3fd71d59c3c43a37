// Evaluates one function of one resolver as AppSync would call it: JSON lines in, JSON lines out.
// A small stand-in for AWS's `util`, `runtime` and `extensions`: only what the resolvers use, strict about the rest.
// in:  {"file": ..., "function": "request" | "response", "context": {...}, "now": "2026-..."}
// out: {"value": ..., "stash": ...} or {"error": {message, type, data, info}} or {"early": value}, with "filter" if one was set
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import vm from 'node:vm';

class Stop {
  constructor(answer) {
    this.answer = answer;
  }
}

function typed(value) {
  if (value === null || value === undefined) return { NULL: null };
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: value };
  if (typeof value === 'boolean') return { BOOL: value };
  if (typeof value === 'object' && !Array.isArray(value)) {
    return { M: Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, typed(inner)])) };
  }
  throw new Error(`no DynamoDB type for ${JSON.stringify(value)}`);
}

function surroundings(call) {
  const util = {
    error(message, type = null, data = null, info = null) {
      throw new Stop({ error: { message, type, data, info } });
    },
    autoId: () => '11111111-2222-4333-8444-555555555555',
    matches: (pattern, text) => new RegExp(pattern, 'u').test(text), // Java counts code points
    time: {
      nowISO8601: () => call.now,
      nowEpochMilliSeconds: () => Date.parse(call.now),
      parseISO8601ToEpochMilliSeconds: (text) => Date.parse(text),
      epochMilliSecondsToISO8601: (ms) => new Date(ms).toISOString(),
    },
    dynamodb: {
      toMapValues: (map) => Object.fromEntries(Object.entries(map).map(([name, value]) => [name, typed(value)])),
    },
  };
  const runtime = {
    earlyReturn(value) {
      if ((value ?? null) === null) {
        throw new Error('Runtime Error'); // as aws/aws-appsync-community#280 reports of null
      }
      throw new Stop({ early: value ?? null });
    },
  };
  const extensions = {
    setSubscriptionFilter(filter) {
      call.filter = filter;
    },
  };
  return { util, runtime, extensions };
}

function evaluate(call) {
  const source = readFileSync(call.file, 'utf8')
    .replace(/^import \{[^}]*\} from '@aws-appsync\/utils';$/gm, '')
    .replace(/^export /gm, '');
  const scope = vm.createContext(surroundings(call));
  const pick = `({ request: typeof request === 'function' ? request : null, response: typeof response === 'function' ? response : null })`;
  const handlers = vm.runInContext(`${source}\n${pick}`, scope, { filename: call.file });
  const context = { stash: {}, args: {}, ...call.context };
  const extra = () => (call.filter === undefined ? {} : { filter: call.filter });
  try {
    return { value: handlers[call.function](context) ?? null, stash: context.stash, ...extra() };
  } catch (stop) {
    if (!(stop instanceof Stop)) throw stop;
    return { ...stop.answer, stash: context.stash, ...extra() };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = evaluate(JSON.parse(line));
  } catch (fault) {
    answer = { fault: String(fault.stack ?? fault) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
