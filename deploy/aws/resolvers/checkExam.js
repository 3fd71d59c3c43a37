import { util } from '@aws-appsync/utils';

// Checks the fields of an exam that a teacher sends, and the rules of its audience. Data source: none.
// stash in:  fields, what was sent of subject, date, teacher, scale, audience (left out stays as it is); exam when it
//            exists already.
// stash out: fields, trimmed; mustBeEmpty when the exam may have no results for this change.
const TEXT = '^[^\\x00-\\x1f\\x7f-\\x9f]{1,120}(?![\\s\\S])';
const DATE = '^[0-9]{4}-[0-9]{2}-[0-9]{2}(?![\\s\\S])'; // AppSync checked that it is a day; an offset has no meaning here
const SCALE = '^(OUT_OF_([1-9][0-9]{0,2}|1000)|PERCENT|LETTERS|PASS_FAIL)(?![\\s\\S])';

function refuse(field, message) {
  util.error(message, 'BadRequest', null, { field });
}

export function request(ctx) {
  const fields = ctx.stash.fields;
  for (const field of Object.keys(fields)) {
    if (fields[field] === null) {
      refuse(field, `${field} may not be empty.`);
    }
  }
  for (const field of ['subject', 'teacher']) {
    if (Object.hasOwn(fields, field)) {
      fields[field] = fields[field].trim();
      if (!util.matches(TEXT, fields[field])) {
        refuse(field, `${field} takes 1 to 120 characters, without control characters.`);
      }
    }
  }
  if (Object.hasOwn(fields, 'date') && !util.matches(DATE, fields.date)) {
    refuse('date', 'date is a day written YYYY-MM-DD.');
  }
  if (Object.hasOwn(fields, 'scale') && !util.matches(SCALE, fields.scale)) {
    refuse('scale', 'scale is OUT_OF_1 to OUT_OF_1000, PERCENT, LETTERS or PASS_FAIL.');
  }
  const exam = ctx.stash.exam ?? null;
  const audience = fields.audience ?? null;
  if (exam !== null && audience !== null && audience !== exam.audience) {
    if (exam.published) {
      util.error('The audience cannot change while the exam is published.', 'PreconditionFailed');
    }
    ctx.stash.mustBeEmpty = audience === 'CODES' ? 'The audience cannot change to codes while the exam has results.' : null;
  }
  return { payload: null };
}

export function response(ctx) {
  return ctx.prev.result;
}
