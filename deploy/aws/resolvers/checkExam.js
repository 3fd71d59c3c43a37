import { util } from '@aws-appsync/utils';

// Checks the fields of an exam that a teacher sends, and the rules of its audience. Data source: none.
// stash in:  fields, what was sent of subject, date, teacher, scale, audience (left out stays as it is); exam when it
//            exists already.
// stash out: fields, trimmed; mustBeEmpty when the exam may have no results for this change.
const TEXT = '^[^\\x00-\\x1f\\x7f-\\x9f]{1,120}(?![\\s\\S])';
// The form of a scale's text; the dashboards alone ask whether its numbers make sense together.
const POSITIVE = '(0\\.[0-9]{0,3}[1-9]|([1-9][0-9]{0,2})(\\.[0-9]{0,3}[1-9])?|1000)';
const NUMBER = `(0|-?${POSITIVE})`;
const LABEL = '[^,;:|=\\x00-\\x1f\\x7f-\\x9f]{1,16}';
const LEVELS = `${LABEL}(:${NUMBER})?(,${LABEL}(:${NUMBER})?)*`;
const KEY = `${LEVELS}(\\|${LEVELS})?`;
const RANGE = `(OUT_OF_${POSITIVE}|FROM_${NUMBER}_TO_${NUMBER}|PERCENT)`;
const OPTIONS = `(;STEP=${POSITIVE})?(;BEST=LOW)?(;PASS=${NUMBER})?(;OVER)?(;SIGNS)?(;HONOURS=${LABEL})?(;KEY=${KEY})?`;
const SCALE = `^(?![\\s\\S]{513})(${RANGE}${OPTIONS}|LEVELS=${KEY}|LETTERS|PASS_FAIL)(?![\\s\\S])`;
// A day of the calendar, written YYYY-MM-DD; AWSDate allows an offset, which has no meaning here.
const YEAR = '(?!0000)[0-9]{4}';
const LEAP = '([0-9]{2}(0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)';
const LONG_MONTH = '(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])';
const SHORT_MONTH = '(0[469]|11)-(0[1-9]|[12][0-9]|30)';
const FEBRUARY = '02-(0[1-9]|1[0-9]|2[0-8])';
const DAY = `^(${YEAR}-(${LONG_MONTH}|${SHORT_MONTH}|${FEBRUARY})|${LEAP}-02-29)(?![\\s\\S])`;

function refuse(field, message) {
  util.error(message, 'BadRequest', null, { field });
}

export function request(ctx) {
  const fields = { ...ctx.stash.fields };
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
  if (Object.hasOwn(fields, 'date') && !util.matches(DAY, fields.date)) {
    refuse('date', 'date is a day written YYYY-MM-DD.');
  }
  if (Object.hasOwn(fields, 'scale') && !util.matches(SCALE, fields.scale)) {
    refuse('scale', 'scale is like OUT_OF_20, PERCENT, FROM_1_TO_6;PASS=4 or LEVELS=A,B,C|D.');
  }
  const exam = ctx.stash.exam ?? null;
  const audience = fields.audience ?? null;
  ctx.stash.fields = fields;
  ctx.stash.mustBeEmpty = null;
  if (exam !== null && audience !== null && audience !== exam.audience) {
    if (exam.published) {
      util.error('The audience cannot change while the exam is published.', 'PreconditionFailed');
    }
    if (audience === 'CODES') {
      ctx.stash.mustBeEmpty = 'The audience cannot change to codes while the exam has results.';
    }
  }
  return { payload: null };
}

export function response(ctx) {
  return ctx.prev.result;
}
